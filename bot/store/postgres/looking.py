"""Reads a database on a server without a trace: its tables are neither made nor upgraded."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from psycopg import AsyncConnection

from bot.database_url import DatabaseUrl
from bot.store.database import Row, every, one
from bot.store.postgres import steps
from bot.store.postgres.connection import PostgresConnection, prepare, rows_by_name
from bot.store.postgres.faults import in_words, readable_url
from bot.store.postgres.leases import LEADER, SHARD


async def schema_of(url: DatabaseUrl) -> int:
    """The schema of a database that a bot can run on; 0 = it has no tables of ours yet. Raises
    DatabaseError.
    """
    with in_words(url), readable_url(url):
        async with await AsyncConnection.connect(url.secret, autocommit=True) as connection:
            await steps.refuse_unusable(url, connection)
            await steps.refuse_read_only(url, connection)
            return await steps.schema_of(url, connection)


class ServerStatus(NamedTuple):
    """The server's version, how many seconds its clock is ahead of a moment, and the processes that
    run the bot there, each with the shards that it runs.
    """

    version: str
    ahead: float
    processes: Sequence[str]


async def status_of(url: DatabaseUrl, now: datetime) -> ServerStatus:
    """How a server is that has our tables. `now`: what time it is here. Raises DatabaseError."""
    async with looked_into(url) as db:
        row = await one(db, _SERVER, {"now": now.timestamp()})
        assert row is not None  # noqa: S101 - it always gives one
        found = await every(db, _PROCESSES)
    return ServerStatus(row["version"], row["ahead"], [_named(one) for one in found])


async def idle_shards(url: DatabaseUrl) -> str:
    """The shards that no process runs while others are run, in words; "" if there are none. Raises
    DatabaseError.
    """
    async with looked_into(url) as db:
        found = await every(db, _SHARDS)
    idle = sorted(int(row["name"].removeprefix(SHARD)) for row in found if not row["run"])
    return _ranges(idle) if 0 < len(idle) < len(found) else ""


_SHARDS: Final = f"""
SELECT lease.name, until IS NOT NULL AND until > clock_timestamp() AS run
FROM lease LEFT JOIN process USING (process_id) WHERE lease.name LIKE '{SHARD}%'
"""  # noqa: S608 - a constant
_SERVER: Final = """
SELECT current_setting('server_version') AS version,
       extract(epoch FROM clock_timestamp())::double precision - :now AS ahead
"""
_PROCESSES: Final = """
SELECT process.name, array_agg(lease.name) AS leases
FROM process LEFT JOIN lease USING (process_id) WHERE until > clock_timestamp()
GROUP BY process_id ORDER BY process_id
"""


def _named(process: Row) -> str:
    """A process in words: `a-host 4711 (leads; shards 0-3, 7)`."""
    leases = [name for name in process["leases"] if name is not None]
    shards = sorted(int(name.removeprefix(SHARD)) for name in leases if name != LEADER)
    does = [*(["leads"] if LEADER in leases else []), *([_ranges(shards)] if shards else [])]
    return f"{process['name']} ({'; '.join(does) or 'waits'})"


def _ranges(numbers: Sequence[int]) -> str:
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), lambda one: one[1] - one[0])
    ]
    text = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
    return f"shard{'s' if len(numbers) > 1 else ''} {text}"


@asynccontextmanager
async def looked_into(url: DatabaseUrl) -> AsyncIterator[PostgresConnection]:
    """A connection for look-ups. Raises DatabaseError."""
    with in_words(url), readable_url(url):
        connection = await AsyncConnection.connect(
            url.secret,
            autocommit=True,
            row_factory=rows_by_name,
            options="-c default_transaction_read_only=on",
        )
        async with connection:
            await prepare(connection)
            yield PostgresConnection(connection)
