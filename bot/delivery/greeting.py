"""The hello: said once in every server that the bot is new in, as soon as it may speak somewhere.

A hello that was perhaps said is said again only while its nonce is known, so never twice.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.concurrency import together
from bot.delivery.nonces import new_nonce
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.digests.retries import NONCE_WINDOW
from bot.digests.target import Channel
from bot.errors import Malformed, OutcomeUnknown, Refused, TryLater
from bot.render.greeting import hello
from bot.store import servers
from bot.store.asides import Stored
from bot.store.database import Database
from bot.store.servers import Ungreeted

logger = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""How many hellos are said at once: one without an answer takes a whole timeout of the tick. The
circuit breaker stops the rest when none of these has one.
"""


class Greeting:
    """Says hello."""

    def __init__(
        self, database: Database, publisher: Publisher, gate: RateGate, clock: Clock
    ) -> None:
        self._database, self._publisher, self._gate = database, publisher, gate
        self._clock, self._bulkhead = clock, Bulkhead(database)

    async def say_open(self) -> None:
        """Say hello in every server that is still to be greeted, where that is possible now."""
        await together(self._open(), self._work_on, AT_ONCE)

    async def _open(self) -> AsyncIterator[Stored[Ungreeted]]:
        async with self._database.reading() as db:
            found = await servers.to_greet(db, self._clock.now())
        for stored in found:
            yield stored

    async def _work_on(self, stored: Stored[Ungreeted]) -> None:
        with suppress(RateGateClosed):
            async with self._bulkhead.around(self._clock.now(), stored.ref):
                await self._greet(stored.read())

    async def _greet(self, one: Ungreeted) -> None:
        if one.tried_at and abs(self._clock.now() - one.tried_at) > NONCE_WINDOW:
            await self._close(one)
            return
        channel_id = self._publisher.greeting_channel(one.guild_id)
        if channel_id is not None:
            with self._gate.piece(("hello", one.guild_id)):
                await self._say(one, Channel(one.guild_id, channel_id))

    async def _say(self, one: Ungreeted, where: Channel) -> None:
        nonce = one.nonce or new_nonce()
        async with self._database.writing(archive=False) as db:
            await servers.mark_greeting(db, one, nonce, self._clock.now())
        try:
            await self._gate.turn()
            with self._gate.watched():
                await self._publisher.post(where, hello(), nonce)
        except OutcomeUnknown:
            return
        except (RateGateClosed, TryLater):
            if one.nonce is None:
                async with self._database.writing(archive=False) as db:
                    await servers.mark_ungreeted(db, one)
            return
        except Refused:
            async with self._database.writing(archive=False) as db:
                await servers.mark_ungreeted(db, one)
            raise  # it is tried again later, like a row that cannot be read
        except Malformed as error:
            logger.warning("%s: no hello: %s", where, error)
        await self._close(one)

    async def _close(self, one: Ungreeted) -> None:
        async with self._database.writing(archive=False) as db:
            await servers.mark_greeted(db, one.guild_id, self._clock.now())
