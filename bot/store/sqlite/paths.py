"""Where the files of a database really are: its own, and what SQLite keeps beside that one.

A database may be named by a symbolic link. Words and the folder of backups go by the name; SQLite,
the lock of a bot and a restored copy go by the file that it leads to.
"""

import os
from pathlib import Path


def real_path(database: Path) -> Path:
    """The file that a path leads to, be it there or not. Links that go round in circles lead on."""
    return Path(os.path.realpath(database))


def wal_of(database: Path) -> Path:
    """Where the -wal is."""
    return _beside(database, "-wal")


def shm_of(database: Path) -> Path:
    """Where the -shm is."""
    return _beside(database, "-shm")


def beside(database: Path) -> list[Path]:
    """All that SQLite keeps beside a file: none of it may meet another file of the same name."""
    return [_beside(database, end) for end in ("-wal", "-shm", "-journal")]


def lock_of(database: Path) -> Path:
    """Where the lock of the bot that runs on it is: by whatever name it does, there is one."""
    return _beside(database, ".lock")


def _beside(database: Path, end: str) -> Path:
    real = real_path(database)
    return real.with_name(real.name + end)
