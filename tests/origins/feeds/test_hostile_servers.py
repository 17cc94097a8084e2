"""Servers that lie: each costs little memory and time, and one failure."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time, thread_time

import pytest

from bot.origins.feeds.client import FeedClient, Request, Timeouts
from bot.origins.feeds.failures import FetchFailed
from bot.stories.feeds import FaultKind
from tests.conftest import ROOT
from tests.origins.feeds.compressing import MIB
from tests.origins.feeds.lying import KINDS, PATIENCE, path_of
from tests.origins.feeds.serving import policy


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that tells all lies."""
    command = [sys.executable, "-m", "tests.origins.feeds.lying"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603
        assert process.stdout
        yield int(process.stdout.readline())
        process.communicate("")


def in_memory(field: str) -> int:
    """Bytes that this process holds (VmRSS), or held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


class Heart:
    """Notes for how long the CPU worked at most before other tasks had their turn."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def beat(self) -> None:
        while True:
            begun = thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, thread_time() - begun)


@pytest.mark.parametrize("lie", KINDS)
async def test_a_lie_costs_one_failure_little_time_and_little_memory(lie: str, port: int):
    patience = PATIENCE if KINDS[lie] is FaultKind.SLOW else 5
    quick = policy(timeouts=Timeouts(total=patience, connect=5, read=patience))
    async with FeedClient(quick) as client:
        with pytest.raises(FetchFailed):
            await client.fetch(Request(f"http://warm.example:{port}/"))
        forget_peak()
        heart = Heart()
        beating = asyncio.create_task(heart.beat())
        before, begun = in_memory("VmRSS"), process_time()
        with pytest.raises(FetchFailed) as failed:
            await client.fetch(Request(f"http://bomb.example:{port}{path_of(lie)}"))
        took, more = process_time() - begun, in_memory("VmHWM") - before
        beating.cancel()
    assert failed.value.kind is KINDS[lie], failed.value.detail
    assert took <= 1
    assert more <= 10 * MIB
    assert heart.longest <= 0.05
