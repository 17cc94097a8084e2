"""Whether a request may be sent to Discord at all, by its answers so far."""

import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Final

logger = logging.getLogger(__name__)

FAILURES: Final = 8
"""After this many requests in a row without an answer, only one at a time is tried."""
PROBE_EVERY: Final = timedelta(seconds=30)
FIRST_HOLD: Final = timedelta(seconds=5)
"""The wait if Discord asks for one without saying how long; each further one is twice as long."""
_DOUBLED: Final = 4
"""How often the wait is doubled at most. One request in that time cannot count towards a ban, and
if Discord means only one channel, the others do not wait long.
"""
LONGEST_HOLD: Final = timedelta(hours=1)
"""If Discord names a longer wait, it is asked again after this; that costs one request."""
REFUSALS: Final = 500
"""Answers of 401, 403 or 429 within a window; Discord bans an address from 10,000 on."""
REFUSAL_WINDOW: Final = timedelta(minutes=10)


class CircuitBreaker:
    """Allows work while Discord answers, and trips when it does not.

    All times are passed in; a clock that is set back trips it for no longer than LONGEST_HOLD.
    After a hold, one piece of work goes first as a probe: its own request may have caused the hold.
    """

    def __init__(self) -> None:
        self._held_until: datetime | None = None
        self._probe_at: datetime | None = None
        self._probe_is_out = False
        self._failures = 0
        self._unnamed = 0
        self._refusals: deque[datetime] = deque(maxlen=REFUSALS)

    @property
    def probing(self) -> bool:
        """Whether Discord does not answer or asked to wait, so that only one at a time may try."""
        return self._probe_at is not None

    def could_allow(self, now: datetime) -> bool:
        """Whether work that needs Discord could begin now."""
        return not self.held(now) and not (self._probe_at and _ahead(self._probe_at, now))

    def allows(self, now: datetime) -> bool:
        """Whether work that needs Discord may begin now. While Discord does not answer, the work is
        a probe: True once, then False for a while.
        """
        if not self.could_allow(now):
            return False
        self._probe_is_out = self.probing
        self._probe_at = now + PROBE_EVERY if self._probe_at else None
        return True

    def gave_back(self, now: datetime) -> None:
        """Note that the probing work is over; if it sent no request, other work may probe."""
        if self._probe_is_out and self._probe_at is not None:
            self._probe_at = now

    def held(self, now: datetime) -> bool:
        """Whether nothing at all may be sent, not even for work that has begun."""
        return self._held_until is not None and _ahead(self._held_until, now)

    def held_for(self, now: datetime) -> float:
        """For how many seconds nothing may be sent."""
        until = self._held_until
        return (until - now).total_seconds() if until and _ahead(until, now) else 0.0

    def answered(self, now: datetime) -> None:
        """Note that Discord answered a request, whatever the answer. An answer that arrives during
        a hold is ignored: its request was sent before the hold.
        """
        if self.held(now):
            return
        if self._probe_at is not None:
            logger.info("Discord answers again")
        self._failures, self._unnamed = 0, 0
        self._probe_at, self._probe_is_out = None, False

    def unanswered(self, now: datetime) -> None:
        """Note that a request had no answer, or that Discord's server failed."""
        self._failures += 1
        self._probe_is_out = False
        if self._failures == FAILURES:
            logger.warning("%d requests in a row failed: trying one at a time", FAILURES)
        if self._failures >= FAILURES:
            self._probe_at = now + PROBE_EVERY

    def hold(self, now: datetime, seconds: float | None, reason: str) -> None:
        """Send nothing for this many seconds; None = FIRST_HOLD, and twice as long each time until
        Discord answers a request. Requests that were in flight together count once.
        """
        if seconds is None and self.held(now):
            return
        wait = self._backed_off() if seconds is None else timedelta(seconds=seconds)
        wait = min(wait, LONGEST_HOLD)
        self._held_until = max(self._held_until or now, now + wait)
        self._probe_at, self._probe_is_out = self._held_until, False
        logger.warning("nothing is sent for %d s: %s", wait.total_seconds(), reason)

    def _backed_off(self) -> timedelta:
        wait = FIRST_HOLD * (1 << self._unnamed)
        self._unnamed = min(self._unnamed + 1, _DOUBLED)
        return wait

    def refused(self, now: datetime) -> None:
        """Note an answer of 401, 403 or 429: after too many of these Discord bans the address."""
        self._refusals.append(now)
        if len(self._refusals) == REFUSALS:
            left = self._refusals[0] + REFUSAL_WINDOW - now
            if left > timedelta() and not self.held(now):
                self.hold(now, left.total_seconds(), f"{REFUSALS} requests were refused")


def _ahead(moment: datetime, now: datetime) -> bool:
    """Whether a moment is still to come, and not only because the clock was set back."""
    return now < moment <= now + LONGEST_HOLD
