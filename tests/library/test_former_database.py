"""A database of the version that knew files only by their paths: its stories keep their files."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import MassWithdrawal
from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.origins.files.origin import SeedsFolder
from bot.store.database import Database, every
from bot.store.sqlite.database import open_database
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.conftest import ROOT, SetClock
from tests.store.sqlite.databases import unpacked
from tests.store.sqlite.databases.make import STORY

VELL, RADIO = "Vell becomes first province", "A radio archive speaks again"
FILES = "SELECT path, stamp, modified, content, story_id, topics, headline FROM file ORDER BY path"
ITEMS = """
SELECT item.key, stamp, modified, content, story_id, topics, headline, kind
FROM item JOIN origin USING (origin_id) ORDER BY item.key
"""
Rows = Callable[[str], list[tuple[object, ...]]]

pytestmark = pytest.mark.sqlite  # no server has a database of that version


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """Story 1 is from the seed story.md and was posted; story 2 is from a file given by hand."""
    return unpacked("febbb3d", tmp_path)


@pytest.fixture
def before(former: Path) -> Rows:
    """The result of a query on the database as that version left it."""
    with closing(sqlite3.connect(former)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        content = former.read_bytes()

    def rows(sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(":memory:")) as copy:
            copy.deserialize(content)
            return copy.execute(sql).fetchall()

    return rows


@pytest.fixture
async def opened(former: Path, before: Rows) -> AsyncIterator[Database]:
    """Opened by this version. `before` comes first."""
    database = await open_database(former)
    yield database
    await database.close()


@pytest.fixture
def ingestion(
    opened: Database, rules: Rules, trackers: Trackers, clock: SetClock, seeds: Path
) -> Ingestion:
    shutil.copy(ROOT / "bot" / "sandbox" / "stories" / STORY, seeds / "story.md")
    return Ingestion(opened, rules, trackers, clock, [SeedsFolder(seeds)])


async def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    async with database.reading() as db:
        return [tuple(row) for row in await every(db, sql)]


async def shown(queries: Queries) -> list[str]:
    return sorted(story.article.title for story in await queries.suggest_stories(""))


async def test_every_story_keeps_its_file_and_its_place_in_the_index(
    opened: Database, before: Rows
) -> None:
    (by_hand, seed) = before(FILES)
    assert await rows(opened, ITEMS) == [(*by_hand, "paths"), (*seed, "seeds")]
    assert await rows(
        opened, "SELECT story_id, text_id FROM text_place ORDER BY story_id"
    ) == before("SELECT story_id, text_id FROM story ORDER BY story_id")
    read_by = before("SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'read_by'")
    assert await rows(opened, "SELECT read_by FROM origin") == read_by * 2


async def test_search_works_before_anything_is_loaded(opened: Database) -> None:
    queries = Queries(opened, {})
    assert [story.story_id for story in await queries.find("province label", 5)] == [1]
    assert [story.story_id for story in await queries.find("dialect", 5)] == [2]


async def test_its_files_are_no_new_ones_and_tell_the_stories_that_they_told(
    opened: Database, ingestion: Ingestion
) -> None:
    before = await rows(opened, "SELECT * FROM story ORDER BY story_id")
    report = await ingestion.rescan()
    assert (report.read, report.new, report.withdrawn) == (1, 0, 0)
    assert await rows(opened, "SELECT * FROM story ORDER BY story_id") == before
    assert (await ingestion.rescan()).unchanged == 1


async def test_a_seed_that_is_gone_withdraws_its_story_and_a_file_given_by_hand_does_not(
    opened: Database, ingestion: Ingestion, seeds: Path
) -> None:
    queries = Queries(opened, {})
    kept = (seeds / "story.md").read_bytes()
    (seeds / "story.md").unlink()
    with pytest.raises(MassWithdrawal, match="1 of 2 stories"):
        await ingestion.rescan()
    assert (await ingestion.rescan(withdraw=True)).withdrawn == 1
    assert [title[: len(RADIO)] for title in await shown(queries)] == [RADIO]
    (seeds / "story.md").write_bytes(kept)
    assert (await ingestion.rescan()).new == 1
    assert [title[: len(VELL)] for title in await shown(queries)] == [RADIO[: len(VELL)], VELL]
    assert await rows(opened, "SELECT story_id FROM posted") == [(1,)]
    (back,) = await queries.find("province label", 5)
    assert back.story_id == 1
