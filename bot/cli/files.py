"""Writes a file that somebody may read or has edited: it is the old one or the new one, whole."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.errors import UsageError


def put(target: Path, fill: Callable[[Path], None]) -> None:
    """Make a file or folder under another name, and rename it when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".broadsheet-", dir=target.parent) as unfinished:
        new = Path(unfinished, target.name)
        fill(new)
        new.replace(target)


def write_whole(target: Path, text: str) -> None:
    """Write a text file, or replace the one that is there, also behind a link; its mode stays."""
    target = target.resolve()

    def fill(new: Path) -> None:
        new.write_text(text, encoding="utf-8")
        if os.path.lexists(target):
            shutil.copymode(target, new)

    put(target, fill)


def refuse_existing(target: Path) -> None:
    """Raise UsageError for a file to be made that is already there."""
    if target.exists():
        raise UsageError(f"{target} already exists; name another file.")


def refuse_no_folder(target: Path) -> None:
    """Raise UsageError for a file to be made in a folder that is not there."""
    if not target.parent.is_dir():
        raise UsageError(f"The folder {target.parent} does not exist; make it first.")
