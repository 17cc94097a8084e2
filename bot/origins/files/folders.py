"""Finds story files below a path, except those that must not be read."""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.errors import StoryFileError, UsageError
from bot.origins.files.frontmatter import begins_front_matter
from bot.origins.files.storyfile import MAX_BYTES, SUFFIXES
from bot.origins.outcomes import Rejection, Stamp

_BESIDE: Final = re.compile(
    r"""
    (?:read[-_ ]?me|(?:un)?licen[cs]e|copying|copyright|change[-_ ]?log|contributing|contributors
    |code[-_ ]of[-_ ]conduct|security|support|governance|authors|maintainers|notice|to[-_ ]?do
    |robots|humans|ads|llms|sitemap|requirements|cmakelists|(?:issue|pull[-_ ]request)[-_ ]template)
    [-_.\ (].*
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Names of files that often lie beside stories: without front matter they are not stories."""


def find_story_files(paths: Sequence[Path]) -> Iterator[Path | Rejection]:
    """Every story file at or below `paths`, each once, sorted within a folder; absolute paths.

    Hidden files and folders are skipped, and below a folder _index and the names in _BESIDE. A link
    that leaves its folder is a Rejection. Raises UsageError for a path that does not exist.
    """
    seen: set[Path] = set()
    for path in paths:
        for item in _at(path):
            if isinstance(item, Rejection):
                yield item
            elif not is_text(item):
                yield _rejection(item, "the file's name is not UTF-8; rename it")
            elif item not in seen:
                seen.add(item)
                yield item


def _at(path: Path) -> Iterable[Path | Rejection]:
    try:
        mode = path.stat().st_mode  # is_dir() would be False for a path without access
        return _below(path.resolve()) if stat.S_ISDIR(mode) else [path.parent.resolve() / path.name]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{path}: no such file or folder") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def _below(folder: Path) -> Iterator[Path | Rejection]:
    """The story files below a folder, which is given as its real path."""
    faults: list[OSError] = []
    for where, folders, names in os.walk(folder, onerror=faults.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(where, name).is_symlink()]
        stories = [name for name in names if _may_be_story(name)]
        for name in sorted((*links, *stories)):
            path = Path(where, name)
            leaves = path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder)
            if _BESIDE.match(name) and (leaves or _lacks_front_matter(path)):
                continue
            if leaves:
                yield _rejection(
                    path, "a link that leads outside the folder; copy the file instead"
                )
            elif name not in links:  # a linked folder below the root is read at its real place
                yield path
    for fault in faults:
        yield _rejection(fault.filename, f"cannot be read: {fault.strerror}")


def _may_be_story(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(SUFFIXES) and not lower.startswith((".", "_index."))


def _lacks_front_matter(path: Path) -> bool:
    """Whether a file is certainly not a story; an unreadable file is rejected when it is read."""
    try:
        stamp(path)
        return not begins_front_matter(read(path).decode("utf-8-sig", "replace"))
    except StoryFileError:
        return False


def is_text(path: Path | str) -> bool:
    """Whether the path can be stored: bytes that are not UTF-8 appear in it as lone surrogates."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _rejection(path: Path | str, reason: str) -> Rejection:
    shown = os.fsencode(path).decode("utf-8", "replace")
    return Rejection.of(shown, StoryFileError(reason))


def stamp(path: Path) -> Stamp:
    """The stamp of a file: its size and times.

    Raises StoryFileError if it is not a regular file, too large or gone.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise StoryFileError(f"cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise StoryFileError("not a regular file")
    if not path.name.lower().endswith(SUFFIXES):
        raise StoryFileError(f"not a story file; its name must end in {', '.join(SUFFIXES)}")
    if status.st_size > MAX_BYTES:
        raise StoryFileError(f"the file is larger than {MAX_BYTES // 2**20} MiB; make it smaller")
    return Stamp(_text(status), status.st_mtime_ns)


def has_stamp(path: str, text: str) -> bool:
    """Whether a file still has this stamp. If it cannot be checked, reading it gives the reason."""
    try:
        return _text(os.stat(path)) == text  # noqa: PTH116 - of many files, a Path of each is slow
    except OSError:
        return False


def _text(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


def read(path: Path) -> bytes:
    """The bytes of a file, at most MAX_BYTES + 1: it may have grown since its stamp."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise StoryFileError(f"cannot be read: {error.strerror}") from error
