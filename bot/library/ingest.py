"""Loads the items of origins into the archive: lists, reads, writes and withdraws them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, NamedTuple

from bot import garbage
from bot.clock import Clock
from bot.errors import MassWithdrawal
from bot.library import snapshot
from bot.library.grouping import BROKEN_OFF, Grouping, Progress
from bot.library.report import IngestReport
from bot.library.retention import oldest_kept
from bot.library.rule_changes import RuleChanges
from bot.library.saving import follow_items, save
from bot.origins.origin import Claim, Listing, Origin
from bot.origins.outcomes import Asked, Loaded, Outcome, Reader, Rejection, Unchanged
from bot.store import addresses, boilerplate, facts, frequencies, items, origins, stories
from bot.store.database import Database
from bot.store.stories import OutOfReach
from bot.stories.frequencies import Frequencies
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers

LARGEST_LOSS: Final = 0.2
"""The largest share of the stories that a rescan withdraws unless it is told that this is meant."""
SMALL: Final = 100
"""Up to this many new items are grouped in the transaction that writes their stories."""
_FEW_STORIES: Final = 2000
"""Of so many stories it takes 10 ms to find which excerpts several have."""
_KEPT: Final = "kept"
_LOOKED_AT_ONCE: Final = 2000
"""How many items are compared with the known ones at a time."""


class _Looked(NamedTuple):
    """An origin, the id of its row, its listing, and the keys of items that are gone from it."""

    origin: Origin
    origin_id: int
    listing: Listing
    gone: set[str]


class Ingestion:
    """Loads the items of origins. `clock` bounds stories' dates; `rules` are those of
    ranking; `trackers` says which parameters are not part of an address.

    `watched` are the origins that a rescan reads. New stories older than `keep` are skipped.
    `loading` is held while items load.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        trackers: Trackers,
        clock: Clock,
        watched: Sequence[Origin],
        keep: timedelta | None = None,
    ) -> None:
        self._database, self._clock, self._watched = database, clock, watched
        self._keep = keep
        self.grouping = Grouping(database)
        self.rules = RuleChanges(database, rules, trackers)
        self.loading = asyncio.Lock()

    def configure(self, trackers: Trackers, keep: timedelta | None) -> None:
        """Use these trackers and this time to keep stories from now on."""
        self.rules.trackers, self._keep = trackers, keep

    async def rescan(
        self, progress: Progress = lambda done, total: None, *, withdraw: bool = False
    ) -> IngestReport:
        """Load the watched origins, and withdraw stories of items that are gone; as `ingest`."""
        return await self.ingest(self._watched, progress, withdraw=withdraw)

    async def ingest(
        self,
        given: Sequence[Origin],
        progress: Progress = lambda done, total: None,
        *,
        withdraw: bool = False,
        until: Callable[[], bool] = lambda: False,
    ) -> IngestReport:
        """Load every item of these origins, unless `until` is true after some. Loading an item
        twice changes nothing.

        Each item is loaded whole or named in the report's rejections; what the archive already has
        of a rejected item stays. Raises MassWithdrawal and changes nothing if more than a fifth of
        the stories would be withdrawn, as with a folder that is not mounted, unless `withdraw` says
        that this is meant; UsageError if an origin does not exist; DatabaseError.
        """
        async with self.loading:
            began = monotonic()
            report, written, more = IngestReport(), set[int](), True
            while more:
                more = await self._load(given, report, written, progress, withdraw=withdraw)
                more = more and not until()
            await self._group(written)
            report.seconds = round(monotonic() - began, 3)
            return report

    async def group_left(
        self,
        since: datetime | None = None,
        progress: Progress = lambda done, total: None,
        until: Callable[[], bool] = lambda: False,
        broken_off: timedelta | None = BROKEN_OFF,
    ) -> None:
        """Group stories from before there were events, or left by an ingest that was `broken_off`
        at least so long ago; None = however lately.

        `since` leaves older ones for another time, and so does `until` when it is true after some.
        """
        before = None if broken_off is None else self._clock.now() - broken_off
        left = await self.grouping.left(before, since)
        if left:
            await self._count_words_first(left)
            await self.grouping.group_all(self.rules.ranking, left, progress, until)

    async def totals(self) -> dict[str, int]:
        """How many `stories`, distinct `articles` and `topics` there are; reads all of them."""
        async with self._database.reading() as db:
            return await stories.count_totals(db)

    async def out_of_reach(self, minimum_heat: int) -> OutOfReach:
        """How many stories no digest takes, for lack of a topic or of heat; reads all of them."""
        async with self._database.reading() as db:
            return await stories.count_out_of_reach(db, minimum_heat)

    async def _look(self, origin: Origin) -> _Looked:
        listing = await origin.look()
        async with self._database.reading() as db:
            origin_id = await origins.known_id(db, origin.kind, origin.key)
        if origin_id is None or listing.claims:
            origin_id = await self._begin(origin, listing.claims)
        async with self._database.reading() as db:
            known = await items.known_keys(db, origin_id) if listing.whole else set()
        return _Looked(origin, origin_id, listing, listing.gone(known))

    async def _begin(self, origin: Origin, claims: Claim | None) -> int:
        """Store an origin if it is new, and give it the items that it claims; returns its id."""
        async with self._database.writing() as db:
            origin_id = await origins.origin_id(db, origin.kind, origin.key)
            if claims:
                former = await origins.origin_id(db, claims.kind, "")
                await items.adopt_items(db, former, claims.prefix, origin_id)
        return origin_id

    async def _guard(self, looked: _Looked) -> None:
        """Raise MassWithdrawal if too many stories would be withdrawn, and have not only moved."""
        if not looked.gone:
            return
        async with self._database.reading() as db:
            lost = await items.lost_stories(db, looked.origin_id, looked.gone)
            carried = await items.carried_stories(db)
        if len(lost) > LARGEST_LOSS * carried:
            lost -= await self._moved(looked)
        if len(lost) > LARGEST_LOSS * carried:
            raise MassWithdrawal(looked.origin.name, len(lost), carried)

    async def _moved(self, looked: _Looked) -> set[int]:
        """The known stories that new items of an origin tell."""
        found: set[int] = set()
        asked = await self._asked(looked, looked.listing.keys)
        fresh = [one for one in asked if one.known is None]
        async with aclosing(looked.listing.read(fresh, self._reader())) as chunks:
            async for outcomes in chunks:
                keys = [item.rows.key for item in outcomes if isinstance(item, Loaded)]
                async with self._database.reading() as db:
                    found.update((await addresses.stories_known_by(db, keys)).values())
        return found

    async def _asked(self, looked: _Looked, keys: Sequence[str]) -> list[Asked]:
        async with self._database.reading() as db:
            known = await items.known_items(db, looked.origin_id, keys)
        return [Asked(key, known.get(key)) for key in keys]

    def _reader(self) -> Reader:
        return Reader(self.rules.ranking, self.rules.trackers, self._clock.now())

    async def _load(
        self,
        given: Sequence[Origin],
        report: IngestReport,
        written: set[int],
        progress: Progress,
        *,
        withdraw: bool,
    ) -> bool:
        """Load what the origins list; the ids of its stories are added to `written`, to be grouped.
        Returns whether there is more.
        """
        looked = [await self._look(origin) for origin in given]
        if not withdraw:
            for one in looked:
                await self._guard(one)
        await self._use_latest_counts()
        await self.rules.readdress_if_changed()
        await self.rules.rerank_if_changed()
        await self._read_pruned_if_more_is_kept()
        report.rejections += [item for one in looked for item in one.listing.rejections]
        total = report.read + sum(len(one.listing.keys) for one in looked)
        for one in looked:
            await self._read_again_if_read_otherwise(one)
            changed = await self._changed(one, report)
            at_once = len(changed) <= SMALL and len(looked) == 1 and not written
            async for outcomes in self._read_and_write(one, changed, written, at_once=at_once):
                report.count(outcomes)
                report.count_shared(await self._shared(one, outcomes))
                progress(report.read, total)
            report.withdrawn += await self._withdraw(one, written)
        for one in looked:
            await self._load_again(one, written)
        return any(one.listing.more for one in looked)

    async def _group(self, written: Collection[int]) -> None:
        if len(written) > SMALL:
            # Grouping takes the most memory: what reading so many took is given back before.
            await asyncio.to_thread(garbage.give_back)
            await self._count_words_first(written)
        await self.grouping.group_all(self.rules.ranking, written)
        await self._find_boilerplate(written)

    async def _count_words_first(self, written: Collection[int]) -> None:
        """If the counts know few words of new stories in an archive of many, count the archive's
        before the stories are compared: in another language everything would look alike.
        """
        async with self._database.reading() as db:
            if await frequencies.count_stories(db) <= SMALL:
                return
            known = await snapshot.known_share(db, written, self.rules.ranking.frequencies)
        if known < snapshot.LEAST_KNOWN:
            now = self._clock.now()
            self._use(await snapshot.take(self._database, now))
            await snapshot.rank_latest(self._database, self.rules.ranking, now)

    async def _use_latest_counts(self) -> None:
        """Use the counts of words that another process may have taken meanwhile."""
        async with self._database.reading() as db:
            last = await frequencies.last_snapshot(db)
            if last.version != self.rules.ranking.frequencies.version:
                self._use(await snapshot.current_frequencies(db))

    def _use(self, counts: Frequencies) -> None:
        self.rules.ranking = replace(self.rules.ranking, frequencies=counts)

    async def _find_boilerplate(self, written: Collection[int]) -> None:
        """After few new stories in a large archive this waits for the weekly count of words."""
        if not written:
            return
        async with self._database.writing() as db:
            if len(written) > SMALL or await frequencies.count_stories(db) <= _FEW_STORIES:
                await boilerplate.find_again(db, self.rules.ranking.junk.boilerplate)

    async def _changed(self, looked: _Looked, report: IngestReport) -> list[Asked]:
        """The items that are new or were written to since they were read; others are counted."""
        changed: list[Asked] = []
        keys = looked.listing.keys
        for start in range(0, len(keys), _LOOKED_AT_ONCE):
            asked = await self._asked(looked, keys[start : start + _LOOKED_AT_ONCE])
            changed += await looked.listing.changed(asked)
        report.unchanged += len(keys) - len(changed)
        return changed

    async def _load_again(self, looked: _Looked, written: set[int]) -> None:
        """Read items again whose story lost another item: it may have had that item's values."""
        async with self._database.reading() as db:
            unread = await items.unread_keys(db, looked.origin_id)
        if unread:
            listed = [key for key in looked.listing.keys if key in unread]
            asked = await self._asked(looked, listed)
            async for _ in self._read_and_write(looked, asked, written, at_once=False):
                pass

    async def _read_and_write(
        self, looked: _Looked, asked: Sequence[Asked], written: set[int], *, at_once: bool
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        """Read items and write their stories, whose ids are added to `written`. `at_once`: they are
        grouped in the transaction that writes them.
        """
        reader = self._reader()
        async with aclosing(looked.listing.read(asked, reader)) as chunks:
            async for outcomes in chunks:
                written |= await self._write(looked.origin_id, outcomes, reader, at_once=at_once)
                yield outcomes

    async def _write(
        self, origin_id: int, outcomes: Sequence[Outcome], reader: Reader, *, at_once: bool
    ) -> set[int]:
        loaded = [item for item in outcomes if isinstance(item, Loaded)]
        touched = [(item.key, *item.stamp) for item in outcomes if isinstance(item, Unchanged)]
        if not loaded and not touched:
            return set()
        async with self._database.writing() as db:
            await items.restamp_items(db, origin_id, touched)
            oldest = await oldest_kept(db, self._keep, reader.now)
            written = await save(db, origin_id, loaded, reader.now, oldest, reader.rules)
            if at_once:
                await self.grouping.group(db, reader.rules, written)
        return written

    async def _shared(
        self, looked: _Looked, outcomes: Sequence[Outcome]
    ) -> dict[int, list[items.Shared]]:
        """The stories that several files tell, without files that are gone. Unchanged items that
        were read again count too: other trackers may have joined them.
        """
        read = [item.key for item in outcomes if not isinstance(item, Rejection)]
        async with self._database.reading() as db:
            found = await items.shared(db, looked.origin_id, read)
        there = {
            story_id: [one for one in files if one.key not in looked.gone]
            for story_id, files in found.items()
        }
        return {story_id: files for story_id, files in there.items() if len(files) > 1}

    async def _withdraw(self, looked: _Looked, written: set[int]) -> int:
        """Forget items that are gone; returns how many stories were withdrawn with them."""
        if not looked.gone:
            return 0
        async with self._database.writing() as db:
            lost = await items.lost_stories(db, looked.origin_id, looked.gone)
            left = await items.remove_items(db, looked.origin_id, looked.gone)
            written |= await follow_items(db, self.rules.ranking, left, {})
        return len(lost)

    async def _read_pruned_if_more_is_kept(self) -> None:
        kept = str(self._keep)
        async with self._database.reading() as db:
            if await facts.read_fact(db, _KEPT) == kept:
                return
        async with self._database.writing() as db:
            await items.read_pruned_again(db)
            await facts.write_fact(db, _KEPT, kept)

    async def _read_again_if_read_otherwise(self, looked: _Looked) -> None:
        """Have all items read again if this version reads other values from them."""
        version = looked.origin.version
        async with self._database.reading() as db:
            if await origins.read_by(db, looked.origin_id) == version:
                return
        async with self._database.writing() as db:
            await origins.read_all_again(db, looked.origin_id, version)
