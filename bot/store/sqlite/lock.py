"""One bot per database: a lock on a file beside it, held as long as the process lives."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bot.errors import DatabaseError
from bot.store.sqlite.paths import lock_of

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be locked this way
    fcntl = None  # type: ignore[assignment]


@contextmanager
def only_bot_on(database: Path) -> Iterator[None]:
    """Hold the lock of a database. Raises DatabaseError, naming the process that holds it.

    The system gives the lock back when its holder ends, however it ends.
    """
    path = lock_of(database)
    with _opened(database, path) as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                holder = file.read(40).strip() or "unknown"
                reason = f"a bot is already running on it (process {holder})"
                advice = "Stop that one first, or give another file with --database."
                raise DatabaseError(database, reason, advice) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(database: Path) -> int | None:
    """The process that holds the lock of a database; None = no bot is running on it, as far as the
    system can tell.
    """
    try:
        file = lock_of(database).open(encoding="ascii")
    except OSError:
        return None
    with file:
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            written = file.read(40).strip()
            return int(written) if written.isdecimal() else None
    return None


def _opened(database: Path, path: Path) -> TextIO:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="ascii")
    except OSError as error:
        reason = f"{path} cannot be written: {error.strerror}"
        raise DatabaseError(database, reason, "Check the rights on its folder.") from error
