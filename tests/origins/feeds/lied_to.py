"""Asks a server that lies, and measures what each lie costs. Run it with the server's port as a
process of its own: one that has run thousands of tests holds pages that come and go by themselves.
"""

import asyncio
import json
import sys
from pathlib import Path
from time import process_time, thread_time
from typing import Any

from bot.origins.feeds.client import FeedClient, Request, Timeouts
from bot.origins.feeds.failures import FetchFailed
from bot.stories.feeds import FaultKind
from tests.origins.feeds.lying import KINDS, PATIENCE, path_of
from tests.origins.feeds.serving import policy


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


async def cost_of(lie: str, port: int) -> dict[str, Any]:
    """The fault that a lie ends in, seconds of the CPU, bytes, and the longest turn in seconds."""
    patience = PATIENCE if KINDS[lie] is FaultKind.SLOW else 5
    quick = policy(timeouts=Timeouts(total=patience, connect=5, read=patience))
    async with FeedClient(quick) as client:
        await failure_of(client, f"http://warm.example:{port}/")
        forget_peak()
        heart = Heart()
        beating = asyncio.create_task(heart.beat())
        before, begun = in_memory("VmRSS"), process_time()
        failed = await failure_of(client, f"http://bomb.example:{port}{path_of(lie)}")
        took, more = process_time() - begun, in_memory("VmHWM") - before
        beating.cancel()
    return {
        "kind": failed.kind,
        "detail": failed.detail,
        "seconds": took,
        "bytes": more,
        "longest": heart.longest,
    }


async def failure_of(client: FeedClient, url: str) -> FetchFailed:
    """The failure that asking an address ends in."""
    try:
        await client.fetch(Request(url))
    except FetchFailed as error:
        return error
    raise AssertionError(url)


def main(port: int) -> None:
    """Print what each lie costs, as JSON."""
    print(json.dumps({lie: asyncio.run(cost_of(lie, port)) for lie in KINDS}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
