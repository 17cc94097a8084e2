"""What only SQLite has: connections, pragmas, transactions, and its faults in words.

No business logic. Two connections: one writes, behind a lock and with BEGIN IMMEDIATE; one reads,
so that a look-up never waits for a transaction and never sees half of one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

import aiosqlite

from bot.errors import DatabaseError
from bot.store.schema import APPLICATION_ID, STEPS

Connection = aiosqlite.Connection
Row = sqlite3.Row
Parameters = Mapping[str, Any]

BUSY_SECONDS: Final = 15
"""How long a write waits for another process; `ingest` beside a bot holds its lock for less."""
OLDEST_SQLITE: Final = (3, 37, 0)
"""STRICT tables came with it."""


class Database:
    """One database file, opened. Made by `open_database`."""

    def __init__(self, path: Path, writer: Connection, reader: Connection) -> None:
        self.path = path
        self._writer, self._reader = writer, reader
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """The connection for look-ups. Raises DatabaseError for what is wrong with the file."""
        with _in_words(self.path):
            yield self._reader

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """A transaction: all of the block is committed, or none of it.

        Raises DatabaseError when the file is locked, read-only, full or damaged.
        """
        async with self._writing:
            with _in_words(self.path):
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writer
                    await self._writer.execute("COMMIT")
                except BaseException:
                    # A cancelled BEGIN or COMMIT still runs in its thread; this runs after it,
                    # and does nothing where no transaction is open.
                    await self._writer.rollback()
                    raise

    async def close(self) -> None:
        """Close both connections."""
        await self._reader.close()
        await self._writer.close()


async def open_database(path: Path) -> Database:
    """Open the database at `path`, made or brought up to date where needed.

    Raises DatabaseError for a file that is no database of ours, is newer than the program,
    damaged, locked or not writable.
    """
    with _in_words(path):
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise sqlite3.NotSupportedError(f"SQLite {sqlite3.sqlite_version} is too old")
        path.parent.mkdir(parents=True, exist_ok=True)
        # First without a thread: aiosqlite's outlives a failed opening and then prints a traceback.
        sqlite3.connect(path).close()
        writer = await _connect(path)
        try:
            await _bring_up_to_date(path, writer)
            reader = await _connect(path)
        except BaseException:
            await writer.close()
            raise
        await reader.execute("PRAGMA query_only = ON")
        return Database(path, writer, reader)


async def find_damage(database: Database) -> str | None:
    """What SQLite's quick check finds wrong in the file; None = nothing."""
    async with database.reading() as db:
        row = await one(db, "PRAGMA quick_check(1)")
    found = str(row[0]) if row else "no answer"
    return None if found == "ok" else f"{found}; stop the bot, keep the file, restore a backup"


async def _connect(path: Path) -> Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    try:
        await _refuse_foreign(path, connection)
        await _use_wal(connection)
        await connection.execute("PRAGMA synchronous = FULL")  # NORMAL loses commits in power cuts
        await connection.execute("PRAGMA foreign_keys = ON")
        await connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        await connection.close()
        raise
    return connection


async def _use_wal(connection: Connection) -> None:
    """Switch to WAL. Where two switch one new file SQLite does not wait, so this does."""
    loop = asyncio.get_running_loop()
    patience = loop.time() + BUSY_SECONDS
    while True:
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > patience:
                raise
            await asyncio.sleep(0.01)
        else:
            return


async def _bring_up_to_date(path: Path, connection: Connection) -> None:
    """Run the schema steps that the file has not had, each in a transaction of its own."""
    version = await _pragma(connection, "user_version")
    if version > len(STEPS):
        advice = f"Its schema is {version}, this one knows {len(STEPS)}: upgrade Broadsheet."
        raise DatabaseError(path, "it was made by a newer Broadsheet", advice)
    for number, step in enumerate(STEPS[version:], start=version + 1):
        try:
            await connection.executescript(
                f"BEGIN IMMEDIATE; {step}; PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {number}; COMMIT;"
            )
        except sqlite3.OperationalError:
            await connection.rollback()
            # Another process may have made the same step while this one waited for it.
            if await _pragma(connection, "user_version") < number:
                raise


async def _refuse_foreign(path: Path, connection: Connection) -> None:
    """Only a file that bears our mark, or an empty one, is written to."""
    used = await _pragma(connection, "schema_version")  # first: another process may make the file
    mark = await _pragma(connection, "application_id")
    if mark != APPLICATION_ID and (mark or used):
        advice = "Give another file with --database or BROADSHEET_DATABASE."
        raise DatabaseError(path, "it belongs to another program", advice)


async def _pragma(connection: Connection, name: str) -> int:
    row = await one(connection, f"PRAGMA {name}")
    return int(row[0]) if row else 0


async def one(connection: Connection, sql: str, parameters: Parameters | None = None) -> Row | None:
    """The first row, or None."""
    async with connection.execute(sql, parameters or {}) as cursor:
        return await cursor.fetchone()


async def every(
    connection: Connection, sql: str, parameters: Parameters | None = None
) -> list[Row]:
    """All rows."""
    return list(await connection.execute_fetchall(sql, parameters or {}))


class _in_words:  # noqa: N801 - used like a function, in a with statement
    """Turns what SQLite says of a file into a DatabaseError with advice. Bugs pass unchanged."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, sqlite3.DatabaseError | OSError):
            known = _advice(error)
            if known:
                raise DatabaseError(self._path, *known) from error


_ADVICE: Final = {
    "database is locked": (
        "another process is writing to it",
        "Wait until it has finished, or stop it, and try again",
    ),
    "attempt to write a readonly database": (
        "it is read-only",
        "Give this user the right to write to the file and its folder",
    ),
    "unable to open database file": (
        "it cannot be opened",
        "Check that its folder exists and that this user may write there",
    ),
    "file is not a database": (
        "it is no SQLite database",
        "Give another file with --database, or restore a backup",
    ),
    "malformed": (
        "it is damaged",
        "Stop the bot, keep the file, and restore a backup",
    ),
    "disk is full": ("the disk is full", "Free some space; nothing was half written"),
    "disk I/O error": ("the disk does not answer", "Check the disk and its free space"),
    "too old": ("this Python's SQLite is too old", "Use a Python with SQLite 3.37 or newer"),
}


def _advice(error: sqlite3.DatabaseError | OSError) -> tuple[str, str] | None:
    if isinstance(error, OSError):
        return f"{error.strerror}", "Check the path and the rights on its folder."
    text = str(error)
    return next(((r, f"{a}.") for part, (r, a) in _ADVICE.items() if part in text), None)
