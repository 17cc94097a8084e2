"""Reads and ranks story files: a few in a thread, many in processes that use every core."""

import asyncio
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final, TypeVar

from bot import garbage
from bot.errors import StoryFileError
from bot.origins.files.folders import read, stamp
from bot.origins.files.storyfile import parse
from bot.origins.outcomes import Asked, Outcome, Reader, Rejection, Stamp
from bot.stories.model import Story

_Made = TypeVar("_Made")
CHUNK: Final = 100
"""How many files are read, then written in one transaction, so that others can write in between."""
PROCESSES_FROM: Final = 400
"""From how many files on it is worth starting processes, which takes about half a second."""
_NICE: Final = 10
"""The nice value of the processes: the bot, which answers users, goes first."""


def attempt(file: Path, work: Callable[[], _Made]) -> _Made | Rejection:
    """The result of `work` on a file, or a Rejection: an error in one file stops no other."""
    try:
        return work()
    except StoryFileError as error:
        return Rejection.of(file, error)
    except Exception as error:  # noqa: BLE001 - the rejection names it, and is logged
        return Rejection.of(file, StoryFileError(_fault_of_ours(error)))


def _fault_of_ours(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{type(error).__name__} in {Path(where.filename).name}, line {where.lineno}"
    return f"a fault of Broadsheet, not of the file ({at}); please report it, with the file"


@dataclass(frozen=True)
class FileReader:
    """Reads files; a path is `root` plus the key."""

    reader: Reader
    root: str

    def read_all(self, asked: Sequence[Asked]) -> list[Outcome]:
        """Read each file; returns the outcomes."""
        return [self._attempt(one, Path(self.root + one.key)) for one in asked]

    def _attempt(self, asked: Asked, path: Path) -> Outcome:
        return attempt(path, lambda: self.reader.outcome(asked, *self._whole(path, stamp(path))))

    def _whole(self, path: Path, seen: Stamp) -> tuple[Stamp, Story]:
        """The stamp and story of a file that was not written to while it was read."""
        data = read(path)
        again = stamp(path)
        if again != seen:
            data = read(path)
            if stamp(path) != again:
                raise StoryFileError("it is being written; it is read again next time")
        return again, parse(data, self.reader.now, self.reader.trackers)


async def read_files(
    reader: FileReader, asked: Sequence[Asked]
) -> AsyncGenerator[list[Outcome], None]:
    """The outcomes of the files, in their order, a chunk at a time; read outside the event loop."""
    chunks = [asked[start : start + CHUNK] for start in range(0, len(asked), CHUNK)]
    if len(asked) < PROCESSES_FROM:
        for chunk in chunks:
            yield await asyncio.to_thread(reader.read_all, chunk)
        return
    many = os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")  # forking a process with threads may hang it
    pool = ProcessPoolExecutor(many, spawn, _begin_process, (reader,))
    loop = asyncio.get_running_loop()
    coming = iter(chunks)
    try:
        # Only two chunks per process are read ahead: memory stays flat however many there are.
        ahead = (loop.run_in_executor(pool, _read_chunk, c) for c in coming)
        waiting = deque(islice(ahead, 2 * many))
        while waiting:
            outcomes = await waiting.popleft()
            waiting.extend(islice(ahead, 1))
            yield outcomes
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


_reader: FileReader
"""In a process of the pool: its reader. It is sent once, since its rules hold many words."""


def _read_chunk(asked: Sequence[Asked]) -> list[Outcome]:
    return _reader.read_all(asked)


def _begin_process(reader: FileReader) -> None:
    """Have a process of the pool give way to the bot, leave Ctrl-C to it, and end with it."""
    global _reader  # noqa: PLW0603 - a process of the pool has one reader as long as it lives
    _reader = reader
    garbage.look_seldom()
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: wait([sentinel]) and os._exit(1), daemon=True).start()
