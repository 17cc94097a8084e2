"""The database on a PostgreSQL server: opening it, its pools, transactions.

Three pools: one connection writes and others read, as with SQLite, and one takes single notes that
wait for no transaction.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bot.database_url import DatabaseUrl
from bot.store.postgres.advisory_locks import WRITING
from bot.store.postgres.connection import (
    PostgresConnection,
    PostgresRow,
    link,
    prepare,
    rows_by_name,
)
from bot.store.postgres.faults import in_words, readable_url, replaced
from bot.store.postgres.leases import WRITES_FOR
from bot.store.postgres.steps import bring_up_to_date
from bot.store.shards import EVERY_SERVER

READERS: Final = 4
"""How many look-ups run at once; more wait."""
PATIENCE_SECONDS: Final = 10
"""How long a look-up or a transaction waits for a connection."""
RECONNECT_SECONDS: Final = 3
"""How long a pool goes on trying to connect, less and less often, until somebody asks anew."""
_FOR_ARCHIVE: Final = f"SELECT pg_advisory_xact_lock({WRITING})"
"""Held by the one transaction that writes to the archive, of any process."""
_FOR_SERVERS: Final = f"SELECT pg_advisory_xact_lock_shared({WRITING})"
"""Held by those that write nothing to the archive, which stays as it is meanwhile. Rows are locked
by themselves: due digests when they are planned, editions when they are claimed.
"""
_STILL_A_MEMBER: Final = f"""
SELECT set_config('application_name', {WRITES_FOR} || process_id, true)
FROM process WHERE process_id = %s FOR KEY SHARE
"""  # noqa: S608 - a constant
"""Until the transaction ends no other process can take this one's place. It has the process's
number in its name, so that others can end it when the process has been silent for long.
"""
_IDLE_SECONDS: Final = 5
"""After so long without a statement the server ends a transaction: its process hangs or is cut off,
and others wait for its locks, but not longer than PATIENCE_SECONDS.
"""

_SKIP_LOCKED: Final = "FOR UPDATE OF d SKIP LOCKED"

_Pool = AsyncConnectionPool[AsyncConnection[PostgresRow]]


class PostgresDatabase:
    """One database, opened. Made by `open_database`."""

    def __init__(self, url: DatabaseUrl, writers: _Pool, readers: _Pool, notes: _Pool) -> None:
        self.url = url
        self._writers, self._readers, self._notes = writers, readers, notes
        self.own_servers = EVERY_SERVER
        self.process_id: int | None = None
        """Its number among the processes that run the bot; None = it is none of them."""

    def refuse_moved(self) -> None:
        """Nothing can replace a database that is connected to."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresConnection]:
        """A connection for look-ups. Raises DatabaseError if the server cannot be asked."""
        with in_words(self.url):
            async with self._readers.connection() as connection:
                yield PostgresConnection(connection, self.own_servers)

    @asynccontextmanager
    async def writing(self, *, archive: bool = True) -> AsyncIterator[PostgresConnection]:
        """A transaction: all of the block is committed, or none of it. If it writes nothing to the
        `archive`, but only for servers, other processes may do so for theirs meanwhile.

        Raises DatabaseError when the server is away, full or read-only; LostLease if this process
        runs the bot, and others have taken its place.
        """
        with in_words(self.url):
            async with self._writers.connection() as connection, connection.transaction():
                await connection.execute(_FOR_ARCHIVE if archive else _FOR_SERVERS)
                await self._refuse_replaced(connection)
                yield PostgresConnection(connection, self.own_servers, _SKIP_LOCKED)

    async def _refuse_replaced(self, connection: "AsyncConnection[PostgresRow]") -> None:
        if self.process_id is None:
            return
        found = await connection.execute(_STILL_A_MEMBER, (self.process_id,))
        if await found.fetchone() is None:
            raise replaced(self.url)

    @asynccontextmanager
    async def noting(self) -> AsyncIterator[PostgresConnection]:
        """A connection for single statements that wait for no transaction, and none for them."""
        with in_words(self.url):
            async with self._notes.connection() as connection:
                yield PostgresConnection(connection)

    @asynccontextmanager
    async def at_one_moment(self) -> AsyncIterator[PostgresConnection]:
        """A connection of its own that sees the database as it is now, whatever others write
        meanwhile. Raises DatabaseError.
        """
        with in_words(self.url):
            async with self._readers.connection() as connection, connection.transaction():
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                await connection.execute("SELECT 1")  # the first statement sets the moment
                yield PostgresConnection(connection)

    async def close(self) -> None:
        """Close all connections."""
        await self._readers.close()
        await self._writers.close()
        await self._notes.close()


async def open_database(url: DatabaseUrl) -> PostgresDatabase:
    """Open the database at `url`; its tables are created or upgraded if needed.

    Raises DatabaseError for a server that is away or too old, and for a database that is not ours,
    is newer than the program, or is not in UTF-8.
    """
    with in_words(url), readable_url(url):
        async with await AsyncConnection.connect(
            url.secret, autocommit=True, **link()
        ) as connection:
            await bring_up_to_date(url, connection)
        pools = (
            _pool(url, 1, f"idle_in_transaction_session_timeout={_IDLE_SECONDS}s"),
            _pool(url, READERS, "default_transaction_read_only=on"),
            _pool(url, 1, min_size=0),
        )
        async with AsyncExitStack() as opened:
            for pool in pools:
                opened.push_async_callback(pool.close)
                await pool.open(wait=True, timeout=PATIENCE_SECONDS)
            opened.pop_all()
    return PostgresDatabase(url, *pools)


def _pool(url: DatabaseUrl, size: int, *settings: str, min_size: int = 1) -> _Pool:
    return AsyncConnectionPool(
        url.secret,
        kwargs={"autocommit": True, "row_factory": rows_by_name, **link(*settings)},
        min_size=min_size,
        max_size=size,
        timeout=PATIENCE_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
        check=AsyncConnectionPool.check_connection,  # it may have ended with the server
        configure=prepare,
        open=False,
    )
