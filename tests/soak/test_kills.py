"""kill -9 while sending: at any moment, and at each named moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.faults.faults import Fault, FaultKind
from tests.soak.audit import audit
from tests.soak.child import Zygote
from tests.soak.figures import note
from tests.soak.scenario import MINUTE, SECOND, Scenario, at_message, chosen, counts, scenario
from tests.soak.zygote import POINTS

DOWN = (0 * SECOND, 20 * SECOND, 70 * SECOND, 5 * MINUTE)
"""How long the bot is dead by the clock: while a nonce is known, and longer."""
CHANNELS = 60
DAYS = 3
"""A bot dies at the latest on this day of its life."""


@contextmanager
def killed_at(one: Scenario, number: int, when: str) -> Iterator[None]:
    """Kill the bot as its message of that number arrives: before or after Discord has stored it."""
    arrived = False

    def arrives() -> Fault | None:
        nonlocal arrived
        arrived = True
        if when == "after":
            return None
        one.zygote.kill()
        return Fault(FaultKind.RESET)

    def stored(event: str, _: Any) -> None:
        if event in ("MESSAGE_CREATE", "THREAD_CREATE") and arrived and when == "after":
            one.zygote.kill()

    one.sandbox.world.listeners.append(stored)
    try:
        with at_message(one, number, arrives):
            yield
    finally:
        one.sandbox.world.listeners.remove(stored)


@counts(12, 1000)
async def test_killed_while_messages_go_out_none_comes_twice_and_none_is_lost(
    tmp_path: Path, zygote: Zygote, count: int
):
    chance = chosen(count)
    async with scenario(tmp_path, zygote, channels=CHANNELS, days=5 + count, forums=True) as one:
        for _ in range(count):
            with killed_at(one, chance.randint(1, 30), chance.choice(("before", "after"))):
                await one.until_it_dies()
            one.clock.move(chance.choice(DOWN))
        await one.recover()
        found = audit(one)
    note(f"kill -9 during fan-out, {count:,} times", "0 duplicates, 0 silent losses", found)
    found.assert_exactly_once()


@pytest.mark.parametrize("point", POINTS)
@counts(3, 100)
async def test_killed_at_a_named_point_none_comes_twice_and_none_is_lost(
    tmp_path: Path, zygote: Zygote, count: int, point: str
):
    chance = chosen(count)
    a_day = 1 if point == "freeze" else CHANNELS // 3  # a day's editions are frozen at once
    async with scenario(
        tmp_path, zygote, channels=CHANNELS // 3, days=5 + 2 * count, forums=True
    ) as one:
        for _ in range(count):
            await one.until_it_dies(die={"point": point, "call": chance.randint(1, DAYS * a_day)})
            one.clock.move(chance.choice(DOWN))
        await one.recover()
        found = audit(one)
    note(f"kill -9 at “{point}”, {count} times", "the same", found)
    found.assert_exactly_once()
