"""Telling admins what could not be delivered: once, and many things in one message."""

import logging
from collections.abc import Sequence
from itertools import groupby

from bot.clock import Clock
from bot.digests.edition import NONCE_WINDOW
from bot.errors import DeliveryError, Malformed, NotNow, Refused
from bot.press.line import Line, LineClosed
from bot.press.planning import new_nonce
from bot.press.publisher import Publisher
from bot.render.notices import Told, fitting, notice_message
from bot.store.database import Database
from bot.store.notices import (
    Notice,
    close_notices,
    mark_telling,
    mark_untold,
    open_notices,
)

logger = logging.getLogger(__name__)


class Notices:
    """Tells what is noted in the store. At most once: what was perhaps told is not told again,
    since `/digest status` shows it too.
    """

    def __init__(self, database: Database, publisher: Publisher, line: Line, clock: Clock) -> None:
        self._database, self._publisher, self._line = database, publisher, line
        self._clock = clock

    async def tell_open(self) -> None:
        """Tell every server what is to be told there, in as few messages as hold it. After one that
        could not be sent the rest of its server waits for the next time.
        """
        async with self._database.reading() as db:
            found = await open_notices(db)
        for _, of_server in groupby(found, lambda one: (one.guild_id, one.nonce)):
            left = list(of_server)
            while left:
                count = fitting(_told(left))
                try:
                    self._line.enter()
                    if not await self._tell(left[:count]):
                        break
                except LineClosed:
                    return
                left = left[count:]

    async def _tell(self, some: Sequence[Notice]) -> bool:
        """Tell a few things in one message; whether that is over and done with."""
        now, known = self._clock.now(), some[0]
        if known.tried_at and abs(now - known.tried_at) > NONCE_WINDOW:
            await self._close(some, told_in=None)
            return True
        nonce = known.nonce or new_nonce()
        message = notice_message(_told(some))
        try:
            async with self._database.writing() as db:
                await mark_telling(db, some, nonce, now)
            await self._line.turn()
            with self._line.watched():
                told_in = await self._publisher.tell(
                    known.guild_id, known.log_channel_id, message, nonce
                )
        except (LineClosed, DeliveryError) as error:
            return await self._untold(some, error)
        await self._close(some, told_in)
        return True

    async def _untold(self, some: Sequence[Notice], error: Exception) -> bool:
        if isinstance(error, Refused | Malformed):
            logger.warning("server %d cannot be told: %s", some[0].guild_id, error)
            await self._close(some, told_in=None)
            return True
        if isinstance(error, LineClosed | NotNow) and some[0].nonce is None:
            async with self._database.writing() as db:
                await mark_untold(db, some)
        return False

    async def _close(self, some: Sequence[Notice], told_in: int | None) -> None:
        async with self._database.writing() as db:
            await close_notices(db, some, self._clock.now(), told_in)


def _told(some: Sequence[Notice]) -> list[Told]:
    return [(one.line, one.edition_id) for one in some]
