"""From story files to ranked stories: few in a thread, many in processes that use every core."""

import asyncio
import hashlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final, NamedTuple

from bot.errors import StoryFileError
from bot.origins.files.folders import Rejection, Stamp, attempt, read, stamp
from bot.origins.files.storyfile import parse
from bot.store.files import KnownFile
from bot.store.story_rows import StoryRows, rows_of
from bot.stories.model import Story
from bot.stories.owners import Owners
from bot.stories.ranking import rank
from bot.stories.urls import Trackers

CHUNK: Final = 100
"""Files read, and then written in one transaction: few enough to let others write in between."""
PROCESSES_FROM: Final = 400
"""Files that are worth starting processes for, which takes about half a second."""
_NICE: Final = 10
"""How much the processes give way to the bot, which has people to answer."""


class Asked(NamedTuple):
    """A file to read: `key` is its path as the archive knows it, `known` what it was last time."""

    key: str
    path: Path
    known: KnownFile | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that holds a story it did not hold before."""

    key: str
    stamp: Stamp
    content: bytes
    rows: StoryRows
    topics: tuple[str, ...]
    published_at: datetime
    known: KnownFile | None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that was written again and holds what it held."""

    key: str
    stamp: Stamp


Outcome = Loaded | Unchanged | Rejection


@dataclass(frozen=True)
class Reader:
    """Reads and ranks. `now` bounds the dates that stories may have."""

    owners: Owners
    trackers: Trackers
    now: datetime

    def read_all(self, asked: Sequence[Asked]) -> list[Outcome]:
        """What became of each file."""
        return [attempt(one.path, partial(self._read, one)) for one in asked]

    def _read(self, asked: Asked) -> Loaded | Unchanged:
        seen, story = self._whole(asked.path, stamp(asked.path))
        content = _fingerprint(story)
        if asked.known and asked.known.content == content:
            return Unchanged(asked.key, seen)
        rows = rows_of(story, rank(story, self.owners))
        published_at = story.article.published_at
        return Loaded(asked.key, seen, content, rows, story.topics, published_at, asked.known)

    def _whole(self, path: Path, seen: Stamp) -> tuple[Stamp, Story]:
        """The story of a file that nobody wrote to while it was read, with its stamp."""
        data = read(path)
        again = stamp(path)
        if again != seen:
            data = read(path)
            if stamp(path) != again:
                raise StoryFileError("it is being written; it is read again next time")
        return again, parse(data, self.now, self.trackers)


def is_as_known(asked: Asked) -> bool:
    """Whether a file was not written since it was read last."""
    try:
        return asked.known is not None and stamp(asked.path).text == asked.known.stamp
    except StoryFileError:
        return False  # reading it says why


def _fingerprint(story: Story) -> bytes:
    """Equal for files that hold the same story; `secured` and order of keys never matter."""
    return hashlib.blake2b(repr(story).encode(), digest_size=16).digest()


async def read_files(reader: Reader, asked: Sequence[Asked]) -> AsyncGenerator[list[Outcome], None]:
    """What became of the files, in their order, a chunk at a time; never in the event loop."""
    chunks = [asked[start : start + CHUNK] for start in range(0, len(asked), CHUNK)]
    if len(asked) < PROCESSES_FROM:
        for chunk in chunks:
            yield await asyncio.to_thread(reader.read_all, chunk)
        return
    many = os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")  # to fork a process with threads may hang it
    pool = ProcessPoolExecutor(many, spawn, _begin_process)
    loop = asyncio.get_running_loop()
    coming = iter(chunks)
    try:
        # Some wait ready for each process, and no more: memory stays flat however many there are.
        ahead = (loop.run_in_executor(pool, reader.read_all, c) for c in coming)
        waiting = deque(islice(ahead, 2 * many))
        while waiting:
            outcomes = await waiting.popleft()
            waiting.extend(islice(ahead, 1))
            yield outcomes
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


def _begin_process() -> None:
    """A process of the pool gives way to the bot, leaves Ctrl-C to it, and ends with it."""
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: wait([sentinel]) and os._exit(1), daemon=True).start()
