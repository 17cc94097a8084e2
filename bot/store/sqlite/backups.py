"""The folder of copies beside a database: their names, their checksums, how many are kept.

`broadsheet-2026-11-25.db` is the copy of a day (UTC), `broadsheet-2026-11-25T081500Z.db` one made
by hand, `broadsheet-before-schema-4.db` what the file was before that step, and
`broadsheet-before-restore-2026-11-25T081500Z.db` the database that a restored one replaced. Beside
each but the last stands its checksum, `NAME.sha256`, as `sha256sum --check` reads it. Names that
end in `.part` are unfinished.
"""

import hashlib
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from bot.clock import SystemClock

STEP_COPIES: Final = 2
"""Copies kept from before schema steps."""
ABANDONED_SECONDS: Final = 86_400
"""After so long an unfinished copy is one whose maker was killed."""
_TIME: Final = "%Y-%m-%dT%H%M%SZ"


def folder_of(database: Path) -> Path:
    """Where the copies of a database are."""
    return database.parent / "backups"


def daily_copy(database: Path, now: datetime) -> Path:
    """The name of this day's copy."""
    return folder_of(database) / f"{database.stem}-{now:%Y-%m-%d}.db"


def copy_by_hand(database: Path, now: datetime) -> Path:
    """The name of a copy made at this moment."""
    return folder_of(database) / f"{database.stem}-{now:{_TIME}}.db"


def copy_before_step(database: Path, step: int) -> Path:
    """The name of the copy made before a schema step."""
    return folder_of(database) / f"{database.stem}-before-schema-{step}.db"


def copy_before_restore(database: Path, now: datetime) -> Path:
    """The name under which a database is kept that another is restored over."""
    return folder_of(database) / f"{database.stem}-before-restore-{now:{_TIME}}.db"


def checksum_file(backup: Path) -> Path:
    """Where the checksum of a copy stands."""
    return backup.with_name(f"{backup.name}.sha256")


def checksum_line(content: Path, name: str) -> str:
    """The line of `sha256sum` for a file that is to have this name."""
    with content.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n"


def is_whole(backup: Path) -> bool | None:
    """Whether a copy is what its checksum says; None = it has none. Raises OSError."""
    try:
        written = checksum_file(backup).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    found = backup.stat()
    return written.split()[:1] == [_digest(backup, found.st_size, found.st_mtime_ns)]


@cache
def _digest(backup: Path, size: int, modified: int) -> str:
    """Once for each state of a file: the advice for a damaged database asks again and again."""
    return checksum_line(backup, backup.name).split()[0]


def is_there(backup: Path) -> bool:
    """Whether a copy was finished, its checksum too."""
    return backup.exists() and checksum_file(backup).exists()


def newest_good(database: Path) -> Path | None:
    """The copy written last that is whole; not one that a restored one replaced. One that a wrong
    clock has dated after now comes after all others.
    """
    now = SystemClock().now().timestamp()
    replaced = f"{database.stem}-before-restore-"
    copies = [one for one in _copies(database, ".+") if not one.name.startswith(replaced)]
    written = {copy: copy.stat().st_mtime for copy in copies}
    copies.sort(key=lambda copy: (written[copy] <= now, written[copy]), reverse=True)
    return next((copy for copy in copies if _is_good(copy)), None)


def _is_good(backup: Path) -> bool:
    try:
        return bool(is_whole(backup))
    except OSError:  # what cannot be read is not one to restore
        return False


def how_to_restore(database: Path) -> str:
    """The newest good copy and the command that restores it, as the end of a sentence."""
    backup = newest_good(database)
    if backup is None:
        return f"restore a backup; no good one is in {folder_of(database)}"
    command = ["broadsheet", "restore", str(backup), "--database", str(database)]
    return f"restore the newest good backup with: {shlex.join(command)} (the damaged file is kept)"


def rotate_days(database: Path, now: datetime, keep: int) -> None:
    """Delete the oldest copies of days, beyond so many; first those that a wrong clock has dated
    after this day.
    """
    today, copies = daily_copy(database, now), _copies(database, r"\d{4}-\d\d-\d\d")
    _delete(sorted(copies, key=lambda copy: (copy <= today, copy))[:-keep])


def rotate_steps(database: Path, made: int) -> None:
    """Delete the copies from before the lowest schema steps, not the one just made for a step."""
    kept = copy_before_step(database, made)
    others = [copy for copy in _copies(database, r"before-schema-\d+") if copy != kept]
    _delete(sorted(others, key=_step)[: 1 - STEP_COPIES])


def _step(copy: Path) -> int:
    return int(copy.stem.rpartition("-")[2])


def _delete(copies: list[Path]) -> None:
    for copy in copies:
        checksum_file(copy).unlink(missing_ok=True)
        copy.unlink()


def sweep(folder: Path, begins: str) -> None:
    """Delete what was left unfinished long ago, of the names that begin so."""
    old = SystemClock().now().timestamp() - ABANDONED_SECONDS
    for part in folder.glob("*.part*"):
        if part.name.startswith(begins) and part.stat().st_mtime < old:
            part.unlink(missing_ok=True)


def _copies(database: Path, name: str) -> Iterator[Path]:
    pattern = re.compile(rf"{re.escape(database.stem)}-{name}\.db")
    return (one for one in folder_of(database).glob("*.db") if pattern.fullmatch(one.name))
