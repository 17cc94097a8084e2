"""What reading an item of an origin can come to: a story, the same as before, or a rejection."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bot.errors import StoryFileError
from bot.store.items import KnownItem
from bot.store.story_rows import StoryRows, rows_of
from bot.stories.model import Story
from bot.stories.owners import Owners
from bot.stories.ranking import rank
from bot.stories.urls import Trackers


class Stamp(NamedTuple):
    """Of an item: equal ones mean that it was not written in between.

    `modified` is the time it was written, in nanoseconds since 1970.
    """

    text: str
    modified: int


class Asked(NamedTuple):
    """An item to read, and what it was last time."""

    key: str
    known: KnownItem | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """An item that holds a story it did not hold before."""

    key: str
    stamp: Stamp
    content: bytes
    rows: StoryRows
    topics: tuple[str, ...]
    published_at: datetime
    known: KnownItem | None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An item that was written again and holds what it held."""

    key: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file that was not loaded: where (line from 1, or None), which field, and why; and all of
    that as a sentence.
    """

    file: str
    line: int | None
    field: str | None
    reason: str
    sentence: str

    @classmethod
    def of(cls, file: Path | str, error: StoryFileError) -> "Rejection":
        """The rejection of `file` for `error`."""
        return cls(str(file), error.line, error.field, error.reason, error.sentence)


Outcome = Loaded | Unchanged | Rejection


@dataclass(frozen=True)
class Reader:
    """What stories are read and ranked by. `now` bounds the dates that they may have."""

    owners: Owners
    trackers: Trackers
    now: datetime

    def outcome(self, asked: Asked, stamp: Stamp, story: Story) -> Loaded | Unchanged:
        """What an item became that holds this story now."""
        content = _fingerprint(story)
        if asked.known and asked.known.content == content:
            return Unchanged(asked.key, stamp)
        rows = rows_of(story, rank(story, self.owners))
        published_at = story.article.published_at
        return Loaded(asked.key, stamp, content, rows, story.topics, published_at, asked.known)


def _fingerprint(story: Story) -> bytes:
    """Equal for items that hold the same story; `secured` and order of keys never matter."""
    return hashlib.blake2b(repr(story).encode(), digest_size=16).digest()
