"""One attempt to deliver an edition, part by part, with every outcome recorded.

A part is marked `sending` in a commit of its own before its request. After a crash or a lost answer
it is posted again with the same nonce while Discord still knows the nonce; later only if the
channel's history proves that it is not there; and never if that cannot be proved.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.clock import Clock
from bot.delivery.nonces import new_nonce
from bot.delivery.publisher import Body, Posted, Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.edition import Part
from bot.digests.ledger import EditionEvent, EditionState, PartEvent, PartState, ending
from bot.digests.retries import Step, next_step, wait_before
from bot.digests.target import Post
from bot.errors import DeliveryError, Malformed, Refused, TryLater, UnknownValue, Unreadable
from bot.render import notice_texts as words
from bot.render.fallback import left_out_by, version_of
from bot.store import digests, editions, ledger, values
from bot.store.database import Connection, Database
from bot.store.ledger import OpenEdition
from bot.store.notices import add_notice

logger = logging.getLogger(__name__)

GIVE_UP: Final = timedelta(days=1)
"""How long after its edition's time a part in doubt is given up, if Discord does not answer."""
_OPEN: Final = (PartState.PENDING, PartState.SENDING)
_DOUBT: Final = "it is not yet known whether it was posted"


class Attempt:
    """Works on one edition; a new object for each attempt."""

    edition: OpenEdition
    """Its current state, under this attempt's claim."""
    late: bool
    """Whether its time is over: nothing more is posted, only earlier parts are settled."""

    def __init__(
        self, database: Database, publisher: Publisher, gate: RateGate, clock: Clock
    ) -> None:
        self._database, self._publisher, self._gate = database, publisher, gate
        self._clock = clock

    async def deliver(self, edition_id: int, stopping: asyncio.Event) -> None:
        """Deliver as much of an edition as is possible now; when `stopping`, begin no part.

        Raises RateGateClosed if nothing may be sent, LostClaim if another delivery works on it.
        """
        with self._gate.piece(("delivery", edition_id)):
            await self._deliver(edition_id, stopping)

    async def _deliver(self, edition_id: int, stopping: asyncio.Event) -> None:
        parts = await self._claim(edition_id)
        try:
            for part in parts or ():
                if stopping.is_set():
                    return
                if part.state in _OPEN:
                    await self._settle(part)
        except DeliveryError as error:
            await self._put_off(error)
        else:
            if parts is not None:
                await self._finish()

    async def _claim(self, edition_id: int) -> Sequence[Part] | None:
        """Claim the edition; its parts, or None if there is nothing to do or an obstacle."""
        now = self._clock.now()
        async with self._database.writing(archive=False) as db:
            found = await ledger.claim(db, edition_id, now)
            if found is None:
                return None
            self.edition, self.late = found, now > found.expires_at
            obstacle = None if self.late else self._obstacle()
            if obstacle is None:
                await self._move(db, EditionEvent.CLAIM)
            parts = await ledger.parts_of(db, edition_id)
        if obstacle is not None:
            await self._put_off(obstacle)
            return None
        return parts

    def _obstacle(self) -> DeliveryError | None:
        return self._publisher.obstacle(self.edition.target)

    async def _move(self, db: Connection, event: EditionEvent, *more: Any) -> EditionState:  # noqa: ANN401
        state = await ledger.move_edition(db, self.edition, event, self._clock.now(), *more)
        self.edition = replace(self.edition, state=state)
        return state

    async def _settle(self, part: Part) -> None:
        """Bring one part to an end. Raises DeliveryError if the edition must wait."""
        again = not self.late and self._publisher.knows_nonces(self.edition.target)
        step = next_step(part, self._clock.now(), again=again)
        if step is Step.WAIT:
            raise TryLater(_DOUBT)
        if step is Step.LOOK_BACK:
            part = await self._look_back(part)
        while part.state in _OPEN and not self.late:
            part = await self._post(part)

    async def _post(self, part: Part) -> Part:
        """Make one request. Returns the part; it is still open if a plainer version is next."""
        if hashlib.sha256(part.body.encode()).digest() != part.sha256:
            return await self._damaged(part)
        body = _version(part, part.version)
        if body is None:
            raise Unreadable(UnknownValue("version", part.version))
        async with self._database.writing(archive=False) as db:
            await ledger.mark_sending(db, self.edition, part, self._clock.now())
        tried = replace(part, state=PartState.SENDING)
        try:
            await self._gate.turn()
            with self._gate.watched():
                posted = await self._publisher.post(
                    self.edition.target, body, part.nonce, self._title(part)
                )
        except (RateGateClosed, Malformed, Refused, TryLater) as error:
            # This attempt was not stored, but an earlier one may have been.
            if part.state is PartState.SENDING:
                raise TryLater(_DOUBT) if isinstance(error, Malformed) else error from error
            return await self._not_stored(tried, error)
        # After OutcomeUnknown the part stays `sending`, and the edition waits: see next_step.
        event = PartEvent.NONCE if posted.message_id is None else PartEvent.ANSWER
        return await self._sent(tried, event, posted)

    def _title(self, part: Part) -> str | None:
        return self.edition.title if part.part == 1 else None

    async def _not_stored(self, tried: Part, error: Exception) -> Part:
        """Handle the case that the only attempt was certainly not stored."""
        if not isinstance(error, Malformed):
            await self._unsent(tried, PartEvent.NOT_STORED, tried.nonce)
            raise error
        logger.error("edition %d part %d: %s", tried.edition_id, tried.part, error)
        if _version(tried, tried.version + 1) is None:
            return await self._end(tried, PartEvent.HOPELESS)
        return await self._unsent(tried, PartEvent.UNFIT, new_nonce())

    async def _damaged(self, part: Part) -> Part:
        """Close a part whose body is not the frozen one: it is never sent. If an earlier attempt is
        in doubt, its outcome is found out first.
        """
        logger.error("edition %d part %d: its body is damaged", part.edition_id, part.part)
        if part.state is PartState.SENDING:
            raise TryLater(_DOUBT)
        return await self._end(part, PartEvent.DAMAGED)

    async def _look_back(self, part: Part) -> Part:
        """Find out whether an attempt of unknown outcome was posted."""
        assert part.first_tried_at is not None  # noqa: S101 - it is `sending`
        await self._gate.turn()
        try:
            with self._gate.watched():
                since = _not_ahead(part.first_tried_at, self._clock.now())
                found = await self._publisher.look_back(self.edition.target, part.marker, since)
        except DeliveryError as error:
            given_up = self._clock.now() > self.edition.expires_at + GIVE_UP
            if isinstance(error, Refused) or given_up:
                return await self._end(part, PartEvent.UNREADABLE)
            raise
        if found is None:
            return await self._unsent(part, PartEvent.ABSENT, new_nonce())
        return await self._sent(part, PartEvent.HISTORY, found)

    async def _sent(self, part: Part, event: PartEvent, posted: Posted) -> Part:
        """Note that a part is posted, and where the following parts go."""
        message_id, target = posted
        async with self._database.writing(archive=False) as db:
            now = self._clock.now()
            await ledger.close_part(db, self.edition, part, event, message_id, now)
            if target != self.edition.target:
                await ledger.set_target(db, self.edition.edition_id, target)
                self.edition = replace(self.edition, target=target)
            await self._tell_left_out(db, part)
        return replace(part, state=PartState.SENT)

    async def _end(self, part: Part, event: PartEvent) -> Part:
        async with self._database.writing(archive=False) as db:
            await ledger.close_part(db, self.edition, part, event)
            return (await ledger.parts_of(db, part.edition_id))[part.part - 1]

    async def _unsent(self, part: Part, event: PartEvent, nonce: str) -> Part:
        async with self._database.writing(archive=False) as db:
            await ledger.mark_unsent(db, self.edition, part, event, nonce)
            return (await ledger.parts_of(db, part.edition_id))[part.part - 1]

    async def _put_off(self, error: DeliveryError) -> None:
        """Let the edition wait if the error is temporary, or block it until Discord accepts it."""
        if isinstance(error, Refused):
            await self._block(error)
            return
        named = error.retry_after if isinstance(error, TryLater) else None
        wait = wait_before(self.edition.attempts, named, random.random())  # noqa: S311 - no secret
        async with self._database.writing(archive=False) as db:
            await self._move(db, EditionEvent.WAIT, str(error), self._clock.now() + wait)
        logger.warning("%s: edition waits: %s", self.edition.target, error)

    async def _block(self, error: Refused) -> None:
        """Pause a digest whose messages Discord refuses, and have its admins told once.

        It resumes when the obstacle is gone. If only a request can tell, Discord is asked again
        when something changes there, or with the next edition.
        """
        was, retry_at = self.edition.state, None
        if self._obstacle() is None:
            retry_at = self.edition.expires_at + timedelta(seconds=1)
        async with self._database.writing(archive=False) as db:
            await self._move(db, EditionEvent.BLOCK, str(error), retry_at)
            await self._note_fault(db, error)
        if was is not EditionState.BLOCKED:
            logger.warning("%s: edition blocked: %s", self.edition.target, error)

    async def _note_fault(self, db: Connection, error: Refused) -> None:
        edition, now = self.edition, self._clock.now()
        gone = error.gone and not isinstance(edition.target, Post)  # otherwise its channel exists
        digest = await digests.digest_by_id(db, edition.digest_id)
        if await digests.set_fault(db, edition.digest_id, str(error)):
            of_gone = words.gone(digest.topics.values())
            line = of_gone if gone else words.blocked(digest.target, str(error))
            await add_notice(db, digest.target.guild_id, line, now)
        if gone and await digests.mark_gone(db, digest.target.channel_id, now):
            await digests.set_next(db, {edition.digest_id: None})

    async def _finish(self) -> None:
        edition = self.edition
        async with self._database.writing(archive=False) as db:
            states = [part.state for part in await ledger.parts_of(db, edition.edition_id)]
            event = ending(states)
            await self._tell_end(db, event, states)
            state = await self._move(db, event, _reason(states))
            if PartState.SENT in states and PartState.PENDING not in states:
                await self._tell_mended(db)
        logger.info("%s: edition %s: %s", edition.target, edition.local_date, state)

    async def _tell_mended(self, db: Connection) -> None:
        """Have admins told who were told of an obstacle."""
        if await digests.set_fault(db, self.edition.digest_id, None):
            digest = await digests.digest_by_id(db, self.edition.digest_id)
            line = words.mended(digest.target)
            await add_notice(db, digest.target.guild_id, line, self._clock.now())

    async def _tell_end(
        self, db: Connection, event: EditionEvent, states: Sequence[PartState]
    ) -> None:
        """Have the admins told about an edition that failed, unless they know the reason. They are
        always told about an edition in doubt: only the notice's button can post it after all.
        """
        edition, reason = self.edition, _reason(states)
        again = edition.edition_id if event is EditionEvent.IN_DOUBT else None
        known = again is None and await digests.fault_of(db, edition.digest_id) is not None
        if reason is None or known:
            return
        key = (edition.target, edition.local_date, edition.slot)
        line = {
            EditionEvent.IN_DOUBT: lambda: words.in_doubt(*key),
            EditionEvent.SOME_SENT: lambda: words.in_part(*key, reason),
            EditionEvent.NONE_SENT: lambda: words.missed(*key, reason),
        }[event]()
        await add_notice(db, edition.target.guild_id, line, self._clock.now(), again)

    async def _tell_left_out(self, db: Connection, part: Part) -> None:
        """Note the story left out of a part, and have the admins told; it does not come again."""
        left_out, edition = left_out_by(part.version), self.edition
        if left_out is None:
            return
        found = await editions.mark_left_out(db, edition.edition_id, part.part, left_out)
        if found is not None:
            key = (edition.target, edition.local_date, edition.slot)
            line = words.left_out(*key, *found)
            await add_notice(db, edition.target.guild_id, line, self._clock.now())


def _version(part: Part, version: int) -> Body | None:
    """A version of a part's body; None = there is none. Raises Unreadable."""
    return version_of(values.mapping("message", part.body), version)


def _not_ahead(tried: datetime, now: datetime) -> datetime:
    """From when to look for a message tried at `tried`: long before, if the clock was set back."""
    return tried if tried <= now else now - GIVE_UP


def _reason(states: Sequence[PartState]) -> str | None:
    """Why an edition ends with its parts as they are; None if all were posted."""
    if PartState.UNCERTAIN in states:
        return "Discord gave no answer, and the channel cannot be read back"
    if PartState.PENDING in states:
        return "it could not be posted in time"
    if PartState.REJECTED in states:
        return "Discord does not accept its text"
    return None
