"""After an older copy of the database was restored: what channels had meanwhile is read back.

The copy does not know what was posted after it was taken. So before a channel gets anything more,
its own messages since then are entered into the ledger: editions under their markers, their stories
as posted. Where a channel cannot be read, what may have been posted before the copy was restored
counts as done, and parts that it left open are in doubt.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.digests.edition import read_edition_line
from bot.errors import DeliveryError, Refused
from bot.press.line import Line, LineClosed
from bot.press.planning import Planner
from bot.press.publisher import OwnMessage, Publisher
from bot.store import digests, restored
from bot.store.database import Database
from bot.store.restored import Found, Restored

logger = logging.getLogger(__name__)

MARGIN: Final = timedelta(minutes=1)
"""A message may be a little older than the note of it that the copy lacks."""


class Recovery:
    """Reads back channels of a restored database."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        line: Line,
        planner: Planner,
        clock: Clock,
    ) -> None:
        self._database, self._publisher, self._line = database, publisher, line
        self._planner, self._clock = planner, clock

    async def begin(self) -> None:
        """At the start: if the database is an older copy, every channel is to be read back."""
        async with self._database.writing() as db:
            count = await restored.begin(db)
        if count:
            logger.warning("the database is an older copy: %d channels are read back", count)

    async def read_back(self) -> None:
        """Read back every channel that is still to be; one that does not answer stays for later."""
        async with self._database.reading() as db:
            found = await restored.to_read_back(db)
        for one in found:
            try:
                await self._read_back(one)
            except LineClosed:
                return
            except DeliveryError as error:
                logger.warning("channel %d is not read back yet: %s", one.channel_id, error)

    async def _read_back(self, one: Restored) -> None:
        if self._publisher.obstacle(one.guild_id, one.channel_id) is not None:
            return
        self._line.enter()
        await self._line.turn()
        try:
            with self._line.watched():
                found = await self._publisher.own_messages(one.channel_id, one.since - MARGIN)
        except Refused as error:
            logger.warning("channel %d cannot be read back: %s", one.channel_id, error)
            await self._unreadable(one)
        else:
            await self._enter(one, found)

    async def _enter(self, one: Restored, messages: Sequence[OwnMessage]) -> None:
        """What became due while the copy was in use, and is not found, still comes."""
        now = self._clock.now()
        found = [part for message in messages if (part := _found(message))]
        async with self._database.writing() as db:
            for part in found:
                await restored.enter(db, one.digest_id, part, now)
            await restored.mark_read_back(db, one.digest_id)
        logger.info("channel %d: %d messages were read back", one.channel_id, len(found))

    async def _unreadable(self, one: Restored) -> None:
        now = self._clock.now()
        async with self._database.writing() as db:
            await restored.doubt_open_parts(db, one.digest_id)
            await restored.mark_read_back(db, one.digest_id)
            await self._planner.rearm(db, await digests.digests_by_id(db, [one.digest_id]), now)


def _found(message: OwnMessage) -> Found | None:
    """The part of an edition that a message is; None = it is none."""
    key = next(filter(None, map(read_edition_line, message.lines)), None)
    return Found(*key, message.message_id, message.at, message.urls) if key else None
