"""The pace at which hosts are asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

AT_ONCE: Final = 2
APART: Final = timedelta(seconds=1)
"""Requests at once to one host, and the pause between the starts of two: feeds.feedburner.com and
medium.com serve many feeds each.
"""
IN_ALL: Final = 32
"""Requests at once to all hosts. 2,000 feeds take 11 s with 32, of which the CPU works 2."""


class HostPace:
    """Hands out turns to ask a host: so many at once, so far apart, and not too many in all."""

    def __init__(
        self, at_once: int = AT_ONCE, apart: timedelta = APART, in_all: int = IN_ALL
    ) -> None:
        self._at_once, self._apart = at_once, apart.total_seconds()
        self._in_all = asyncio.Semaphore(in_all)
        self._beginning = asyncio.Lock()
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, check: Callable[[], None]) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the request is answered.

        A caller that waits for its host takes no place from other hosts. `check` is called before
        the pause and after it; what it raises ends the turn.
        """
        one = self._hosts.setdefault(host, _Host(self._at_once))
        one.users += 1
        try:
            async with one.places:
                async with one.start:
                    check()
                    await one.until_free()
                    async with self._beginning:  # one at each turn of the event loop: a
                        await asyncio.sleep(0)  # connection takes a millisecond or two
                    await self._in_all.acquire()
                    one.free_at = asyncio.get_running_loop().time() + self._apart
                try:
                    check()
                    yield
                finally:
                    self._in_all.release()
        finally:
            one.users -= 1
            asyncio.get_running_loop().call_later(self._apart, self._forget, host)

    def is_shared(self, host: str) -> bool:
        """Whether more than one have a turn of the host or wait for one."""
        return self._hosts[host].users > 1

    def _forget(self, host: str) -> None:
        one = self._hosts.get(host)
        if one and not one.users and one.free_at <= asyncio.get_running_loop().time():
            del self._hosts[host]


class _Host:
    """The turns of one host: `free_at` is when the next may start, by the loop's clock."""

    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.start = asyncio.Lock()
        self.free_at = 0.0
        self.users = 0

    async def until_free(self) -> None:
        """Wait until the next request may start."""
        await asyncio.sleep(max(0.0, self.free_at - asyncio.get_running_loop().time()))
