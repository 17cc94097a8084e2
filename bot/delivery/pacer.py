"""The pace at which messages are sent: below Discord's 50 requests a second for a whole bot."""

import asyncio
from collections import deque
from typing import Final

from bot.store.membership import MESSAGES, Budget

RATE: Final = 45
"""Messages a second. discord.py has no limiter of its own: a burst over 50/s loses messages."""
TAKEN_TOGETHER: Final = 10
"""How many turns of a shared budget are taken in a row."""
LATE: Final = 0.05
"""Seconds after which a taken turn is over, so that a second has 5 % more than `RATE` at most even
where all processes were stuck.
"""

_CLOSER: Final = 0.9
"""How much closer to the one before a turn may be that follows a late one."""


class Held(Exception):
    """Another process was told to send nothing for so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"another process was told to wait {seconds:.1f} s")
        self.seconds = seconds


class Pacer:
    """Hands out turns, evenly spaced: `rate` a second, None = at once. With a `budget` the rate is
    that of all processes together.
    """

    def __init__(self, rate: float | None = RATE, budget: Budget | None = None) -> None:
        self._next = 0.0
        self._one_by_one = asyncio.Lock()
        self._budget, self._taken = budget, deque[float]()
        self._taking: asyncio.Task[tuple[list[float], float]] | None = None
        self.configure(rate)

    def configure(self, rate: float | None) -> None:
        """Hand out this many turns a second from now on."""
        self._rate = rate
        self._gap = 1 / rate if rate else 0.0

    async def hold(self, seconds: float) -> None:
        """Have the other processes send nothing either. Raises DatabaseError."""
        if self._budget:
            await self._budget.hold(seconds)

    async def turn(self) -> None:
        """Wait for a turn. With a budget it raises Held and DatabaseError."""
        if self._budget and self._rate:
            async with self._one_by_one:
                await self._turn_of(self._budget, self._rate)
        else:
            await self._own_turn()

    async def _turn_of(self, budget: Budget, rate: float) -> None:
        """Wait for the next turn that was taken; more are taken in good time. One that is over when
        the event loop comes to it is not used.
        """
        loop = asyncio.get_running_loop()
        over = True
        while over:
            if not self._taken:
                self._taken.extend(await self._take(budget, rate))
            if len(self._taken) == TAKEN_TOGETHER // 2 and self._taking is None:
                self._taking = asyncio.create_task(_taken(budget, rate))
            turn = self._taken.popleft()
            at = max(turn, self._next)
            await asyncio.sleep(at - loop.time())
            over = loop.time() > turn + LATE
        self._next = max(at, loop.time() - self._gap) + self._gap * _CLOSER

    async def _take(self, budget: Budget, rate: float) -> list[float]:
        taking, self._taking = self._taking or _taken(budget, rate), None
        turns, held_until = await taking
        held = held_until - asyncio.get_running_loop().time()
        if held > 0:
            raise Held(held)
        return turns

    async def _own_turn(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._one_by_one:
            now = loop.time()
            if self._next <= now:
                self._next = now + self._gap
                return
            await asyncio.sleep(self._next - now)
            # A timer that is a little late does not slow the pace, but after the event loop was
            # stuck, the waiting callers do not all go at once.
            self._next = max(self._next, loop.time() - self._gap) + self._gap


async def _taken(budget: Budget, rate: float) -> tuple[list[float], float]:
    """The times of some turns in a row, and until when nothing may be sent, by the loop's clock."""
    begins, held = await budget.take(MESSAGES, TAKEN_TOGETHER, rate)
    now = asyncio.get_running_loop().time()
    return [now + begins + n / rate for n in range(TAKEN_TOGETHER)], now + held
