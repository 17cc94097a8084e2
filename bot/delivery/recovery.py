"""After an older copy of the database was restored: reads back what channels were sent meanwhile.

The copy does not know what was posted after it was taken. So before a channel gets anything more,
our own messages there since then are entered into the ledger: editions under their markers, their
stories as posted. If a channel cannot be read, or has not answered for a day, what may have been
posted before the copy was restored counts as done, and parts open in the copy are in doubt.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.concurrency import together
from bot.delivery.deliver_edition import GIVE_UP
from bot.delivery.planning import Planner
from bot.delivery.publisher import OwnMessage, Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.edition import read_edition_line
from bot.digests.retries import wait_before
from bot.errors import DeliveryError, Refused, TryLater
from bot.render import notice_texts as words
from bot.store import digests, recovery
from bot.store.asides import Stored
from bot.store.database import Database
from bot.store.notices import add_notice
from bot.store.recovery import ChannelToReadBack, FoundPart
from bot.stories.urls import BadUrl, Trackers, key_of, link_of

logger = logging.getLogger(__name__)

MARGIN: Final = timedelta(minutes=1)
"""A message may be a little older than its record, which the copy lacks."""
AT_ONCE: Final = 8
"""How many channels are read back at once: a channel that does not answer takes a whole timeout."""
PATIENCE: Final = 5.0
"""How many seconds all other work waits for channels to be read back; then both run at once."""


class Recovery:
    """Reads back channels of a restored database."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        gate: RateGate,
        planner: Planner,
        clock: Clock,
        trackers: Trackers,
    ) -> None:
        self._database, self._publisher, self._gate = database, publisher, gate
        self._planner, self._clock = planner, clock
        self._bulkhead = Bulkhead(database)
        self._reading: asyncio.Task[int] | None = None
        self.trackers = trackers

    async def begin(self) -> None:
        """At startup: if the database is an older copy, mark every channel to be read back."""
        async with self._database.writing() as db:
            count = await recovery.begin(db)
        if count:
            logger.warning(
                "the database was restored or moved, so channels are read back before anything is"
                " posted to them: %d",
                count,
            )

    async def read_back(self) -> None:
        """Read back every channel that still needs it; one that does not answer stays for later.

        Returns when that is done, or after PATIENCE: then it continues in the background.
        """
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_back_all())
        await asyncio.wait((self._reading,), timeout=PATIENCE)
        if self._reading.done():
            reading, self._reading = self._reading, None
            reading.result()

    async def stop(self) -> None:
        """Stop what is still running; it begins again after the next start."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read_back_all(self) -> int:
        return await together(self._open(), self._work_on, AT_ONCE)

    async def _open(self) -> AsyncIterator[Stored[ChannelToReadBack]]:
        async with self._database.reading() as db:
            found = await recovery.to_read_back(db, self._clock.now())
        for stored in found:
            yield stored

    async def _work_on(self, stored: Stored[ChannelToReadBack]) -> None:
        with suppress(RateGateClosed):
            async with self._bulkhead.around(self._clock.now(), stored.ref):
                one = stored.read()
                if self._publisher.obstacle(one.target) is None:
                    with self._gate.piece(("recovery", one.digest_id)):
                        await self._read_back(one)

    async def _read_back(self, one: ChannelToReadBack) -> None:
        await self._gate.turn()
        try:
            with self._gate.watched():
                found = await self._publisher.own_messages(one.target, one.since - MARGIN)
        except Refused as error:
            await self._unreadable(one, error)
        except DeliveryError as error:
            await self._unanswered(one, error)
        else:
            await self._enter(one, found)

    async def _unanswered(self, one: ChannelToReadBack, error: DeliveryError) -> None:
        """Wait for an answer, but not for ever, just as an attempt does."""
        now = self._clock.now()
        if one.first_tried_at is not None and now - one.first_tried_at > GIVE_UP:
            await self._unreadable(one, error)
            return
        named = error.retry_after if isinstance(error, TryLater) else None
        wait = wait_before(one.tries, named, random.random())  # noqa: S311 - no secret
        async with self._database.writing() as db:
            await recovery.read_back_later(db, one.digest_id, now, wait)
        logger.warning("%s is not read back yet: %s", one.target, error)

    async def _enter(self, one: ChannelToReadBack, messages: Sequence[OwnMessage]) -> None:
        """Editions that became due since the copy was restored, and are not found, still come."""
        now = self._clock.now()
        found = [part for message in messages if (part := _found(message, self.trackers))]
        async with self._database.writing() as db:
            for part in found:
                await recovery.enter(db, one.digest_id, part, now)
            await recovery.mark_read_back(db, one.digest_id)
        logger.info("%s: messages read back: %d", one.target, len(found))

    async def _unreadable(self, one: ChannelToReadBack, error: DeliveryError) -> None:
        """What the channel has had stays unknown: parts in doubt are held, and admins are told."""
        now = self._clock.now()
        logger.warning("%s cannot be read back: %s", one.target, error)
        async with self._database.writing() as db:
            line = words.not_read_back(one.target, str(error))
            await add_notice(db, one.target.guild_id, line, now)
            await recovery.doubt_open_parts(db, one.digest_id)
            await recovery.mark_read_back(db, one.digest_id)
            await self._planner.rearm(db, await digests.digests_by_id(db, [one.digest_id]), now)


def _found(message: OwnMessage, trackers: Trackers) -> FoundPart | None:
    """The part of an edition that a message is; None = it is not one."""
    key = next(filter(None, map(read_edition_line, message.lines)), None)
    if key is None:
        return None
    stories, also = (list(_keys(urls, trackers)) for urls in (message.urls, message.also))
    return FoundPart(*key, message.message_id, message.at, stories, also)


def _keys(urls: Iterable[str], trackers: Trackers) -> Iterator[str]:
    """The strict keys of our links, even if an earlier version or other trackers made them."""
    for url in urls:
        with suppress(BadUrl):
            yield key_of(link_of(url, trackers, amp_step=False))
