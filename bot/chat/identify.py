"""When the bot may begin a new session (IDENTIFY): Discord resets a token after 1,000 in a day."""

from collections.abc import Mapping
from typing import Any, Final

from bot.errors import DiscordUnavailable

BURST: Final = 10
"""Sessions that may be begun one after another, as a bad hour of Discord asks for."""
REFILL: Final = 100.0
"""Seconds until one more may be begun: 864 a day, and the burst once."""
GAP: Final = 5.0
"""Seconds between two, Discord's limit for a bot of its size."""
_ROUNDING: Final = 0.001
"""Seconds too early that are none: who waits for exactly as long as told has waited."""
RESERVE: Final = 20
"""Sessions left for today with which the bot does not start: they are for who mends it."""


class IdentifyBudget:
    """A token bucket. Times are seconds of any clock that runs evenly."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._looked_at: float | None = None
        self._next = 0.0

    def take(self, now: float) -> float:
        """Take one and return 0, or return the seconds until there is one to take."""
        if self._looked_at is None:
            self._looked_at = self._next = now
        self._left = min(BURST, self._left + (now - self._looked_at) / REFILL)
        self._looked_at = now
        wait = max((1 - self._left) * REFILL, self._next - now)
        if wait > _ROUNDING:
            return wait
        self._left -= 1
        self._next = now + GAP
        return 0.0


class IdentifyLater(Exception):
    """The budget is used up: a new session may be begun in so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"a new session may be begun in {seconds:.0f} seconds")
        self.seconds = seconds


def refuse_last_sessions(limit: Mapping[str, Any]) -> None:
    """Raise DiscordUnavailable where few sessions are left for today, by whomever they were begun.

    `limit` is the `session_start_limit` of GET /gateway/bot.
    """
    if limit["remaining"] > RESERVE:
        return
    hours = limit["reset_after"] / 3_600_000
    raise DiscordUnavailable(
        f"Discord takes only {limit['remaining']} more of the {limit['total']} logins a day of this"
        f" bot: find out what logs in so often, and try again in {hours:.1f} hours."
    )
