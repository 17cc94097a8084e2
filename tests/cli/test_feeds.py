"""broadsheet feeds: the list in the database, beside the operator's file, and what a feed gives."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app.online import sweep_of
from bot.app.services import Services, open_services
from bot.clock import SystemClock
from bot.environment import places, read_environment
from bot.origins.feeds import client
from bot.origins.feeds.client import FeedClient
from tests.archives import database_at, named
from tests.cli.conftest import Broadsheet, Start, option
from tests.conftest import ROOT
from tests.origins.feeds.serving import Reply, policy, reply, serving

GAZETTE, QUAY = "https://gazette.example/feed.xml", "https://quay.example/feed"
FEED = b"""<rss version="2.0"><channel><title>Gazette</title>
<item><guid>1</guid><title>Harbour &amp; town</title><link>https://gazette.example/1</link>
<pubDate>Sun, 22 Dec 2019 10:00:00 GMT</pubDate><description>The harbour.</description></item>
<item><guid>2</guid><title>Ferry</title><link>/2</link></item></channel></rss>"""
PAGE = b"""<!doctype html><html><head><title>Gazette</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>News</body></html>"""
OPML = f"""<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Harbour"><outline text="Gazette" type="rss" xmlUrl="{GAZETTE}"/>
<outline text="Twice" type="rss" xmlUrl="http://www.gazette.example/feed.xml"/></outline>
<outline text="Router" type="rss" xmlUrl="http://192.168.1.1/feed"/>
<outline text="Quay" type="rss" xmlUrl="{QUAY}"/></body></opml>"""
FED = {
    *("url", "provider", "topics", "tier", "language", "off", "from", "title", "format"),
    *("asked_url", "fault", "paused", "failures", "failing_since", "succeeded_at", "next_at"),
    *("newest_at", "health"),
}


@pytest.fixture
def own(broadsheet: Broadsheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config folder whose feeds.yaml lists one feed."""
    folder = tmp_path / "own"
    folder.mkdir()
    listed = f"feeds:\n  - {{url: '{QUAY}', provider: Quay, topics: [Town]}}\n"
    (folder / "feeds.yaml").write_text(listed)
    monkeypatch.setenv("BROADSHEET_CONFIG", str(folder))
    return folder


@contextmanager
def on_loopback(replies: Mapping[str, Reply], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site on loopback that commands reach by its public name; its address."""
    started, ended = threading.Event(), asyncio.Event()
    found: list[tuple[str, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with serving(replies) as server:
            found.append((server.url("", "gazette.example"), asyncio.get_running_loop()))
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(10)
    monkeypatch.setattr(client, "guarded", lambda contact: policy(contact=contact))
    ((address, loop),) = found
    yield address
    loop.call_soon_threadsafe(ended.set)
    thread.join(10)


def urls(broadsheet: Broadsheet) -> list[str]:
    return [one["url"] for one in broadsheet("feeds", "list", "--json").json["feeds"]]


def test_no_feeds_is_done_and_says_how_to_begin(broadsheet: Broadsheet):
    done = broadsheet("feeds", "list")
    assert (done.code, done.out) == (0, "")
    assert "broadsheet feeds add URL" in done.err
    assert broadsheet("feeds", "list", "--json").json == {"feeds": []}


@pytest.mark.sqlite
@pytest.mark.parametrize("listing", ["list", "starter", "export"])
def test_listing_makes_no_database(broadsheet: Broadsheet, tmp_path: Path, listing: str):
    assert broadsheet("feeds", listing).code == 0
    assert [one.name for one in tmp_path.iterdir() if ".db" in one.name] == []


def test_a_feed_is_added_listed_switched_and_removed(broadsheet: Broadsheet):
    options = ("--topics", "Harbour, AI", "--provider", "Gazette", "--tier", 2, "--language", "en")
    done = broadsheet("feeds", "add", GAZETTE, *options)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"added {GAZETTE}; a running bot asks it within a minute\n"
    listed = broadsheet("feeds", "list").out
    assert listed.splitlines() == [
        GAZETTE,
        "  Gazette · Harbour, AI · tier 2 · en · from broadsheet feeds",
        "  not asked yet, due now",
    ]
    (record,) = broadsheet("feeds", "list", "--json").json["feeds"]
    assert set(record) == FED
    assert (record["topics"], record["tier"], record["off"]) == (["Harbour", "AI"], 2, False)
    assert broadsheet("feeds", "off", GAZETTE).out == f"off {GAZETTE}\n"
    assert broadsheet("feeds", "list").out.endswith("\n  off\n")
    assert broadsheet("feeds", "refresh").out == "0 feeds due\n"
    assert broadsheet("feeds", "on", GAZETTE).code == 0
    assert broadsheet("feeds", "refresh", GAZETTE).out.startswith("1 feed due; ")
    assert broadsheet("feeds", "remove", GAZETTE).out == f"removed {GAZETTE}\n"
    assert urls(broadsheet) == []


def test_adding_it_again_changes_only_what_is_said(broadsheet: Broadsheet):
    broadsheet("feeds", "add", GAZETTE, "--topics", "Harbour")
    again = broadsheet("feeds", "add", GAZETTE)
    assert (again.code, again.out) == (0, f"{GAZETTE} is in the list already\n")
    assert broadsheet("feeds", "add", GAZETTE, "--topics", "Town").out.startswith("changed")
    (record,) = broadsheet("feeds", "list", "--json").json["feeds"]
    assert record["topics"] == ["Town"]


def test_a_topic_is_written_as_it_is_known(broadsheet: Broadsheet, tmp_path: Path):
    broadsheet("feeds", "add", GAZETTE, "--topics", "artificial intelligence, new one")
    (tmp_path / "list.opml").write_text(OPML.replace("Harbour", "ai").replace(GAZETTE, QUAY))
    broadsheet("feeds", "import", "list.opml")
    topics = [one["topics"] for one in broadsheet("feeds", "list", "--json").json["feeds"]]
    assert topics == [["AI", "new one"], ["AI"]]


@pytest.mark.parametrize("command", ["add", "remove", "on", "off", "refresh"])
def test_an_address_that_is_none_or_unknown_is_wrong_use(broadsheet: Broadsheet, command: str):
    private = broadsheet("feeds", command, "http://192.168.1.1/feed")
    assert private.code == 2
    assert "not a public address" in private.sentence
    if command != "add":
        unknown = broadsheet("feeds", command, GAZETTE)
        assert (unknown.code, GAZETTE in unknown.sentence) == (2, True)


def test_a_feed_of_the_file_is_listed_before_a_bot_has_read_it(broadsheet: Broadsheet, own: Path):
    (record,) = broadsheet("feeds", "list", "--json").json["feeds"]
    assert set(record) == FED
    assert (record["url"], record["from"]) == (QUAY, str(own / "feeds.yaml"))
    assert "when it starts or reloads" in broadsheet("feeds", "list").out


@pytest.mark.parametrize("command", ["add", "remove"])
def test_the_file_is_named_where_only_it_can_change_a_feed(
    broadsheet: Broadsheet, own: Path, command: str
):
    done = broadsheet("feeds", command, QUAY, *(["--topics", "AI"] if command == "add" else []))
    assert done.code == 2
    assert str(own / "feeds.yaml") in done.sentence
    assert "switch the feed off" in done.sentence


def test_a_feed_of_the_file_can_be_switched_off_before_a_bot_has_read_it(
    broadsheet: Broadsheet, own: Path
):
    assert broadsheet("feeds", "off", QUAY).code == 0
    (record,) = broadsheet("feeds", "list", "--json").json["feeds"]
    assert (record["off"], record["from"]) == (True, str(own / "feeds.yaml"))


def test_a_feed_that_left_the_file_is_off_and_can_be_removed(
    broadsheet: Broadsheet, own: Path, tmp_path: Path
):
    broadsheet("feeds", "refresh", QUAY)
    (own / "feeds.yaml").write_text("feeds: []\n")
    with_services(tmp_path / "broadsheet.db", lambda services: services.feeds.use_file([]))
    (record,) = broadsheet("feeds", "list", "--json").json["feeds"]
    assert (record["off"], record["from"]) == (
        True,
        f"{own / 'feeds.yaml'}, which no longer lists it",
    )
    assert broadsheet("feeds", "remove", QUAY).code == 0
    assert urls(broadsheet) == []


def test_a_list_of_another_reader_is_added_and_what_is_not_is_named(
    broadsheet: Broadsheet, tmp_path: Path
):
    (tmp_path / "list.opml").write_text(OPML)
    done = broadsheet("feeds", "import", "list.opml")
    assert (done.code, done.out) == (3, "2 feeds added, 1 there already, 1 rejected\n")
    assert "there already: http://www.gazette.example/feed.xml" in done.err
    assert "rejected http://192.168.1.1/feed: " in done.err
    gazette, quay = broadsheet("feeds", "list", "--json").json["feeds"]
    assert (gazette["url"], gazette["provider"], gazette["topics"]) == (
        GAZETTE,
        "Gazette",
        ["Harbour"],
    )
    assert (quay["url"], quay["provider"], quay["topics"]) == (QUAY, "Quay", [])
    again = broadsheet("feeds", "import", "list.opml", "--json")
    assert again.code == 3
    assert again.json["added"] == []
    assert again.json["known"] == [GAZETTE, "http://www.gazette.example/feed.xml", QUAY]
    assert [one["url"] for one in again.json["rejections"]] == ["http://192.168.1.1/feed"]


@pytest.mark.parametrize("text", ["", "no list", "<html><body>A page</body></html>"])
def test_a_file_that_is_no_list_fails(broadsheet: Broadsheet, tmp_path: Path, text: str):
    (tmp_path / "list.opml").write_text(text)
    assert broadsheet("feeds", "import", "list.opml").code == 1
    assert broadsheet("feeds", "import", "missing.opml").code == 1


def test_what_is_exported_can_be_imported(
    broadsheet: Broadsheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broadsheet("feeds", "add", GAZETTE, "--topics", "A & B, AI", "--provider", "“Gazette” <1>")
    broadsheet("feeds", "add", QUAY)
    before = broadsheet("feeds", "list").out
    assert broadsheet("feeds", "export", "list.opml").out == "list.opml\n"
    assert broadsheet("feeds", "export").out.strip() == (tmp_path / "list.opml").read_text().strip()
    refused = broadsheet("feeds", "export", "list.opml")
    assert (refused.code, "already exists" in refused.sentence) == (2, True)
    monkeypatch.setenv("BROADSHEET_DATABASE", named(database_at(tmp_path / "other.db")))
    assert broadsheet("feeds", "import", "list.opml").code == 0
    assert broadsheet("feeds", "list").out == before


def test_the_file_is_exported_too(broadsheet: Broadsheet, own: Path):
    assert QUAY in broadsheet("feeds", "export").out


def test_starter_feeds_are_listed_and_those_of_a_topic_are_added(broadsheet: Broadsheet):
    before = broadsheet("feeds", "starter")
    assert before.code == 0
    assert "AI" in before.out.splitlines()
    topics = broadsheet("feeds", "starter", "--json").json["topics"]
    chosen = {one["url"] for topic in topics for one in topic["feeds"] if topic["slug"] == "ai"}
    done = broadsheet("feeds", "starter", "ai")
    assert (done.code, done.out) == (0, f"{len(chosen)} feeds switched on, 0 on already\n")
    assert "/subscribe topic:AI" in done.err
    assert set(urls(broadsheet)) == chosen
    after = broadsheet("feeds", "starter", "--json").json["topics"]
    assert chosen == {one["url"] for topic in after for one in topic["feeds"] if one["on"]}


def test_a_starter_feed_that_is_off_is_switched_on_and_others_stay(broadsheet: Broadsheet):
    broadsheet("feeds", "starter", "ai")
    first, *_ = urls(broadsheet)
    broadsheet("feeds", "off", first)
    again = broadsheet("feeds", "starter", "ai")
    assert again.out == "1 feed switched on, 6 on already\n"
    off = [one for one in broadsheet("feeds", "list", "--json").json["feeds"] if one["off"]]
    assert off == []


def test_an_unknown_topic_names_the_known_ones(broadsheet: Broadsheet):
    done = broadsheet("feeds", "starter", "ai", "gardens")
    assert (done.code, urls(broadsheet)) == (2, [])
    assert "“gardens”. There are for: World, " in done.sentence


def test_a_feed_says_what_it_gives(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with on_loopback({"/feed.xml": reply(200, FEED)}, monkeypatch) as site:
        said = broadsheet("feeds", "test", f"{site}/feed.xml")
        record = broadsheet("feeds", "test", f"{site}/feed.xml", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("RSS 2.0 “Gazette” with 2 items.\n")
    assert record.json["url"] == f"{site}/feed.xml"
    assert record.json["items"][0] == {
        "id": "1",
        "title": "Harbour & town",
        "url": "https://gazette.example/1",
        "published_at": "2019-12-22T10:00:00+00:00",
        "excerpt": "The harbour.",
    }
    assert record.json["items"][1]["url"] == f"{site}/2"
    assert set(record.json) == {"url", "format", "title", "items", "problems"}
    assert not (tmp_path / "broadsheet.db").exists(), "nothing is stored"
    assert urls(broadsheet) == []


def test_a_page_is_no_feed_but_names_one(broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch):
    with on_loopback({"/": reply(200, PAGE, content_type="text/html")}, monkeypatch) as site:
        said = broadsheet("feeds", "test", f"{site}/")
        record = broadsheet("feeds", "test", f"{site}/", "--json")
    assert (said.code, record.code) == (1, 1)
    assert f"{site}/feed.xml" in said.out
    assert (record.json["format"], record.json["title"], record.json["items"]) == (None, None, [])
    assert f"{site}/feed.xml" in json.dumps(record.json["problems"])


@pytest.mark.parametrize("path", ["/missing", "/broken"])
def test_no_answer_is_no_feed_and_says_why(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, path: str
):
    with on_loopback({"/broken": b"junk\r\n\r\n"}, monkeypatch) as site:
        said = broadsheet("feeds", "test", f"{site}{path}")
        record = broadsheet("feeds", "test", f"{site}{path}", "--json")
    assert (said.code, record.code) == (1, 1)
    assert said.out.startswith("This is no feed: ")
    assert record.json["format"] is None


def test_a_private_address_is_never_asked(broadsheet: Broadsheet):
    for url in ("http://127.0.0.1:1/feed", "http://[::1]/", "http://169.254.169.254/latest"):
        done = broadsheet("feeds", "test", url, "--json")
        assert (done.code, done.json["format"]) == (1, None)


def test_a_saved_feed_is_read_and_what_is_no_file_is_wrong_use(
    broadsheet: Broadsheet, tmp_path: Path
):
    (tmp_path / "saved.xml").write_bytes(FEED)
    assert broadsheet("feeds", "test", "saved.xml").out.startswith("RSS 2.0 “Gazette”")
    (tmp_path / "empty").touch()
    assert broadsheet("feeds", "test", "empty", "--json").code == 1
    missing = broadsheet("feeds", "test", "missing.xml")
    assert (missing.code, "https://" in missing.sentence) == (2, True)


def test_the_projects_own_list_holds_addresses_of_feeds_each_once(broadsheet: Broadsheet):
    topics = broadsheet("feeds", "starter", "--json", "--config", ROOT / "config").json["topics"]
    found = [one["url"] for topic in topics for one in topic["feeds"]]
    assert len(found) == len(set(found)) >= 70
    assert all(url.startswith("https://") for url in found)


def with_services(path: Path, work: Callable[[Services], Awaitable[None]]) -> None:
    """What a running bot does with its services."""

    async def do() -> None:
        async with open_services(
            places(read_environment(), database=named(database_at(path)))
        ) as services:
            await work(services)

    asyncio.run(do())


def swept(path: Path) -> None:
    """What a running bot does at its next sweep."""

    async def sweep(services: Services) -> None:
        async with FeedClient(policy(SystemClock())) as client:
            await sweep_of(services, client).run()

    with_services(path, sweep)


def test_a_pages_address_becomes_stories_and_the_list_says_how_its_feed_is(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    replies = {"/": reply(200, PAGE, content_type="text/html"), "/feed.xml": reply(200, FEED)}
    with on_loopback(replies, monkeypatch) as site:
        broadsheet("feeds", "add", f"{site}/", "--topics", "Harbour")
        swept(tmp_path / "broadsheet.db")
        swept(tmp_path / "broadsheet.db")
    (feed,) = broadsheet("feeds", "list", "--json").json["feeds"]
    assert (feed["url"], feed["asked_url"]) == (f"{site}/", f"{site}/feed.xml")
    assert (feed["title"], feed["format"], feed["fault"]) == ("Gazette", "RSS 2.0", None)
    assert feed["health"].startswith("fine: last answer ")
    stories = broadsheet("topic", "harbour", "--json").json["stories"]
    assert {one["headline"] for one in stories} == {"Harbour & town", "Ferry"}
    assert f"{site}/feed.xml" in broadsheet("feeds", "export").out
    broadsheet("feeds", "remove", f"{site}/")
    assert broadsheet("topic", "harbour", "--json").json["stories"] == [], "they are withdrawn"


def test_a_feed_that_does_not_answer_says_so_in_the_list(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with on_loopback({"/gone": reply(410)}, monkeypatch) as site:
        broadsheet("feeds", "add", f"{site}/gone")
        broadsheet("feeds", "add", f"{site}/missing")
        swept(tmp_path / "broadsheet.db")
    gone, missing = broadsheet("feeds", "list", "--json").json["feeds"]
    assert (gone["fault"], gone["paused"]) == ("gone", True)
    assert gone["health"].startswith("paused since ")
    assert (missing["fault"], missing["paused"], missing["failures"]) == ("missing", False, 1)
    assert missing["health"].startswith("1 failure since ")
    assert broadsheet("check").out.count("FAULT feeds: ") == 1


def test_beside_a_running_bot_a_command_adds_a_page_and_the_bot_finds_its_news(
    tmp_path: Path, start: Start
):
    database = option(tmp_path / "d.db")
    bot = start("sandbox", "--headless", *database)
    bot.waits_for("Ctrl-C ends it.", 60)
    before = start("topics", "--json", *database).outcome().json["topics"]
    page = "http://northgatetribune.example/"
    added = start("feeds", "add", page, "--topics", "Northgate", *database).outcome()
    assert (added.code, added.out) == (0, f"added {page}; a running bot asks it within a minute\n")
    for _ in range(90):  # each look takes a second
        feeds = start("feeds", "list", "--json", *database).outcome().json["feeds"]
        (feed,) = (one for one in feeds if one["url"] == page)
        if feed["health"].startswith("fine: "):
            break
    assert feed["asked_url"].startswith(page)
    assert feed["health"].startswith("fine: "), feed
    after = start("topics", "--json", *database).outcome().json["topics"]
    assert {one["name"] for one in after} - {one["name"] for one in before} >= {"Northgate"}
    assert bot.ends(signal.SIGTERM) == 0


def test_of_a_list_that_never_ends_no_more_is_read_than_a_list_may_have(
    broadsheet: Broadsheet, tmp_path: Path
):
    endless = tmp_path / "endless.opml"
    endless.touch()
    os.truncate(endless, 1 << 40)
    assert "larger than 2 MiB" in broadsheet("feeds", "import", endless).sentence
