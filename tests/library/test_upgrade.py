"""The first start with events on a database from before there were any."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.origins.files.origin import SeedsFolder
from bot.store import candidates, editions
from bot.store.choices import last_weighings
from bot.store.database import Database, every
from bot.store.sqlite.database import open_database
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.conftest import ROOT, SetClock
from tests.store.sqlite.databases import unpacked
from tests.store.sqlite.databases.make import STORY

LAST = "3e3ec32"
"""The last version without events. Story 1 was posted; story 2 is from a file given by hand."""
NOW = datetime(2019, 12, 22, 9, tzinfo=UTC)

pytestmark = pytest.mark.sqlite  # no server has a database of that version


@pytest.fixture
def former(tmp_path: Path) -> Path:
    return unpacked(LAST, tmp_path)


async def ungrouped(database: Database) -> set[int]:
    async with database.reading() as db:
        rows = await every(db, "SELECT story_id FROM story WHERE grouped = 0")
    return {row["story_id"] for row in rows}


def made(database: Database, rules: Rules, trackers: Trackers, seeds: Path) -> Ingestion:
    shutil.copy(ROOT / "bot" / "sandbox" / "stories" / STORY, seeds / "story.md")
    return Ingestion(database, rules, trackers, SetClock(NOW), [SeedsFolder(seeds)])


async def test_what_was_posted_keeps_its_event_and_nothing_ungrouped_is_in_an_edition(
    former: Path, rules: Rules, trackers: Trackers, seeds: Path
) -> None:
    database = await open_database(former)
    ingestion = made(database, rules, trackers, seeds)
    assert await ungrouped(database) == {1, 2}
    span = (NOW - timedelta(days=7), NOW)
    async with database.reading() as db:
        (topic,) = await every(db, "SELECT topic_id FROM topic WHERE stories > 0")
        assert await candidates.candidates(db, [topic["topic_id"]], *span, 0) == []
        assert len(await Queries(database, {}).suggest_stories("")) == 2
    await ingestion.group_left(NOW - timedelta(days=14))
    assert await ungrouped(database) == set()
    async with database.reading() as db:
        found = await candidates.candidates(db, [topic["topic_id"]], *span, 0)
        had = await editions.posted_to(db, 1, NOW)
    assert {one.story_id for one in found} == {1, 2}
    assert [one.story_id for one in found if had.has(one)] == [1]
    await database.close()


async def test_the_rest_is_grouped_later_and_goes_on_where_it_was_broken_off(
    former: Path, rules: Rules, trackers: Trackers, seeds: Path
) -> None:
    with closing(sqlite3.connect(former)) as old, old:
        old.execute("UPDATE story SET published_at = published_at - 864000000 WHERE story_id = 2")
    database = await open_database(former)
    ingestion = made(database, rules, trackers, seeds)
    await ingestion.group_left(NOW - timedelta(days=14))
    assert await ungrouped(database) == {2}
    await ingestion.group_left(until=lambda: True)
    assert await ungrouped(database) == set()
    before = await every_row(database)
    await ingestion.group_left()
    assert await every_row(database) == before
    await database.close()


async def every_row(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as db:
        return [tuple(row) for row in await every(db, "SELECT * FROM story ORDER BY story_id")]


@pytest.mark.parametrize("alike", [True, False])
async def test_a_follower_by_links_counts_as_posted_only_if_it_is_of_the_same_event(
    alike: bool, former: Path, rules: Rules, trackers: Trackers, seeds: Path
) -> None:
    with closing(sqlite3.connect(former)) as old, old:
        old.execute("UPDATE story SET leader_id = 1 WHERE story_id = 2")
        if alike:
            old.execute(
                """UPDATE story SET (title, excerpt, published_at) = (
                       SELECT title, excerpt, published_at FROM story WHERE story_id = 1
                   ) WHERE story_id = 2"""
            )
    database = await open_database(former)
    ingestion = made(database, rules, trackers, seeds)
    await ingestion.group_left()
    async with database.reading() as db:
        had = await editions.posted_to(db, 1, NOW)
        rows = await every(db, "SELECT event_id, leader_id FROM story ORDER BY story_id")
    events = [row["event_id"] for row in rows]
    assert had.shown == {1: 1}
    assert events[0] == 1
    assert (events[1] == 1) is alike
    if not alike:
        assert rows[1]["leader_id"] is None
    await database.close()


async def test_old_verdicts_are_still_read(former: Path) -> None:
    with closing(sqlite3.connect(former)) as old, old:
        old.execute("INSERT INTO edition_choice VALUES (1, 1, 1, 'best', 90, 60, 6.0, NULL)")
        old.execute("INSERT INTO edition_choice VALUES (1, 2, 2, 'linked', 90, 60, 6.0, 1)")
    database = await open_database(former)
    async with database.reading() as db:
        (one,) = await last_weighings(db, None, 5)
    assert [(c.verdict, c.other is not None) for c in one.choices] == [
        ("best", False),
        ("linked", True),
    ]
    await database.close()


async def test_an_open_frozen_edition_goes_out_as_it_is(former: Path) -> None:
    with closing(sqlite3.connect(former)) as old, old:
        old.execute("UPDATE edition SET state = 'ready', closed_at = NULL")
        old.execute("UPDATE edition_part SET state = 'pending'")
        before = old.execute("SELECT body, marker, nonce FROM edition_part").fetchall()
    database = await open_database(former)
    async with database.reading() as db:
        rows = await every(db, "SELECT body, marker, nonce FROM edition_part")
        assert [tuple(row) for row in rows] == before
        (posted,) = await every(db, "SELECT event_id, story_id, also FROM posted")
    assert tuple(posted) == (1, 1, 0)
    await database.close()
