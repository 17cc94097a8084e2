"""Turns SQLite's and the system's errors about a database file into advice, and finds damage."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from bot.errors import DatabaseError, DatabaseMoved
from bot.store.database import RowsRefused
from bot.store.sqlite.backups import folder_of, how_to_restore, newest_good
from bot.store.sqlite.schema import STEPS

PATIENCE_SECONDS: Final = 5
"""How long a plain connection waits for others' locks."""
_NO_DATABASE, _DAMAGED = "file is not a database", "malformed"
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def connect_existing(path: Path) -> sqlite3.Connection:
    """A plain connection, outside any event loop, to a file that is not created if it is missing.

    It is not in a transaction until one is begun. Raises DatabaseError if it is not a file.
    """
    refuse_no_file(path)
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_SECONDS)


def tells_damage(error: BaseException) -> bool:
    """Whether an error of SQLite says that the file is damaged, also in its first bytes."""
    return any(words in str(error) for words in (_NO_DATABASE, _DAMAGED))


def find_damage(path: Path) -> str | None:
    """What SQLite's quick check finds wrong in the file; None = nothing.

    It reads the whole file, beside readers and writers: 0.1 to 0.5 s for 100 MB that are cached in
    memory, otherwise as long as the disk takes. Raises DatabaseError if the file is unreadable.
    """
    with in_words(path), closing(connect_existing(path)) as db:
        return damage_in(db)


class DamageCheck:
    """A check of the file at `path` in another thread, which can be broken off."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None

    def refuse_damage(self) -> None:
        """Raise DatabaseError, with the backup to restore, for a file that is damaged; SQLite's
        OperationalError if the check is broken off.
        """
        with in_words(self._path), closing(connect_existing(self._path)) as db:
            self._db = db
            found = damage_in(db)
        if found:
            raise damaged(self._path, found)

    def break_off(self) -> None:
        """End the check at once, from any thread."""
        if self._db:
            with suppress(sqlite3.ProgrammingError):  # it is over, and the connection closed
                self._db.interrupt()


def damage_in(db: sqlite3.Connection) -> str | None:
    """The same for an opened database; raises SQLite's errors."""
    try:
        found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not tells_damage(error):
            raise
        found = str(error)
    return None if found == "ok" else found.splitlines()[-1]


def damaged(path: Path, found: str) -> DatabaseError:
    """The error for damage in the database at `path`."""
    return DatabaseError(
        path, f"it is damaged ({found})", f"Stop the bot, and {how_to_restore(path)}."
    )


def refuse_lost(path: Path) -> None:
    """Raise DatabaseError for a database that is missing or empty though good copies of it exist.

    It would be taken for a new one, and its copies would replace the good ones.
    """
    with in_words(path):
        if not (path.exists() and path.stat().st_size) and newest_good(path):
            advice = f"To start fresh, move {folder_of(path)} away; else {how_to_restore(path)}."
            raise DatabaseError(path, "it is missing or empty, but good backups exist", advice)


def refuse_no_file(path: Path) -> None:
    """Raise DatabaseError for a folder, a pipe or a device: opening a pipe would wait for ever."""
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe, a socket or a device"
        advice = "Give a file with --database or BROADSHEET_DATABASE."
        raise DatabaseError(path, f"it is {what}, no file", advice)


def refuse_missing(path: Path) -> None:
    """Raise DatabaseError for a database that does not exist."""
    refuse_lost(path)
    with in_words(path):
        if not path.exists():
            advice = (
                "Give its path with --database, or load stories with: broadsheet ingest."
                " To begin: broadsheet init; to try it: broadsheet sandbox."
            )
            raise DatabaseError(path, "it does not exist", advice)


def foreign(path: Path) -> DatabaseError:
    """The error for another program's database."""
    advice = "Give another file with --database or BROADSHEET_DATABASE."
    return DatabaseError(path, "it belongs to another program", advice)


def newer(path: Path, schema: int) -> DatabaseError:
    """The error for a schema that this program does not know."""
    advice = f"Its schema is {schema}, this one knows {len(STEPS)}: upgrade Broadsheet."
    return DatabaseError(path, "it was made by a newer Broadsheet", advice)


def moved(path: Path) -> DatabaseMoved:
    """The error if the file at `path` is not the one that was opened."""
    if not path.exists():
        advice = f"Put it back, or restore a copy from {folder_of(path)}; then start again."
        return DatabaseMoved(path, "it was deleted while it was in use", advice)
    advice = "Start again to use what is there now."
    return DatabaseMoved(path, "it, or its -wal, was replaced while it was in use", advice)


def overwritten(path: Path) -> DatabaseMoved:
    """The error if a copy was written over the opened file at `path`."""
    advice = f"The file may now be a mixture of the two: {how_to_restore(path)}."
    return DatabaseMoved(path, "a copy was written over it while it was in use", advice)


@contextmanager
def rows_refused() -> Iterator[None]:
    """Raise RowsRefused for rows that contradict others or the types of their columns."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise RowsRefused(str(error)) from error


class in_words:  # noqa: N801 - used like a function, in a with statement
    """Turns SQLite's errors about a file into a DatabaseError with advice. Bugs pass unchanged."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, sqlite3.DatabaseError | OSError):
            known = _advice(self._path, error)
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
    _NO_DATABASE: ("it is not an SQLite database", "Give another file with --database, or"),
    _DAMAGED: ("it is damaged", "Stop the bot, and"),
    "disk is full": ("the disk is full", "Free some space; nothing was half written"),
    "disk I/O error": ("the disk does not answer", "Check the disk and its free space"),
    "too old": ("this Python's SQLite is too old", "Use a Python with SQLite 3.37 or newer"),
}


def _advice(path: Path, error: sqlite3.DatabaseError | OSError) -> tuple[str, str] | None:
    if isinstance(error, OSError) and error.errno not in _FULL:
        return f"{error.strerror}", "Check the path and the rights on its folder."
    text = "disk is full" if isinstance(error, OSError) else str(error)
    known = next((known for part, known in _ADVICE.items() if part in text), None)
    if known is None:
        return None
    reason, advice = known
    return reason, f"{advice} {how_to_restore(path)}." if tells_damage(error) else f"{advice}."
