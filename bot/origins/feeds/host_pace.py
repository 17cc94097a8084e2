"""The pace at which one host is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

AT_ONCE: Final = 2
APART: Final = timedelta(seconds=1)
"""Requests at once to one host, and the pause between the starts of two: feeds.feedburner.com and
medium.com serve many feeds each.
"""


class HostPace:
    """Hands out turns to ask a host: so many at once, and so far apart."""

    def __init__(self, at_once: int = AT_ONCE, apart: timedelta = APART) -> None:
        self._at_once, self._apart = at_once, apart

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the request is answered."""
        yield
