"""When the process gives up, so that its supervisor restarts it.

A hanging event loop or a gateway that stays away recovers by itself soon, or never does.
"""

import asyncio
import faulthandler
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

DEAD_AFTER: Final = 300.0
"""For how many seconds the event loop may hang, or the gateway be away."""
STOPPED_WITHIN: Final = 9.0
"""How many seconds a process may take to stop; then it is killed."""
_BEATS: Final = 10
"""How often, within the time allowed, a loop shows that it runs."""


class Absence:
    """How long something has been away: until it is found. `now`: seconds, monotonic."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: float | None = now()

    def lost(self) -> None:
        """Note that it went away; if it was away already, nothing changes."""
        if self._since is None:
            self._since = self._now()

    def found(self) -> None:
        """Note that it is back."""
        self._since = None

    def is_away(self) -> bool:
        """Whether it is away."""
        return self._since is not None

    def seconds(self) -> float:
        """How many seconds it has been away; 0 = it is there."""
        return 0.0 if self._since is None else self._now() - self._since


class Absences:
    """How long each of several things has been away, by number. `now`: seconds, monotonic.

    Before the first is expected, all count as away, from the beginning on.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._before = Absence(now)
        self._of: dict[int, Absence] = {}

    def expect(self, number: int) -> None:
        """Expect another one; it is away until it is found."""
        self._of.setdefault(number, Absence(self._now))

    def forget(self, number: int) -> None:
        """Do not expect one any more."""
        self._of.pop(number, None)

    def none(self) -> None:
        """Note that none is expected, so that none is away."""
        self._before.found()

    def lost(self, number: int) -> None:
        """Note that one went away."""
        self.expect(number)
        self._of[number].lost()

    def found(self, number: int) -> None:
        """Note that one is there."""
        self.expect(number)
        self._of[number].found()

    def seconds(self) -> float:
        """How many seconds all have been away together; 0 = at least one is there."""
        return min((one.seconds() for one in self._of.values()), default=self._before.seconds())

    def is_away(self, number: int) -> bool:
        """Whether one is away; one that was never expected is."""
        return number not in self._of or self._of[number].is_away()

    def away(self) -> Mapping[int, float]:
        """Those that are away, and for how many seconds."""
        return {number: gone for number, one in self._of.items() if (gone := one.seconds())}

    async def lasting(self, limit: float) -> None:
        """Wait until all have been away together for this many seconds."""
        left = limit - self.seconds()
        while left > 0:
            await asyncio.sleep(left)
            left = limit - self.seconds()


class LoopGuard:
    """Ends the process, with exit code 1, if its event loop hangs or it does not stop.

    The tracebacks of all threads are written to stderr first. faulthandler's timer is a C thread:
    it runs even if Python's do not, as in an endless regular expression. A process has only one.
    """

    def __init__(self, patience: float = DEAD_AFTER) -> None:
        self._patience = patience
        self._stopping = False

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the running loop until the block ends, or the loop hangs for too long."""
        if not faulthandler.is_enabled():
            faulthandler.enable()  # systemd's watchdog sends SIGABRT
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            if not self._stopping:
                faulthandler.cancel_dump_traceback_later()

    def stop_soon(self, seconds: float = STOPPED_WITHIN) -> None:
        """From now on the whole process has this many seconds to end, including its threads."""
        if not self._stopping:
            self._stopping = True
            _end_process_in(seconds)

    async def _beat(self) -> None:
        while not self._stopping:
            _end_process_in(self._patience)
            await asyncio.sleep(self._patience / _BEATS)


def _end_process_in(seconds: float) -> None:
    """End the process then, unless this is called again before."""
    stderr = sys.__stderr__ or sys.stderr  # the real one: a test's replacement has no file
    faulthandler.dump_traceback_later(seconds, exit=True, file=stderr)
