"""Loading story files, and rescanning them, against the plain way."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bot.app.services import Services, open_services
from bot.stories.ranking import Rules
from tests.benchmarks.conftest import AT_FULL_SIZE
from tests.benchmarks.filling import places_in
from tests.benchmarks.plain import connect, ingest_row_by_row, unranked
from tests.benchmarks.table import Row, note, p50, shown
from tests.benchmarks.timing import interleaved
from tests.conftest import files_at

pytestmark = pytest.mark.benchmark

ROUNDS = 3
FILES = 2000 if AT_FULL_SIZE else 500
"""How many files are loaded in a round."""
TIMES_INGEST, TIMES_RESCAN = 6, 100
TABLES = ("story", "source WHERE listed = 1", "story_topic", "topic", "story_text", "item")


async def load(place: Path, folder: Path) -> None:
    """Load a folder into a new archive."""
    async with open_services(places_in(place)) as services:
        report = await services.ingestion.ingest(files_at(folder))
    assert (report.new, report.rejections) == (FILES, [])


def rows(place: Path) -> dict[str, int]:
    """How many rows every table has that story files fill without regard to events."""
    connection = connect(place / "broadsheet.db")
    counted = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in TABLES
    }
    connection.close()
    return counted


def test_a_cold_ingest_beats_a_row_at_a_time(
    benchmark: BenchmarkFixture, folder_of: Callable[[int], Path], rules: Rules, scratch: Path
):
    folder, numbers = folder_of(FILES), count()

    def fresh(name: str) -> Path:
        place = scratch / f"{name}-{next(numbers)}"
        place.mkdir()
        return place

    def plain() -> None:
        asyncio.run(ingest_row_by_row(fresh("plain") / "broadsheet.db", folder, rules))

    def without_ranking() -> None:
        database = fresh("unranked") / "broadsheet.db"
        asyncio.run(ingest_row_by_row(database, folder, rules, unranked))

    times = interleaved(
        benchmark,
        lambda: asyncio.run(load(fresh("ours"), folder)),
        {"plain": plain, "without ranking": without_ranking},
        ROUNDS,
    )
    (first_plain, first_ours) = (next(scratch.glob(f"{name}-*")) for name in ("plain", "ours"))
    assert rows(first_plain) == rows(first_ours)
    ours, ranked, bare = (p50(times[name]) for name in ("ours", "plain", "without ranking"))
    note(
        Row(
            f"ingest, cold, {FILES:,} files",
            "python-frontmatter + aiosqlite row by row",
            f"≥ {TIMES_INGEST} times",
            f"**{ranked / ours:.1f} times** ({FILES / ours:,.0f} against"
            f" {FILES / ranked:,.0f} files/s;"
            f" {bare / ours:.1f} times a baseline that ranks nothing)",
            met=ranked / ours >= TIMES_INGEST if AT_FULL_SIZE else None,
        )
    )


def test_a_rescan_of_unchanged_files_costs_next_to_nothing(
    benchmark: BenchmarkFixture,
    folder_of: Callable[[int], Path],
    loop: asyncio.AbstractEventLoop,
    scratch: Path,
):
    folder, numbers = folder_of(FILES), count()

    def cold() -> None:
        place = scratch / str(next(numbers))
        place.mkdir()
        asyncio.run(load(place, folder))

    known = open_services(places_in(scratch, folder))
    services = loop.run_until_complete(known.__aenter__())
    loop.run_until_complete(services.ingestion.rescan())
    times = interleaved(
        benchmark, lambda: loop.run_until_complete(rescan(services)), {"cold": cold}, ROUNDS
    )
    loop.run_until_complete(known.__aexit__(None, None, None))
    ours, first = p50(times["ours"]), p50(times["cold"])
    note(
        Row(
            f"rescan, nothing changed, {FILES:,} files",
            "cold ingest",
            f"≥ {TIMES_RESCAN} times",
            f"**{first / ours:.0f} times** ({shown(ours)} against {shown(first)})",
            met=first / ours >= TIMES_RESCAN if AT_FULL_SIZE else None,
        )
    )


async def rescan(services: Services) -> None:
    """Look for changes when there are none."""
    report = await services.ingestion.rescan()
    assert (report.read, report.unchanged) == (FILES, FILES)
