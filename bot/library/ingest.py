"""Taking story files into the archive: read, rank, write, regroup; a rejection each that cannot."""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from bot.clock import Clock
from bot.errors import MassWithdrawal
from bot.library.identity import stories_told
from bot.library.rekeying import Rekeyed, readdress_sources, readdress_stories
from bot.library.retention import oldest_kept
from bot.origins.files.folders import Rejection, attempt, find_story_files, read, stamp
from bot.origins.files.reading import (
    Asked,
    Loaded,
    Outcome,
    Reader,
    Unchanged,
    is_as_known,
    read_files,
)
from bot.origins.files.storyfile import READING, parse
from bot.store import addresses, facts, files, links, search, stories, story_rows, topics
from bot.store.addresses import Address
from bot.store.database import Connection, Database
from bot.store.files import FileEntry, KnownFile
from bot.store.stories import OutOfReach
from bot.store.story_rows import StoryRows
from bot.stories.owners import Owners
from bot.stories.ranking import VERSION, is_cold, rank
from bot.stories.text import VERSION as WORDS
from bot.stories.text import slug
from bot.stories.urls import VERSION as ADDRESS_VERSION
from bot.stories.urls import Trackers

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told after every chunk: how many are done, of how many."""
Shown = Callable[[str], AbstractContextManager[Progress]]
"""Work of that name, as long as it lasts."""

LARGEST_LOSS: Final = 0.2
"""Share of the stories that a rescan withdraws without being told that this is meant."""
_RANKED_BY, _ADDRESSED_BY, _KEPT, _READ_BY = "ranked_by", "addressed_by", "kept", "read_by"
_RANK_AT_ONCE: Final = 200
_LOOKED_AT_ONCE: Final = 2000
"""Stories ranked anew, and files compared with what is known, between two looks at the rest."""


@dataclass
class IngestReport:
    """What became of the files, and how many stories were withdrawn.

    `without_topics` counts those of the new and changed files that give their story no topic.
    `disagreeing`: the paths of files that tell one story with different headlines, by its id, of
    which one was read; the first, which was written last, is shown.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    disagreeing: dict[int, list[str]] = field(default_factory=dict)
    withdrawn: int = 0
    without_topics: int = 0
    seconds: float = 0.0

    @property
    def read(self) -> int:
        """All files looked at."""
        return self.new + self.changed + self.unchanged + len(self.rejections)


@contextmanager
def logged(what: str) -> Iterator[Progress]:
    """Work whose progress is told in the log."""
    yield lambda done, total: logger.info("%s: %d of %d", what, done, total)


class Ingestion:
    """Loads story files. `clock` bounds their dates; `owners` says who owns whom, `trackers` what
    is no part of an address.

    `seeds` is the folder whose files stand for their stories: one that is gone from it withdraws
    its story, if no other file carries that. New stories older than `keep` are passed over.
    `loading` is held while files load.
    """

    def __init__(
        self,
        database: Database,
        owners: Owners,
        trackers: Trackers,
        clock: Clock,
        seeds: Path,
        keep: timedelta | None = None,
    ) -> None:
        self._database, self._clock, self._seeds = database, clock, seeds
        self.loading = asyncio.Lock()
        self.configure(owners, trackers, keep)

    def configure(self, owners: Owners, trackers: Trackers, keep: timedelta | None) -> None:
        """Rank by these owners, leave these trackers out of addresses and keep so much from now on;
        the next load ranks all anew.
        """
        self._owners, self._trackers, self._keep = owners, trackers, keep

    async def ingest(
        self, paths: Sequence[Path], progress: Progress = lambda done, total: None
    ) -> IngestReport:
        """Load every story file at or below `paths`. Loading one twice changes nothing.

        Each file is loaded whole or named in the report's rejections; what the archive held of
        it before stays. Raises UsageError for a path that does not exist, DatabaseError.
        """
        async with self.loading:
            began = monotonic()
            found = await asyncio.to_thread(lambda: list(find_story_files(paths)))
            report = await self._load(found, progress)
            await self._load_again(found)
            report.seconds = round(monotonic() - began, 3)
            return report

    async def rescan(
        self, progress: Progress = lambda done, total: None, *, withdraw: bool = False
    ) -> IngestReport:
        """Load the seeds folder, and withdraw the stories of files that are gone from it.

        Raises MassWithdrawal, with nothing changed, where more than a fifth of the stories would
        go, as from a folder that is not mounted, unless `withdraw` says that this is meant; else
        as `ingest`.
        """
        async with self.loading:
            began = monotonic()
            found = await asyncio.to_thread(lambda: list(find_story_files([self._seeds])))
            gone = await self._gone(found)
            if gone and not withdraw:
                await self._guard(gone, found)
            report = await self._load(found, progress)
            if gone:
                report.withdrawn = await self._withdraw(gone)
            await self._load_again(found)
            report.seconds = round(monotonic() - began, 3)
            return report

    async def totals(self) -> dict[str, int]:
        """How many `stories`, distinct `articles` and `topics` there are; reads all of them."""
        async with self._database.reading() as db:
            return await stories.count_totals(db)

    async def out_of_reach(self, minimum_heat: int) -> OutOfReach:
        """How many stories no digest takes, for want of a topic or of heat; reads all of them."""
        async with self._database.reading() as db:
            return await stories.count_out_of_reach(db, minimum_heat)

    def _keys(self, paths: Sequence[Path]) -> list[str]:
        """Files' paths as the archive knows them: relative to the seeds folder where below it."""
        root = self._root
        return [str(path).removeprefix(root) for path in paths]

    @property
    def _root(self) -> str:
        return f"{self._seeds.resolve()}/"

    async def _gone(self, found: Sequence[Path | Rejection]) -> set[str]:
        """The keys of known seeds that are not there. What cannot be looked into is not gone."""
        async with self._database.writing() as db:
            await files.adopt_seeds(db, self._root)
            known = await files.seed_paths(db)
        missing = known.difference(self._keys([one for one in found if isinstance(one, Path)]))
        closed = tuple(f"{item.file}/" for item in found if isinstance(item, Rejection))
        root = self._root
        return {key for key in missing if not f"{root}{key}/".startswith(closed)}

    async def _guard(self, gone: Collection[str], found: Sequence[Path | Rejection]) -> None:
        """Raise MassWithdrawal where too many stories would go, and not only have moved."""
        async with self._database.reading() as db:
            lost = await files.lost_stories(db, gone)
            carried = await files.carried_stories(db)
        if len(lost) <= LARGEST_LOSS * carried:
            return
        asked = await self._asked([path for path in found if isinstance(path, Path)])
        reader = Reader(self._owners, self._trackers, self._clock.now())
        fresh = [one for one in asked if one.known is None]
        async with aclosing(read_files(reader, fresh)) as chunks:
            async for outcomes in chunks:
                keys = [item.rows.key for item in outcomes if isinstance(item, Loaded)]
                async with self._database.reading() as db:
                    lost.difference_update((await addresses.stories_known_by(db, keys)).values())
        if len(lost) > LARGEST_LOSS * carried:
            raise MassWithdrawal(self._seeds, len(lost), carried)

    async def _asked(self, paths: Sequence[Path]) -> list[Asked]:
        keys = self._keys(paths)
        async with self._database.reading() as db:
            known = await files.known_files(db, keys)
        return [Asked(k, path, known.get(k)) for k, path in zip(keys, paths, strict=True)]

    async def _load(self, found: Sequence[Path | Rejection], progress: Progress) -> IngestReport:
        report = IngestReport()
        await self.readdress_if_rules_changed()
        await self.rank_anew_if_rules_changed()
        await self._read_pruned_if_more_is_kept()
        await self._read_again_if_read_otherwise()
        report.rejections += [item for item in found if isinstance(item, Rejection)]
        paths = [item for item in found if isinstance(item, Path)]
        written: list[Asked] = []
        for start in range(0, len(paths), _LOOKED_AT_ONCE):
            asked = await self._asked(paths[start : start + _LOOKED_AT_ONCE])
            written += await asyncio.to_thread(_written, asked)
        report.unchanged += len(paths) - len(written)
        async for outcomes in self._read_and_write(written):
            _count(report, outcomes)
            report.disagreeing |= await self._disagreeing(outcomes)
            progress(report.read, len(found))
        return report

    async def _load_again(self, found: Sequence[Path | Rejection]) -> None:
        """Read the files again whose story lost another file, whose values it may have had."""
        async with self._database.reading() as db:
            unread = {*await files.unread_paths(db)}
        if unread:
            paths = [item for item in found if isinstance(item, Path)]
            asked = [one for one in await self._asked(paths) if one.key in unread]
            async for _ in self._read_and_write(asked):
                pass

    async def _read_and_write(
        self, asked: Sequence[Asked]
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        now = self._clock.now()
        reader = Reader(self._owners, self._trackers, now)
        async with aclosing(read_files(reader, asked)) as chunks:
            async for outcomes in chunks:
                await self._write(outcomes, now)
                yield outcomes

    async def _write(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        loaded = [item for item in outcomes if isinstance(item, Loaded)]
        touched = [(item.key, *item.stamp) for item in outcomes if isinstance(item, Unchanged)]
        if loaded or touched:
            async with self._database.writing() as db:
                await files.restamp_files(db, touched)
                await _save(db, loaded, now, await oldest_kept(db, self._keep, now))

    async def _disagreeing(self, outcomes: Sequence[Outcome]) -> dict[int, list[str]]:
        """Files read again as they were count too: other trackers may have joined them."""
        read = [item.key for item in outcomes if not isinstance(item, Rejection)]
        async with self._database.reading() as db:
            return await files.disagreeing(db, read)

    async def _withdraw(self, gone: Collection[str]) -> int:
        """Forget files; returns how many stories went with them."""
        async with self._database.writing() as db:
            lost = await files.lost_stories(db, gone)
            await _settle(db, await files.remove_files(db, gone), {})
        return len(lost)

    async def _read_pruned_if_more_is_kept(self) -> None:
        kept = str(self._keep)
        async with self._database.reading() as db:
            if await facts.read_fact(db, _KEPT) == kept:
                return
        async with self._database.writing() as db:
            await files.read_pruned_again(db)
            await facts.write_fact(db, _KEPT, kept)

    async def _read_again_if_read_otherwise(self) -> None:
        """Let all files be read again if this version makes other values of them."""
        async with self._database.reading() as db:
            if await facts.read_fact(db, _READ_BY) == str(READING):
                return
        async with self._database.writing() as db:
            await files.read_all_again(db)
            await facts.write_fact(db, _READ_BY, str(READING))

    async def readdress_if_version_changed(self, shown: Shown = logged) -> None:
        """Make the addresses of a database anew that another version made, or none."""
        async with self._database.reading() as db:
            former = await facts.read_fact(db, _ADDRESSED_BY)
        if former is None or not former.startswith(f"{ADDRESS_VERSION} "):
            await self.readdress_if_rules_changed(shown)

    async def readdress_if_rules_changed(self, shown: Shown = logged) -> None:
        """Make all links and keys anew if the rules or the operator's trackers changed since last
        time, and one story of those that are one by them. May be broken off and begun again.
        """
        rules = f"{ADDRESS_VERSION} {_hash(f'{self._trackers.rules}').hex()}"
        async with self._database.reading() as db:
            former = await facts.read_fact(db, _ADDRESSED_BY)
            if former == rules:
                return
            ids = await stories.all_story_ids(db)
        with (shown if ids else logged)("stories' addresses made anew") as tell:
            for start in range(0, len(ids), _LOOKED_AT_ONCE):
                await self._readdress_sources(ids[start : start + _LOOKED_AT_ONCE])
                tell(min(start + _LOOKED_AT_ONCE, len(ids)), len(ids))
            found = await self._merge(first=former is None)
            async with self._database.reading() as db:
                repeating = await addresses.stories_with_repeats(db)
            for start in range(0, len(repeating), _RANK_AT_ONCE):
                await self._rank_anew(repeating[start : start + _RANK_AT_ONCE])
            async with self._database.writing() as db:
                await files.readdress_all(db)
                await facts.write_fact(db, _ADDRESSED_BY, rules)
        if ids:
            text = "made all addresses anew; stories that took others in: %d, withdrawn: %d"
            logger.info(text, len(found.merged), len(found.refused))

    async def _readdress_sources(self, ids: Sequence[int]) -> None:
        async with self._database.writing() as db:
            changed = sorted(await readdress_sources(db, ids, self._trackers))
            await self._rank(db, changed)

    async def _merge(self, *, first: bool) -> Rekeyed:
        """Nothing is planned in between."""
        async with self._database.writing() as db:
            found = await readdress_stories(db, self._trackers, by_headline=first)
            await _settle(db, {}, {}, {*found.merged, *found.refused})
            await links.regroup(db, {*found.linked, *found.refused})
        return found

    async def rank_anew_if_rules_changed(self) -> None:
        """Rank and index every story again if the rules, what a word is or the operator's owners
        changed since last time.
        """
        rules = _hash(f"{VERSION} {WORDS} {json.dumps(_owners_as_text(self._owners))}").hex()
        async with self._database.reading() as db:
            if await facts.read_fact(db, _RANKED_BY) == rules:
                return
            ids = await stories.all_story_ids(db)
        if ids:
            logger.info("stories ranked anew, since the rules or the owners changed: %d", len(ids))
        async with self._database.writing() as db:
            await topics.respell_topics(db)
            await search.forget_words(db)
        for start in range(0, len(ids), _RANK_AT_ONCE):
            await self._rank_anew(ids[start : start + _RANK_AT_ONCE])
        async with self._database.writing() as db:
            await facts.write_fact(db, _RANKED_BY, rules)
        if ids:
            logger.info("ranked %d stories anew", len(ids))

    async def _rank_anew(self, ids: Sequence[int]) -> None:
        async with self._database.writing() as db:
            await self._rank(db, ids)

    async def _rank(self, db: Connection, ids: Sequence[int]) -> None:
        kept = await stories.stories_as_filed(db, ids)
        owners = self._owners
        found = await asyncio.to_thread(
            lambda: {
                story_id: (rank(story, owners), search.text_of(story))
                for story_id, story in kept.items()
            }
        )
        await story_rows.save_rankings(db, {id_: ranking for id_, (ranking, _) in found.items()})
        await search.unindex_stories(db, ids)
        names = _distinct(await files.topics_of_stories(db, ids))
        await search.index_stories(db, {id_: text for id_, (_, text) in found.items()}, names)
        other = await topics.with_other_topics(db, names)
        if other:
            await topics.set_topics(db, other)
            await links.regroup(db, other)


async def _save(
    db: Connection, loaded: Sequence[Loaded], now: datetime, oldest: datetime | None
) -> None:
    """Write stories, of which several files may carry one: the file written last has its values.

    New ones published before `oldest` are not written.
    """
    aged = sorted(loaded, key=_age)
    ids = await stories_told(db, aged, oldest)
    kept = [item for item in aged if item.rows.key in ids]
    best = {ids[item.rows.key]: item for item in kept}
    others = await files.carriers(db, best)
    here = {item.key for item in loaded}
    saved = {
        story_id: item.rows
        for story_id, item in best.items()
        if all(other < _age(item) for other in others.get(story_id, ()) if other[1] not in here)
    }
    await story_rows.save_stories(db, saved, now)
    await addresses.save_addresses(db, [_address(item, ids) for item in kept])
    await files.save_files(db, [_entry(item, ids) for item in loaded])
    await _settle(db, _left(loaded, ids), saved, best)


def _left(loaded: Sequence[Loaded], ids: Mapping[str, int]) -> dict[int, bytes]:
    """The stories that these files carried before and do not now, each with the content lost."""
    return {
        item.known.story_id: item.known.content
        for item in loaded
        if item.known and item.known.story_id not in (None, ids.get(item.rows.key))
    }


def _age(item: Loaded) -> tuple[int, str]:
    return item.stamp.modified, item.key


def _address(item: Loaded, ids: Mapping[str, int]) -> Address:
    return Address(item.rows.key, item.rows.url, ids[item.rows.key])


def _entry(item: Loaded, ids: Mapping[str, int]) -> FileEntry:
    known = KnownFile(*item.stamp, item.content, ids.get(item.rows.key))
    return FileEntry(item.key, known, item.topics, item.rows.headline)


async def _settle(
    db: Connection,
    left: Mapping[int, bytes],
    saved: Mapping[int, StoryRows],
    carried: Collection[int] = (),
) -> None:
    """Bring in line what follows from files: stories `left` by one (with the content
    lost), and those that are `carried` by one, of which some were `saved`.
    """
    touched = {*left, *carried}
    await story_rows.mark_withdrawn(db, touched)
    await files.read_again(db, left)
    names = _distinct(await files.topics_of_stories(db, touched))
    await topics.set_topics(db, names)
    await search.index_stories(db, {id_: rows.text for id_, rows in saved.items()}, names)
    await search.retitle_topics(db, {id_: names[id_] for id_ in touched if id_ not in saved})
    await links.regroup(db, touched)


def _distinct(names: Mapping[int, Sequence[str]]) -> dict[int, list[str]]:
    """Each topic once, by its slug, in the first spelling."""
    found: dict[int, list[str]] = {}
    for story_id, spelled in names.items():
        unique: dict[str, str] = {}
        for name in spelled:
            unique.setdefault(slug(name), name)
        found[story_id] = [*unique.values()]
    return found


def _written(asked: Sequence[Asked]) -> list[Asked]:
    """Those of the files that are new or were written since they were read."""
    return [one for one in asked if not is_as_known(one)]


def _count(report: IngestReport, outcomes: Sequence[Outcome]) -> None:
    loaded = [item for item in outcomes if isinstance(item, Loaded)]
    report.new += sum(item.known is None for item in loaded)
    report.changed += sum(item.known is not None for item in loaded)
    report.without_topics += sum(not item.topics for item in loaded)
    report.unchanged += sum(isinstance(item, Unchanged) for item in outcomes)
    report.rejections += [item for item in outcomes if isinstance(item, Rejection)]


@dataclass
class Examination:
    """What files would become: how many are `read`, which are rejected, and how many of the others
    have no topic, or are `cold`: below the minimum heat.
    """

    read: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    without_topics: int = 0
    cold: int = 0


def examine(paths: Sequence[Path], reader: Reader, minimum_heat: int) -> Examination:
    """What could be loaded of story files, and what it would be worth; nothing is written."""
    found = list(find_story_files(paths))
    result = Examination(len(found), [item for item in found if isinstance(item, Rejection)])
    for path in (item for item in found if isinstance(item, Path)):
        worth = attempt(path, partial(_examine, path, reader, minimum_heat))
        if isinstance(worth, Rejection):
            result.rejections.append(worth)
        else:
            result.without_topics += not worth.topics
            result.cold += worth.topics and worth.cold
    return result


class _Worth(NamedTuple):
    topics: bool
    cold: bool


def _examine(path: Path, reader: Reader, minimum_heat: int) -> _Worth:
    stamp(path)
    story = parse(read(path), reader.now, reader.trackers)
    return _Worth(bool(story.topics), is_cold(story, reader.owners, minimum_heat))


def _owners_as_text(owners: Owners) -> list[list[str]]:
    return [sorted(f"{d}={o}" for d, o in owners.by_domain.items()), sorted(owners.aggregators)]


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
