"""Writes a file that somebody may read or has edited: it is the old one or the new one, whole."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


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
