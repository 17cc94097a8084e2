"""A gateway that breaks all the time: counts the sessions that the bot begins.

The time between sessions is skipped, everything else is real. The full run takes seconds, so it
runs with every test; the figures are printed with -s.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import discord

from bot.chat.gateway.client import BroadsheetBot
from bot.chat.gateway.connection import stay_connected, use_endpoints
from bot.chat.gateway.identify import BURST, REFILL
from bot.sandbox import Sandbox
from bot.store.membership import ALONE
from tests.chat.conftest import not_waiting_for_servers
from tests.conftest import SetClock

DAY = 86_400.0
DROPS, INVALID_SESSIONS = 500, 50


class SkippedTime:
    """A clock that runs, and that a sleep moves forward."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        return time.monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += seconds
        await asyncio.sleep(0)


class Bot(BroadsheetBot):
    """The bot without its commands; it records when it begins a session."""

    def __init__(self, skipped: SkippedTime) -> None:
        super().__init__(now=skipped.now, sleep=skipped.sleep)
        self.began: list[float] = []
        self.skipped = skipped

    async def setup_hook(self) -> None:
        """No commands."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await super().before_identify_hook(shard_id, initial=initial)
        self.began.append(self.skipped.now())


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Sandbox, Bot]]:
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    with not_waiting_for_servers():
        use_endpoints(sandbox.api, sandbox.gateway)
        bot = Bot(SkippedTime())
        connection = asyncio.create_task(stay_connected(bot, sandbox.token, ALONE))
        try:
            async with asyncio.timeout(10):
                await bot.knows_its_servers.wait()
            yield sandbox, bot
        finally:
            await bot.close()
            await asyncio.gather(connection, return_exceptions=True)
            await sandbox.stop()


async def happens(bot: discord.Client, event: str, cause: Callable[[], Any]) -> None:
    """Do something, and wait for the event that it causes."""
    waiting = asyncio.create_task(bot.wait_for(event, timeout=30))
    await asyncio.sleep(0)
    cause()
    await waiting


def most_in_a_day(began: list[float]) -> int:
    return max(bisect_left(began, first + DAY) - i for i, first in enumerate(began))


async def test_a_connection_that_drops_again_and_again_is_resumed_in_one_session():
    async with connected() as (sandbox, bot):
        began = time.monotonic()
        for number in range(DROPS):
            drop = partial(sandbox.controls.drop_gateway, (4000, 1006)[number % 2])
            await happens(bot, "resumed", drop)
        seconds = time.monotonic() - began
        assert sandbox.controls.identified == len(bot.began) == 1
        assert len(bot.guilds) == len(sandbox.world.joined)
    print(f"\n{DROPS} drops: 1 IDENTIFY, {seconds:.1f} s")  # noqa: T201


async def test_sessions_that_end_again_and_again_are_begun_within_the_budget():
    async with connected() as (sandbox, bot):
        began = time.monotonic()
        for _ in range(INVALID_SESSIONS):
            await happens(bot, "shard_ready", partial(sandbox.controls.invalidate_sessions, False))
        seconds = time.monotonic() - began
        assert sandbox.controls.identified == len(bot.began) == INVALID_SESSIONS + 1
        assert len(bot.guilds) == len(sandbox.world.joined)
        lasted = bot.began[-1] - bot.began[0]
        assert lasted >= (INVALID_SESSIONS + 1 - BURST) * REFILL - 1
        assert most_in_a_day(bot.began) <= BURST + DAY / REFILL
    print(  # noqa: T201
        f"\n{INVALID_SESSIONS} invalid sessions: {len(bot.began)} IDENTIFYs"
        f" in {lasted / 60:.0f} minutes of the bot's time, {seconds:.1f} s of ours"
    )
