"""Story files as origins: the seeds folder, and files given by hand."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from bot.origins.files.folders import find_story_files, has_stamp, is_text
from bot.origins.files.reading import FileReader, read_files
from bot.origins.files.storyfile import READING
from bot.origins.origin import Claim
from bot.origins.outcomes import Asked, Outcome, Reader, Rejection

SEEDS: Final = "seeds"
"""The kind of the seeds folder; its files' keys are relative to it, so that it can be moved."""
PATHS: Final = "paths"
"""The kind of all other files, by their absolute paths. They are given by hand, and never gone."""


class SeedsFolder:
    """The folder whose files stand for their stories: a file that disappears from it withdraws its
    story, unless another item carries it.
    """

    kind, key, version = SEEDS, "", READING

    def __init__(self, folder: Path) -> None:
        self._folder, self.name = folder, str(folder)

    async def look(self) -> "FileListing":
        """The story files in it."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> "FileListing":
        found = find_story_files([self._folder])
        return _listing(found, _root(self._folder), whole=True)


def given_files(paths: Sequence[Path], seeds: Path) -> "list[GivenFiles]":
    """The origins of the story files at or below `paths`; files in the seeds folder are its own."""
    found = cache(lambda: list(find_story_files(paths)))
    return [GivenFiles(found, seeds, inside=inside) for inside in (True, False)]


class GivenFiles:
    """Of the files found at some paths, those in the seeds folder, or all others."""

    key, version = "", READING

    def __init__(
        self, found: Callable[[], Iterable[Path | Rejection]], seeds: Path, *, inside: bool
    ) -> None:
        self._found, self._seeds, self._inside = found, seeds, inside
        self.kind, self.name = (SEEDS, str(seeds)) if inside else (PATHS, "files")

    async def look(self) -> "FileListing":
        """The story files that were found."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> "FileListing":
        root = _root(self._seeds)
        found = [one for one in self._found() if _path(one).startswith(root) == self._inside]
        return _listing(found, root if self._inside else "", whole=False)


@dataclass(frozen=True)
class FileListing:
    """The files that were found; `root` plus a key is a path."""

    root: str
    keys: Sequence[str]
    rejections: Sequence[Rejection]
    whole: bool
    more: bool = False

    @property
    def claims(self) -> Claim | None:
        """The whole seeds folder claims the files below it that were given by hand before it was
        the seeds folder. Under a path that is not UTF-8 no file is known.
        """
        return Claim(PATHS, self.root) if self.whole and is_text(self.root) else None

    def gone(self, known: set[str]) -> set[str]:
        """The files that do not exist. A path that cannot be read is not gone."""
        closed = tuple(f"{rejection.file}/" for rejection in self.rejections)
        missing = known.difference(self.keys)
        return {key for key in missing if not f"{self.root}{key}/".startswith(closed)}

    async def changed(self, asked: Sequence[Asked]) -> list[Asked]:
        """The files whose size or times have changed since they were read."""
        return await asyncio.to_thread(lambda: [one for one in asked if self._is_changed(one)])

    def _is_changed(self, asked: Asked) -> bool:
        return asked.known is None or not has_stamp(self.root + asked.key, asked.known.stamp)

    def read(
        self, asked: Sequence[Asked], reader: Reader
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        """The outcomes of the files, in order, a chunk at a time."""
        return read_files(FileReader(reader, self.root), asked)


def _listing(found: Iterable[Path | Rejection], root: str, *, whole: bool) -> FileListing:
    keys: list[str] = []
    rejections: list[Rejection] = []
    for one in found:
        if isinstance(one, Rejection):
            rejections.append(one)
        else:
            keys.append(str(one).removeprefix(root))
    return FileListing(root, keys, rejections, whole)


def _root(seeds: Path) -> str:
    """The prefix of the seeds folder's keys; resolved, since it may be a link that changes."""
    return f"{seeds.resolve()}/"


def _path(found: Path | Rejection) -> str:
    return found.file if isinstance(found, Rejection) else str(found)
