"""Asks invented feeds in its own process: `python -m tests.benchmarks.ask_feeds KIND PORT NUMBER`.

KIND is `plain`: aiohttp as it is; `client`: the bot's client; or `whole`: the bot's sweep, into an
empty archive. All feeds are asked twice; the second time they are as before. It prints what each
time took as one JSON line: seconds of the CPU and of the clock, the most memory so far in bytes,
and the longest time that the event loop was busy. It imports nothing of pytest, which would take 22
MB.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any

import aiohttp

from bot import garbage
from bot.app.online import sweep_of
from bot.app.services import open_services
from bot.environment import Places
from bot.library.feeds import named
from bot.origins.feeds.client import FeedClient, FetchPolicy, Request
from bot.stories.feeds import FeedSettings
from tests.origins.feeds.names import LOOPBACK, Names

Round = Callable[[], Awaitable[object]]
AT_ONCE, WAITING = 32, 100
"""Requests at once; and how many of the bot's client may wait for their host's turn besides."""


class TimedLoop(asyncio.SelectorEventLoop):
    """A loop that notes for how long its thread worked at most before others had their turn."""

    busy = 0.0

    def _run_once(self) -> None:
        begun = thread_time()
        super()._run_once()  # type: ignore[misc] # not public
        self.busy = max(self.busy, thread_time() - begun)


async def main(kind: str, port: int, count: int) -> None:
    urls = [f"http://feed-{number}.example:{port}/feed" for number in range(count)]
    garbage.share_one_pool()  # as the bot does, and the next line too
    garbage.look_seldom()
    async with {"plain": plain, "client": client, "whole": whole}[kind](urls) as ask:
        for _ in range(2):
            print(json.dumps(await measured(ask)), flush=True)  # noqa: T201 - for the benchmark


async def measured(ask: Round) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TimedLoop)
    loop.busy = 0.0
    cpu, wall = process_time(), perf_counter()
    found = await ask()
    took = {"cpu": process_time() - cpu, "wall": perf_counter() - wall}
    return {**took, "memory": most_memory(), "busy": loop.busy, "found": found}


def most_memory() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@asynccontextmanager
async def plain(urls: list[str]) -> AsyncIterator[Round]:
    """Bodies as aiohttp gives them, 32 at once, without any care."""
    etags: dict[str, str] = {}
    places = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(resolver=Names())

    async def one(session: aiohttp.ClientSession, url: str) -> int:
        condition = {"If-None-Match": etags[url]} if url in etags else {}
        async with places, session.get(url, headers=condition) as response:
            etags[url] = response.headers["ETag"]
            return len(await response.read())

    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask() -> int:
            return sum(await asyncio.gather(*(one(session, url) for url in urls)))

        yield ask


def loopback() -> FetchPolicy:
    """The policy for the internet, but for where names lead."""
    return FetchPolicy(resolver=Names(), is_allowed=lambda address, _: address == LOOPBACK)


@asynccontextmanager
async def client(urls: list[str]) -> AsyncIterator[Round]:
    """The bot's client, with its guard, its pace and robots.txt."""
    etags: dict[str, str | None] = {}

    places = asyncio.Semaphore(WAITING)

    async def one(opened: FeedClient, url: str) -> int:
        async with places:
            answer = await opened.fetch(Request(url, etags.get(url)))
        etags[url] = answer.etag
        return len(answer.body or b"")

    async with FeedClient(loopback()) as opened:

        async def ask() -> int:
            return sum(await asyncio.gather(*(one(opened, url) for url in urls)))

        yield ask


def places_in(folder: Path) -> Places:
    """A bot in a folder, with the project's configuration."""
    config = Path(__file__).parents[2] / "config"
    return Places(database=folder / "broadsheet.db", seeds=folder / "seeds", config=config)


@asynccontextmanager
async def whole(urls: list[str]) -> AsyncIterator[Round]:
    """The bot's sweep: asked, parsed, stored, ranked and grouped."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-feeds-") as folder:
        async with open_services(places_in(Path(folder))) as services:
            new = [named(FeedSettings(url, topics=("News",))) for url in urls]
            await services.feeds.add_new(new, "benchmark")
            async with FeedClient(loopback()) as opened:
                sweep = sweep_of(services, opened)

                async def ask() -> list[int]:
                    await services.feeds.refresh()
                    report = await sweep.run()
                    return [report.asked, len(report.failed), report.new]

                yield ask


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=TimedLoop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
