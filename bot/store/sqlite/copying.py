"""Copies of the whole database, made while it is written to: by hand, daily, before schema steps.

None of it needs an event loop: run it in a thread. SQLite's backup in a single step is one snapshot
of the database, even if others write meanwhile; then come the quick check, checksum and fsync, and
only then the final name. For 100 MB all this takes half a second to a second.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.errors import DatabaseError
from bot.store.sqlite import backups
from bot.store.sqlite.faults import (
    connect_existing,
    damaged,
    find_damage,
    foreign,
    in_words,
    tells_damage,
)
from bot.store.sqlite.paths import beside
from bot.store.sqlite.schema import APPLICATION_ID

_OWNERS_ALONE: Final = 0o600


def back_up(database: Path, target: Path, now: datetime) -> None:
    """Copy the database to `target`, with a checksum beside it and the time inside it.

    Replaces `target`. Raises DatabaseError if the database is damaged or is not one of ours, or if
    there is no space; `target` is then unchanged.
    """
    with in_words(target):
        target.parent.mkdir(exist_ok=True)
        with unfinished(target) as part:
            copy_as_it_is(database, part, target)
            refuse_unusable(part, database)
            with closing(connect_existing(part)) as copy:
                sql = "INSERT OR REPLACE INTO fact (name, value) VALUES ('taken_at', :at)"
                copy.execute(sql, {"at": str(int(now.timestamp()))})
            line = backups.checksum_line(part, target.name)
            backups.checksum_file(target).unlink(missing_ok=True)
            put_in_place(part, target)
            _write(backups.checksum_file(target), line)


def back_up_daily(database: Path, now: datetime, keep: int, *, rotate: bool = True) -> Path | None:
    """Make this day's copy (UTC) unless it exists, and keep `keep` of them; returns the new one.

    Keep 0 = none is made. No older copy is deleted without `rotate`, or if it raises DatabaseError
    as `back_up` does.
    """
    target = backups.daily_copy(database, now)
    if keep == 0 or backups.is_there(target):
        return None
    if rotate:
        backups.sweep(target.parent, f"{database.stem}-")
    back_up(database, target, now)
    if rotate:
        backups.rotate_days(database, now, keep)
    return target


def back_up_before_step(database: Path, step: int, now: datetime) -> None:
    """Make the copy that a schema step requires. Raises DatabaseError."""
    target = backups.copy_before_step(database, step)
    try:
        back_up(database, target, now)
    except DatabaseError as error:
        reason = f"it is not brought up to schema {step} without a copy of it"
        cause = f"{error.database}: {error.reason}. {error.advice}"
        raise DatabaseError(database, reason, cause) from error
    backups.rotate_steps(database, step)


def copy_as_it_is(source: Path, part: Path, target: Path) -> None:
    """Copy a snapshot of a database, with the content of its -wal, to a `.part` of the target."""
    with in_words(source), closing(connect_existing(source)) as original:
        original.execute("PRAGMA schema_version")  # a file that is not a database fails here
        try:
            _copy(original, part)
        except sqlite3.DatabaseError as error:
            if tells_damage(error):
                raise
            with in_words(target):
                raise


def _copy(original: sqlite3.Connection, part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        # Nobody reads it before it is finished, and a power cut leaves it unfinished.
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
        original.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # it has no use for the original's WAL


def refuse_unusable(part: Path, source: Path) -> int:
    """The schema of a copy. Raises DatabaseError, naming its source, if it is not a good backup."""
    found = find_damage(part)
    if found:
        raise damaged(source, found)
    with closing(connect_existing(part)) as copy:
        mark = copy.execute("PRAGMA application_id").fetchone()[0]
        schema = copy.execute("PRAGMA user_version").fetchone()[0]
    if mark != APPLICATION_ID:
        raise foreign(source)
    return int(schema)


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """A file beside `target` for unfinished content; whatever has its name at the end is deleted.

    Only its owner may read it: a copy holds the settings of all servers.
    """
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNERS_ALONE))
        yield part
    finally:
        for left in (part, *beside(part)):
            left.unlink(missing_ok=True)


def put_in_place(part: Path, target: Path) -> None:
    """Give a finished file its name, safe from power cuts: either all of it, or the old file."""
    _sync(part, os.O_RDWR)
    part.replace(target)
    if hasattr(os, "O_DIRECTORY"):  # Windows does not have it and does not need it
        _sync(target.parent, os.O_DIRECTORY)


def _write(target: Path, text: str) -> None:
    with unfinished(target) as part:
        part.write_text(text, encoding="utf-8")
        put_in_place(part, target)


def _sync(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
