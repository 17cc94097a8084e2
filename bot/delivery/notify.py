"""Tells admins what could not be delivered: once, and several notices in one message."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.nonces import new_nonce
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.retries import NONCE_WINDOW
from bot.errors import DeliveryError, Malformed, Refused, TryLater
from bot.render.notice_texts import UNTELLABLE, Told, fitting, notice_message
from bot.store.asides import Ref
from bot.store.database import Database
from bot.store.notices import (
    Notice,
    close_notices,
    mark_telling,
    mark_untold,
    open_notices,
    reword,
)

logger = logging.getLogger(__name__)


class Notices:
    """Sends the notices in the store, each at most once: a notice that was perhaps sent is not sent
    again, since `/digest status` shows it too.
    """

    def __init__(
        self, database: Database, publisher: Publisher, gate: RateGate, clock: Clock
    ) -> None:
        self._database, self._publisher, self._gate = database, publisher, gate
        self._clock, self._bulkhead = clock, Bulkhead(database)

    async def tell_open(self) -> None:
        """Send every server its open notices, in as few messages as possible. If a message could
        not be sent, the rest for that server waits for the next time.
        """
        for (guild_id, _), of_server in groupby(
            await self._open(), lambda pair: (pair[1].guild_id, pair[1].nonce)
        ):
            pairs = list(of_server)
            if isinstance(self._publisher.absence(guild_id), TryLater):
                continue
            async with self._bulkhead.around(self._clock.now(), *(ref for ref, _ in pairs)):
                await self._tell_all([notice for _, notice in pairs])

    async def _open(self) -> list[tuple[Ref, Notice]]:
        now = self._clock.now()
        async with self._database.reading() as db:
            found = await open_notices(db, now)
        readable = []
        for stored in found:
            async with self._bulkhead.around(now, stored.ref):
                readable.append((stored.ref, stored.read()))
        return readable

    async def _tell_all(self, left: Sequence[Notice]) -> None:
        while left:
            count = fitting(_told(left))
            try:
                with self._gate.piece(("notices", left[0].guild_id)):
                    if not await self._tell(left[:count]):
                        return
            except RateGateClosed:
                return
            left = left[count:]

    async def _tell(self, some: Sequence[Notice]) -> bool:
        """Send a few notices in one message; returns whether they are done with."""
        now, known = self._clock.now(), some[0]
        if known.tried_at and abs(now - known.tried_at) > NONCE_WINDOW:
            await self._close(some, told_in=None)
            return True
        nonce = known.nonce or new_nonce()
        message = notice_message(_told(some))
        try:
            async with self._database.writing(archive=False) as db:
                await mark_telling(db, some, nonce, now)
            await self._gate.turn()
            with self._gate.watched():
                told_in = await self._publisher.tell(
                    known.guild_id, known.log_channel_id, message, nonce
                )
        except (RateGateClosed, DeliveryError) as error:
            return await self._untold(some, error)
        await self._close(some, told_in)
        return True

    async def _untold(self, some: Sequence[Notice], error: Exception) -> bool:
        if isinstance(error, Malformed) and [one.line for one in some] != [UNTELLABLE]:
            return await self._refused_words(some)
        if isinstance(error, Refused | Malformed):
            logger.warning("server %d cannot be told: %s", some[0].guild_id, error)
            await self._close(some, told_in=None)
            return True
        if isinstance(error, RateGateClosed | TryLater) and some[0].nonce is None:
            async with self._database.writing(archive=False) as db:
                await mark_untold(db, some)
        return False

    async def _refused_words(self, some: Sequence[Notice]) -> bool:
        """A server's rule blocks a word: send each notice alone, a blocked one as UNTELLABLE."""
        async with self._database.writing(archive=False) as db:
            await mark_untold(db, some)
            if len(some) == 1:
                await reword(db, some[0], UNTELLABLE)
        for one in some:
            line = UNTELLABLE if len(some) == 1 else one.line
            again = replace(one, line=line, nonce=None, tried_at=None)
            if not await self._tell([again]):
                return False
        return True

    async def _close(self, some: Sequence[Notice], told_in: int | None) -> None:
        async with self._database.writing(archive=False) as db:
            await close_notices(db, some, self._clock.now(), told_in)


def _told(some: Sequence[Notice]) -> list[Told]:
    return [(one.line, one.edition_id) for one in some]
