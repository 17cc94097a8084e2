"""A process as one of several that run the bot on a database: its leases, which it renews.

Everything hangs on one row: while a process renews it, its leases (to lead, and of shards) are its
own; when it is over, others delete it and take them. Whoever writes holds that row for as long as
the transaction lasts, so nobody can take its place in the middle, and a process that was paused or
cut off finds its row gone and can write nothing.

Only the server's clock and a monotonic one of the process count. What a machine says the time is
does not matter.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final

from psycopg import AsyncConnection

from bot.environment import ShardRange
from bot.errors import BroadsheetError, ConfigError, DatabaseError, LostLease
from bot.store.membership import UseShards
from bot.store.postgres.budget import SharedBudget
from bot.store.postgres.connection import link, prepare, rows_by_name
from bot.store.postgres.database import PostgresDatabase
from bot.store.postgres.faults import in_words, replaced
from bot.store.postgres.hints import Hints
from bot.store.postgres.leases import Leases
from bot.store.postgres.lock import name_here
from bot.store.shards import servers_of

logger = logging.getLogger(__name__)

LEASE_SECONDS: Final = 7.0
"""How long a process may be silent before others take its place."""
RENEW_SECONDS: Final = 1.5
"""How often it renews, and looks what is free, if no other process gives a hint."""
ANSWER_SECONDS: Final = 2.0
"""How long the server may take to answer."""
MARGIN_SECONDS: Final = 1.0
"""So much before its lease is over a process sends nothing more."""
PATIENCE_SECONDS: Final = 4 * LEASE_SECONDS
"""How long shards that are named may still be another process's, which may just have died."""


class PostgresMembership:
    """One process. `fixed`: the shards that it is to run; None = its share of all."""

    def __init__(self, database: PostgresDatabase, fixed: ShardRange | None) -> None:
        self._database, self._fixed = database, fixed
        self._leases: Leases | None = None
        self._hints = Hints(database.url)
        self.budget = SharedBudget(database)
        self._lost: Callable[[BroadsheetError], None] = lambda _: None
        self._use: UseShards | None = None
        self._count = 0
        self._shards: frozenset[int] = frozenset()
        self._leads = False
        self._until = self._steady_since = self._asked_at = monotonic()
        self._asking = asyncio.Lock()
        self._moving: asyncio.Task[None] | None = None
        self._waits = self._unanswered = False

    def may_send(self) -> bool:
        """Whether its lease is not over."""
        return monotonic() < self._until

    def leads(self) -> bool:
        """Whether it is the one that does what only one may do."""
        return self._leads and self.may_send()

    def told(self, lost: Callable[[BroadsheetError], None]) -> None:
        """Call `lost` with the error when it can never run again."""
        self._lost = lost

    async def agree(self, recommended: int) -> int:
        """Out of how many shards all processes run theirs. Raises ConfigError, DatabaseError."""
        asked = self._fixed.count if self._fixed else None
        async with self._connected() as leases:
            self._count = await leases.agree(self._number, asked, recommended)
        if asked not in {None, self._count}:
            raise ConfigError("environment", "BROADSHEET_SHARDS", _other_count(self._count))
        return self._count

    async def run_shards(self, use: UseShards) -> None:
        """Have it run its shards from now on, as soon as they are free. Raises DatabaseError."""
        await use(())
        self._use, self._asked_at = use, monotonic()
        await self._round()
        if self._moving:
            await self._moving

    @property
    def _number(self) -> int:
        assert self._database.process_id is not None  # noqa: S101 - it has joined
        return self._database.process_id

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[None]:
        """A block during which the process is a member. Raises DatabaseError."""
        self._database.own_servers = servers_of((), 1)
        try:
            async with self._connected() as leases:
                self._database.process_id = await leases.join(_name(), LEASE_SECONDS)
            await self._round()
            renewing = asyncio.create_task(self._renew())
            try:
                yield
            finally:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)
        finally:
            await self._leave()

    async def _leave(self) -> None:
        if self._database.process_id is not None:
            with suppress(BroadsheetError, TimeoutError):
                async with self._connected() as leases:
                    await leases.leave(self._number)
        self._database.process_id = None
        await self._disconnect()
        await self._hints.close()

    async def _renew(self) -> None:
        try:
            while True:
                await self._hints.wait(RENEW_SECONDS)
                await self._try_round()
        except BroadsheetError as error:
            self._until = 0.0
            self._lost(error)

    async def _try_round(self) -> None:
        """A server that is away, or too slow, is asked again at the next time."""
        try:
            await self._round()
        except LostLease:
            raise
        except (DatabaseError, TimeoutError) as error:
            if not self._unanswered:
                logger.warning("the lease is not renewed: %s", str(error) or "no answer")
            self._unanswered = True
            await self._disconnect()
        else:
            if self._unanswered:
                logger.info("the lease is renewed again")
            self._unanswered = False

    async def _round(self) -> None:
        """Renew, and take what is free. Raises LostLease, ConfigError."""
        sent = monotonic()
        async with self._connected() as leases:
            if not await leases.renew(self._number, LEASE_SECONDS):
                raise replaced(self._database.url)
            self._until = sent + LEASE_SECONDS - MARGIN_SECONDS
            # After the server was away, others get the time to renew before they count as dead.
            if sent - self._steady_since > LEASE_SECONDS:
                await leases.bury()
            self._leads = self._leads or await leases.take_lead(self._number)
            if self._use and (self._moving is None or self._moving.done()):
                await self._share(leases, self._use)

    async def _share(self, leases: Leases, use: UseShards) -> None:
        """Take free shards, or give some back, so that each process has its share."""
        mine, free, processes = await leases.shards(self._number)
        wanted = self._fixed.shards if self._fixed else None
        room = -(-self._count // processes) if wanted is None else len(wanted)
        if len(mine) > room:
            kept = frozenset(sorted(mine)[:room])
            self._move(kept, use, mine - kept)
            return
        taking = sorted(free if wanted is None else free & wanted)[: room - len(mine)]
        taken = mine | await leases.take(self._number, taking)
        if taken != self._shards:
            self._move(taken, use, frozenset())
        if wanted:
            await self._refuse_shards_of_another(leases, wanted - taken)
        self._say_whether_it_waits(processes > self._count and not (wanted or taken))

    def _move(self, shards: frozenset[int], use: UseShards, given: Collection[int]) -> None:
        self._shards = shards
        self._database.own_servers = servers_of(shards, self._count)
        logger.info("shards run here, of %d: %s", self._count, sorted(shards) or "none")
        self._moving = asyncio.create_task(self._moved(shards, use, given))

    async def _moved(self, shards: frozenset[int], use: UseShards, given: Collection[int]) -> None:
        await use(shards)
        if given:
            async with self._connected() as leases:
                await leases.give_back(self._number, given)

    async def _refuse_shards_of_another(self, leases: Leases, missing: frozenset[int]) -> None:
        """Raise ConfigError if shards that are named stay another process's."""
        if missing and monotonic() - self._asked_at > PATIENCE_SECONDS:
            whose = await leases.whose(missing)
            text = f"shard {min(missing)} is run by {whose}; give each process shards of its own"
            raise ConfigError("environment", "BROADSHEET_SHARDS", text)

    def _say_whether_it_waits(self, waits: bool) -> None:
        """Say once that there are more processes than shards."""
        if waits and not self._waits:
            logger.warning(_WAITS, self._count)
        self._waits = waits

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Leases]:
        """The leases, over a connection of its own that is made anew when it broke."""
        with in_words(self._database.url):
            async with asyncio.timeout(ANSWER_SECONDS), self._asking:
                if self._leases is None:
                    self._leases = await self._connect()
                    self._steady_since = monotonic()
                    await self._leases.share_database(self._database.url)
                yield self._leases

    async def _connect(self) -> Leases:
        connection: AsyncConnection[Any] = await AsyncConnection.connect(
            self._database.url.secret,
            autocommit=True,
            row_factory=rows_by_name,
            application_name=name_here(),
            **link(),
        )
        await prepare(connection)
        return Leases(connection)

    async def _disconnect(self) -> None:
        leases, self._leases = self._leases, None
        if leases is not None:
            await leases.close()


_WAITS: Final = (
    "there are more processes than shards (%d), and others run them all: this one waits until one"
    " of them ends"
)


def _other_count(count: int) -> str:
    return f"other processes run {count} shards; name as many in all of them"


def _name() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


@asynccontextmanager
async def joined(
    database: PostgresDatabase, fixed: ShardRange | None
) -> AsyncIterator[PostgresMembership]:
    """A block during which this process is one of those that run the bot. Raises DatabaseError."""
    member = PostgresMembership(database, fixed)
    async with member.joined():
        yield member
