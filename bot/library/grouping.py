"""Groups stories into events: new ones as they come, and those of an archive from before events."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.library.leading import lead
from bot.library.members import member_of, owner_of
from bot.store import events, pins
from bot.store.database import Connection, Database
from bot.store.events import EventIds, StoryText
from bot.stories.comparison import Compared
from bot.stories.events import REACH, Edge, Window
from bot.stories.pins import Pinned, joined_with
from bot.stories.ranking import Rules
from bot.stories.settling import Grouped, Settled, connected, settle

Progress = Callable[[int, int], None]
"""Called after every chunk: how many are done, of how many."""
AT_ONCE: Final = 2000
"""How many stories are grouped in one transaction."""
BROKEN_OFF: Final = timedelta(minutes=10)
"""A story that came earlier and is not grouped was left by an ingest that was broken off."""
LONGEST_RUN: Final = 14 * 24 * 3600
"""How many seconds of stories are settled together at most, so that memory stays flat."""


class _Known(NamedTuple):
    """The event of each story around new ones, and of those of their events and those pinned to
    them that are further away, by the story's id; the events among them that were posted.
    """

    event_of: Mapping[int, int]
    posted: Collection[int]
    pins: Sequence[Pinned]


class _Part(NamedTuple):
    """The stories that the grouping of new ones may depend on, by id, and the edges among them."""

    story_ids: Collection[int]
    edges: Sequence[Edge]


class _Outcome(NamedTuple):
    """What settling found, and the posted events that it looked at."""

    settled: Settled
    posted: Collection[int]


class Grouping:
    """Finds the events of stories. The last ones are kept in memory, ready to be compared."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules: Rules | None = None
        self._window: Window
        self._revision: str | None = ""  # that of the events when it held what they were

    async def group(self, db: Connection, rules: Rules, story_ids: Collection[int]) -> None:
        """Group those of the stories that are not grouped yet, in this transaction."""
        for run in _runs(await events.ungrouped_among(db, story_ids)):
            await self._group_run(db, rules, run)

    async def group_all(
        self,
        rules: Rules,
        story_ids: Collection[int],
        progress: Progress = lambda done, total: None,
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Group those of the stories that are not grouped yet, in order of publication, in several
        transactions. What `until` leaves, when it is true after some, or an end of the process, are
        among those `left` later.
        """
        async with self._database.reading() as db:
            ids = await events.ungrouped_in_order(db, story_ids)
        for start in range(0, len(ids), AT_ONCE):
            async with self._database.writing() as db:
                await self.group(db, rules, ids[start : start + AT_ONCE])
            progress(min(start + AT_ONCE, len(ids)), len(ids))
            if until():
                break

    async def left(self, before: datetime | None, since: datetime | None = None) -> list[int]:
        """The ids of stories that are not grouped: those from before there were events, and those
        that came `before` a moment or, without one, whenever. With `since` only those published
        from then on.
        """
        async with self._database.reading() as db:
            return await events.left_ungrouped(db, since, before)

    async def _group_run(self, db: Connection, rules: Rules, new: Sequence[StoryText]) -> None:
        if rules is not self._rules:
            self._rules, self._window = rules, Window(rules.frequencies)
        ids = {one.story_id for one in new}
        await events.forget_edges(db, ids)
        known = await _around(db, new)
        await self._hold(db, rules, known.event_of)
        given = await EventIds.begin(db)
        edges = await asyncio.to_thread(self._compared, rules, new, known.posted)
        part = await _part(db, known, new, edges)
        old = await events.texts_of(db, ids.symmetric_difference(part.story_ids))
        outcome = await asyncio.to_thread(_settled, rules, new, old, known, part, given)
        await given.keep(db)
        await events.add_edges(db, edges)
        await _write(db, rules, new, known, given, outcome)
        self._revision = await events.revision(db)

    async def _hold(self, db: Connection, rules: Rules, story_ids: Collection[int]) -> None:
        """Let the window hold these stories and no others. Their texts are read again if one of
        them may have changed.
        """
        await asyncio.to_thread(self._window.keep, story_ids)
        is_same = self._revision == await events.revision(db)
        self._revision = ""
        wanted = [one for one in story_ids if not (is_same and self._window.held(one))]
        for start in range(0, len(wanted), AT_ONCE):
            texts = await events.texts_of(db, wanted[start : start + AT_ONCE])
            await asyncio.to_thread(self._update, rules, texts)

    def _update(self, rules: Rules, stories: Sequence[StoryText]) -> None:
        """Hold these stories as they are now; those that are held so are not prepared again."""
        changed = [one for one in stories if not _is_as(self._window.held(one.story_id), one)]
        self._window.drop(one.story_id for one in changed)
        self._window.hold(member_of(one, rules) for one in changed)

    def _compared(
        self, rules: Rules, new: Sequence[StoryText], posted: Collection[int]
    ) -> Sequence[Edge]:
        """The edges of new stories, but for those that stay where a channel saw them."""
        self._update(rules, [one for one in new if one.event_id in posted])
        fresh = [one for one in new if one.event_id not in posted]
        return self._window.compare(member_of(one, rules) for one in fresh)


def _is_as(held: Compared | None, story: StoryText) -> bool:
    return held is not None and held.is_of(
        story.key, story.published_at, story.domain, story.title, story.excerpt
    )


async def _around(db: Connection, new: Sequence[StoryText]) -> _Known:
    first, last = _reach(new)
    event_of = await events.events_between(db, first, last)
    event_of |= await events.members_outside(db, first, last, {*event_of.values()})
    pinned = await pins.all_pins(db)
    await _add_pinned(db, event_of, {one.story_id for one in new}, pinned)
    known = {*event_of.values()}.union(one.event_id for one in new)
    return _Known(event_of, await events.posted_among(db, known), pinned)


async def _add_pinned(
    db: Connection, event_of: dict[int, int], new: Collection[int], pinned: Sequence[Pinned]
) -> None:
    """Add the events of stories that are pinned to known and new ones."""
    joined = {*event_of, *new}
    while further := joined_with(pinned, joined) - joined:
        found = await events.members_among(db, await events.events_of(db, further))
        event_of |= {story_id: event for story_id, event in found.items() if story_id not in new}
        joined |= further.union(event_of)


def _reach(new: Sequence[StoryText]) -> tuple[int, int]:
    """The times between which stories may be grouped with new ones."""
    return new[0].published_at - REACH, new[-1].published_at + REACH


async def _part(
    db: Connection, known: _Known, new: Sequence[StoryText], fresh: Sequence[Edge]
) -> _Part:
    """What the grouping of new stories with `fresh` edges may depend on."""
    event_of = _event_of(known, new)
    ids = {one.story_id for one in new}
    looked = ids.union(*(edge[:2] for edge in fresh))
    while True:
        found = [*await events.edges_connected(db, looked, *_reach(new)), *fresh]
        edges = [edge for edge in found if edge[0] in event_of and edge[1] in event_of]
        part = await asyncio.to_thread(connected, event_of, edges, known.pins, ids)
        part = part.intersection(event_of)
        further = part.difference(looked, *(edge[:2] for edge in edges))
        if not further:
            return _Part(part, edges)
        looked |= further


def _event_of(known: _Known, new: Sequence[StoryText]) -> dict[int, int]:
    """The event that each of these stories has so far, by the story's id; 0 = none."""
    return {**known.event_of, **{one.story_id: one.event_id for one in new}}


def _settled(
    rules: Rules,
    new: Sequence[StoryText],
    old: Sequence[StoryText],
    known: _Known,
    part: _Part,
    given: EventIds,
) -> _Outcome:
    """What becomes of the part, new stories and old ones; touches no row."""
    first, last = _reach(new)
    anew = {one.story_id for one in new if one.event_id not in known.posted}
    inside = [*old, *new]
    posted = {one.event_id for one in inside if one.story_id not in anew}.intersection(known.posted)

    def grouped(one: StoryText) -> Grouped:
        """It as settling sees it; in posted events and outside of the times none moves."""
        event = 0 if one.story_id in anew else one.event_id
        bound = event in posted or not first <= one.published_at <= last
        return Grouped(one.story_id, one.key, one.published_at, owner_of(one, rules), event, bound)

    found = settle([*map(grouped, inside)], part.edges, posted, iter(given), known.pins)
    return _Outcome(found, posted)


async def _write(
    db: Connection,
    rules: Rules,
    new: Sequence[StoryText],
    known: _Known,
    given: EventIds,
    found: _Outcome,
) -> None:
    former = _event_of(known, new)
    fresh = {one.story_id for one in new}
    changed = {
        id_: event
        for id_, event in found.settled.events.items()
        if id_ in fresh or event != former[id_]
    }
    names = await _former_ids(db, changed, former, known.posted, given)
    changed = {id_: names.get(event, event) for id_, event in changed.items()}
    await events.set_events(db, changed)
    touched = {*changed.values(), *(former[id_] for id_ in changed)} - {0}
    again = {id_ for id_ in changed if former[id_]}
    await lead(db, touched, rules, anew=again)
    before = found.settled.former
    await events.set_former(db, {names.get(a, a): names.get(b, b) for a, b in before.items()})
    await events.set_same(db, found.posted, found.settled.same)


async def _former_ids(
    db: Connection,
    changed: Mapping[int, int],
    former: Mapping[int, int],
    posted: Collection[int],
    given: EventIds,
) -> dict[int, int]:
    """New events that take the id of a former one whose stories have all gone into them."""
    left = {former[id_] for id_ in changed} - {0, *posted}
    found = await events.members_among(db, left)
    left -= {event for story_id, event in found.items() if story_id not in changed}
    left -= {*changed.values()}
    names: dict[int, int] = {}
    for story_id, event in changed.items():
        before = former[story_id]
        if before in left and given.given(event):
            names[event] = min(before, names.get(event, before))
    return _one_each(names)


def _one_each(names: Mapping[int, int]) -> dict[int, int]:
    """Without the events whose name another one takes: an id names one event."""
    takers = {before: event for event, before in sorted(names.items(), reverse=True)}
    return {event: before for before, event in takers.items()}


def _runs(new: Sequence[StoryText]) -> Iterator[Sequence[StoryText]]:
    """The stories, in order of time, in runs: parted where there is nothing to compare across, and
    where a run would be too long.
    """
    begin = 0
    for place, one in enumerate(new):
        apart = one.published_at - new[place - 1].published_at > 2 * REACH if place else False
        if apart or one.published_at - new[begin].published_at > LONGEST_RUN:
            yield new[begin:place]
            begin = place
    if new:
        yield new[begin:]
