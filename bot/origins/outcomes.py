"""The outcomes of reading an item: a story, the same as before, or a rejection."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bot.errors import StoryFileError
from bot.store.items import KnownItem
from bot.store.story_rows import StoryRows, rows_of
from bot.stories.model import Story, TopicReason
from bot.stories.ranking import Rules, rank
from bot.stories.urls import Trackers


class Stamp(NamedTuple):
    """An item's stamp: equal stamps mean that it was not written in between.

    `modified` is the time when it was written, in nanoseconds since 1970.
    """

    text: str
    modified: int


class Asked(NamedTuple):
    """An item to read, and its state last time."""

    key: str
    known: KnownItem | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """An item with a new or changed story. `headline` is folded; "" = other items of its story may
    well have another one.
    """

    key: str
    stamp: Stamp
    content: bytes
    rows: StoryRows
    headline: str
    topics: tuple[str, ...]
    published_at: datetime
    known: KnownItem | None
    reasons: tuple[TopicReason, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An item that was written again with the same story."""

    key: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file that was not loaded: the line (from 1, or None), the field and the reason; and all of
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
    """The rules for reading and ranking stories. `now` bounds their dates."""

    rules: Rules
    trackers: Trackers
    now: datetime

    def outcome(
        self, asked: Asked, stamp: Stamp, story: Story, *, may_differ: bool = False
    ) -> Loaded | Unchanged:
        """The outcome for an item that now has this story. `may_differ`: other items of the story
        may well have other headlines.
        """
        content = _fingerprint(story)
        if asked.known and asked.known.content == content:
            return Unchanged(asked.key, stamp)
        rows = rows_of(story, rank(story, self.rules))
        return Loaded(
            asked.key,
            stamp,
            content,
            rows,
            "" if may_differ else rows.headline,
            story.topics,
            story.article.published_at,
            asked.known,
            story.reasons,
        )


def _fingerprint(story: Story) -> bytes:
    """A hash that is equal for the same story; `secured` and the order of keys do not matter."""
    said = repr(story)
    if story.reasons or story.article.parts:  # of a feed's item
        said += repr((story.reasons, story.article.parts))
    return hashlib.blake2b(said.encode(), digest_size=16).digest()
