"""Puts a backup in place of the database, whatever state that is in, and records that it did."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import DatabaseError
from bot.store.recovery import RESTORED
from bot.store.sqlite.backups import copy_before_restore, how_to_restore, is_whole, sweep
from bot.store.sqlite.copying import copy_as_it_is, put_in_place, refuse_unusable, unfinished
from bot.store.sqlite.faults import connect_existing, foreign, in_words, newer, tells_damage
from bot.store.sqlite.lock import only_bot_on
from bot.store.sqlite.paths import beside, real_path, wal_of
from bot.store.sqlite.schema import APPLICATION_ID, STEPS
from bot.store.sqlite.shape import COLUMNS, refuse_other_tables


@dataclass(frozen=True, slots=True)
class Restored:
    """Says that the database is an older copy: what happened between the two times is not in it."""

    taken_at: datetime
    restored_at: datetime


def restore(database: Path, backup: Path, now: datetime) -> tuple[Restored, Path | None]:
    """Put a backup in place of the database; returns its times and the old database's new path.

    The old database stays in place until the last moment. Raises DatabaseError, and changes
    nothing, if a bot or another process is using the database, if the backup does not match its
    checksum, is damaged, foreign, newer than the program or of no release, or if there is no space.
    """
    real = real_path(database)
    with only_bot_on(database), in_words(database), unfinished(real) as part:
        sweep(real.parent, f"{real.name}.")
        restored = _prepare(backup, part, database, now)
        former = _set_aside(database, now) if database.exists() else None
        if former:
            shutil.copymode(database, part)
        for left in beside(database):
            left.unlink(missing_ok=True)
        put_in_place(part, real)
    return restored, former


def _prepare(backup: Path, part: Path, database: Path, now: datetime) -> Restored:
    """Make the `.part` file that becomes the database: checked, and marked as an older copy."""
    try:
        written_at = _refuse_changed(backup)
        copy_as_it_is(backup, part, database)
        schema = refuse_unusable(part, backup)
    except DatabaseError as error:
        if error.database != backup:
            raise
        advice = f"Nothing was changed; {how_to_restore(database)}."
        raise DatabaseError(backup, error.reason, advice) from error
    if schema > len(STEPS):
        raise newer(backup, schema)
    with closing(connect_existing(part)) as db:
        refuse_other_tables(backup, db.execute(COLUMNS))
    return _mark(part, int(written_at), int(now.timestamp()))


def _refuse_changed(backup: Path) -> float:
    """When it was written, in seconds. Raises DatabaseError if it does not match its checksum."""
    with in_words(backup):
        written_at = backup.stat().st_mtime
        if is_whole(backup) is False:
            raise DatabaseError(backup, "its checksum does not match, so it is damaged", "")
    return written_at


def _mark(part: Path, written_at: int, now: int) -> Restored:
    """Note the times. A copy made by other means has no time inside: its file's time is used."""
    with closing(connect_existing(part)) as db:
        row = db.execute("DELETE FROM fact WHERE name = 'taken_at' RETURNING value").fetchone()
        taken_at = min(int(row[0]) if row else written_at, now)
        value = json.dumps({"taken_at": taken_at, "restored_at": now})
        sql = "INSERT OR REPLACE INTO fact (name, value) VALUES (:name, :value)"
        db.execute(sql, {"name": RESTORED, "value": value})
    return Restored(datetime.fromtimestamp(taken_at, UTC), datetime.fromtimestamp(now, UTC))


def _set_aside(database: Path, now: datetime) -> Path:
    """Copy the database, with its -wal if that cannot be emptied, to the path where it is kept."""
    _empty_wal(database)
    kept = copy_before_restore(database, now)
    kept.parent.mkdir(exist_ok=True)
    for present, end in ((wal_of(database), "-wal"), (database, "")):
        if present.exists():
            with unfinished(kept) as part:
                shutil.copyfile(present, part)
                put_in_place(part, kept.with_name(kept.name + end))
    return kept


def _empty_wal(database: Path) -> None:
    """Move the content of the -wal into the file, which no other process may have open meanwhile.

    Raises DatabaseError if one has; a file too damaged for this is kept with its -wal.
    """
    try:
        with closing(connect_existing(database)) as db:
            mark, used = (
                db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "schema_version")
            )
            if mark != APPLICATION_ID and (mark or used):
                raise foreign(database)
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if not tells_damage(error):
            raise
