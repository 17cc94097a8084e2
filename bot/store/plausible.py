"""Whether the machine's clock is plausible, judged by the last time at which it was plausible.

While it is not, nothing is deleted for its age: to a clock that is years ahead everything is old.
It is plausible within NEAR of the newest moment that was noted while it was plausible. Further away
it may be wrong, or the bot was off for longer; then it is trusted after it has run evenly for
CONFIRMED. A clock that is corrected is plausible at once.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.errors import ImplausibleClock
from bot.store import facts
from bot.store.database import Connection, Database, one

logger = logging.getLogger(__name__)

NEAR: Final = timedelta(days=2)
"""Longer than the day after which a running bot notes the time again."""
CONFIRMED: Final = timedelta(days=1)
_NOTED_ANEW_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The time of a doubted clock, and the seconds of a monotonic clock at that moment."""

    at: datetime
    ran: float


def doubt(now: datetime, ran: float, known: datetime, before: Doubt | None) -> Doubt | None:
    """The doubt about a clock that reads `now`; None = it is plausible.

    `known`: when it was last plausible. `before`: the doubt so far, which ends when the clock has
    run evenly since, and starts over if it has not.
    """
    if abs(now - known) <= NEAR:
        return None
    if before is None or abs(now - before.at - timedelta(seconds=ran - before.ran)) > NEAR:
        return Doubt(now, ran)
    return None if ran - before.ran >= CONFIRMED.total_seconds() else before


class Plausibility:
    """Judges a clock. `ran`: the seconds of a monotonic clock."""

    def __init__(
        self, database: Database, clock: Clock, ran: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._clock, self._ran = database, clock, ran
        self._doubt: Doubt | None = None
        self._told: Doubt | None = None

    async def begin(self) -> None:
        """Before this clock writes anything: if no plausible time is noted, take it from data."""
        async with self._database.reading() as db:
            if await facts.read_moment(db, facts.CLOCK_PLAUSIBLE_AT) is not None:
                return
            newest = await _newest_written(db)
        await self._note(newest or self._clock.now())

    async def holds(self) -> bool:
        """Whether the clock is plausible; if so that is noted, if not the reason is logged once."""
        try:
            await self.require()
        except ImplausibleClock as error:
            if self._doubt is not self._told:
                self._told = self._doubt
                logger.warning("%s", error)
            return False
        return True

    async def require(self) -> None:
        """Note that the clock is plausible. Raises ImplausibleClock if it is not."""
        now = self._clock.now()
        async with self._database.reading() as db:
            known = await facts.read_moment(db, facts.CLOCK_PLAUSIBLE_AT) or now
        self._doubt = doubt(now, self._ran(), known, self._doubt)
        if self._doubt is not None:
            raise ImplausibleClock(now, known)
        if abs(now - known) > _NOTED_ANEW_AFTER:
            await self._note(now)

    async def believe(self) -> None:
        """Accept the clock as right, because an operator says so."""
        self._doubt = None
        await self._note(self._clock.now())

    async def _note(self, moment: datetime) -> None:
        async with self._database.writing() as db:
            await facts.write_fact(db, facts.CLOCK_PLAUSIBLE_AT, str(int(moment.timestamp())))


async def _newest_written(db: Connection) -> datetime | None:
    """When the last story was stored, or else the last digest was created."""
    row = await one(
        db,
        """
        SELECT coalesce(
            (SELECT arrived_at FROM story ORDER BY story_id DESC LIMIT 1),
            (SELECT created_at FROM digest ORDER BY digest_id DESC LIMIT 1)
        ) AS newest
        """,
    )
    newest = row["newest"] if row else None
    return None if newest is None else datetime.fromtimestamp(newest, UTC)
