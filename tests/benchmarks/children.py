"""Processes that are measured from outside."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Final

from tests.conftest import ROOT

PATIENCE: Final = 900
"""After this many seconds a child counts as hung."""
EVERY: Final = 0.05
"""Seconds between two readings of memory."""


def broadsheet(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """Start one of the project's commands in its own process; it writes to a pipe."""
    ours = ("DISCORD_", "BROADSHEET_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)} | variables
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def resident(pid: int) -> int:
    """Bytes of memory that a process holds, counting shared ones in full (RSS)."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:")


def held_by_family(pid: int) -> int:
    """Bytes that a process and its descendants hold, counting shared ones once (PSS)."""
    return sum(_share(one) for one in (pid, *_below(pid)))


def _share(pid: int) -> int:
    with suppress(OSError):  # gone, or no smaps_rollup
        return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    with suppress(OSError):
        return resident(pid)
    return 0


def _below(pid: int) -> Iterator[int]:
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, tasks.read_text().split()):
                yield child
                yield from _below(child)


def _field(path: Path, name: str) -> int:
    lines = path.read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


@contextmanager
def watched(pid: int) -> Iterator[list[tuple[float, int]]]:
    """Watch the memory of a process and its descendants: (seconds since the start, bytes)."""
    samples: list[tuple[float, int]] = []
    begun, over = perf_counter(), threading.Event()

    def look() -> None:
        while not over.wait(EVERY):
            samples.append((perf_counter() - begun, held_by_family(pid)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def environment_of(place: Mapping[str, str]) -> dict[str, str]:
    """The environment that makes `broadsheet run` use a sandbox."""
    return {
        "DISCORD_TOKEN": place["token"],
        "BROADSHEET_DISCORD_API": place["api"],
        "BROADSHEET_DISCORD_GATEWAY": place["gateway"],
    }
