"""Which addresses are one story: by strict key, by loose key and headline, and later on."""

import json
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.library.rule_changes import RuleChanges
from bot.origins.files.origin import SeedsFolder
from bot.store.database import Database, every
from bot.store.sqlite.database import SqliteDatabase, open_database
from bot.store.sqlite.schema import STEPS
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.conftest import SetClock, make_story_file
from tests.library.conftest import WithTrackers

Put = Callable[..., Path]
TITLE = "Council decides on the ferries"
SPELLINGS = (
    "https://saltmarsh.example/posts/001",
    "https://saltmarsh.example/posts/001/",
    "https://saltmarsh.example/posts/001.html",
    "http://saltmarsh.example/posts/001",
    "https://www.saltmarsh.example/posts/001",
    "https://saltmarsh.example/posts/001?ref=rss",
    "https://m.saltmarsh.example/posts/001",
    "https://amp.saltmarsh.example/posts/001",
    "https://saltmarsh.example/posts/001/amp",
    "https://saltmarsh.example/posts/001#comments",
    "https://saltmarsh-example.cdn.ampproject.org/c/s/saltmarsh.example/posts/001",
    "https://saltmarsh.example/posts/001?output=amp",
)


@pytest.fixture
def put(seeds: Path) -> Put:
    """Write a seed with an article's address; each is younger than the last."""
    moment = iter(range(1_600_000_000, 1_700_000_000, 60))

    def write(name: str, url: str, title: str = TITLE, **fields: object) -> Path:
        path = seeds / name
        path.write_bytes(make_story_file(webUrl=url, title=title, **fields))
        now = next(moment)
        os.utime(path, (now, now))
        return path

    return write


async def rows(archive: Database, sql: str) -> list[tuple[object, ...]]:
    async with archive.reading() as db:
        return [tuple(row) for row in await every(db, sql)]


async def links(archive: Database) -> list[tuple[object, ...]]:
    return await rows(archive, "SELECT story_id, url, title FROM story ORDER BY story_id")


async def test_one_article_under_many_addresses_is_one_story(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    for number, url in enumerate(SPELLINGS):
        put(f"{number:02}.md", url)
    report = await ingestion.rescan()
    assert (report.new, report.disagreeing) == (len(SPELLINGS), {})
    assert await ingestion.totals() == {"stories": 1, "articles": 1, "topics": 1}
    keys = await rows(archive, "SELECT key FROM address ORDER BY key")
    assert [key for (key,) in keys] == [
        "m.saltmarsh.example/posts/001",
        *(f"saltmarsh.example/posts/001{end}" for end in ("", ".html", "/", "/amp")),
    ]


@pytest.mark.parametrize("turned", [False, True])
async def test_addresses_that_come_one_by_one_are_one_story_too(
    turned: bool, put: Put, ingestion: Ingestion
) -> None:
    for number, url in enumerate(reversed(SPELLINGS) if turned else SPELLINGS):
        put(f"{number:02}.md", url)
        await ingestion.rescan()
    assert (await ingestion.totals())["stories"] == 1


async def test_stories_that_differ_in_what_identifies_are_several(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    urls = [
        *("https://docs.example.org/log#v1-2", "https://docs.example.org/log#v1-3"),
        *("https://club.example.org/#/news/1", "https://club.example.org/#/news/2"),
        *("https://saltmarsh.example/?p=1", "https://saltmarsh.example/?p=2"),
        *("https://saltmarsh.example/guitars", "https://saltmarsh.example/guitars?v=2"),
    ]
    for number, url in enumerate(urls):
        put(f"{number}.md", url)
    await ingestion.rescan()
    assert await links(archive) == [(n, url, TITLE) for n, url in enumerate(urls, start=1)]


async def test_the_link_is_what_the_source_wrote(put: Put, ingestion: Ingestion, archive: Database):
    url = "http://www.saltmarsh.example/%7ea/?b=2&utm_source=x&a=1#2"
    put("a.md", url)
    await ingestion.rescan()
    assert await rows(archive, "SELECT url, key FROM story") == [
        ("http://www.saltmarsh.example/%7ea/?b=2&a=1#2", "saltmarsh.example/~a/?b=2&a=1#2")
    ]


async def test_a_likely_address_with_another_headline_is_another_story(
    put: Put, ingestion: Ingestion
) -> None:
    put("a.md", "https://saltmarsh.example/guitars", "Guitars")
    put("b.md", "https://saltmarsh.example/guitars/amp", "A new amplifier")
    put("c.md", "https://saltmarsh.example/guitars/", "Strings")
    report = await ingestion.rescan()
    assert ((await ingestion.totals())["stories"], report.disagreeing) == (3, {})


@pytest.mark.parametrize(
    "others",
    [
        ("https://saltmarsh.example/gear-2026/amp", "https://saltmarsh.example/gear-2026.amp.html"),
        ("https://saltmarsh.example/gear-2026?ref=v1.2", "https://saltmarsh.example/?ref=fb3a91"),
        ("https://mobile.saltmarsh.example/gear-2026", "https://saltmarsh.example/amp/gear-2026"),
        (
            "https://saltmarsh.example/gear-2026.htm",
            "https://saltmarsh.example/gear-2026/index.html",
        ),
    ],
)
async def test_pages_whose_names_look_like_forms_are_stories_of_their_own(
    others: tuple[str, str], put: Put, ingestion: Ingestion
) -> None:
    for number, url in enumerate(("https://saltmarsh.example/gear-2026", *others)):
        put(f"{number}.md", url, f"Headline {number}")
    report = await ingestion.rescan()
    assert ((await ingestion.totals())["stories"], report.disagreeing) == (3, {})


async def test_headlines_are_compared_without_case_accents_and_punctuation(
    put: Put, ingestion: Ingestion
) -> None:
    put("a.md", SPELLINGS[0], "Café “Zur Fähre” closes")
    put("b.md", SPELLINGS[1], "CAFE 'zur Fahre' closes!")
    await ingestion.rescan()
    assert (await ingestion.totals())["stories"] == 1


async def test_a_headline_that_is_edited_later_parts_and_joins_nothing(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    put("a.md", SPELLINGS[0])
    put("b.md", SPELLINGS[1])
    put("c.md", SPELLINGS[2], "Something else")
    await ingestion.rescan()
    assert [story for story, *_ in await links(archive)] == [1, 2]
    put("b.md", SPELLINGS[1], "The council has decided")
    put("c.md", SPELLINGS[2], TITLE)
    report = await ingestion.rescan()
    assert [(story, title) for story, _, title in await links(archive)] == [
        (1, "The council has decided"),
        (2, TITLE),
    ]
    assert report.disagreeing == {1: ["b.md", "a.md"]}


async def test_a_file_whose_address_is_corrected_stays_its_story(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    put("a.md", SPELLINGS[0])
    await ingestion.rescan()
    put("a.md", SPELLINGS[1])
    await ingestion.rescan()
    assert await links(archive) == [(1, SPELLINGS[1], TITLE)]
    put("a.md", SPELLINGS[0], "Another headline")
    await ingestion.rescan()
    assert await links(archive) == [(1, SPELLINGS[0], "Another headline")]


async def test_two_files_of_one_key_and_different_headlines_are_reported_when_they_are_read(
    put: Put, ingestion: Ingestion
) -> None:
    put("a.md", SPELLINGS[0])
    put("b.md", SPELLINGS[3], "Ferries: the council decides")
    assert (await ingestion.rescan()).disagreeing == {1: ["b.md", "a.md"]}
    assert (await ingestion.rescan()).disagreeing == {}
    put("c.md", SPELLINGS[4], "A third headline")
    assert (await ingestion.rescan()).disagreeing == {1: ["c.md", "b.md", "a.md"]}


async def test_related_articles_are_listed_once_for_each_key(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    entry = {"title": "x", "publishedDateTime": "2019-12-21"}
    urls = [
        *("https://ferrow.example/a", "http://www.ferrow.example/a?gbraid=1", *SPELLINGS[3:6]),
        "https://ferrow.example/a/",
    ]
    put("a.md", SPELLINGS[0], related=[{**entry, "webUrl": url} for url in urls])
    await ingestion.rescan()
    listed = await rows(archive, "SELECT url FROM source ORDER BY url")
    assert listed == [("https://ferrow.example/a",), ("https://ferrow.example/a/",)]


async def test_a_private_address_is_rejected_and_a_private_picture_left_out(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    pictures = [{"url": "http://169.254.169.254/a.png"}, {"url": "https://i.example/a.png"}]
    put("a.md", SPELLINGS[0], images=pictures)
    put("b.md", "http://2130706433/news")
    report = await ingestion.rescan()
    assert [(one.field, one.reason) for one in report.rejections] == [
        ("webUrl", "127.0.0.1 is not a public address; use a public one")
    ]
    assert await rows(archive, "SELECT image FROM story") == [("https://i.example/a.png",)]


async def test_a_file_says_whether_its_address_is_the_amp_form(
    put: Put, ingestion: Ingestion, archive: Database
) -> None:
    page = "https://saltmarsh.example/guitars-of-the-1960s/amp"
    put("a.md", page, ampWebUrl=f"{page}/amp/")
    put(
        "b.md",
        "https://saltmarsh.example/ferries/amp/",
        ampWebUrl="https://saltmarsh.example/ferries/amp",
    )
    await ingestion.rescan()
    assert [url for _, url, _ in await links(archive)] == [
        page,
        "https://saltmarsh.example/ferries/",
    ]


# Stories that are merged later: with other trackers, and in a database of an earlier version.


def posting(db: sqlite3.Connection, channel: int, *stories: int, state: str = "sent") -> None:
    """A channel that was sent stories, each in its own edition."""
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(posted)")]
    events = "event_id, " if "event_id" in columns else ""
    db.execute("INSERT OR IGNORE INTO server (guild_id) VALUES (1)")
    db.execute(
        "INSERT INTO digest (digest_id, guild_id, channel_id, created_at) VALUES (?, 1, ?, 0)",
        (channel, channel),
    )
    for day, story in enumerate(stories, start=1):
        edition = channel * 100 + day
        db.execute(
            """INSERT INTO edition (edition_id, digest_id, local_date, slot, due_at, planned_at,
                                    state, closed_at) VALUES (?, ?, ?, 1, 0, 0, 'delivered', 0)""",
            (edition, channel, f"2019-12-{day:02}"),
        )
        db.execute(
            """INSERT INTO edition_part (edition_id, part, body, sha256, marker, nonce, state)
               VALUES (?, 1, '', x'', '', ?, ?)""",
            (edition, str(edition), state),
        )
        db.execute(
            f"""INSERT INTO posted (digest_id, {events}story_id, edition_id, part)
                SELECT ?, {events}story_id, ?, 1 FROM story WHERE story_id = ?""",  # noqa: S608
            (channel, edition, story),
        )
        db.execute(
            "INSERT INTO edition_choice VALUES (?, 1, ?, 'best', 1, 1, 1.0, ?)",
            (edition, story, story),
        )


POSTED = "SELECT digest_id, story_id, edition_id FROM posted ORDER BY 1, 2, 3"


@pytest.mark.sqlite
async def test_other_trackers_make_one_story_of_those_that_are_one_by_them(
    put: Put, ingestion: Ingestion, archive: SqliteDatabase, with_trackers: WithTrackers
) -> None:
    entry = {"title": "x", "publishedDateTime": "2019-12-21"}
    listing = [{**entry, "webUrl": f"https://saltmarsh.example/a?from={n}"} for n in (2, 3)]
    put("1.md", "https://saltmarsh.example/a?from=1", "One", topics=["A"], quality=40)
    put("2.md", "https://saltmarsh.example/a?from=2", "Two", topics=["B"], quality=50)
    put("3.md", "https://ferrow.example/b", "Three", related=listing)
    await ingestion.rescan()
    with closing(sqlite3.connect(archive.path)) as db, db:
        posting(db, 11, 1)
        posting(db, 12, 2, 1)
        posting(db, 13, 3)
    other = with_trackers("from")
    await other.rules.readdress_if_changed()
    assert await links(archive) == [
        (2, "https://saltmarsh.example/a", "Two"),
        (3, "https://ferrow.example/b", "Three"),
    ]
    assert await rows(archive, "SELECT key, story_id FROM address ORDER BY 1") == [
        ("ferrow.example/b", 3),
        ("saltmarsh.example/a", 2),
        ("saltmarsh.example/a?from=1", 2),
        ("saltmarsh.example/a?from=2", 2),
    ]
    assert await rows(archive, POSTED) == [
        (11, 2, 1101),
        (12, 2, 1201),
        (12, 2, 1202),
        (13, 3, 1301),
    ]
    assert await rows(archive, "SELECT DISTINCT story_id, other_id FROM edition_choice") == [
        (2, 2),
        (3, 3),
    ]
    assert await rows(archive, "SELECT url, key FROM source") == [
        ("https://saltmarsh.example/a", "saltmarsh.example/a")
    ]
    queries = Queries(archive, {})
    story = await queries.story(2)
    assert story is not None
    assert story.topics[:2] == ("A", "B")
    assert [found.story_id for found in await queries.search("One", 5)] == []
    assert [found.story_id for found in await queries.search("Two", 5)] == [2]
    before = await rows(archive, "SELECT * FROM story")
    assert (await other.rescan()).changed == 3
    assert (await other.rescan()).unchanged == 3
    assert await rows(archive, "SELECT * FROM story") == before


@pytest.mark.sqlite
async def test_a_channel_keeps_the_record_of_each_edition_that_showed_one_of_them(
    put: Put, ingestion: Ingestion, archive: SqliteDatabase, with_trackers: WithTrackers
) -> None:
    put("1.md", "https://saltmarsh.example/a?from=1", "One")
    put("2.md", "https://saltmarsh.example/a?from=2", "Two")
    await ingestion.rescan()
    with closing(sqlite3.connect(archive.path)) as db, db:
        posting(db, 11, 2, 1)
        db.execute("UPDATE edition_part SET state = 'pending' WHERE edition_id = 1101")
    await with_trackers("from").rescan()
    assert await rows(archive, POSTED) == [(11, 2, 1101), (11, 2, 1102)]


async def story_ids(archive: Database) -> set[object]:
    return {one for (one,) in await rows(archive, "SELECT story_id FROM story")}


@pytest.mark.sqlite
@pytest.mark.parametrize("first", [[], ["foo"]])
async def test_stories_that_trackers_made_one_stay_one_without_those_even_when_a_file_is_edited(
    first: list[str],
    put: Put,
    ingestion: Ingestion,
    archive: SqliteDatabase,
    with_trackers: WithTrackers,
) -> None:
    page = "https://saltmarsh.example/001"
    files = {
        "1.md": (f"{page}?foo=1", "Alpha"),
        "2.md": (f"{page}?foo=2", "Beta"),
        "3.md": (page, "Gamma"),
    }
    for name, (url, title) in files.items():
        put(name, url, title)
    for trackers in (first, ["foo"]):
        await with_trackers(*trackers).rescan()
    (story,) = await story_ids(archive)
    assert isinstance(story, int)
    with closing(sqlite3.connect(archive.path)) as db, db:
        posting(db, 11, story)
    for trackers in ([], ["foo"], []):
        now = with_trackers(*trackers)
        for name, (url, title) in files.items():
            await now.rescan()
            put(name, url, f"{title} edited")
            await now.rescan()
            assert await story_ids(archive) == {story}, (trackers, name)
        assert await rows(archive, POSTED) == [(11, story, 1101)]
    put("new.md", f"{page}?foo=9", "Delta")
    await now.rescan()
    assert len(await story_ids(archive)) == 2


async def test_a_file_that_changed_to_another_page_while_trackers_changed_tells_another_story(
    put: Put, ingestion: Ingestion, archive: Database, with_trackers: WithTrackers
) -> None:
    put("1.md", "https://saltmarsh.example/001?foo=1", "Alpha")
    await with_trackers("foo").rescan()
    put("1.md", "https://saltmarsh.example/002?foo=1", "Beta")
    await with_trackers().rescan(withdraw=True)
    assert [title for _, _, title in await links(archive)] == ["Alpha", "Beta"]


@pytest.mark.parametrize("at_the_start", [False, True])
async def test_files_that_other_trackers_join_are_reported_when_their_headlines_differ(
    at_the_start: bool,
    put: Put,
    ingestion: Ingestion,
    archive: Database,
    with_trackers: WithTrackers,
) -> None:
    put("1.md", "https://saltmarsh.example/001?foo=1", "Alpha")
    put("2.md", "https://saltmarsh.example/001?foo=2", "Beta")
    assert (await ingestion.rescan()).disagreeing == {}
    other = with_trackers("foo")
    if at_the_start:
        await other.rules.readdress_if_changed()
    ((story, paths),) = (await other.rescan()).disagreeing.items()
    assert ({story}, paths) == (await story_ids(archive), ["2.md", "1.md"])
    assert (await other.rescan()).disagreeing == {}


async def test_with_fewer_trackers_stories_stay_one(
    put: Put, ingestion: Ingestion, archive: Database, with_trackers: WithTrackers
) -> None:
    put("1.md", "https://saltmarsh.example/a?gclid=1")
    put("2.md", "https://saltmarsh.example/a?gclid=2")
    await ingestion.rescan()
    await with_trackers().rescan()
    assert await links(archive) == [(1, "https://saltmarsh.example/a?gclid=2", TITLE)]


async def test_files_that_former_rules_made_one_stay_one_when_their_headlines_are_equal(
    put: Put, archive: Database, with_trackers: WithTrackers
) -> None:
    put("1.md", "https://saltmarsh.example/a?ref=fb1", publishedDateTime=WHEN)
    put("2.md", "https://saltmarsh.example/a?ref=nl2", publishedDateTime=WHEN)
    put("3.md", "https://saltmarsh.example/b?ref=v1.2", "Release 1.2", publishedDateTime=WHEN)
    put("4.md", "https://saltmarsh.example/b?ref=v1.3", "Release 1.3", publishedDateTime=WHEN)
    await with_trackers("ref").rescan()
    assert await story_ids(archive) == {1, 2}
    async with archive.writing() as db:
        await db.execute("UPDATE origin SET read_by = 2")
        await db.execute("UPDATE fact SET value = '2 x' WHERE name = 'addressed_by'")
    await with_trackers().rescan()
    found = [(story, title) for story, _, title in await links(archive)]
    assert found == [(1, TITLE), (2, "Release 1.3"), (3, "Release 1.2")]


async def test_an_edited_headline_joins_nothing_when_trackers_change(
    put: Put, ingestion: Ingestion, archive: Database, with_trackers: WithTrackers
) -> None:
    put("1.md", SPELLINGS[0])
    put("2.md", SPELLINGS[1], "Other")
    await ingestion.rescan()
    put("2.md", SPELLINGS[1])
    await ingestion.rescan()
    await with_trackers("from").rescan()
    assert len(await links(archive)) == 2


async def test_a_story_is_found_by_the_id_of_each_that_became_it_and_no_id_is_given_twice(
    put: Put,
    ingestion: Ingestion,
    archive: Database,
    rules: Rules,
    clock: SetClock,
    seeds: Path,
    queries: Queries,
) -> None:
    for number in (1, 2, 3):
        url = f"https://saltmarsh.example/a?x={number // 2}&y={number}"
        path = put(f"{number}.md", url, str(number))
        await ingestion.rescan()
    os.utime(seeds / "1.md", (path.stat().st_mtime + 60,) * 2)
    await ingestion.rescan()
    for trackers, left in ((Trackers(["y"]), 2), (Trackers(["x", "y"]), 1)):
        ingestion = Ingestion(archive, rules, trackers, clock, [SeedsFolder(seeds)])
        await ingestion.rescan()
        assert len(await links(archive)) == left
    assert await rows(archive, "SELECT * FROM merged_story") == [(2, 1), (3, 1)]
    for story_id in (1, 2, 3):
        found = await queries.story(story_id)
        assert found is not None
        assert (found.story_id, found.article.title) == (1, "1")
    put("4.md", "https://saltmarsh.example/b", "4")
    await ingestion.rescan()
    assert [story_id for story_id, *_ in await links(archive)] == [1, 4]
    assert await queries.story(5) is None


OLD_STEPS = 5
"""The schema before strict keys."""
OLD = {
    1: "https://saltmarsh.example/posts/001",
    2: "https://saltmarsh.example/posts/001/",
    3: "http://saltmarsh.example/posts/001",
    4: "https://docs.example.org/log",
    5: "https://saltmarsh.example/posts/001.html",
}


def old_database(path: Path, files: dict[str, int]) -> None:
    """A database as an earlier version left it: with stories by their old canonical URLs."""
    with closing(sqlite3.connect(path)) as db, db:
        for number, step in enumerate(STEPS[:OLD_STEPS], start=1):
            db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")
        db.execute("PRAGMA application_id = 0x42524F41")
        for story, url in OLD.items():
            title = {4: "Release 1.3", 5: "Other"}.get(story, TITLE)
            db.execute(
                """INSERT INTO story (story_id, url, title, excerpt, published_at, provider, domain,
                       removed, heat, publishers, arrived_at) VALUES (?, ?, ?, '', ?, 'S', 's', 0,
                       100, 1, ?)""",
                (story, url, title, int(WHEN.timestamp()), story),
            )
            db.execute(
                "INSERT INTO source (story_id, position, url, title, excerpt, published_at,"
                " provider, domain, relation) VALUES (?, 0, ?, 'x', '', 0, 'F', 'f', 'eligible')",
                (story, OLD[1] if story == 4 else f"https://ferrow.example/{story}?igsh=1"),
            )
        db.execute(
            "INSERT INTO source (story_id, position, url, title, excerpt, published_at, provider,"
            " domain, relation)"
            " VALUES (4, 1, 'http://www.saltmarsh.example/posts/001', 'x', '', 0, 'F', 'f', 'copy')"
        )
        for name, story in files.items():
            db.execute(
                "INSERT INTO file VALUES (?, '1', ?, x'00', ?, ?)",
                (name, story, story, json.dumps(["AI"])),
            )
        posting(db, 11, 1, 2)
        posting(db, 12, 3, 4)


WHEN = datetime(2019, 12, 22, 9, tzinfo=UTC)
FILES = {"1.md": 1, "2.md": 2, "3.md": 3, "4a.md": 4, "4b.md": 4, "5.md": 5}


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "old.db"
    old_database(path, FILES)
    database = await open_database(path)
    yield database
    await database.close()


@pytest.mark.sqlite
async def test_in_an_older_database_what_is_one_becomes_one_with_all_that_was_posted(
    old: Database, rules: Rules, trackers: Trackers, clock: SetClock, seeds: Path
) -> None:
    ingestion = Ingestion(old, rules, trackers, clock, [SeedsFolder(seeds)])
    await ingestion.rules.readdress_if_version_changed()
    assert await links(old) == [
        (3, OLD[3], TITLE),
        (4, OLD[4], "Release 1.3"),
        (5, OLD[5], "Other"),
    ]
    assert await rows(old, POSTED) == [
        (11, 3, 1101),
        (11, 3, 1102),
        (12, 3, 1201),
        (12, 4, 1202),
    ]
    assert await rows(old, "SELECT key, story_id FROM item ORDER BY key") == [
        (name, 3 if story < 4 else story) for name, story in FILES.items()
    ]
    assert await rows(old, "SELECT key, story_id FROM address ORDER BY key") == [
        ("docs.example.org/log", 4),
        ("saltmarsh.example/posts/001", 3),
        ("saltmarsh.example/posts/001.html", 5),
        ("saltmarsh.example/posts/001/", 3),
    ]
    assert await rows(old, "SELECT key FROM source ORDER BY key") == [
        ("ferrow.example/3",),
        ("ferrow.example/5",),
        ("saltmarsh.example/posts/001",),
    ]
    assert await rows(old, "SELECT arrived_at FROM story WHERE story_id = 3") == [(1,)]


@pytest.mark.sqlite
async def test_files_of_an_older_database_are_read_again_and_stay_their_stories(
    put: Put, old: Database, rules: Rules, trackers: Trackers, clock: SetClock, seeds: Path
) -> None:
    for name in ("1.md", "2.md", "3.md"):
        put(name, OLD[FILES[name]], publishedDateTime=WHEN)
    put("4a.md", "https://docs.example.org/log#v1-2", "Release 1.2", publishedDateTime=WHEN)
    put("4b.md", "https://docs.example.org/log#v1-3", "Release 1.3", publishedDateTime=WHEN)
    put("5.md", OLD[5], "Other", publishedDateTime=WHEN)
    ingestion = Ingestion(old, rules, trackers, clock, [SeedsFolder(seeds)])
    await ingestion.rules.readdress_if_version_changed()
    report = await ingestion.rescan()
    assert (report.changed, report.withdrawn, report.disagreeing) == (6, 0, {})
    assert await links(old) == [
        (3, OLD[3], TITLE),
        (4, "https://docs.example.org/log#v1-3", "Release 1.3"),
        (5, OLD[5], "Other"),
        (6, "https://docs.example.org/log#v1-2", "Release 1.2"),
    ]
    assert (await ingestion.rescan()).unchanged == 6


PRIVATE = ("http://127.0.0.1/x", "http://[fe80::1]/x", "https://router.home.arpa/x", "http://nas/x")


@pytest.fixture(params=PRIVATE)
async def with_private(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An older database with a private link and pictures."""
    private = request.param
    old_database(tmp_path / "old.db", FILES)
    with closing(sqlite3.connect(tmp_path / "old.db")) as db, db:
        db.execute("UPDATE story SET url = ? WHERE story_id = 5", (private,))
        db.execute("UPDATE story SET image = ? WHERE story_id = 4", (private,))
        db.execute("UPDATE source SET url = ?, image = ? WHERE position = 1", (private, private))
        db.execute("UPDATE source SET image = ? WHERE position = 0", (private,))
    database = await open_database(tmp_path / "old.db")
    yield database
    await database.close()


@pytest.mark.sqlite
async def test_private_links_and_pictures_of_an_older_database_go(
    put: Put,
    with_private: Database,
    rules: Rules,
    trackers: Trackers,
    clock: SetClock,
    seeds: Path,
) -> None:
    ingestion, queries = (
        Ingestion(with_private, rules, trackers, clock, [SeedsFolder(seeds)]),
        Queries(with_private, {}),
    )
    ((private,),) = await rows(with_private, "SELECT url FROM story WHERE story_id = 5")
    await ingestion.rules.readdress_if_version_changed()
    assert await queries.story(5) is None
    assert {one.story_id for one in await queries.suggest_stories("")} == {3, 4}
    story = await queries.story(4)
    assert story is not None
    assert (story.article.image, [one.article.image for one in story.sources]) == (None, [None])
    shown = await rows(
        with_private,
        """SELECT url, key, coalesce(image, ''), top FROM story WHERE NOT hidden
           UNION ALL SELECT url, key, coalesce(image, ''), '' FROM source
           UNION ALL SELECT url, key, '', '' FROM address""",
    )
    assert str(private).partition("//")[2] not in str(shown)
    put("5.md", private, "Other", publishedDateTime=WHEN)
    for _ in range(2):
        report = await ingestion.rescan(withdraw=True)
        assert [one.file.endswith("5.md") for one in report.rejections] == [True]
    assert await queries.story(5) is None
    put("5.md", OLD[5], "Other", publishedDateTime=WHEN)
    assert (await ingestion.rescan()).new == 1
    assert len(await queries.find("Other", 5)) == 1


async def test_a_story_that_another_file_tells_by_a_public_link_comes_back_with_that(
    put: Put, ingestion: Ingestion, archive: Database, rules: Rules, clock: SetClock, seeds: Path
) -> None:
    for name in ("a.md", "b.md"):
        put(name, SPELLINGS[0])
    await ingestion.rescan()
    async with archive.writing() as db:
        await db.execute("UPDATE story SET url = 'http://10.1.2.3/a', key = '10.1.2.3/a'")
        await db.execute("UPDATE fact SET value = '1' WHERE name = 'addressed_by'")
    put("b.md", "http://10.1.2.3/a")
    await ingestion.rules.readdress_if_version_changed()
    queries = Queries(archive, {})
    assert await queries.story(1) is None
    assert len((await ingestion.rescan()).rejections) == 1
    assert await links(archive) == [(1, SPELLINGS[0], TITLE)]
    assert await queries.story(1) is not None


@pytest.mark.sqlite
async def test_readdressing_that_is_broken_off_anywhere_is_done_in_the_end(
    tmp_path: Path,
    rules: Rules,
    trackers: Trackers,
    clock: SetClock,
    seeds: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "old.db"
    old_database(path, FILES)
    expected: list[tuple[object, ...]] | None = None
    for step in (None, "_readdress_sources", "_merge", "_rerank", "write_fact"):
        copy = tmp_path / f"{step}.db"
        copy.write_bytes(path.read_bytes())
        database = await open_database(copy)
        ingestion = Ingestion(database, rules, trackers, clock, [SeedsFolder(seeds)])
        if step:
            _break_off(monkeypatch, step)
            with pytest.raises(BrokenOff):
                await ingestion.rules.readdress_if_version_changed()
            monkeypatch.undo()
        await ingestion.rules.readdress_if_version_changed()
        tables = ("story", "source", "address", "event", "posted", "edition_choice", "item")
        found = [row for table in tables for row in await rows(database, f"SELECT * FROM {table}")]  # noqa: S608
        expected = expected or found
        assert found == expected, step
        await database.close()


class BrokenOff(BaseException):
    """The process ended."""


def _break_off(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process end after a step: what it wrote stays, the rest is missing."""
    where = RuleChanges if hasattr(RuleChanges, step) else __import__("bot.store.facts").store.facts
    former = getattr(where, step)

    async def then_end(*args: object, **kwargs: object) -> None:
        if step != "write_fact":
            await former(*args, **kwargs)
        raise BrokenOff

    monkeypatch.setattr(where, step, then_end)
