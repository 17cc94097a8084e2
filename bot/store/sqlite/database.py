"""The database as one SQLite file: opening it, its pragmas, transactions.

Two connections: one writes, behind a lock and with BEGIN IMMEDIATE; one reads,
so that a look-up never waits for a transaction and never sees half of one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.clock import SystemClock
from bot.store.database import one
from bot.store.sqlite import copying
from bot.store.sqlite.connection import SqliteConnection, connect
from bot.store.sqlite.faults import foreign, in_words, moved, newer, overwritten, refuse_no_file
from bot.store.sqlite.paths import wal_of
from bot.store.sqlite.schema import APPLICATION_ID, STEPS
from bot.store.sqlite.shape import COLUMNS, refuse_other_tables

BUSY_SECONDS: Final = 15
"""How long a write waits for another process; `ingest` beside a bot holds its lock for less."""
OLDEST_SQLITE: Final = (3, 37, 0)
"""The first version with STRICT tables."""
_MODE_AT: Final = 18
_WAL_MODE: Final = b"\2\2"
"""The header bytes of a file that is in WAL mode; our copies are in another mode."""


class SqliteDatabase:
    """One database file, opened. Made by `open_database`."""

    def __init__(self, path: Path, writer: SqliteConnection, reader: SqliteConnection) -> None:
        self.path = path
        self._writer, self._reader = writer, reader
        self._writing = asyncio.Lock()
        self._files = (path, wal_of(path))
        self._opened = _identities(self._files)
        # Closed after the connections: closing any descriptor of a file ends the process's locks.
        self._file = path.open("rb", buffering=0)

    def refuse_moved(self) -> None:
        """Raise DatabaseMoved if the path names another file than the opened one, or none, or if a
        copy was written over the opened one.

        SQLite would go on with the opened file and its -wal, whose names are gone: nobody would
        find again what is committed there. It would write its -wal into an overwritten file.
        """
        if _identities(self._files) != self._opened:
            raise moved(self.path)
        self._file.seek(_MODE_AT)
        if self._file.read(len(_WAL_MODE)) != _WAL_MODE:
            raise overwritten(self.path)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteConnection]:
        """The connection for look-ups. Raises DatabaseError if something is wrong with the file."""
        with in_words(self.path):
            self.refuse_moved()
            yield self._reader

    @asynccontextmanager
    async def writing(self, *, archive: bool = True) -> AsyncIterator[SqliteConnection]:
        """A transaction: all of the block is committed, or none of it; the only one at a time.

        Raises DatabaseError when the file is locked, read-only, full, damaged, or not there.
        """
        async with self._writing:
            with in_words(self.path):
                self.refuse_moved()
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writer
                    await self._writer.execute("COMMIT")
                except BaseException:
                    # A cancelled BEGIN or COMMIT still runs in its thread; this runs after it, and
                    # does nothing if no transaction is open.
                    await self._writer.rollback()
                    raise

    @asynccontextmanager
    async def at_one_moment(self) -> AsyncIterator[SqliteConnection]:
        """A connection of its own that sees the database as it is now, whatever others write
        meanwhile. Raises DatabaseError.
        """
        with in_words(self.path):
            self.refuse_moved()
            connection = await _connect(self.path)
            try:
                connection.read_any_text()
                await connection.execute("PRAGMA query_only = ON")
                await connection.execute("BEGIN")
                await one(connection, "SELECT 1 FROM fact")  # the first read sets the moment
                yield connection
            finally:
                await connection.close()

    async def close(self) -> None:
        """Close both connections."""
        await self._reader.close()
        await self._writer.close()
        self._file.close()


def _identities(files: Sequence[Path]) -> Sequence[tuple[int, int] | None]:
    """Device and inode of each file; None = it is not there. Raises OSError."""
    return [_device_and_inode(one) for one in files]


def _device_and_inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


async def open_database(path: Path) -> SqliteDatabase:
    """Open the database at `path`; it is created or upgraded if needed.

    Raises DatabaseError for a file that is not a database of ours, is newer than the program,
    damaged, locked or not writable.
    """
    with in_words(path):
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise sqlite3.NotSupportedError(f"SQLite {sqlite3.sqlite_version} is too old")
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_no_file(path)
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
        return SqliteDatabase(path, writer, reader)


async def _connect(path: Path) -> SqliteConnection:
    connection = await connect(path, timeout=BUSY_SECONDS)
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


async def _use_wal(connection: SqliteConnection) -> None:
    """Switch to WAL. If two processes switch one new file, SQLite does not wait, so this does."""
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


async def _bring_up_to_date(path: Path, connection: SqliteConnection) -> None:
    """Run the schema steps that the file has not had, each in a transaction of its own.

    A file that has had some of them is copied first.
    """
    version = await _pragma(connection, "user_version")
    if version > len(STEPS):
        raise newer(path, version)
    refuse_other_tables(path, await connection.execute_fetchall(COLUMNS))
    if 0 < version < len(STEPS):
        await _copy_before_step(path, connection, version)
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


async def _copy_before_step(path: Path, connection: SqliteConnection, version: int) -> None:
    """Copy the file, unless another process has brought it up to date while this one waited."""
    await connection.execute("BEGIN IMMEDIATE")  # nobody else makes the step meanwhile
    try:
        if await _pragma(connection, "user_version") == version:
            now = SystemClock().now()
            await asyncio.to_thread(copying.back_up_before_step, path, version + 1, now)
    finally:
        await connection.rollback()


async def _refuse_foreign(path: Path, connection: SqliteConnection) -> None:
    """Refuse to write to a file that does not have our mark and is not empty."""
    used = await _pragma(connection, "schema_version")  # first: another process may create the file
    mark = await _pragma(connection, "application_id")
    if mark != APPLICATION_ID and (mark or used):
        raise foreign(path)


async def _pragma(connection: SqliteConnection, name: str) -> int:
    row = await one(connection, f"PRAGMA {name}")
    return int(row[0]) if row else 0
