"""The backup folder beside a database: names, checksums, and how many copies are kept.

`broadsheet-2026-11-25.db` is the copy of a day (UTC), `broadsheet-2026-11-25T081500Z.db` a copy
made by hand, `broadsheet-before-schema-4.db` the file before that schema step, and
`broadsheet-before-restore-2026-11-25T081500Z.db` the database that a restored one replaced. Each
but the last has its checksum beside it, `NAME.sha256`, in the format of `sha256sum --check`. Files
whose names end in `.part` are unfinished.
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
"""How many copies from before schema steps are kept."""
ABANDONED_SECONDS: Final = 86_400
"""An unfinished copy older than this was left by a process that was killed."""
_TIME: Final = "%Y-%m-%dT%H%M%SZ"


def folder_of(database: Path) -> Path:
    """The folder of a database's copies."""
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
    """The name under which a database is kept when a backup replaces it."""
    return folder_of(database) / f"{database.stem}-before-restore-{now:{_TIME}}.db"


def checksum_file(backup: Path) -> Path:
    """The path of a copy's checksum file."""
    return backup.with_name(f"{backup.name}.sha256")


def checksum_line(content: Path, name: str) -> str:
    """The line that `sha256sum` would print for this content under this name."""
    with content.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n"


def is_whole(backup: Path) -> bool | None:
    """Whether a copy matches its checksum; None = it has none. Raises OSError."""
    try:
        written = checksum_file(backup).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    found = backup.stat()
    return written.split()[:1] == [_digest(backup, found.st_size, found.st_mtime_ns)]


@cache
def _digest(backup: Path, size: int, modified: int) -> str:
    """Cached for each state of a file: the advice for a damaged database asks again and again."""
    return checksum_line(backup, backup.name).split()[0]


def is_there(backup: Path) -> bool:
    """Whether a copy and its checksum were finished."""
    return backup.exists() and checksum_file(backup).exists()


def newest_good(database: Path) -> Path | None:
    """The last written copy that is whole; not a database that a restored one replaced. A copy that
    a wrong clock dated in the future comes after all others.
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
    except OSError:  # a copy that cannot be read is no use
        return False


def how_to_restore(database: Path) -> str:
    """The newest good copy and the command that restores it, as the end of a sentence."""
    backup = newest_good(database)
    if backup is None:
        return f"restore a backup; no good one is in {folder_of(database)}"
    command = ["broadsheet", "restore", str(backup), "--database", str(database)]
    return f"restore the newest good backup with: {shlex.join(command)} (the damaged file is kept)"


def rotate_days(database: Path, now: datetime, keep: int) -> None:
    """Delete the oldest daily copies beyond `keep`; those wrongly dated after this day go first."""
    today, copies = daily_copy(database, now), _copies(database, r"\d{4}-\d\d-\d\d")
    _delete(sorted(copies, key=lambda copy: (copy <= today, copy))[:-keep])


def rotate_steps(database: Path, made: int) -> None:
    """Delete the copies from before the lowest schema steps, except the one just made."""
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
    """Delete files left unfinished long ago whose names begin with this."""
    old = SystemClock().now().timestamp() - ABANDONED_SECONDS
    for part in folder.glob("*.part*"):
        if part.name.startswith(begins) and part.stat().st_mtime < old:
            part.unlink(missing_ok=True)


def _copies(database: Path, name: str) -> Iterator[Path]:
    pattern = re.compile(rf"{re.escape(database.stem)}-{name}\.db")
    return (one for one in folder_of(database).glob("*.db") if pattern.fullmatch(one.name))
