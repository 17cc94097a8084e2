"""The real paths of a database's files: its own, and those that SQLite keeps beside it.

A database may be named by a symbolic link. Messages and the backup folder use that name; SQLite,
the bot's lock and a restored copy use the file that the link leads to.
"""

import os
from pathlib import Path


def real_path(database: Path) -> Path:
    """The file that a path leads to, whether it exists or not. A loop of links leads to a link."""
    return Path(os.path.realpath(database))


def wal_of(database: Path) -> Path:
    """The path of the -wal."""
    return _beside(database, "-wal")


def shm_of(database: Path) -> Path:
    """The path of the -shm."""
    return _beside(database, "-shm")


def beside(database: Path) -> list[Path]:
    """All files that SQLite keeps beside a file: none may meet another file of that name."""
    return [_beside(database, end) for end in ("-wal", "-shm", "-journal")]


def lock_of(database: Path) -> Path:
    """The path of the bot's lock: the same one by whatever name the database is opened."""
    return _beside(database, ".lock")


def _beside(database: Path, end: str) -> Path:
    real = real_path(database)
    return real.with_name(real.name + end)
