"""Delivery: frozen editions go out, part by part, and every outcome is written down.

A part is marked `sending` in a commit of its own before its request. After a crash or a lost
answer it is posted again with the same nonce while Discord still knows it, later only when its
history proves that it is not there, and never where that cannot be proved.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.config import DigestConfig
from bot.digests.edition import (
    EditionState,
    Part,
    PartState,
    Step,
    closed_state,
    next_step,
    wait_before,
)
from bot.errors import DeliveryError, Malformed, NotNow, Refused, Unknown
from bot.press.pacer import Pacer
from bot.press.planning import new_nonce
from bot.press.publisher import Publisher
from bot.store import digests, editions
from bot.store.database import Database
from bot.store.editions import OpenEdition

logger = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Editions in flight together: one slow channel holds up no other."""
BLOCKED_WAIT: Final = timedelta(hours=1)
"""How often a channel that refuses us is tried again where no permission seems to be missing."""
_OPEN: Final = (PartState.PENDING, PartState.SENDING)


class Delivery:
    """Posts open editions through a publisher, at the pacer's rate."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        pacer: Pacer,
        clock: Clock,
        config: DigestConfig,
    ) -> None:
        self._database, self._publisher, self._pacer = database, publisher, pacer
        self._clock = clock
        self._catch_up = timedelta(hours=config.catch_up_hours)
        self._channels: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def deliver_open(self) -> int:
        """Work on every open edition that is not waiting for later; returns how many there were.

        One that fails unexpectedly holds up no other; its error is raised at the end.
        """
        async with self._database.reading() as db:
            waiting = await editions.open_editions(db, self._clock.now())
        gate = asyncio.Semaphore(AT_ONCE)
        work = (self._through(gate, edition) for edition in waiting)
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return len(waiting)

    async def deliver(self, edition_id: int) -> None:
        """Work on one edition now."""
        async with self._database.reading() as db:
            edition = await editions.open_edition(db, edition_id, self._clock.now())
        if edition:
            await self._in_turn(edition)

    async def _through(self, gate: asyncio.Semaphore, edition: OpenEdition) -> None:
        async with gate:
            await self._in_turn(edition)

    async def _in_turn(self, edition: OpenEdition) -> None:
        """Work on an edition alone in its channel, as it stands when its turn has come."""
        lock = self._channels.setdefault(edition.channel_id, asyncio.Lock())
        async with lock:
            async with self._database.reading() as db:
                now = self._clock.now()
                current = await editions.open_edition(db, edition.edition_id, now)
            if current:
                await self._deliver(current)

    async def _deliver(self, edition: OpenEdition) -> None:
        late = self._clock.now() - edition.due_at > self._catch_up
        async with self._database.reading() as db:
            parts = await editions.parts_of(db, edition.edition_id)
        if not late:
            obstacle = self._publisher.obstacle(edition.channel_id)
            if obstacle:
                await self._block(edition, obstacle, retry_at=None)
                return
            async with self._database.writing() as db:
                await editions.keep_open(db, edition.edition_id, EditionState.DELIVERING)
        for part in parts:
            if part.state in _OPEN and not await self._settle(edition, part, late=late):
                return
        await self._finish(edition)

    async def _settle(self, edition: OpenEdition, part: Part, *, late: bool) -> bool:
        """Bring one part to an end; False where the edition must wait.

        Too late nothing is posted any more: it is only found out what was posted.
        """
        try:
            if next_step(part, self._clock.now()) is Step.LOOK_BACK:
                part, found = await self._look_back(edition, part)
                if found:
                    return True
            if not late:
                await self._post(edition, part)
            elif part.state is PartState.SENDING:
                await self._wait(edition, NotNow("nobody knows yet whether it was posted"))
                return False
        except Refused as error:
            await self._block(edition, str(error), retry_at=self._clock.now() + BLOCKED_WAIT)
            return False
        except (NotNow, Unknown, Malformed) as error:
            await self._wait(edition, error)
            return False
        return True

    async def _post(self, edition: OpenEdition, part: Part) -> None:
        if hashlib.sha256(part.body.encode()).digest() != part.sha256:
            await self._reject(part, "its body is damaged")
            return
        await self._pacer.turn()
        async with self._database.writing() as db:
            await editions.mark_sending(db, part, self._clock.now())
        body = json.loads(part.body)
        try:
            message_id = await self._publisher.post(edition.channel_id, body, part.nonce)
        except Malformed as error:
            await self._reject(part, str(error))
        except (Refused, NotNow):
            # Not stored now; but an attempt before this one may have been.
            if part.state is PartState.PENDING:
                await self._unsent(part, part.nonce)
            raise
        else:
            by = "nonce" if message_id is None else "answer"
            await self._end(part, PartState.SENT, message_id, by)

    async def _reject(self, part: Part, reason: str) -> None:
        """Close a part that cannot be posted, where no attempt before may have been posted.

        Raises NotNow where one may: first its outcome must be known.
        """
        logger.error("edition %d part %d: %s", part.edition_id, part.part, reason)
        if part.state is PartState.SENDING:
            raise NotNow(reason)
        await self._end(part, PartState.REJECTED)

    async def _look_back(self, edition: OpenEdition, part: Part) -> tuple[Part, bool]:
        """Find out whether an attempt of unknown outcome was posted; the part to go on with."""
        assert part.first_tried_at is not None  # noqa: S101 - it is `sending`
        try:
            message_id = await self._publisher.look_back(
                edition.channel_id, part.marker, part.first_tried_at
            )
        except Refused:
            await self._end(part, PartState.UNCERTAIN)
            return part, True
        if message_id is not None:
            await self._end(part, PartState.SENT, message_id, "history")
            return part, True
        await self._unsent(part, new_nonce())
        async with self._database.reading() as db:
            parts = await editions.parts_of(db, part.edition_id)
        return parts[part.part - 1], False

    async def _end(
        self, part: Part, state: PartState, message_id: int | None = None, by: str | None = None
    ) -> None:
        async with self._database.writing() as db:
            await editions.close_part(db, part, state, message_id, by)

    async def _unsent(self, part: Part, nonce: str) -> None:
        async with self._database.writing() as db:
            await editions.mark_unsent(db, part, nonce)

    async def _wait(self, edition: OpenEdition, error: DeliveryError) -> None:
        named = error.retry_after if isinstance(error, NotNow) else None
        retry_at = self._clock.now() + wait_before(edition.attempts, named)
        async with self._database.writing() as db:
            state = EditionState.WAITING
            await editions.keep_open(db, edition.edition_id, state, str(error), retry_at)
        logger.warning("channel %d: edition waits: %s", edition.channel_id, error)

    async def _block(self, edition: OpenEdition, reason: str, retry_at: datetime | None) -> None:
        async with self._database.writing() as db:
            state = EditionState.BLOCKED
            await editions.keep_open(db, edition.edition_id, state, reason, retry_at)
            await digests.set_fault(db, edition.digest_id, reason)
        if edition.state is not EditionState.BLOCKED:
            logger.warning("channel %d: edition blocked: %s", edition.channel_id, reason)

    async def _finish(self, edition: OpenEdition) -> None:
        async with self._database.writing() as db:
            states = [part.state for part in await editions.parts_of(db, edition.edition_id)]
            state, now = closed_state(states), self._clock.now()
            await editions.close_edition(db, edition.edition_id, state, now, _reason(states))
            if PartState.SENT in states and PartState.PENDING not in states:
                await digests.set_fault(db, edition.digest_id, None)
        logger.info("channel %d: edition %s: %s", edition.channel_id, edition.local_date, state)


def _reason(states: Sequence[PartState]) -> str | None:
    """Why an edition ends with its parts as they are; None where all were posted."""
    if PartState.UNCERTAIN in states:
        return "Discord gave no answer, and the channel cannot be read back"
    if PartState.PENDING in states:
        return "it could not be posted in time"
    if PartState.REJECTED in states:
        return "not every message of it could be posted"
    return None
