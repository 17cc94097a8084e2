"""Read a database without a trace: nothing in its folder is written, created or removed.

By default SQLite writes even to read: it creates the -shm file, takes over what a killed process
left in the -wal, and removes both at the end.
"""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bot.errors import DatabaseError
from bot.store.database import Connection
from bot.store.sqlite.connection import connect
from bot.store.sqlite.faults import damage_in, damaged, foreign, in_words, newer, refuse_no_file
from bot.store.sqlite.paths import beside, real_path, shm_of
from bot.store.sqlite.schema import APPLICATION_ID, STEPS
from bot.store.sqlite.shape import COLUMNS, refuse_other_tables

try:
    import fcntl
except ImportError:  # Windows, where one cannot tell whether a file is open elsewhere
    fcntl = None  # type: ignore[assignment]

_USERS_BYTE: Final = 128
"""The byte of the -shm file that each process with the database open locks (UNIX_SHM_DMS)."""
_TRIES: Final = 3


def schema_of(path: Path) -> int:
    """The schema of a database that is whole and that this program can open; 0 = still empty.

    Raises DatabaseError for a file that is damaged, foreign, newer than the program or unreadable.
    """
    for _ in range(_TRIES - 1):
        before = _stamps(path)
        try:
            return _schema_of(path)
        except DatabaseError:
            if _stamps(path) == before:  # else another process began to write to it meanwhile
                raise
    return _schema_of(path)


def _schema_of(path: Path) -> int:
    with in_words(path), looking_at(path) as db:
        mark, used, schema = (
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "schema_version", "user_version")
        )
        if mark != APPLICATION_ID and (mark or used):
            raise foreign(path)
        if schema > len(STEPS):
            raise newer(path, schema)
        found = damage_in(db)
        if found:
            raise damaged(path, found)
        refuse_other_tables(path, db.execute(COLUMNS))
    return int(schema)


@contextmanager
def looking_at(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads the file with the content of its -wal and leaves no trace."""
    with _address(path) as uri, closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        yield db


@asynccontextmanager
async def looked_into(path: Path) -> AsyncIterator[Connection]:
    """The same for look-ups. Raises DatabaseError."""
    with in_words(path), _address(path) as uri:
        db = await connect(uri, uri=True)
        try:
            yield db
        finally:
            await db.close()


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The URI to open, and how."""
    refuse_no_file(path)
    left = [one for one in beside(path) if one.exists() and not one.name.endswith("-shm")]
    if _is_in_use(path):
        yield _uri(path, "mode=ro")
    elif any(one.stat().st_size for one in left):
        with TemporaryDirectory(prefix="broadsheet-") as folder:
            for one in (real_path(path), *left):
                shutil.copyfile(one, Path(folder, one.name))
            yield _uri(Path(folder, real_path(path).name), "mode=rw")
    else:
        yield _uri(path, "mode=ro&immutable=1")


def _uri(path: Path, how: str) -> str:
    return f"{path.absolute().as_uri()}?{how}"


def _is_in_use(path: Path) -> bool:
    """Whether any other process has the database open."""
    try:
        file = shm_of(path).open("r+b")
    except FileNotFoundError:
        return False
    except PermissionError:  # another user's file: SQLite itself only reads it then
        return True
    with file:
        if fcntl is None:
            return True
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _USERS_BYTE)
        except OSError:
            return True
    return False


def _stamps(path: Path) -> list[tuple[int, int]]:
    there = [one.stat() for one in (path, *beside(path)) if one.exists()]
    return [(one.st_size, one.st_mtime_ns) for one in there]
