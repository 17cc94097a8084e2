"""A newsroom: an intake into a real archive, a desk, and a folder of story files."""

from pathlib import Path

import pytest

from bot.newsroom.desk import Desk
from bot.newsroom.intake import Intake
from bot.store.database import Database, every
from bot.stories.owners import Owners
from bot.stories.urls import Trackers
from tests.conftest import SetClock

TABLES = (
    *("topic", "story", "source", "story_topic", "link", "topic_page", "file", "story_text"),
    "fact",
    "address",
    "merged_story",
)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The folder that a rescan looks at."""
    made = tmp_path / "seeds"
    made.mkdir()
    return made


@pytest.fixture
def intake(
    archive: Database, owners: Owners, trackers: Trackers, clock: SetClock, seeds: Path
) -> Intake:
    return Intake(archive, owners, trackers, clock, seeds)


@pytest.fixture
def desk(archive: Database) -> Desk:
    return Desk(archive, {"Power Apps": ["PowerApps", "Canvas"], "AI": ["artificial intelligence"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stories"
    made.mkdir()
    return made


async def contents(archive: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that story files fill."""
    async with archive.reading() as db:
        return {
            table: [tuple(row) for row in await every(db, f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608
            for table in TABLES
        }
