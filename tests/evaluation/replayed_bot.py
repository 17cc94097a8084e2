"""The bot of a replay, in a process of its own: so what it measures of its loop is of it alone.

Orders and answers are lines of JSON on standard input and output. An order moves its clock and has
it ask the feeds that are due, post what is due, and do a new day's work.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from socket import AF_INET, AddressFamily
from subprocess import PIPE
from typing import Any, Final

from aiohttp.abc import ResolveResult
from pydantic import SecretStr

from bot import garbage
from bot.app.housekeeping import count_words
from bot.app.online import Online, online, sweep_feeds
from bot.app.services import Services, open_services
from bot.clock import MovableClock
from bot.environment import DiscordAccount, Places
from bot.origins.feeds.client import FetchPolicy, Timeouts
from bot.origins.feeds.host_pace import HostPace
from bot.sandbox import Sandbox
from bot.sandbox.feeds import FeedServer
from tests.archives import named
from tests.benchmarks.timing import beating
from tests.chat.conftest import not_waiting_for_servers
from tests.conftest import ROOT
from tests.origins.feeds.names import LOOPBACK, Names

Json = dict[str, Any]
PATIENCE: Final = Timeouts(total=1, connect=1, read=1)
ENDS_WITHIN: Final = 60
"""Seconds."""


@dataclass(frozen=True)
class BotProcess:
    """The other end: the bot's process. Every host is at the server of `feeds`, for as long as it
    is found there.
    """

    process: asyncio.subprocess.Process
    feeds: FeedServer

    async def move(self, now: datetime) -> None:
        """Set its clock; what is due then is done meanwhile."""
        assert self.process.stdin
        lost = [host for host in self.feeds.faults if not self.feeds.is_found(host)]
        order = {"at": now.isoformat(), "lost": lost}
        self.process.stdin.write(f"{json.dumps(order)}\n".encode())
        await self.answer()

    async def answer(self) -> Json:
        """Its next answer: after its clock was set, and when all is done."""
        assert self.process.stdout
        line = await self.process.stdout.readline()
        assert line, "the bot ended"
        found: Json = json.loads(line)
        return found


@asynccontextmanager
async def bot_process(
    places: Places, now: datetime, sandbox: Sandbox, feeds: FeedServer
) -> AsyncIterator[BotProcess]:
    """A bot on that database, in the sandbox, that asks those feeds."""
    told = {
        "at": now.isoformat(),
        "places": {
            "database": named(places.database),
            "seeds": str(places.seeds),
            "config": str(places.config),
        },
        "account": {"token": sandbox.token, "api": sandbox.api, "gateway": sandbox.gateway},
        "feeds": feeds.port,
    }
    command = [sys.executable, "-m", "tests.evaluation.replayed_bot", json.dumps(told)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    found = BotProcess(process, feeds)
    try:
        await found.answer()
        yield found
    finally:
        assert process.stdin
        process.stdin.close()
        async with asyncio.timeout(ENDS_WITHIN):
            await process.wait()


class _InventedHosts(Names):
    """Every host is at the server of feeds, but for those that are `lost`."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.lost: frozenset[str] = frozenset()

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: AddressFamily = AF_INET,
    ) -> list[ResolveResult]:
        """Raises OSError for one that is lost."""
        if host in self.lost:
            raise OSError(f"{host} is lost")
        return await super().resolve(host, self._port, family)


async def _live(told: Json) -> None:
    clock = MovableClock(datetime.fromisoformat(told["at"]))
    account = {**told["account"], "token": SecretStr(told["account"]["token"])}
    hosts, here = _InventedHosts(told["feeds"]), (LOOPBACK, told["feeds"])
    policy = FetchPolicy(
        clock=clock,
        resolver=hosts,
        is_allowed=lambda address, port: (address, port) == here,
        pace=HostPace(apart=timedelta()),
        timeouts=PATIENCE,
    )
    garbage.share_one_pool()  # as `run` does
    with not_waiting_for_servers():
        async with (
            open_services(Places(**told["places"]), clock) as services,
            online(services, DiscordAccount(**account), None, policy=policy) as bot,
        ):
            garbage.look_seldom()
            _say(online=True)
            await _follow_orders(services, clock, bot, hosts)


async def _follow_orders(
    services: Services, clock: MovableClock, bot: Online, hosts: _InventedHosts
) -> None:
    """Do what each order says, and answer for how long the loop stood still meanwhile, and worked,
    at most.
    """
    async with beating() as gaps, beating(time.thread_time) as work:
        while line := await asyncio.to_thread(sys.stdin.readline):
            order, day = json.loads(line), clock.now().date()
            gaps.clear()
            work.clear()
            clock.move(datetime.fromisoformat(order["at"]) - clock.now())
            hosts.lost = frozenset(order["lost"])
            _say(moved=True)
            if clock.now().date() > day:
                await count_words(services)
            await sweep_feeds(services, bot.delivery, bot.sweep)
            bot.jobs.tick_now()
            await bot.jobs.ticked()
            _say(longest_block=max(gaps), longest_work=max(work))


def _say(**answer: object) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_live(json.loads(sys.argv[1])))
