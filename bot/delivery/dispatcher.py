"""Delivers open editions in turn, one at a time per digest, many digests at once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.concurrency import together
from bot.delivery.deliver_edition import Attempt
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.ledger import EditionState
from bot.store import ledger
from bot.store.asides import Stored
from bot.store.database import Database
from bot.store.ledger import LostClaim, OpenEdition

logger = logging.getLogger(__name__)

AT_ONCE: Final = 32
"""Editions in flight together: at 45 a second, none waits while requests take up to 0.7 s."""
PAGE: Final = 200
"""How many editions are read at a time."""


class Dispatcher:
    """Posts open editions through a publisher, behind the shared rate gate."""

    def __init__(
        self, database: Database, publisher: Publisher, gate: RateGate, clock: Clock
    ) -> None:
        self._database, self._publisher, self._gate = database, publisher, gate
        self._clock, self._bulkhead = clock, Bulkhead(database)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin no more parts; what is in flight finishes."""
        self._stopping.set()

    async def deliver_open(self) -> int:
        """Work on every open edition that is not waiting; returns how many there were.

        An edition that fails unexpectedly is set aside. After a database error no other is begun:
        nothing may be sent that is not recorded.
        """
        return await together(self._waiting(), self._work_on, AT_ONCE)

    async def _work_on(self, stored: Stored[OpenEdition]) -> None:
        async with self._bulkhead.around(self._clock.now(), stored.ref):
            edition = stored.read()
            if not self._still_blocked(edition):
                await self.deliver(edition.edition_id, edition.digest_id)

    async def _waiting(self) -> AsyncIterator[Stored[OpenEdition]]:
        """The open editions to work on, longest due first, read as needed."""
        after = None
        while True:
            async with self._database.reading() as db:
                found = await ledger.open_editions(db, self._clock.now(), after, PAGE)
            for edition in found:
                if self._stopping.is_set():
                    return
                yield edition
            if len(found) < PAGE:
                return
            after = found[-1]

    def _still_blocked(self, edition: OpenEdition) -> bool:
        """Whether the same obstacle is still in the way; known without a request or a write."""
        if self._clock.now() > edition.expires_at or edition.state is not EditionState.BLOCKED:
            return False
        obstacle = self._publisher.obstacle(edition.target)
        return obstacle is not None and str(obstacle) == edition.reason

    async def deliver(self, edition_id: int, digest_id: int) -> None:
        """Work on an edition, alone of its digest, in the state it has when its turn comes."""
        lock = self._locks.setdefault(digest_id, asyncio.Lock())
        async with lock:
            try:
                attempt = Attempt(self._database, self._publisher, self._gate, self._clock)
                await attempt.deliver(edition_id, self._stopping)
            except RateGateClosed:
                logger.debug("edition %d waits: nothing may be sent now", edition_id)
            except LostClaim:
                logger.warning("edition %d is being worked on by another process", edition_id)
