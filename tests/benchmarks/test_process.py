"""The bot as a process: how soon it is ready, and how much memory it holds."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bot.chat.gateway.identify import GAP
from bot.environment import Places
from tests.benchmarks.children import (
    broadsheet,
    environment_of,
    resident,
    watched,
)
from tests.benchmarks.conftest import AT_FULL_SIZE, LARGEST
from tests.benchmarks.filling import Archive, places_in
from tests.benchmarks.table import Row, note, p50, shown
from tests.benchmarks.timing import interleaved, rounds_of
from tests.conftest import ROOT

pytestmark = pytest.mark.benchmark

STARTS = 7
READY = "online as"
OWN_SECONDS, START_BYTES = 2.0, 120 * 2**20
SERVERS, MANY_SECONDS, MANY_BYTES = 15_000, 120.0, 200 * 2**20
SETTLING = 10
"""Seconds after which everything begun at a start is done."""
FILES = 50_000 if AT_FULL_SIZE else 500
INGEST_BYTES, FLAT = 200 * 2**20, 1.1
"""The limit for the process and its workers; the last fifth's memory relative to the second's."""


@pytest.fixture
def sandbox() -> Iterator[dict[str, str]]:
    """A loopback Discord in its own process; the environment that makes the bot use it."""
    with alone() as variables:
        yield variables


@contextmanager
def alone(*arguments: str) -> Iterator[dict[str, str]]:
    command, pipe = [sys.executable, "-m", "tests.benchmarks.alone", *arguments], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        yield environment_of(json.loads(process.stdout.readline()))
        process.stdin.close()


class Starts:
    """Starts of the bot on an archive, until it is ready: the time of each, and its memory."""

    def __init__(self, places: Places, variables: dict[str, str]) -> None:
        self._options = ("--database", str(places.database), "--seeds", str(places.seeds))
        self._variables = variables
        self._process: subprocess.Popen[str] | None = None
        self.held: list[int] = []
        self.said = ""

    def start(self) -> None:
        """Start it, and return when it reports that it is ready."""
        self._process = process = broadsheet("run", *self._options, **self._variables)
        assert process.stderr is not None
        lines: list[str] = []
        while not (lines and READY in lines[-1]):
            lines.append(process.stderr.readline())
            assert lines[-1], f"it ended: {lines}"
        self.said = lines[-1].rstrip().rsplit(": ", 1)[-1]

    def resident(self) -> int:
        """The bytes of memory that it holds now."""
        assert self._process
        return resident(self._process.pid)

    def stop(self) -> None:
        """Stop it if it runs."""
        if self._process:
            self.held.append(resident(self._process.pid))
            self._process.terminate()
            with self._process:
                assert self._process.stderr is not None
                self._process.stderr.read()
            assert self._process.returncode == 0
            self._process = None


def test_the_bot_is_ready_at_once_with_a_large_archive(
    benchmark: BenchmarkFixture,
    archive_of: Callable[[int], Archive],
    sandbox: dict[str, str],
    scratch: Path,
):
    (scratch / "seeds").mkdir()
    empty = Starts(places_in(scratch), sandbox)
    large = Starts(archive_of(LARGEST).places, sandbox)

    for one in (empty, large):  # the first start registers commands, and warms caches
        one.start()
        one.stop()
    empty.held.clear()
    large.held.clear()
    others = {"empty": empty.start, "stop": empty.stop}
    times = interleaved(benchmark, large.start, others, STARTS, between=large.stop)
    large.stop()
    own = p50(times["ours"]) - p50(times["empty"])
    note(
        Row(
            f"start of `broadsheet run` at {LARGEST:,} articles, own work",
            "the same start with an empty archive",
            f"≤ {shown(OWN_SECONDS)}",
            f"**{shown(max(own, 0))}** ({shown(p50(times['ours']))} less"
            f" {shown(p50(times['empty']))})",
            met=own <= OWN_SECONDS,
        ),
        Row(
            f"memory (RSS) when ready at {LARGEST:,} articles",
            "the same with an empty archive",
            f"≤ {megabytes(START_BYTES)}",
            f"**{megabytes(max(large.held))}** against {megabytes(max(empty.held))}",
            met=max(large.held) <= START_BYTES,
        ),
    )


def test_a_bot_in_many_servers_is_online_soon(benchmark: BenchmarkFixture, scratch: Path):
    (scratch / "seeds").mkdir()
    with alone(str(SERVERS)) as variables:
        one = Starts(places_in(scratch), variables)

        def start() -> None:
            one.start()

        (seconds,) = rounds_of(benchmark, start)
        held = one.resident()
        time.sleep(SETTLING)
        one.stop()
    assert one.said == str(SERVERS)
    note(
        Row(
            f"start in {SERVERS:,} small servers, {SERVERS // 1000} shards one after another",
            f"{SERVERS // 1000 - 1} gaps of {GAP} s: {shown((SERVERS // 1000 - 1) * GAP)}",
            f"< {shown(MANY_SECONDS)}",
            f"**{shown(seconds)}**",
            met=seconds < MANY_SECONDS,
        ),
        Row(
            f"memory (RSS) in {SERVERS:,} servers, when online and {SETTLING} s later",
            "-",
            f"≤ {megabytes(MANY_BYTES)}",
            f"**{megabytes(held)}** and {megabytes(one.held[-1])}",
            met=max(held, *one.held) <= MANY_BYTES,
        ),
    )


def megabytes(number: float) -> str:
    """Bytes in mebibytes."""
    return f"{number / 2**20:.0f} MB"


def test_memory_stays_flat_while_many_files_are_ingested(
    benchmark: BenchmarkFixture, folder_of: Callable[[int], Path], scratch: Path
):
    folder = folder_of(FILES)
    samples: list[tuple[float, int]] = []

    def ingest() -> None:
        database = str(scratch / "broadsheet.db")
        with broadsheet("ingest", str(folder), "--database", database) as process:
            assert process.stderr is not None
            with watched(process.pid) as seen:
                said = process.stderr.read()
                process.wait()
        assert process.returncode == 0, said
        samples.extend(seen)

    rounds_of(benchmark, ingest)
    held = [size for _, size in samples if size]
    fifth = len(held) // 5
    early, late = p50(held[fifth : 2 * fifth]), p50(held[-fifth:])
    note(
        Row(
            f"memory (PSS) of all processes while ingesting {FILES:,} files",
            "-",
            f"flat (last fifth ≤ {FLAT} times the second), ≤ {megabytes(INGEST_BYTES)} in all",
            f"**{megabytes(max(held))}** at most; {megabytes(early)}, at the end {megabytes(late)},"
            f" in {shown(samples[-1][0])}",
            met=max(held) <= INGEST_BYTES and (late <= FLAT * early or not AT_FULL_SIZE),
        )
    )
