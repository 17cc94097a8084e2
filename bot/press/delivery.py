"""Delivery: frozen editions go out, part by part, and every outcome is written down.

A part is marked `sending` in a commit of its own before its request. After a crash or a lost
answer it is posted again with the same nonce while Discord still knows it, later only when its
history proves that it is not there, and never where that cannot be proved.
"""

import asyncio
import hashlib
import json
import logging
from datetime import datetime, timedelta
from typing import Final

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
from bot.errors import Malformed, NotNow, Refused, Unknown
from bot.press.pacer import Pacer
from bot.press.planning import new_nonce
from bot.press.publisher import Publisher
from bot.store import digests, editions
from bot.store.database import Database
from bot.store.editions import OpenEdition

logger = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Editions in flight together: one slow channel holds up no other."""
CHUNK: Final = 200
"""Open editions looked at in one go."""
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
        self._delivering = asyncio.Lock()

    async def deliver_open(self) -> int:
        """Work on every open edition that is not waiting for later; returns how many there were."""
        async with self._delivering:
            async with self._database.reading() as db:
                waiting = await editions.open_editions(db, self._clock.now(), CHUNK)
            gate = asyncio.Semaphore(AT_ONCE)
            async with asyncio.TaskGroup() as group:
                for edition in waiting:
                    group.create_task(self._through(gate, edition))
        return len(waiting)

    async def deliver(self, edition_id: int) -> None:
        """Work on one edition now."""
        async with self._delivering:
            async with self._database.reading() as db:
                edition = await editions.open_edition(db, edition_id)
            if edition:
                await self._deliver(edition)

    async def _through(self, gate: asyncio.Semaphore, edition: OpenEdition) -> None:
        async with gate:
            await self._deliver(edition)

    async def _deliver(self, edition: OpenEdition) -> None:
        now = self._clock.now()
        async with self._database.reading() as db:
            parts = await editions.parts_of(db, edition.edition_id)
        in_doubt = any(part.state is PartState.SENDING for part in parts)
        if not in_doubt and now - edition.due_at > self._catch_up:
            state = closed_state([part.state for part in parts])
            await self._close(edition, state, "it could not be posted in time")
            return
        obstacle = self._publisher.obstacle(edition.channel_id)
        if obstacle:
            await self._block(edition, obstacle, retry_at=None)
            return
        async with self._database.writing() as db:
            await editions.keep_open(db, edition.edition_id, EditionState.DELIVERING)
        for part in parts:
            if part.state in _OPEN and not await self._settle(edition, part):
                return
        await self._finish(edition)

    async def _settle(self, edition: OpenEdition, part: Part) -> bool:
        """Bring one part to an end; False where the edition must wait."""
        try:
            if next_step(part, self._clock.now()) is Step.LOOK_BACK:
                part, found = await self._look_back(edition, part)
                if found:
                    return True
            await self._post(edition, part)
        except Refused as error:
            await self._block(edition, str(error), retry_at=self._clock.now() + BLOCKED_WAIT)
            return False
        except (NotNow, Unknown) as error:
            await self._wait(edition, error)
            return False
        return True

    async def _post(self, edition: OpenEdition, part: Part) -> None:
        if hashlib.sha256(part.body.encode()).digest() != part.sha256:
            await self._end(part, PartState.REJECTED)
            logger.error("edition %d part %d: body is damaged", part.edition_id, part.part)
            return
        await self._pacer.turn()
        async with self._database.writing() as db:
            await editions.mark_sending(db, part, self._clock.now())
        try:
            body = json.loads(part.body)
            message_id = await self._publisher.post(edition.channel_id, body, part.nonce)
        except Malformed as error:
            await self._end(part, PartState.REJECTED)
            logger.error("edition %d part %d: %s", part.edition_id, part.part, error)  # noqa: TRY400
        except (Refused, NotNow):
            # Not stored now; but an attempt before this one may have been.
            if part.state is PartState.PENDING:
                await self._unsent(part, part.nonce)
            raise
        else:
            by = "nonce" if message_id is None else "answer"
            await self._end(part, PartState.SENT, message_id, by)

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

    async def _wait(self, edition: OpenEdition, error: NotNow | Unknown) -> None:
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
        logger.warning("channel %d: edition blocked: %s", edition.channel_id, reason)

    async def _finish(self, edition: OpenEdition) -> None:
        async with self._database.reading() as db:
            parts = await editions.parts_of(db, edition.edition_id)
        state = closed_state([part.state for part in parts])
        reason = None if state is EditionState.DELIVERED else "Discord did not take every part"
        await self._close(edition, state, reason)
        if state is EditionState.DELIVERED:
            async with self._database.writing() as db:
                await digests.set_fault(db, edition.digest_id, None)

    async def _close(self, edition: OpenEdition, state: EditionState, reason: str | None) -> None:
        async with self._database.writing() as db:
            await editions.close_edition(db, edition.edition_id, state, self._clock.now(), reason)
        logger.info("channel %d: edition %s: %s", edition.channel_id, edition.local_date, state)
