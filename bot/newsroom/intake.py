"""Taking story files into the archive: read, rank, write, regroup; a rejection each that cannot."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

from bot.clock import Clock
from bot.errors import StoryFileError
from bot.newsroom.folders import Rejection, find_story_files, read, stamp
from bot.store import facts, files, links, search, stories, topics
from bot.store.database import Connection, Database
from bot.store.files import KnownFile
from bot.stories.model import Story
from bot.stories.owners import Owners
from bot.stories.ranking import VERSION, Ranking, rank
from bot.stories.storyfile import parse
from bot.stories.text import slug

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told after every batch: files done, files in all."""

BATCH: Final = 200
"""Files in one transaction: few enough to let others write in between, many enough to be fast."""
_RANKED_BY: Final = "ranked_by"


@dataclass
class IngestReport:
    """What became of the files; `stories`, `articles`, `topics` are totals of the archive now."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    stories: int = 0
    articles: int = 0
    topics: int = 0
    seconds: float = 0.0

    @property
    def read(self) -> int:
        """All files looked at."""
        return self.new + self.changed + self.unchanged + len(self.rejections)


@dataclass(frozen=True, slots=True)
class _Loaded:
    path: str
    stamp: str
    content: bytes
    story: Story
    ranking: Ranking
    known: KnownFile | None


@dataclass(frozen=True, slots=True)
class _Unchanged:
    path: str
    stamp: str


class Intake:
    """Loads story files. `clock` bounds their dates; `owners` says who owns whom."""

    def __init__(self, database: Database, owners: Owners, clock: Clock) -> None:
        self._database, self._owners, self._clock = database, owners, clock

    async def ingest(
        self, paths: Sequence[Path], progress: Progress = lambda done, total: None
    ) -> IngestReport:
        """Load every story file at or below `paths`. Loading one twice changes nothing.

        Each file is loaded whole or named in the report's rejections; what the archive held of
        it before stays. Raises UsageError for a path that does not exist, DatabaseError.
        """
        began = monotonic()
        report = IngestReport()
        await self.rank_anew_if_rules_changed()
        found = await asyncio.to_thread(lambda: list(find_story_files(paths)))
        report.rejections += [item for item in found if isinstance(item, Rejection)]
        waiting = [item for item in found if isinstance(item, Path)]
        for batch in _batches(waiting):
            await self._load(batch, report)
            progress(report.read, len(found))
        async with self._database.reading() as db:
            totals = await stories.count_totals(db)
        report.stories, report.articles = totals["stories"], totals["articles"]
        report.topics = totals["topics"]
        report.seconds = round(monotonic() - began, 3)
        return report

    async def _load(self, batch: Sequence[Path], report: IngestReport) -> None:
        async with self._database.reading() as db:
            known = await files.known_files(db, [str(path) for path in batch])
        now = self._clock.now()
        outcomes = await asyncio.to_thread(
            lambda: [self._read(path, known.get(str(path)), now) for path in batch]
        )
        fresh = [o for o in outcomes if isinstance(o, _Loaded)]
        touched = [o for o in outcomes if isinstance(o, _Unchanged)]
        if any(o.stamp for o in touched) or fresh:
            async with self._database.writing() as db:
                for item in touched:
                    if item.stamp:
                        await files.restamp_file(db, item.path, item.stamp)
                await links.regroup(db, [await self._save(db, item, now) for item in fresh])
        report.rejections += [o for o in outcomes if isinstance(o, Rejection)]
        report.unchanged += len(touched)
        report.new += sum(item.known is None for item in fresh)
        report.changed += sum(item.known is not None for item in fresh)

    def _read(
        self, path: Path, known: KnownFile | None, now: datetime
    ) -> _Loaded | _Unchanged | Rejection:
        """One file from disk to a ranked story; runs in a thread."""
        try:
            seen = stamp(path)
            if known and known.stamp == seen:
                return _Unchanged(str(path), "")
            story = parse(read(path), now)
        except StoryFileError as error:
            return Rejection.of(path, error)
        content = _fingerprint(story)
        if known and known.content == content:
            return _Unchanged(str(path), seen)
        return _Loaded(str(path), seen, content, story, rank(story, self._owners), known)

    async def _save(self, db: Connection, item: _Loaded, now: datetime) -> int:
        """Write one story; returns its id."""
        story_id = await stories.save_story(db, item.story, item.ranking, now)
        entry = KnownFile(item.stamp, item.content, story_id)
        await files.save_file(db, item.path, entry, item.story.topics)
        names = await files.topics_of_files(db, story_id)
        unique: dict[str, str] = {}
        for name in names:
            unique.setdefault(slug(name), name)
        await topics.set_topics(db, story_id, [*unique.values()])
        await search.index_story(db, story_id, item.story, [*unique.values()])
        return story_id

    async def rank_anew_if_rules_changed(self) -> None:
        """Rank every story again if the rules or the operator's owners changed since last time."""
        rules = _hash(f"{VERSION} {json.dumps(_owners_as_text(self._owners))}").hex()
        async with self._database.reading() as db:
            if await facts.read_fact(db, _RANKED_BY) == rules:
                return
        async with self._database.writing() as db:
            kept = await stories.stories_as_filed(db)
            for story_id, story in kept:
                await stories.save_ranking(db, story_id, rank(story, self._owners))
            await facts.write_fact(db, _RANKED_BY, rules)
        if kept:
            logger.info("ranked %d stories anew: the rules or the owners changed", len(kept))


def examine(paths: Sequence[Path], now: datetime) -> tuple[int, list[Rejection]]:
    """How many story files there are, and which could not be loaded; nothing is written."""
    found = list(find_story_files(paths))
    rejections = [item for item in found if isinstance(item, Rejection)]
    for path in (item for item in found if isinstance(item, Path)):
        try:
            stamp(path)
            parse(read(path), now)
        except StoryFileError as error:
            rejections.append(Rejection.of(path, error))
    return len(found), rejections


def _batches(paths: Sequence[Path]) -> list[Sequence[Path]]:
    return [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]


def _owners_as_text(owners: Owners) -> list[list[str]]:
    return [sorted(f"{d}={o}" for d, o in owners.by_domain.items()), sorted(owners.aggregators)]


def _fingerprint(story: Story) -> bytes:
    """Equal for files that hold the same story; `secured` and order of keys never matter."""
    return _hash(repr(story))


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
