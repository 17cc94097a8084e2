"""The thread in which feeds are read."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

RENEWED_AFTER: Final = 16 * 1024 * 1024
"""Bytes of feeds that one thread reads."""

_Read = TypeVar("_Read")


class ParserThread:
    """Reads one feed after another in a thread that is replaced now and then.

    libxml2 keeps every name and namespace that it meets for as long as its thread lives. A feed of
    ever new names took 3 MB each time it was asked; beyond 100 MB no new name is read any more.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._left = RENEWED_AFTER

    async def run(self, read: Callable[[], _Read], size: int) -> _Read:
        """What `read` makes of a feed of `size` bytes."""
        if self._left <= 0:
            self._thread.shutdown(wait=False)
            self._thread, self._left = ThreadPoolExecutor(1), RENEWED_AFTER
        self._left -= size
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)
