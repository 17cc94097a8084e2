"""Asking 2,000 feeds on loopback: all of them new, then all as before."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.conftest import AT_FULL_SIZE
from tests.benchmarks.table import Row, note, shown
from tests.benchmarks.timing import rounds_of
from tests.conftest import ROOT

pytestmark = pytest.mark.benchmark

FEEDS = 2_000 if AT_FULL_SIZE else 100
NEW_SECONDS, SAME_SECONDS, BYTES, BUSY = 30.0, 2.0, 150_000_000, 0.05

Times = list[dict[str, Any]]
"""What the first and the second time took; see ask_feeds.py."""


@contextmanager
def child(*arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603
        yield process
        process.communicate("")


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str], Times]]:
    """Asks the feeds in one of the ways of ask_feeds.py."""
    with child("tests.benchmarks.serve_feeds", FEEDS) as server:
        assert server.stdout
        port = server.stdout.readline().split()[0]

        @cache
        def asked(kind: str) -> Times:
            with child("tests.benchmarks.ask_feeds", kind, port, FEEDS) as process:
                assert process.stdout
                return [json.loads(process.stdout.readline()) for _ in range(2)]

        yield asked


def test_the_client_costs_little_more_than_aiohttp(
    benchmark: BenchmarkFixture, ask: Callable[[str], Times]
):
    rounds_of(benchmark, lambda: ask("client"), 1, lambda: None)
    ours, plain = ask("client"), ask("plain")
    for what, mine, other in zip(("bodies", "304"), ours, plain, strict=True):
        assert mine["found"] == other["found"]
        note(
            Row(
                f"{FEEDS:,} feeds answer with {what}, client alone",
                "aiohttp without guard, pace, robots.txt",
                "-",
                f"**{shown(mine['cpu'])}** of the CPU against {shown(other['cpu'])};"
                f" {shown(mine['wall'])} in all; loop busy for {shown(mine['busy'])}",
                met=None,
            )
        )


def test_all_feeds_are_asked_and_loaded_in_seconds(
    benchmark: BenchmarkFixture, ask: Callable[[str], Times]
):
    rounds_of(benchmark, lambda: ask("whole"), 1, lambda: None)
    ours = ask("whole")
    for what, mine, limit in zip(("bodies", "304"), ours, (NEW_SECONDS, SAME_SECONDS), strict=True):
        assert mine["found"][:2] == [FEEDS, 0]
        megabytes = mine["memory"] // 1_000_000
        met = mine["cpu"] <= limit and mine["memory"] <= BYTES and mine["busy"] <= BUSY
        note(
            Row(
                f"{FEEDS:,} feeds answer with {what}, into SQLite ({mine['found'][2]:,} items)",
                "-",
                f"≤ {shown(limit)} of the CPU, ≤ {BYTES // 1_000_000} MB, loop never busy for"
                f" {shown(BUSY)}",
                f"**{shown(mine['cpu'])}**, {megabytes} MB, {shown(mine['busy'])};"
                f" {shown(mine['wall'])} in all",
                met=met if AT_FULL_SIZE else None,
            )
        )
