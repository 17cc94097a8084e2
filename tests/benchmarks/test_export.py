"""Export and import of a large archive: their memory is flat."""

from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Final, NamedTuple

import pytest

from tests.benchmarks.children import broadsheet, watched
from tests.benchmarks.conftest import LARGEST
from tests.benchmarks.filling import Archive
from tests.benchmarks.table import Row, note

pytestmark = pytest.mark.benchmark

FULL: Final = 200_000
ARTICLES: Final = min(LARGEST, FULL)
TENTH: Final = ARTICLES // 10
FLAT: Final = 20 << 20
"""By how many bytes the memory for an archive may exceed that for a tenth of it."""
EXPORTED, IMPORTED = 50_000, 15_000
"""How many rows a second of the CPU must do."""


class Used(NamedTuple):
    """What a process used: seconds of the CPU, and bytes of memory at most."""

    seconds: float
    memory: int


def used_by(*arguments: str) -> Used:
    """Run one of the project's commands."""
    before = getrusage(RUSAGE_CHILDREN)
    with broadsheet(*arguments) as process, watched(process.pid) as samples:
        assert process.stderr
        told = process.stderr.read()
    assert process.returncode == 0, told
    after = getrusage(RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(seconds, max(memory for _, memory in samples))


class Moved(NamedTuple):
    """What an export and an import of an archive used, and how many rows there were."""

    export: Used
    import_: Used
    rows: int


def moved(archive: Archive, folder: Path) -> Moved:
    """Export an archive and import it into a new one."""
    file, new = folder / f"{archive.articles}.jsonl", folder / f"{archive.articles}.db"
    places = archive.places
    config = ("--config", str(places.config))
    exported = used_by("export", str(file), "--database", str(places.database), *config)
    imported = used_by("import", str(file), "--database", str(new), *config)
    with file.open("rb") as lines:
        return Moved(exported, imported, sum(line.startswith(b"[") for line in lines))


def test_an_archive_of_any_size_is_exported_and_imported_in_the_same_memory(
    archive_of: Callable[[int], Archive], scratch: Path
) -> None:
    small, large = [moved(archive_of(articles), scratch) for articles in (TENTH, ARTICLES)]
    compare("export", small.export, large.export, large.rows, EXPORTED)
    compare("import", small.import_, large.import_, large.rows, IMPORTED)


def compare(what: str, small: Used, large: Used, rows: int, goal: int) -> None:
    per_second = rows / large.seconds
    note(
        Row(
            f"{what} of {ARTICLES:,} articles, {rows:,} rows",
            "-",
            f"≥ {goal:,} rows a second of the CPU",
            f"**{per_second:,.0f}** ({large.seconds:.1f} s)",
            per_second >= goal if ARTICLES == FULL else None,
        ),
        Row(
            f"memory (PSS) of the {what} at most",
            f"the same at {TENTH:,} articles",
            f"flat within {FLAT >> 20} MB",
            f"**{large.memory >> 20} MB** against {small.memory >> 20} MB",
            large.memory - small.memory <= FLAT,
        ),
    )
