"""The list of feeds: added, removed, switched, and taken over from the operator's file."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import BadValue, UsageError
from bot.library import feeds as module
from bot.library.feeds import Feeds, ListedFeed, UnknownFeed, named
from bot.library.ingest import Ingestion
from bot.store.database import Database
from bot.store.feed_items import GivenItem, keep_items, mark_loaded, pending_keys
from bot.store.feeds import Asking, save_states
from bot.stories.feeds import Feed, FeedSettings, FeedState
from tests.conftest import SetClock

FILE = Path("/etc/broadsheet/config/feeds.yaml")
GAZETTE = "https://gazette.example/feed.xml"


@pytest.fixture
def feeds(archive: Database, clock: SetClock, ingestion: Ingestion) -> Feeds:
    return Feeds(archive, clock, FILE, ingestion.rules)


async def only(feeds: Feeds) -> Feed:
    (feed,) = await feeds.listed()
    return feed


async def answered(archive: Database, feed: Feed, clock: SetClock, url: str | None = None) -> None:
    """As if the feed had been asked, and gave one item that was loaded."""
    state = FeedState(url or feed.settings.url, clock.now() + timedelta(hours=1))
    async with archive.writing() as db:
        await save_states(db, [Asking(feed.feed_id, state)])
        await keep_items(db, [GivenItem(feed.feed_id, "1", GAZETTE, "stamp", "{}")], clock.now())
        await mark_loaded(db, [(feed.feed_id, "1", "stamp")])


async def pending(archive: Database) -> list[tuple[int, str]]:
    async with archive.reading() as db:
        return await pending_keys(db, 10)


async def test_a_feed_that_is_added_is_due_at_once(feeds: Feeds, clock: SetClock):
    added = await feeds.add(FeedSettings(GAZETTE, "Gazette", ("AI",), 2, "en"), "somebody")
    assert added == await only(feeds)
    assert added.settings == FeedSettings(GAZETTE, "Gazette", ("AI",), 2, "en")
    assert (added.listed, added.added_by, added.state.next_at) == (False, "somebody", clock.now())


@pytest.mark.parametrize(
    "url", ["gazette.example/feed.xml", "  http://www.gazette.example/feed.xml ", GAZETTE]
)
async def test_an_address_is_the_same_feed_in_every_spelling(feeds: Feeds, url: str):
    await feeds.add(FeedSettings(GAZETTE), "one")
    await feeds.add(FeedSettings(url, "Gazette"), "two")
    assert (await only(feeds)).settings.provider == "Gazette"
    await feeds.remove(url)
    assert await feeds.listed() == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gazette",
        "ftp://gazette.example/feed",
        "http://127.0.0.1/feed",
        "http://[::1]/",
        "https://",
        "https://me:secret@gazette.example/feed",
        "mailto:me@gazette.example",
        "file:///etc/passwd",
    ],
)
async def test_what_is_no_public_address_is_refused(feeds: Feeds, url: str):
    with pytest.raises(BadValue):
        await feeds.add(FeedSettings(url), "me")
    assert await feeds.listed() == []


async def test_what_was_added_without_a_scheme_is_asked_by_https(feeds: Feeds):
    await feeds.add(FeedSettings("gazette.example/news?at=http://x"), "me")
    assert (await only(feeds)).state.url == "https://gazette.example/news?at=http://x"


async def test_adding_it_again_changes_its_settings_and_loads_what_it_gave_again(
    feeds: Feeds, archive: Database, clock: SetClock
):
    feed = await feeds.add(FeedSettings(GAZETTE, topics=("AI",)), "me")
    await answered(archive, feed, clock)
    await feeds.switch(GAZETTE, on=False)
    await feeds.add(FeedSettings(GAZETTE, topics=("ai",)), "me")
    assert await pending(archive) == [], "the same topic"
    again = await feeds.add(FeedSettings(GAZETTE, topics=("AI", "Harbour")), "me")
    assert await pending(archive) == [(feed.feed_id, "1")]
    assert (again.feed_id, again.settings.off) == (feed.feed_id, False)
    assert again.state.next_at == clock.now()


async def test_many_are_added_at_once_and_what_is_there_stays_as_it_is(feeds: Feeds):
    await feeds.add(FeedSettings(GAZETTE, "Gazette"), "me")
    given = [named(FeedSettings(url, "New")) for url in (GAZETTE, "https://quay.example/")]
    await feeds.add_new([*given, *given], "me")
    assert [one.settings.provider for one in await feeds.listed()] == ["Gazette", "New"]


async def test_there_is_a_limit_and_over_it_nothing_is_added(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "LONGEST_LIST", 2)
    await feeds.add(FeedSettings(GAZETTE), "me")
    three = [named(FeedSettings(f"https://quay.example/{number}")) for number in range(2)]
    with pytest.raises(UsageError, match="There may be 2 feeds"):
        await feeds.add_new(three, "me")
    await feeds.add_new(three[:1], "me")
    with pytest.raises(UsageError, match="2 feeds"):
        await feeds.add(FeedSettings("https://quay.example/9"), "me")
    assert len(await feeds.listed()) == 2


async def test_a_feed_of_the_file_is_removed_only_there(feeds: Feeds):
    await feeds.use_file([FeedSettings(GAZETTE)])
    for change in (feeds.remove(GAZETTE), feeds.add(FeedSettings(GAZETTE, "Mine"), "me")):
        with pytest.raises(ListedFeed, match=str(FILE)):
            await change
    assert (await only(feeds)).settings == FeedSettings(GAZETTE)


async def test_a_feed_of_the_file_can_be_switched_and_the_file_does_not_undo_it(
    feeds: Feeds, clock: SetClock
):
    await feeds.use_file([FeedSettings(GAZETTE)])
    off = await feeds.switch(GAZETTE, on=False)
    assert (off.settings.off, off.state.next_at) == (True, None)
    await feeds.use_file([FeedSettings(GAZETTE, "Gazette")])
    assert (await only(feeds)).settings == FeedSettings(GAZETTE, "Gazette", off=True)
    on = await feeds.switch(GAZETTE, on=True)
    assert (on.settings.off, on.state.next_at) == (False, clock.now())


async def test_one_feed_of_the_file_can_be_taken_over_without_the_rest(feeds: Feeds):
    await feeds.use_file([FeedSettings(GAZETTE, "Gazette")])
    quay, other = (FeedSettings(f"https://{name}.example/") for name in ("quay", "other"))
    await feeds.use_of_file([FeedSettings(GAZETTE), quay, other], [GAZETTE, "quay.example"])
    gazette, taken = await feeds.listed()
    assert (gazette.settings.provider, gazette.listed) == ("Gazette", True)
    assert (taken.settings, taken.listed, taken.added_by) == (quay, True, str(FILE))


async def test_a_feed_of_the_file_that_cannot_be_asked_stops_no_other(
    feeds: Feeds, caplog: pytest.LogCaptureFixture
):
    listed = [FeedSettings("http://10.0.0.1/feed"), FeedSettings(GAZETTE)]
    await feeds.use_file(listed)
    assert (await only(feeds)).settings.url == GAZETTE
    assert f"{FILE}: “http://10.0.0.1/feed” is no address of a feed" in caplog.text
    await feeds.use_of_file(listed, [GAZETTE])
    await only(feeds)


async def test_what_the_file_switches_follows_it(feeds: Feeds, clock: SetClock):
    for off in (False, True, False):
        await feeds.use_file([FeedSettings(GAZETTE, off=off)])
        feed = await only(feeds)
        assert feed.settings.off is off
        assert feed.state.next_at == (None if off else clock.now())


async def test_reading_the_file_again_asks_nothing_again(
    feeds: Feeds, archive: Database, clock: SetClock
):
    await feeds.use_file([FeedSettings(GAZETTE)])
    await answered(archive, await only(feeds), clock)
    before = await feeds.listed()
    await feeds.use_file([FeedSettings(GAZETTE)])
    assert await feeds.listed() == before
    assert await pending(archive) == []


async def test_what_the_file_lists_no_longer_is_off_until_it_is_listed_again(
    feeds: Feeds, clock: SetClock
):
    await feeds.add(FeedSettings("https://quay.example/"), "me")
    await feeds.use_file([FeedSettings(GAZETTE)])
    await feeds.use_file([])
    gone, added = await feeds.listed()
    assert (gone.listed, gone.settings.off, gone.state.next_at) == (False, True, None)
    assert added.state.next_at == clock.now()
    await feeds.use_file([FeedSettings(GAZETTE)])
    back = (await feeds.listed())[0]
    assert (back.listed, back.settings.off, back.state.next_at) == (True, False, clock.now())


async def test_what_the_file_lists_no_longer_can_be_removed(feeds: Feeds):
    await feeds.use_file([FeedSettings(GAZETTE)])
    await feeds.use_file([])
    await feeds.remove(GAZETTE)
    assert await feeds.listed() == []


async def test_a_feed_that_comes_after_a_removed_one_is_another_feed(
    feeds: Feeds, archive: Database, clock: SetClock
):
    first = await feeds.add(FeedSettings(GAZETTE), "me")
    await answered(archive, first, clock)
    await feeds.remove(GAZETTE)
    second = await feeds.add(FeedSettings("https://quay.example/"), "me")
    assert second.feed_id != first.feed_id


async def test_refreshing_makes_due_what_is_on(feeds: Feeds, archive: Database, clock: SetClock):
    for name in "abc":
        await answered(
            archive, await feeds.add(FeedSettings(f"https://{name}.example/"), "me"), clock
        )
    await feeds.switch("https://c.example/", on=False)
    assert await feeds.refresh(["https://a.example/"]) == 1
    assert await feeds.refresh(["https://c.example/"]) == 0
    assert await feeds.refresh() == 2
    due = [one.state.next_at for one in await feeds.listed()]
    assert due == [clock.now(), clock.now(), None]


async def test_a_feed_is_also_known_by_where_it_is_asked(
    feeds: Feeds, archive: Database, clock: SetClock
):
    page = await feeds.add(FeedSettings("https://gazette.example/"), "me")
    await answered(archive, page, clock, GAZETTE)
    assert (await feeds.switch(GAZETTE, on=False)).feed_id == page.feed_id


async def test_an_unknown_feed_is_told_and_nothing_changes(feeds: Feeds):
    await feeds.add(FeedSettings(GAZETTE), "me")
    before = await feeds.listed()
    strange = "https://nowhere.example/"
    for change in (
        feeds.remove(strange),
        feeds.switch(strange, on=False),
        feeds.refresh([GAZETTE, strange]),
    ):
        with pytest.raises(UnknownFeed, match="nowhere"):
            await change
    assert await feeds.listed() == before
