"""Groups stories into events: new ones as they come, and those of an archive from before events."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.library.leading import lead
from bot.library.members import member_of
from bot.store import events, pins
from bot.store.database import Connection, Database
from bot.store.events import EventIds, StoryText
from bot.stories.events import REACH, Edge, Member, Window
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
    edges: Sequence[tuple[int, int, float]]
    posted: Collection[int]
    pins: Sequence[Pinned]


class _Outcome(NamedTuple):
    """The edges of new stories, what settling found, and the posted events that it looked at."""

    edges: Sequence[Edge]
    settled: Settled
    posted: Collection[int]


class Grouping:
    """Finds the events of stories. The last ones are kept in memory as they were compared."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules: Rules | None = None
        self._window: Window
        self._members: dict[int, tuple[int, Member]] = {}  # with the hash of the text

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
            self._rules, self._members, self._window = rules, {}, Window(rules.frequencies)
        ids = {one.story_id for one in new}
        await events.forget_edges(db, ids)
        known = await _around(db, new)
        given = await EventIds.begin(db)
        outcome = await asyncio.to_thread(self._outcome, rules, new, known, given)
        await given.keep(db)
        await _write(db, rules, new, known, given, outcome)

    def _outcome(
        self, rules: Rules, new: Sequence[StoryText], known: _Known, given: EventIds
    ) -> _Outcome:
        """What grouping gives; touches no row."""
        kept = [one for one in new if one.event_id in known.posted]  # where a channel saw them
        fresh = [one for one in new if one.event_id not in known.posted]
        members = self._members_of(rules, [*known.stories, *new])
        self._window.hold(members[one.story_id] for one in (*known.stories, *kept))
        edges = self._window.compare([members[one.story_id] for one in fresh])
        every = [*known.edges, *edges]
        events_of = ((one.story_id, one.event_id) for one in (*known.stories, *new))
        touched = connected(events_of, every, known.pins, [one.story_id for one in new])
        placed = [*known.stories, *kept, *(one._replace(event_id=0) for one in fresh)]
        region = new[0].published_at - REACH, new[-1].published_at + REACH
        stories = [
            _grouped(one, members, known.posted, region)
            for one in placed
            if one.story_id in touched
        ]
        posted = {one.event_id for one in stories}.intersection(known.posted)
        settled = settle(stories, every, posted, iter(given), known.pins)
        return _Outcome(edges, settled, posted)

    def _members_of(self, rules: Rules, stories: Sequence[StoryText]) -> dict[int, Member]:
        """The stories as grouping compares them, by id; the last ones are not made again."""
        known, self._members = self._members, {}
        for one in stories:
            text = hash(one._replace(event_id=0))
            made = known.get(one.story_id)
            if made is None or made[0] != text:
                made = text, member_of(one, rules)
            self._members[one.story_id] = made
        return {story_id: member for story_id, (_, member) in self._members.items()}


async def _around(db: Connection, new: Sequence[StoryText]) -> _Known:
    first, last = new[0].published_at - REACH, new[-1].published_at + REACH
    near = await events.grouped_between(db, first, last)
    far = await events.grouped_outside(db, first, last, {one.event_id for one in near})
    stories = {one.story_id: one for one in (*near, *far)}
    pinned = await pins.all_pins(db)
    await _add_pinned(db, stories, {one.story_id for one in new}, pinned)
    edges = await events.edges_among(db, stories)
    posted = await events.posted_among(db, {one.event_id for one in (*stories.values(), *new)})
    return _Known([*stories.values()], edges, posted, pinned)


async def _add_pinned(
    db: Connection, stories: dict[int, StoryText], new: Collection[int], pinned: Sequence[Pinned]
) -> None:
    """Add the events of stories that are pinned to known and new ones."""
    joined = {*stories, *new}
    while further := joined_with(pinned, joined) - joined:
        found = await events.grouped_in(db, await events.events_of(db, further))
        stories |= {one.story_id: one for one in found if one.story_id not in new}
        joined |= further.union(stories)


def _grouped(
    one: StoryText,
    members: Mapping[int, Member],
    posted: Collection[int],
    region: tuple[int, int],
) -> Grouped:
    """A story as settling sees it; outside the region and in posted events none moves."""
    first, last = region
    bound = one.event_id in posted or not first <= one.published_at <= last
    owner = members[one.story_id].owner
    return Grouped(one.story_id, one.key, one.published_at, owner, one.event_id, bound)


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
    await events.add_edges(db, found.edges)
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
