"""Crossposting: messages in announcement channels are published to the servers that follow them.

It is not part of the edition: an edition that cannot be published is posted all the same.
Crossposting twice does nothing, so an attempt without an answer is simply repeated.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.retries import wait_before
from bot.errors import DeliveryError, ImplausibleClock, Malformed, Refused, TryLater
from bot.store import publications
from bot.store.database import Database
from bot.store.plausible import Plausibility
from bot.store.publications import Publication

logger = logging.getLogger(__name__)

AN_HOUR: Final = 10
"""How many messages Discord publishes per channel and hour."""
GIVE_UP: Final = timedelta(days=1)
"""Messages older than this are not published any more."""


class Crossposting:
    """Publishes the messages that are due to be published. `steady` is a monotonic clock."""

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

    async def publish_open(self) -> None:
        """Publish every message whose time has come."""
        now = self._clock.now()
        async with self._database.reading() as db:
            found = await publications.to_publish(db, now)
        for stored in found:
            with suppress(RateGateClosed):
                async with self._bulkhead.around(now, stored.ref):
                    await self._publish(stored.read())

    async def _publish(self, one: Publication) -> None:
        now = self._clock.now()
        if now - one.due_at > GIVE_UP:
            if await self._is_old(one):
                await self._close(one, "it was too late")
            return  # else it waits: to a clock that is ahead everything is old
        async with self._database.reading() as db:
            free_at = await publications.free_at(db, one.target, now, AN_HOUR)
        if free_at is not None:
            await self._later(one, free_at - now)
            return
        with self._gate.piece(("publishing", one.message_id)):
            await self._request(one)

    async def _is_old(self, one: Publication) -> bool:
        """Whether a message is old by both clocks, and the time of day is plausible."""
        if self._steady.now() - one.due_at <= GIVE_UP:
            return False
        try:
            await self._plausibility.require()
        except ImplausibleClock:
            return False
        return True

    async def _request(self, one: Publication) -> None:
        await self._gate.turn()
        try:
            with self._gate.watched():
                await self._publisher.publish(one.target, one.message_id)
        except (Refused, Malformed) as error:
            await self._close(one, str(error))
        except DeliveryError as error:
            named = error.retry_after if isinstance(error, TryLater) else None
            await self._later(one, wait_before(3, named))
        else:
            async with self._database.writing() as db:
                await publications.mark_published(db, one, self._clock.now())

    async def _close(self, one: Publication, reason: str) -> None:
        logger.warning("%s: a message is not published: %s", one.target, reason)
        async with self._database.writing() as db:
            await publications.give_up(db, one)

    async def _later(self, one: Publication, wait: timedelta) -> None:
        async with self._database.writing() as db:
            await publications.postpone(db, one, self._clock.now() + wait)
