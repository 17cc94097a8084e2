"""Follow-ups: what is done about a message once it is posted, each by a job beside the tick.

They are not part of the edition: whatever becomes of them, it is posted all the same. Doing one
twice does nothing, so an attempt without an answer is simply repeated.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.retries import wait_before
from bot.errors import DeliveryError, ImplausibleClock, Malformed, Refused, TryLater
from bot.store import follow_ups
from bot.store.database import Connection, Database
from bot.store.follow_ups import FollowUp, Kind
from bot.store.plausible import Plausibility

logger = logging.getLogger(__name__)

GIVE_UP: Final = timedelta(days=1)
"""Messages older than this are not followed up any more."""


class FollowUps:
    """Does what is due of one kind. `steady` is a monotonic clock."""

    kind: ClassVar[Kind]
    undone: ClassVar[str]
    """What did not happen, for the log."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        gate: RateGate,
        clock: Clock,
        steady: Clock,
        plausibility: Plausibility,
    ) -> None:
        self._database, self._publisher, self._gate = database, publisher, gate
        self._clock, self._steady, self._plausibility = clock, steady, plausibility
        self._bulkhead = Bulkhead(database)

    async def request(self, one: FollowUp) -> None:
        """Do it, each request within `turn`. Raises DeliveryError."""
        raise NotImplementedError

    async def free_at(self, one: FollowUp, now: datetime) -> datetime | None:
        """When its channel takes the next one; None = now."""
        return None

    async def note(self, db: Connection, one: FollowUp, refused: DeliveryError | None) -> None:
        """Note what else follows from its being done, or refused."""

    async def work_off(self) -> None:
        """Do everything whose time has come."""
        now = self._clock.now()
        async with self._database.reading() as db:
            found = await follow_ups.due(db, self.kind, now)
        for stored in found:
            with suppress(RateGateClosed):
                async with self._bulkhead.around(now, stored.ref):
                    await self._begin(stored.read())

    async def _begin(self, one: FollowUp) -> None:
        now = self._clock.now()
        if now - one.due_at > GIVE_UP:
            if await self._is_old(one):
                await self._close(one, "it was too late")
            return  # else it waits: to a clock that is ahead everything is old
        free_at = await self.free_at(one, now)
        if free_at is not None:
            await self._later(one, free_at - now)
            return
        with self._gate.piece((self.kind.work, one.message_id)):
            await self._try(one)

    async def _is_old(self, one: FollowUp) -> bool:
        """Whether a message is old by both clocks, and the time of day is plausible."""
        if self._steady.now() - one.due_at <= GIVE_UP:
            return False
        try:
            await self._plausibility.require()
        except ImplausibleClock:
            return False
        return True

    async def _try(self, one: FollowUp) -> None:
        try:
            await self.request(one)
        except (Refused, Malformed) as error:
            await self._close(one, str(error), error)
        except DeliveryError as error:
            named = error.retry_after if isinstance(error, TryLater) else None
            await self._later(one, wait_before(3, named))
        else:
            async with self._database.writing(archive=False) as db:
                await follow_ups.mark_done(db, self.kind, one, self._clock.now())
                await self.note(db, one, None)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wrap one request."""
        await self._gate.turn()
        with self._gate.watched():
            yield

    async def _close(
        self, one: FollowUp, reason: str, refused: DeliveryError | None = None
    ) -> None:
        logger.warning("%s: %s: %s", one.target, self.undone, reason)
        async with self._database.writing(archive=False) as db:
            await follow_ups.give_up(db, self.kind, one)
            if refused is not None:
                await self.note(db, one, refused)

    async def _later(self, one: FollowUp, wait: timedelta) -> None:
        async with self._database.writing(archive=False) as db:
            await follow_ups.postpone(db, self.kind, one, self._clock.now() + wait)
