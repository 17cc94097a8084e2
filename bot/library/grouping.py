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
    """Stories around new ones, with those of their events and those pinned to them that are further
    away; the events among them that were posted.
    """

    stories: Sequence[StoryText]
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
        self._texts: dict[int, int] = {}  # the hash of the text that it holds of each story

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
            self._rules, self._texts, self._window = rules, {}, Window(rules.frequencies)
        ids = {one.story_id for one in new}
        await events.forget_edges(db, ids)
        known = await _around(db, new)
        given = await EventIds.begin(db)
        edges = await asyncio.to_thread(self._compared, rules, new, known)
        part = await _part(db, known, new, edges)
        outcome = await asyncio.to_thread(_settled, rules, new, known, part, given)
        await given.keep(db)
        await events.add_edges(db, edges)
        await _write(db, rules, new, known, given, outcome)

    def _compared(self, rules: Rules, new: Sequence[StoryText], known: _Known) -> Sequence[Edge]:
        """The edges of new stories, but for those that stay where a channel saw them."""
        kept = [one for one in new if one.event_id in known.posted]
        self._hold(rules, [*known.stories, *kept])
        fresh = [one for one in new if one.event_id not in known.posted]
        self._texts |= {one.story_id: _hash(one) for one in fresh}
        return self._window.compare(member_of(one, rules) for one in fresh)

    def _hold(self, rules: Rules, stories: Sequence[StoryText]) -> None:
        """Let the window hold these stories and no others. Those that it holds as they are by now
        are not prepared again.
        """
        texts = {one.story_id: _hash(one) for one in stories}
        same = {id_ for id_, text in texts.items() if self._texts.get(id_) == text}
        self._window.keep(same)
        new = [one for one in stories if one.story_id not in self._window]
        self._window.hold(member_of(one, rules) for one in new)
        self._texts = texts


def _hash(story: StoryText) -> int:
    return hash(story._replace(event_id=0))


async def _around(db: Connection, new: Sequence[StoryText]) -> _Known:
    first, last = _reach(new)
    near = await events.grouped_between(db, first, last)
    far = await events.grouped_outside(db, first, last, {one.event_id for one in near})
    stories = {one.story_id: one for one in (*near, *far)}
    pinned = await pins.all_pins(db)
    await _add_pinned(db, stories, {one.story_id for one in new}, pinned)
    posted = await events.posted_among(db, {one.event_id for one in (*stories.values(), *new)})
    return _Known([*stories.values()], posted, pinned)


async def _add_pinned(
    db: Connection, stories: dict[int, StoryText], new: Collection[int], pinned: Sequence[Pinned]
) -> None:
    """Add the events of stories that are pinned to known and new ones."""
    joined = {*stories, *new}
    while further := joined_with(pinned, joined) - joined:
        found = await events.grouped_in(db, await events.events_of(db, further))
        stories |= {one.story_id: one for one in found if one.story_id not in new}
        joined |= further.union(stories)


def _reach(new: Sequence[StoryText]) -> tuple[int, int]:
    """The times between which stories may be grouped with new ones."""
    return new[0].published_at - REACH, new[-1].published_at + REACH


async def _part(
    db: Connection, known: _Known, new: Sequence[StoryText], fresh: Sequence[Edge]
) -> _Part:
    """What the grouping of new stories with `fresh` edges may depend on."""
    events_of = [(one.story_id, one.event_id) for one in (*known.stories, *new)]
    there = {story_id for story_id, _ in events_of}
    ids = {one.story_id for one in new}
    looked = ids.union(*(edge[:2] for edge in fresh))
    while True:
        found = [*await events.edges_connected(db, looked, *_reach(new)), *fresh]
        edges = [edge for edge in found if there.issuperset(edge[:2])]
        part = await asyncio.to_thread(connected, events_of, edges, known.pins, ids)
        further = part.intersection(there).difference(looked, *(edge[:2] for edge in edges))
        if not further:
            return _Part(part, edges)
        looked |= further


def _settled(
    rules: Rules, new: Sequence[StoryText], known: _Known, part: _Part, given: EventIds
) -> _Outcome:
    """What becomes of the part; touches no row."""
    first, last = _reach(new)
    anew = {one.story_id for one in new if one.event_id not in known.posted}
    inside = [one for one in (*known.stories, *new) if one.story_id in part.story_ids]
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
    former = {one.story_id: one.event_id for one in (*known.stories, *new)}
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
    left -= {
        one.event_id for one in await events.grouped_in(db, left) if one.story_id not in changed
    }
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
