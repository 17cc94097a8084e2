"""kill -9 while threads are opened: in the end each edition has one, asked for once."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from bot.digests.edition import read_edition_line
from bot.sandbox.faults.faults import Fault, FaultKind
from bot.sandbox.world.messages import HAS_THREAD
from bot.store.opening import file_of
from tests.soak.child import Died, Zygote
from tests.soak.figures import note
from tests.soak.scenario import MINUTE, SECOND, Scenario, chosen, counts, hearing, scenario

CHANNELS = 12
DOWN = (0 * SECOND, 20 * SECOND, 70 * SECOND, 5 * MINUTE)
"""How long the bot is dead by the clock."""
PATIENCE = 200
"""How often it is looked whether all threads are open."""


@contextmanager
def killed_at(one: Scenario, number: int, when: str) -> Iterator[None]:
    """Kill the bot as its request for a thread of that number arrives, or once it is stored."""
    asked = 0

    def hear(method: str, path: str) -> Fault | None:
        nonlocal asked
        if method != "POST" or not path.endswith("/threads"):
            return None
        asked += 1
        if asked < number or when == "after":
            return None
        one.zygote.kill()
        return Fault(FaultKind.RESET)

    def stored(event: str, _: Any) -> None:
        if event == "THREAD_CREATE" and asked >= number and when == "after":
            one.zygote.kill()

    one.sandbox.world.listeners.append(stored)
    try:
        with hearing(one, hear):
            yield
    finally:
        one.sandbox.world.listeners.remove(stored)


async def threads_out(one: Scenario) -> None:
    """Let time pass until no thread is due. Raises Died."""
    for _ in range(PATIENCE):
        if not one.rows("SELECT 1 FROM edition_part WHERE thread_at IS NOT NULL"):
            return
        await asyncio.sleep(0.1)
        await one.tick(5 * SECOND)
    raise AssertionError("threads are still due")


async def a_day(one: Scenario) -> None:
    """Start a bot, and let it post editions and open their threads. Raises Died."""
    await one.start()
    await one.next_morning()
    await one.bring_out()
    await threads_out(one)


def threads(one: Scenario) -> tuple[int, int]:
    """How many editions have a thread, and how many messages and threads do not fit together."""
    found = wrong = 0
    for channel in one.channels:
        every = one.sandbox.world.guild_of(channel).channels
        opened = [thread.id for thread in every if thread.parent is channel]
        begun = [int(m["id"]) for m in channel.messages if m["flags"] & HAS_THREAD]
        first = [int(m["id"]) for m in channel.messages if _part(m) == 1]
        found += len(opened)
        wrong += not sorted(opened) == sorted(begun) == sorted(first)
    return found, wrong


def _part(message: Any) -> int:
    lines = (line.removeprefix("-# ") for line in message["content"].splitlines())
    return next(filter(None, map(read_edition_line, lines)))[2]


@counts(4, 100)
async def test_killed_while_threads_are_opened_each_edition_has_one_in_the_end(
    tmp_path: Path, zygote: Zygote, count: int
):
    chance = chosen(count)
    async with scenario(tmp_path, zygote, channels=CHANNELS, days=2 + count) as one:
        with closing(sqlite3.connect(file_of(one.places.database))) as db, db:
            db.execute("UPDATE server SET thread = 1")
        one.orders["tick_seconds"] = 1
        for turn in range(count):
            when = ("before", "after")[turn % 2]
            with killed_at(one, chance.randint(1, CHANNELS), when), pytest.raises(Died):
                await a_day(one)
            one.clock.move(chance.choice(DOWN))
            await one.start()
            await one.bring_out()
            await threads_out(one)
            await one.zygote.stop()
        found, wrong = threads(one)
        twice = sum(entry.status == HTTPStatus.BAD_REQUEST for entry in one.sandbox.log.entries)
    measured = f"{wrong} and {twice} of {found:,} threads"
    note(f"kill -9 while threads are opened, {count} times", "none missing, none twice", measured)
    assert (found, wrong, twice) == (CHANNELS * count, 0, 0)
