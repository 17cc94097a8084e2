"""Feeds asked on loopback: what they give becomes stories, once, and nothing is asked too early."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.library import asking
from bot.library import sweep as module
from bot.library.asking import LOST_AFTER
from bot.library.ingest import Ingestion
from bot.library.report import IngestReport
from bot.library.sweep import Sweep
from bot.origins.feeds import origin as module_of_origin
from bot.origins.feeds.client import FeedClient
from bot.origins.feeds.document import FeedDocument
from bot.origins.feeds.origin import Feeds as FeedsOrigin
from bot.origins.feeds.parsing import parse
from bot.origins.files.origin import SeedsFolder
from bot.store.database import Database
from bot.store.feed_items import load_all_again
from bot.store.providers import last_count
from bot.stories.feeds import FaultKind
from tests.conftest import SetClock, files_at, make_story_file
from tests.library.feeding import HOUR, Item, Newsstand, conditional, newsstand, paths, rss
from tests.origins.feeds.serving import reply

DAY = timedelta(days=1)


@pytest.fixture
async def stand(
    archive: Database, clock: SetClock, ingestion: Ingestion
) -> AsyncIterator[Newsstand]:
    async with newsstand(archive, clock, ingestion) as opened:
        yield opened


def name_feed(stand: Newsstand, feed: str, at: str = "/") -> None:
    """Serve a page that names a feed."""
    link = f"<link rel='alternate' type='application/rss+xml' href='{feed}'>"
    page = f"<!doctype html><html><head><title>News</title>{link}</head></html>".encode()
    stand.server.replies[at] = reply(200, page, content_type="text/html")


async def test_what_a_feed_gives_becomes_stories_with_its_topic(stand: Newsstand):
    stand.put(Item(1, at=stand.clock.now() - HOUR), Item(2))
    await stand.add()
    report = await stand.run()
    assert (report.asked, report.failed, report.new) == (1, {}, 2)
    assert await stand.titles() == ["Headline 001", "Headline 002"]
    seen = int(stand.clock.now().timestamp())
    assert [at for *_, at in await stand.stories()] == [seen - 3600, seen]
    assert await stand.rows("SELECT DISTINCT provider, domain FROM story") == [
        ("Gazette", "gazette.example")
    ]
    assert await stand.rows("SELECT name FROM topic") == [("AI",)]
    assert await stand.rows("SELECT count(*) FROM event") == [(2,)]
    feed = await stand.feed()
    assert (feed.title, feed.format) == ("Gazette", "RSS 2.0")


async def test_a_feed_is_asked_again_only_when_it_is_due(stand: Newsstand):
    await stand.add()
    assert [(await stand.run()).asked for _ in range(3)] == [1, 0, 0]
    assert (await stand.run(timedelta(minutes=10))).asked == 0
    assert (await stand.run(timedelta(hours=7))).asked == 1
    assert len(stand.server.asked) == 2


async def test_what_is_the_same_is_neither_parsed_nor_loaded_again(stand: Newsstand):
    stand.server.replies["/feed"] = conditional(rss(Item(1)))
    await stand.add()
    reports = [await stand.run(HOUR * 7) for _ in range(3)]
    assert [(one.new, one.changed) for one in reports] == [(1, 0), (0, 0), (0, 0)]
    assert [one.headers.get("if-none-match") for one in stand.server.asked] == [None, '"1"', '"1"']
    assert (await stand.feed()).state.succeeded_at == stand.clock.now()


async def test_an_item_without_a_date_keeps_the_time_when_it_was_first_seen(stand: Newsstand):
    stand.put(Item(1))
    await stand.add()
    await stand.run()
    ((_, _, first),) = await stand.stories()
    stand.put(Item(2), Item(1, title="Headline corrected"))
    await stand.run(HOUR * 7)
    assert [story[0] for story in await stand.stories()] == ["Headline corrected", "Headline 002"]
    assert (await stand.stories())[0][2] == first


async def test_an_edited_item_changes_its_article(stand: Newsstand):
    stand.put(Item(1))
    await stand.add()
    await stand.run()
    stand.put(Item(1, title="Another headline", excerpt="Another text."))
    report = await stand.run(HOUR * 7)
    assert (report.new, report.changed) == (0, 1)
    assert [story[:2] for story in await stand.stories()] == [("Another headline", "Another text.")]


async def test_a_changed_id_with_the_same_link_is_the_same_article_and_can_be_edited(
    stand: Newsstand,
):
    stand.put(Item(1))
    await stand.add()
    await stand.run()
    before = await stand.stories()
    for guid in ("b", "c"):
        stand.put(Item(1, guid=guid))
        await stand.run(HOUR * 7)
    assert await stand.stories() == before
    assert await stand.rows("SELECT count(*) FROM feed_item") == [(1,)]
    stand.put(Item(1, guid="d", title="Edited"))
    await stand.run(HOUR * 7)
    assert await stand.titles() == ["Edited"]


async def test_two_items_with_one_link_are_one_article_and_it_does_not_change_to_and_fro(
    stand: Newsstand,
):
    items = Item(1, title="First", guid="a"), Item(1, title="Second", guid="b")
    await stand.add()
    for number in range(3):
        stand.put(*items, Item(10 + number))
        await stand.run(HOUR * 7)
        assert (await stand.titles())[0] == "First"
    assert await stand.rows("SELECT count(*) FROM feed_item") == [(4,)]


async def test_a_new_item_at_the_link_of_one_that_moved_is_kept_beside_it(stand: Newsstand):
    latest = "https://gazette.example/latest"
    stand.put(Item(1, url=latest))
    await stand.add()
    await stand.run()
    stand.put(Item(2, url=latest), Item(1))
    await stand.run(HOUR * 7)
    kept = await stand.rows("SELECT item_key, url FROM feed_item ORDER BY item_key")
    assert kept == [("item-1", "https://gazette.example/story/1"), ("item-2", latest)]
    assert await stand.titles() == ["Headline 001", "Headline 002"]


async def test_the_address_of_a_page_finds_its_feed_in_the_same_sweep(stand: Newsstand):
    name_feed(stand, "/rss")
    stand.put(Item(1), path="/rss")
    await stand.add("/")
    report = await stand.run()
    assert (report.failed, await stand.titles()) == ({}, ["Headline 001"])
    feed = await stand.feed()
    assert feed.settings.url == stand.server.url("/", "gazette.example")
    assert feed.state.url == stand.server.url("/rss", "gazette.example")
    await stand.run(HOUR * 7)
    assert paths(stand.server.asked) == ["/", "/rss", "/rss"]


async def test_a_page_whose_feed_is_none_fails_and_is_looked_at_again(stand: Newsstand):
    name_feed(stand, "/")
    await stand.add("/")
    assert [*(await stand.run()).failed.values()] == [FaultKind.NO_FEED]
    assert (await stand.feed()).state.url == stand.server.url("/", "gazette.example")
    assert paths(stand.server.asked) == ["/", "/"]


async def test_a_feed_that_gives_a_page_for_a_while_is_not_left_for_what_the_page_names(
    stand: Newsstand,
):
    stand.put(Item(1))
    stand.put(Item(9, title="Comment"), path="/comments")
    await stand.add()
    await stand.run()
    name_feed(stand, "/comments", at="/feed")
    report = await stand.run(HOUR * 7)
    assert [*report.failed.values()] == [FaultKind.NO_FEED]
    stand.put(Item(1), Item(2))
    await stand.run(HOUR * 7)
    assert await stand.titles() == ["Headline 001", "Headline 002"]
    assert paths(stand.server.asked) == ["/feed"] * 3


async def test_a_feed_that_a_page_named_is_looked_for_there_after_failures(stand: Newsstand):
    name_feed(stand, "/rss")
    stand.put(Item(1), path="/rss")
    await stand.add("/")
    await stand.run()
    name_feed(stand, "/new")
    stand.server.replies["/rss"] = reply(404)
    stand.put(Item(1), Item(2), path="/new")
    faults = [[*(await stand.run(HOUR * 7)).failed.values()] for _ in range(LOST_AFTER)]
    assert faults == [[FaultKind.MISSING]] * (LOST_AFTER - 1) + [[]]
    assert await stand.titles() == ["Headline 001", "Headline 002"]
    state = (await stand.feed()).state
    assert (state.url, state.failures) == (stand.server.url("/new", "gazette.example"), 0)


async def test_a_feed_whose_page_helps_no_more_keeps_its_own_fault(stand: Newsstand):
    name_feed(stand, "/rss")
    stand.put(Item(1), path="/rss")
    await stand.add("/")
    await stand.run()
    stand.server.replies |= {"/rss": reply(500), "/": reply(404)}
    for _ in range(LOST_AFTER):
        await stand.run(HOUR * 7)
    state = (await stand.feed()).state
    assert (state.fault, state.failures) == (FaultKind.BROKEN, LOST_AFTER)
    assert state.url == stand.server.url("/rss", "gazette.example")
    stand.server.replies["/rss"] = reply(429)
    asked = len(stand.server.asked)
    await stand.run(HOUR * 7)
    assert paths(stand.server.asked[asked:]) == ["/rss"], "it is there, only busy"


async def test_a_failing_feed_stops_no_other(stand: Newsstand):
    stand.put(Item(1))
    stand.server.replies["/broken"] = reply(500)
    await stand.add("/broken", "broken.example")
    await stand.add()
    report = await stand.run()
    assert [*report.failed.values()] == [FaultKind.BROKEN]
    assert await stand.titles() == ["Headline 001"]


async def test_a_feed_that_finds_a_mistake_of_ours_stops_no_other(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def mistaken(body: bytes, *rest: Any) -> FeedDocument:
        if b"Odd" in body:
            raise ZeroDivisionError
        return parse(body, *rest)

    monkeypatch.setattr(asking, "parse", mistaken)
    stand.put(Item(1))
    stand.put(Item(2), path="/odd", title="Odd")
    await stand.add("/odd", "odd.example")
    await stand.add()
    report = await stand.run()
    assert [*report.failed.values()] == [FaultKind.BROKEN]
    assert await stand.titles() == ["Headline 001"]
    assert "odd.example" in caplog.text


async def test_what_a_slow_feed_waits_for_no_other_waits_for(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_SILENCE", 0.05)
    loaded, go_on = asyncio.Event(), asyncio.Event()
    ingest = stand.ingestion.ingest

    async def slow() -> AsyncIterator[bytes]:
        await go_on.wait()
        yield reply(200, rss(Item(2)))

    async def noted(*given: Any, **how: Any) -> IngestReport:
        report = await ingest(*given, **how)
        loaded.set()
        return report

    monkeypatch.setattr(stand.ingestion, "ingest", noted)

    stand.server.replies["/slow"] = lambda asked: slow()
    stand.put(Item(1))
    await stand.add("/slow", "slow.example")
    await stand.add()
    running = asyncio.create_task(stand.run())
    await asyncio.wait_for(loaded.wait(), 5)
    assert await stand.titles() == ["Headline 001"]
    go_on.set()
    assert (await running).new == 2


async def test_a_feed_that_is_being_asked_is_waited_for_and_not_asked_twice(stand: Newsstand):
    stand.put(Item(1))
    feed = await stand.add()
    both = await asyncio.gather(stand.run(), stand.run(only=[feed.feed_id]))
    assert sorted(one.asked for one in both) in ([0, 1], [1, 1])
    assert await stand.titles() == ["Headline 001"]


async def test_named_feeds_are_asked_although_they_are_not_due(stand: Newsstand):
    await stand.add()
    other = await stand.add("/feed", "other.example")
    await stand.run()
    assert (await stand.run(only=[other.feed_id])).asked == 1


async def test_after_an_end_of_the_process_nothing_is_asked_twice_at_once(
    stand: Newsstand, ingestion: Ingestion
):
    asked, end = asyncio.Event(), asyncio.Event()

    async def hanging() -> AsyncIterator[bytes]:
        asked.set()
        await end.wait()
        yield b""

    stand.server.replies["/feed"] = lambda asked: hanging()
    await stand.add()
    running = asyncio.create_task(stand.run())
    await asked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    end.set()
    origin = FeedsOrigin(stand.archive)
    again = Sweep(stand.archive, ingestion, origin, stand.client, stand.clock)
    assert (await again.run()).asked == 0
    stand.put(Item(1))
    stand.clock.move(timedelta(minutes=16))
    assert (await again.run()).new == 1


async def test_what_was_fetched_and_not_loaded_is_loaded_after_a_restart(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
):
    stand.put(Item(1))
    await stand.add()
    with monkeypatch.context() as patch:
        patch.setattr(Ingestion, "ingest", None)
        with pytest.raises(TypeError):
            await stand.run()
    assert await stand.titles() == []
    assert (await stand.run()).asked == 0
    assert await stand.titles() == ["Headline 001"]


async def test_more_items_than_are_listed_at_once_are_loaded_by_one_sweep(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module_of_origin, "MOST", 3)
    numbers = range(1, 9)
    stand.put(*(Item(number) for number in numbers))
    await stand.add()
    assert (await stand.run()).new == len(numbers)
    assert await stand.titles() == [f"Headline {number:03}" for number in numbers]
    assert await stand.rows("SELECT * FROM feed_item WHERE pending = 1") == []
    assert await stand.rows("SELECT * FROM story WHERE grouped = 0") == []


async def test_a_load_that_ends_early_leaves_items_to_the_next(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module_of_origin, "MOST", 3)
    stand.put(*(Item(number) for number in range(1, 9)))
    await stand.add()
    await stand.run()
    async with stand.archive.writing() as db:
        await load_all_again(db)
    feeds = FeedsOrigin(stand.archive)
    assert (await stand.ingestion.ingest([feeds], until=lambda: True)).read == 3
    assert (await stand.ingestion.ingest([feeds])).read == 5


async def test_hosts_pauses_and_robots_hold_after_a_restart(stand: Newsstand, ingestion: Ingestion):
    stand.server.replies["/feed"] = reply(503, retry_after=3600)
    stand.server.replies["/robots.txt"] = reply(200, b"User-agent: *\nDisallow: /private\n")
    await stand.add()
    await stand.run()
    asked = len(stand.server.seen)
    stand.policy.hosts.clear()
    origin = FeedsOrigin(stand.archive)
    async with FeedClient(stand.policy) as client:
        again = Sweep(stand.archive, ingestion, origin, client, stand.clock)
        await stand.add("/other")
        assert len((await again.run()).failed) == 1
    assert len(stand.server.seen) == asked, "neither the feed nor robots.txt"


async def test_a_file_goes_before_a_feed_and_the_earliest_feed_before_later_ones(
    stand: Newsstand, tmp_path_factory: pytest.TempPathFactory
):
    url = "https://gazette.example/story/1"
    for name, host in (("one", "one.example"), ("two", "two.example")):
        stand.put(Item(1, title=f"As {name} has it", url=url), path=f"/{name}")
        await stand.add(f"/{name}", host, topics=(name.title(),))
        await stand.run(HOUR)
    assert await stand.titles() == ["As one has it"]
    topics = "SELECT name FROM topic JOIN story_topic USING (topic_id) ORDER BY name"
    assert await stand.rows(topics) == [("One",), ("Two",)]

    folder = tmp_path_factory.mktemp("files")
    seeds = SeedsFolder(folder)
    (folder / "1.md").write_bytes(
        make_story_file(webUrl=url, title="As the file has it", topics=["File"])
    )
    report = await stand.ingestion.ingest([seeds])
    assert (report.new, report.disagreeing) == (1, {})
    assert await stand.titles() == ["As the file has it"]
    stand.put(Item(1, title="As one has it by now", url=url), path="/one")
    await stand.run(HOUR * 7)
    assert await stand.titles() == ["As the file has it"]
    assert await stand.rows(topics) == [("File",), ("One",), ("Two",)]

    (folder / "1.md").unlink()
    await stand.ingestion.ingest([seeds], withdraw=True)
    await stand.run()
    assert await stand.titles() == ["As one has it by now"]
    assert await stand.rows(topics) == [("One",), ("Two",)]


async def test_removed_true_in_a_file_always_hides(
    stand: Newsstand, tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.mktemp("files") / "1.md"
    path.write_bytes(make_story_file(webUrl="https://gazette.example/story/1", removed=True))
    stand.put(Item(1))
    await stand.add()
    await stand.run()
    await stand.ingestion.ingest(files_at(path))
    stand.put(Item(1, title="Edited"))
    await stand.run(HOUR * 7)
    assert await stand.rows("SELECT removed, withdrawn FROM story") == [(1, 0)]


async def test_a_removed_feed_is_forgotten_with_the_stories_that_nothing_else_tells(
    stand: Newsstand,
):
    shared = "https://gazette.example/story/1"
    stand.put(Item(1, url=shared), Item(2))
    stand.put(Item(1, url=shared, title="As told elsewhere"), path="/other")
    feed = await stand.add()
    await stand.run()
    await stand.add("/other", "other.example")
    await stand.run(HOUR)
    await stand.feeds.remove(feed.settings.url)
    await stand.run()
    assert await stand.titles() == ["As told elsewhere"]
    assert await stand.rows("SELECT count(*) FROM feed_item") == [(1,)]
    assert await stand.rows("SELECT count(*) FROM item") == [(1,)]


async def test_a_feed_that_is_removed_while_it_is_asked_leaves_nothing(stand: Newsstand):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        began.set()
        await go_on.wait()
        yield reply(200, rss(Item(1)))

    stand.server.replies["/late"] = lambda asked: late()
    stand.put(Item(2))
    feed = await stand.add("/late", "late.example")
    await stand.add()
    running = asyncio.create_task(stand.run())
    await began.wait()
    await stand.feeds.remove(feed.settings.url)
    go_on.set()
    await running
    assert await stand.titles() == ["Headline 002"]
    assert await stand.rows("SELECT count(*) FROM feed_item") == [(1,)]


async def test_a_feed_that_is_switched_off_while_it_is_asked_stays_off(stand: Newsstand):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        began.set()
        await go_on.wait()
        yield reply(200, rss(Item(1)))

    stand.server.replies["/feed"] = lambda asked: late()
    feed = await stand.add()
    running = asyncio.create_task(stand.run())
    await began.wait()
    await stand.feeds.switch(feed.settings.url, on=False)
    go_on.set()
    await running
    assert (await stand.feed()).state.next_at is None
    assert (await stand.run(DAY)).asked == 0


async def test_other_settings_change_what_a_feed_has_given(stand: Newsstand):
    stand.put(Item(1))
    await stand.add(provider="Gazette")
    await stand.run()
    await stand.add(provider="The Gazette", topics=("Harbour",))
    await stand.run()
    assert await stand.rows("SELECT provider FROM story") == [("The Gazette",)]
    assert await stand.rows(
        "SELECT DISTINCT name FROM topic JOIN story_topic USING (topic_id)"
    ) == [("Harbour",)]


async def test_items_are_forgotten_a_month_after_they_left_their_feed(stand: Newsstand):
    stand.put(Item(1), Item(2))
    await stand.add()
    await stand.run()
    stand.put(Item(2), Item(3))
    await stand.run(DAY * 2)
    stand.put(Item(2), Item(4))
    await stand.run(DAY * 27)
    assert await stand.feeds.forget_unseen() == 0
    stand.put(Item(2), Item(5))
    await stand.run(DAY * 2)
    assert await stand.feeds.forget_unseen() == 1
    assert len(await stand.titles()) == 5, "the stories stay"


async def test_what_stays_in_a_feed_is_kept_however_long_it_is_off_or_the_same(stand: Newsstand):
    stand.server.replies["/feed"] = conditional(rss(Item(1)))
    feed = await stand.add()
    await stand.run()
    before = await stand.stories()
    for _ in range(3):
        await stand.run(DAY * 20)
    await stand.feeds.switch(feed.settings.url, on=False)
    stand.clock.move(DAY * 90)
    assert await stand.feeds.forget_unseen() == 0
    await stand.feeds.switch(feed.settings.url, on=True)
    stand.put(Item(1), Item(2))
    await stand.run()
    assert before[0] in await stand.stories(), "it has kept its time"


async def test_a_story_whose_file_and_item_are_gone_stays_and_is_not_read_for_ever(
    stand: Newsstand, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("files")
    (folder / "1.md").write_bytes(
        make_story_file(webUrl="https://gazette.example/story/1", title="As the file has it")
    )
    stand.put(Item(1), Item(2))
    await stand.add()
    await stand.run()
    await stand.ingestion.ingest([SeedsFolder(folder)])
    stand.put(Item(2))
    await stand.run(DAY * 40)
    assert await stand.feeds.forget_unseen() == 1
    (folder / "1.md").unlink()
    await stand.ingestion.ingest([SeedsFolder(folder)], withdraw=True)
    await stand.run()
    assert await stand.titles() == ["As the file has it", "Headline 002"]
    assert await FeedsOrigin(stand.archive).has_work() is False


@pytest.mark.sqlite
async def test_a_sweep_with_nothing_due_writes_nothing(stand: Newsstand, tmp_path: Path):
    stand.put(Item(1))
    await stand.add()
    await stand.run()
    path = tmp_path / "archive" / "broadsheet.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # whoever writes now waits, and then fails
        assert (await stand.run()).asked == 0


async def test_publishers_are_not_counted_without_something_of_feeds_to_load(stand: Newsstand):
    await stand.run()
    async with stand.archive.reading() as db:
        assert await last_count(db) is None
    stand.put(Item(1))
    await stand.add()
    await stand.run()
    async with stand.archive.reading() as db:
        assert await last_count(db) is not None
