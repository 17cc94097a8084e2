"""The server of invented feeds, asked over real sockets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.origins.feeds.client import FeedClient, FetchPolicy, Request, Timeouts
from bot.origins.feeds.document import NotAFeed
from bot.origins.feeds.failures import FetchFailed
from bot.origins.feeds.host_pace import HostPace
from bot.origins.feeds.parsing import parse
from bot.sandbox.feeds import Fault, FeedServer, InventedNames, all_feeds
from bot.stories.feeds import FaultKind
from tests.conftest import SetClock

NOON = datetime(2019, 12, 23, 12, tzinfo=UTC)
FEED = "http://harborcourier.example/ai.xml"
HOST = "harborcourier.example"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def server(clock: SetClock) -> AsyncIterator[FeedServer]:
    one = FeedServer(all_feeds(), clock.now)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def client(server: FeedServer, clock: SetClock) -> AsyncIterator[FeedClient]:
    policy = FetchPolicy(
        clock=clock,
        resolver=InventedNames(server),
        is_allowed=server.is_here,
        pace=HostPace(at_once=8, apart=timedelta()),
        timeouts=Timeouts(total=0.5, connect=0.5, read=0.5),
    )
    async with FeedClient(policy) as one:
        yield one


async def fault_of(client: FeedClient, url: str) -> FaultKind:
    with pytest.raises(FetchFailed) as failed:
        await client.fetch(Request(url))
    return failed.value.kind


async def test_what_has_not_changed_is_answered_304_until_there_is_news(
    client: FeedClient, clock: SetClock
):
    first = await client.fetch(Request(FEED))
    again = Request(FEED, first.etag, first.last_modified)
    assert (await client.fetch(again)).status == 304
    clock.move(timedelta(days=1))
    news = await client.fetch(again)
    assert (news.status, news.etag != first.etag) == (200, True)


async def test_the_date_counts_if_no_etag_is_given_and_the_etag_goes_before_it(client: FeedClient):
    first = await client.fetch(Request(FEED))
    assert (await client.fetch(Request(FEED, None, first.last_modified))).status == 304
    assert (await client.fetch(Request(FEED, '"another"', first.last_modified))).status == 200
    assert (await client.fetch(Request(FEED, first.etag, "Thu, 01 Jan 1970"))).status == 304
    assert (await client.fetch(Request(FEED, None, "yesterday"))).status == 200


async def test_an_item_that_is_edited_changes_the_feed(client: FeedClient, clock: SetClock):
    url = "http://northgatetribune.example/world.atom"
    clock.put(datetime(2019, 12, 23, 5, tzinfo=UTC))
    titles = set()
    for _ in range(48):
        answer = await client.fetch(Request(url))
        assert answer.body is not None
        feed = parse(answer.body, answer.content_type, url, clock.now())
        titles |= {one.title for one in feed.items}
        clock.move(timedelta(hours=1))
    assert any(f"{title} (corrected)" in titles for title in titles)


async def test_a_sites_page_names_its_feeds_all_of_its_news_first(client: FeedClient):
    answer = await client.fetch(Request(f"http://{HOST}/"))
    assert answer.body is not None
    with pytest.raises(NotAFeed) as page:
        parse(answer.body, answer.content_type, answer.url, NOON)
    assert page.value.feeds[:2] == (
        f"http://{HOST}/news.xml",
        f"http://{HOST}/world.xml",
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.DOWN, FaultKind.UNREACHABLE),
        (Fault.SLOW, FaultKind.SLOW),
        (Fault.ERROR, FaultKind.BROKEN),
        (Fault.ASTRAY, FaultKind.FORBIDDEN),
        (Fault.UNCHANGED, FaultKind.BROKEN),
    ],
)
async def test_each_fault_is_one_that_the_client_names(
    server: FeedServer, client: FeedClient, fault: Fault, kind: FaultKind
):
    server.faults[HOST] = fault
    assert await fault_of(client, FEED) is kind
    del server.faults[HOST]
    assert (await client.fetch(Request(FEED))).status == 200


async def test_a_page_instead_of_a_feed_is_no_feed(server: FeedServer, client: FeedClient):
    server.faults[HOST] = Fault.PAGE
    answer = await client.fetch(Request(FEED))
    assert answer.body is not None
    with pytest.raises(NotAFeed):
        parse(answer.body, answer.content_type, answer.url, NOON)


@pytest.mark.parametrize("url", ["http://unknown.example/", "http://broadsheet.example/feed.xml"])
async def test_no_other_name_is_found(client: FeedClient, url: str):
    assert await fault_of(client, url) is FaultKind.UNREACHABLE


async def test_no_other_port_or_address_of_this_machine_is_connected_to(
    server: FeedServer, client: FeedClient
):
    for url in (f"http://127.0.0.1:{server.port + 1}/", "http://127.0.0.2/", "http://[::1]/"):
        assert await fault_of(client, url) is FaultKind.FORBIDDEN


async def test_only_this_machine_reaches_it_and_by_invented_names_only(server: FeedServer):
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{server.port}/")
        assert answer.status == 404
