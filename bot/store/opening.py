"""The database at an address, in the package that knows its kind: opened, locked, refused.

psycopg takes 20 MB, which only those who use it should pay: PostgreSQL's package is imported late.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.database_url import DatabaseAddress
from bot.environment import ShardRange
from bot.errors import UsageError
from bot.store.database import Connection, Database
from bot.store.membership import ALONE, Membership
from bot.store.sqlite import database as sqlite
from bot.store.sqlite import faults, lock, looking
from bot.store.sqlite.schema import STEPS

Admit = Callable[[DatabaseAddress], None]
"""Raises DatabaseError for a database that must not be created."""

NEWEST: Final = len(STEPS)
"""The schema that this program makes, of either kind."""
_ONE_PROCESS: Final = (
    "BROADSHEET_SHARDS is for several processes, which need a database on PostgreSQL: leave it out,"
    " or set BROADSHEET_DATABASE."
)
_DUMP: Final = (
    "PostgreSQL is backed up with its own programs: pg_dump --format=custom for a copy,"
    " pg_restore to put it back. docs/operations.md says how."
)


async def open_database(address: DatabaseAddress) -> Database:
    """Open the database at `address`; it is created or upgraded if needed. Raises DatabaseError."""
    if isinstance(address, Path):
        return await sqlite.open_database(address)
    from bot.store.postgres import database as postgres  # noqa: PLC0415

    return await postgres.open_database(address)


def joined(
    database: Database, shards: ShardRange | None
) -> AbstractAsyncContextManager[Membership]:
    """A block during which this process is one of those that run the bot on a database, if it may
    have several. Raises DatabaseError; UsageError for shards of one process alone.
    """
    if isinstance(database, sqlite.SqliteDatabase):
        if shards:
            raise UsageError(_ONE_PROCESS)
        return nullcontext(ALONE)
    from bot.store.postgres import database as postgres  # noqa: PLC0415
    from bot.store.postgres import membership  # noqa: PLC0415

    assert isinstance(database, postgres.PostgresDatabase)  # noqa: S101 - there are two kinds
    return membership.joined(database, shards)


def refuse_lost(address: DatabaseAddress) -> None:
    """Raise DatabaseError for a file that is missing or empty though good copies of it exist."""
    if isinstance(address, Path):
        faults.refuse_lost(address)


def refuse_missing(address: DatabaseAddress) -> None:
    """Raise DatabaseError for a database that does not exist, or has no tables of ours."""
    if isinstance(address, Path):
        return faults.refuse_missing(address)
    from bot.store.postgres import steps  # noqa: PLC0415

    return steps.refuse_missing(address)


def only_bot_on(address: DatabaseAddress) -> AbstractContextManager[None]:
    """Hold the lock of a database. Raises DatabaseError if a bot runs on it already."""
    if isinstance(address, Path):
        return lock.only_bot_on(address)
    from bot.store.postgres import lock as advisory  # noqa: PLC0415

    return advisory.only_bot_on(address)


def one_of_the_bots_on(address: DatabaseAddress) -> AbstractContextManager[None]:
    """The same, but a database on a server may have several bots."""
    if isinstance(address, Path):
        return lock.only_bot_on(address)
    from bot.store.postgres import lock as advisory  # noqa: PLC0415

    return advisory.one_of_the_bots_on(address)


def holders(address: DatabaseAddress) -> list[str]:
    """The processes of the bot that run on a database, as far as one can tell: `4711`, or on a
    server `a-host 4711`.
    """
    if isinstance(address, Path):
        found = lock.holder(address)
        return [str(found)] if found else []
    from bot.store.postgres import lock as advisory  # noqa: PLC0415

    return advisory.holders(address)


async def schema_of(address: DatabaseAddress) -> int | None:
    """The schema of a database that is whole and that this program can open; 0 = still empty, None
    = there is no file yet. Nothing is written. Raises DatabaseError.
    """
    if isinstance(address, Path):
        return await asyncio.to_thread(_schema_of_file, address)
    from bot.store.postgres import looking as server  # noqa: PLC0415

    return await server.schema_of(address)


def _schema_of_file(path: Path) -> int | None:
    with faults.in_words(path):
        try:
            path.stat()
        except FileNotFoundError:
            return None
    return looking.schema_of(path)


async def about_server(address: DatabaseAddress, now: datetime) -> list[str]:
    """How the server of a database is, and who runs the bot there; nothing for a file. `now`: what
    time it is here. Raises DatabaseError.
    """
    if isinstance(address, Path):
        return []
    from bot.store.postgres import looking as server  # noqa: PLC0415

    found = await server.status_of(address, now)
    processes = ", ".join(found.processes) or "no process runs the bot"
    return [f"PostgreSQL {found.version}", f"its clock {_compared(found.ahead)}", processes]


def _compared(ahead: float) -> str:
    if abs(ahead) < 1:
        return "agrees with this machine's"
    return f"is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"


async def idle_shards(address: DatabaseAddress) -> str:
    """The shards that no process runs while others are run, in words; "" if there are none, or one
    process runs all. Raises DatabaseError.
    """
    if isinstance(address, Path):
        return ""
    from bot.store.postgres import looking as server  # noqa: PLC0415

    return await server.idle_shards(address)


def looked_into(address: DatabaseAddress) -> AbstractAsyncContextManager[Connection]:
    """A connection that reads and leaves no trace. Raises DatabaseError."""
    if isinstance(address, Path):
        return looking.looked_into(address)
    from bot.store.postgres import looking as server  # noqa: PLC0415

    return server.looked_into(address)


def file_of(address: DatabaseAddress) -> Path:
    """The file of a database that is one. Raises UsageError, with what to do for one that is not:
    such a server has backups of its own.
    """
    if isinstance(address, Path):
        return address
    raise UsageError(_DUMP)
