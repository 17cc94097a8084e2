"""The pace at which messages are sent: below Discord's 50 requests a second for a whole bot."""

import asyncio
from typing import Final

RATE: Final = 45
"""Messages a second. discord.py has no limiter of its own: a burst over 50/s loses messages."""


class Pacer:
    """Hands out turns, evenly spaced: `rate` a second, None = at once."""

    def __init__(self, rate: float | None = RATE) -> None:
        self._next = 0.0
        self._one_by_one = asyncio.Lock()
        self.configure(rate)

    def configure(self, rate: float | None) -> None:
        """Hand out this many turns a second from now on."""
        self._gap = 1 / rate if rate else 0.0

    async def turn(self) -> None:
        """Wait for a turn."""
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
