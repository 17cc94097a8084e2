"""An ingestion into a real archive, its queries, and a folder of story files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.origins.files.origin import SeedsFolder
from bot.store.database import Database, every
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.conftest import SetClock
from tests.delivery.conftest import harness

TABLES = (
    *("topic", "story", "source", "story_topic", "topic_page", "item", "story_text"),
    *("event", "edge", "related_event"),
    "fact",
    "origin",
    "address",
    "merged_story",
)

WithTrackers = Callable[..., Ingestion]

__all__ = ["harness"]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The folder that a rescan reads."""
    made = tmp_path / "seeds"
    made.mkdir()
    return made


@pytest.fixture
def ingestion(
    archive: Database, rules: Rules, trackers: Trackers, clock: SetClock, seeds: Path
) -> Ingestion:
    return Ingestion(archive, rules, trackers, clock, [SeedsFolder(seeds)])


@pytest.fixture
def with_trackers(archive: Database, rules: Rules, clock: SetClock, seeds: Path) -> WithTrackers:
    """Another ingestion of the seeds, with these trackers."""
    return lambda *names: Ingestion(archive, rules, Trackers(names), clock, [SeedsFolder(seeds)])


@pytest.fixture
def queries(archive: Database) -> Queries:
    return Queries(
        archive, {"Power Apps": ["PowerApps", "Canvas"], "AI": ["artificial intelligence"]}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stories"
    made.mkdir()
    return made


async def contents(archive: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that story files fill, without how often that was."""
    async with archive.reading() as db:
        found = {
            table: [tuple(row) for row in await every(db, f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608
            for table in TABLES
        }
    found["fact"] = [fact for fact in found["fact"] if fact[0] != "events_revision"]
    return found
