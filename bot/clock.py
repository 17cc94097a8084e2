"""Clocks. Whatever needs "now" is given a clock, so that tests and the sandbox can move it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)


class SteadyClock:
    """A monotonic clock that starts at the machine's time; setting the machine's clock does not
    change it. For waits, not for dates.
    """

    def __init__(self) -> None:
        self._began = SystemClock().now() - timedelta(seconds=time.monotonic())

    def now(self) -> datetime:
        """The instant, aware, in UTC, as if the machine's clock had never been set."""
        return self._began + timedelta(seconds=time.monotonic())


class MovableClock:
    """A clock that starts at a given time, runs at the pace of another clock, and can be moved."""

    def __init__(self, start: datetime, pace: Clock | None = None) -> None:
        self._pace = pace or SystemClock()
        self.put(start)

    def now(self) -> datetime:
        """The current instant of this clock, aware, in UTC."""
        return self._pace.now() + self._offset

    def put(self, at: datetime) -> None:
        """Set the clock to an instant; it continues from there."""
        self._offset = at.astimezone(UTC) - self._pace.now()

    def move(self, by: timedelta) -> None:
        """Move the clock; negative = backwards."""
        self._offset += by
