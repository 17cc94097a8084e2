"""When the process gives up, so that whoever supervises it starts it again.

An event loop that stands still and a gateway that stays away mend themselves, or never do.
"""

import asyncio
import faulthandler
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

DEAD_AFTER: Final = 300.0
"""Seconds for which the event loop may stand still, or the gateway be away."""
STOPPED_WITHIN: Final = 9.0
"""Seconds that a process which was told to stop may take; then it is ended as it stands."""
_BEATS: Final = 10
"""How often in the time of its patience a loop shows that it runs."""


class Absence:
    """How long something has been away; it is, until it is found. `now`: seconds, monotonic."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: float | None = now()

    def lost(self) -> None:
        """It went away; that it is still away changes nothing."""
        if self._since is None:
            self._since = self._now()

    def found(self) -> None:
        """It is back."""
        self._since = None

    def is_away(self) -> bool:
        """Whether it is."""
        return self._since is not None

    def seconds(self) -> float:
        """For how long it has been away; 0 = it is there."""
        return 0.0 if self._since is None else self._now() - self._since


class Absences:
    """How long each of several things has been away, by its number. `now`: seconds, monotonic.

    Before the first is expected all are taken to be away, from the beginning on.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._before = Absence(now)
        self._of: dict[int, Absence] = {}

    def expect(self, number: int) -> None:
        """One more is to come; it is away until it is found."""
        self._of.setdefault(number, Absence(self._now))

    def lost(self, number: int) -> None:
        """One went away."""
        self.expect(number)
        self._of[number].lost()

    def found(self, number: int) -> None:
        """One is there."""
        self.expect(number)
        self._of[number].found()

    def seconds(self) -> float:
        """For how long all have been away together; 0 = one is there."""
        return min((one.seconds() for one in self._of.values()), default=self._before.seconds())

    def is_away(self, number: int) -> bool:
        """Whether one is away; so is one that was never expected."""
        return number not in self._of or self._of[number].is_away()

    def away(self) -> Mapping[int, float]:
        """Those that are away, with the seconds for which they have been."""
        return {number: gone for number, one in self._of.items() if (gone := one.seconds())}

    async def lasting(self, limit: float) -> None:
        """Wait until all have been away together for so many seconds."""
        left = limit - self.seconds()
        while left > 0:
            await asyncio.sleep(left)
            left = limit - self.seconds()


class LoopGuard:
    """Ends the process, exit code 1, where its event loop stands still or it does not stop.

    The tracebacks of all threads go to stderr first. faulthandler's timer is a thread in C: it
    runs where Python's do not, as in a regular expression without end. There is one a process.
    """

    def __init__(self, patience: float = DEAD_AFTER) -> None:
        self._patience = patience
        self._stopping = False

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the running loop, until the end of the block or of its patience."""
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
        """From now the whole process has so many seconds to end, its threads included."""
        if not self._stopping:
            self._stopping = True
            _end_process_in(seconds)

    async def _beat(self) -> None:
        while not self._stopping:
            _end_process_in(self._patience)
            await asyncio.sleep(self._patience / _BEATS)


def _end_process_in(seconds: float) -> None:
    """Unless it is called again before that."""
    stderr = sys.__stderr__ or sys.stderr  # the real one: what a test puts there has no file
    faulthandler.dump_traceback_later(seconds, exit=True, file=stderr)
