"""Measures several ways to do a thing in one interleaved run: A B C, A B C, ..."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

Work = Callable[[], Any]


def interleaved(
    benchmark: BenchmarkFixture,
    ours: Work,
    others: Mapping[str, Work],
    rounds: int,
    between: Work = lambda: None,
) -> dict[str, list[float]]:
    """The seconds of every round, by name; those of `ours` as "ours".

    pytest-benchmark measures `ours`; before each of its rounds the others have one of theirs, so
    that all meet the same machine. `between` is called before each round of all.
    """
    times: dict[str, list[float]] = {name: [] for name in others}

    def others_first() -> None:
        between()
        for name, work in others.items():
            begun = perf_counter()
            work()
            times[name].append(perf_counter() - begun)

    ours_took = rounds_of(benchmark, ours, rounds, others_first)
    benchmark.extra_info.update(times)  # stored with its own if it stores runs
    return {**times, "ours": ours_took}


def rounds_of(
    benchmark: BenchmarkFixture, work: Work, rounds: int = 1, before: Work = lambda: None
) -> list[float]:
    """Let pytest-benchmark measure this many rounds; returns the seconds of each, in order."""
    measuring: Any = benchmark  # its methods have no types
    measuring.pedantic(work, setup=before, rounds=rounds)
    return [*measuring.stats.stats.data]


@asynccontextmanager
async def beating(clock: Callable[[], float] = perf_counter) -> AsyncIterator[list[float]]:
    """How late the loop was each time, in seconds beyond the requested wait. With `thread_time` as
    the clock it is how long the loop's own thread worked, whatever else the machine does.
    """
    gaps, wait = list[float](), 1e-3

    async def beat() -> None:
        while True:
            begun = clock()
            await asyncio.sleep(wait)
            gaps.append(clock() - begun - wait)

    task = asyncio.create_task(beat())
    try:
        yield gaps
    finally:
        task.cancel()
