"""The pace at which messages go out: below Discord's 50 requests a second for a whole bot."""

import asyncio
from typing import Final

RATE: Final = 45
"""Messages a second. discord.py has no limiter of its own: a burst over 50/s loses messages."""


class Pacer:
    """Hands out turns, evenly spaced."""

    def __init__(self, rate: float = RATE) -> None:
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        begins = max(self._next, now)
        self._next = begins + self._gap
        if begins > now:
            await asyncio.sleep(begins - now)
