"""Groups stories into events by their edges: new ones, and again those that may still move.

The recipe is average link, measured on labelled news (docs/events.md).
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Final, NamedTuple

from bot.stories.events import HOUR, Edge
from bot.stories.pins import Pinned

SETTLING: Final = 0.30
"""How probable it must be, on average over the nearest pairs, that two groups are one event."""
NOTICES: Final = 0.25
"""How much more is needed if all stories have one owner: a vendor's notices are much alike."""
NEAREST: Final = 4
"""How many stories of each group count; with all of them large events lose stories."""
SPAN: Final = 7 * 24 * HOUR
"""How many seconds an event lasts from its first story; what comes later is another one."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """A story as settling sees it; `published_at` in seconds since 1970; `event_id` 0 = new.

    `bound`: it stays with the other bound stories of its event, as all stories of an event do that
    was posted. The others may move.
    """

    story_id: int
    key: str
    published_at: int
    owner: str
    event_id: int
    bound: bool = False


class Settled(NamedTuple):
    """The event of each story; pairs of posted events that would have become one, the smaller id
    first; and the former event of those that began because another had lasted too long.
    """

    events: Mapping[int, int]
    same: frozenset[tuple[int, int]]
    former: Mapping[int, int]


def settle(
    stories: Sequence[Grouped],
    edges: Iterable[Edge],
    posted: Collection[int],
    ids: Iterator[int],
    pins: Iterable[Pinned] = (),
) -> Settled:
    """Join groups of stories by average link, the most probable pair first.

    Edges to stories that are not given count for nothing. Two events of `posted` never become one.
    An event keeps the id that most of its stories had, a posted one always; others get one of
    `ids`. In whatever order stories, edges and pins are given, the result is the same.

    Pins move no other story: groups are found as without them, but stories pinned apart, or each
    pinned together with such a one, are never in one event; then groups that hold stories pinned
    together are one event, however long it lasts, and even if both were posted.
    """
    forest = _Forest(sorted(stories, key=lambda one: (one.published_at, one.key)), posted)
    forest.pin(pins)
    forest.connect(edges)
    forest.merge()
    ids_of = _ids(forest.groups, ids)
    events = {s.story_id: ids_of[at] for at, group in forest.groups.items() for s in group.stories}
    return Settled(events, forest.same(ids_of), forest.former(ids_of))


def connected(
    event_of: Mapping[int, int],
    edges: Iterable[Edge],
    pins: Iterable[Pinned],
    first: Iterable[int],
) -> set[int]:
    """All on which the grouping of the `first` stories may depend, by id: what edges, pins, and
    events (`event_of` each story, 0 = none) connect with them, also by way of others.
    """
    beside: defaultdict[int, list[int]] = defaultdict(list)
    for a, b in chain(((a, b) for a, b, _ in edges), ((a, b) for a, b, _ in pins)):
        beside[a].append(b)
        beside[b].append(a)
    found: set[int] = set()
    left = {*first}
    while left:
        found |= left
        events = {event_of.get(one, 0) for one in left} - {0}
        further = {one for one, event in event_of.items() if event in events}
        left = further.union(*(beside[one] for one in left)) - found
    return found


def parted(
    stories: Sequence[Grouped],
    edges: Sequence[Edge],
    pins: Iterable[Pinned],
    pair: tuple[int, int],
) -> tuple[set[int], set[int]] | None:
    """Two parts of an event, one with each of two stories: every other one goes where its group is
    most probable, on average, and if that is nowhere, where the nearer of the two stories is. None
    if the two are one event as long as nothing but these pins is said of them.
    """
    fresh = [replace(one, event_id=0, bound=False) for one in stories]
    groups: defaultdict[int, set[int]] = defaultdict(set)
    for story_id, event in settle(fresh, edges, (), count(1), pins).events.items():
        groups[event].add(story_id)
    begun = [next(group for group in groups.values() if one in group) for one in pair]
    if begun[0] is begun[1]:
        return None
    by_id = {one.story_id: one for one in stories}
    found = begun[0].copy(), begun[1].copy()
    for group in groups.values():
        if group not in begun:
            others = [by_id[one] for one in group]
            claims = [
                (-_mean(group, part, edges), _apart(by_id[one], others), by_id[one].key)
                for part, one in zip(begun, pair, strict=True)
            ]
            found[claims[1] < claims[0]].update(group)
    return found


def _apart(story: Grouped, others: Iterable[Grouped]) -> int:
    """The seconds between a story and the nearest of others."""
    return min(abs(story.published_at - one.published_at) for one in others)


def _mean(ones: Collection[int], others: Collection[int], edges: Iterable[Edge]) -> float:
    """How probably stories tell one event with others, on average."""
    linked = [p for a, b, p in edges if (a in ones and b in others) or (b in ones and a in others)]
    return math.fsum(linked) / (len(ones) * len(others))


@dataclass(slots=True, eq=False)
class _Event:
    """One group, or groups that pins join: the posted events among them, and what is pinned apart
    from any of them; `into` is the event that it became.
    """

    posted: frozenset[int] = frozenset()
    apart: frozenset["_Event"] = frozenset()
    into: "_Event | None" = None

    def now(self) -> "_Event":
        """What it is by now."""
        event = self
        while event.into is not None:
            event = event.into
        return event


@dataclass(slots=True, eq=False)
class _Group:
    """Stories found to be alike so far. `links` sums the probabilities to other groups, by their
    place; `owner` is None if there are several.
    """

    stories: list[Grouped]
    first_at: int
    newest_at: int
    owner: str | None
    part_of: _Event
    links: dict[int, float] = field(default_factory=dict)

    @property
    def event(self) -> _Event:
        """The event that it is part of by now."""
        self.part_of = self.part_of.now()
        return self.part_of


class _Forest:
    """All groups, by the place of their first story in the order of time."""

    def __init__(self, ordered: Sequence[Grouped], posted: Collection[int]) -> None:
        self.groups: dict[int, _Group] = {}
        self._group_of: dict[int, int] = {}
        self._parent: dict[int, int] = {}
        self._too_long: list[tuple[int, int]] = []
        self._both_posted: list[tuple[int, int]] = []
        self._queue: list[tuple[float, int, int]] = []
        bound: dict[int, int] = {}
        for place, one in enumerate(ordered):
            at = bound.setdefault(one.event_id, place) if one.bound else place
            is_posted = one.bound and one.event_id in posted
            event = _Event(frozenset((one.event_id,))) if is_posted else _Event()
            group = _Group([one], one.published_at, one.published_at, one.owner, event)
            self._group_of[one.story_id] = at
            if at == place:
                self.groups[at] = group
            else:
                _unite(self.groups[at], group)

    def pin(self, pins: Iterable[Pinned]) -> None:
        """Make one event of what is pinned together, and keep apart what is pinned apart, if no
        other pins join it. Stories that are not given pass on what they are pinned to.
        """
        absent: defaultdict[int, _Event] = defaultdict(_Event)
        for one in sorted(pins, key=lambda pin: not pin.together):
            a, b = (self._event_of(id_, absent) for id_ in (one.story_id, one.other_id))
            if one.together:
                _make_one(a, b)
            elif a is not b:
                a.apart |= {b}
                b.apart |= {a}

    def _event_of(self, story_id: int, absent: Mapping[int, _Event]) -> _Event:
        at = self._group_of.get(story_id)
        return absent[story_id].now() if at is None else self.groups[at].event

    def connect(self, edges: Iterable[Edge]) -> None:
        """Link the groups of stories that have edges."""
        places = self._group_of
        known = (
            (min(places[a], places[b]), max(places[a], places[b]), p)
            for a, b, p in edges
            if a in places and b in places
        )
        for a, b, p in sorted(known):
            if a != b:
                links = self.groups[a].links
                links[b] = self.groups[b].links[a] = links.get(b, 0.0) + p
        for a, group in self.groups.items():
            self._propose(a, (b for b in group.links if a < b))

    def merge(self) -> None:
        """Merge pairs of groups while one is probable enough, the most probable first."""
        while self._queue:
            margin, a, b = heapq.heappop(self._queue)
            if a in self.groups and b in self.groups and margin == -self._margin(a, b):
                self._consider(a, b)

    def same(self, ids_of: Mapping[int, int]) -> frozenset[tuple[int, int]]:
        """The pairs of posted events that would have become one."""
        found = [(ids_of[self._root(a)], ids_of[self._root(b)]) for a, b in self._both_posted]
        return frozenset((min(pair), max(pair)) for pair in found if pair[0] != pair[1])

    def former(self, ids_of: Mapping[int, int]) -> dict[int, int]:
        """The former event of each that could not be joined to it."""
        found: dict[int, int] = {}
        for a, b in self._too_long:
            first, later = sorted(
                (self._root(a), self._root(b)), key=lambda at: (self.groups[at].first_at, at)
            )
            if ids_of[first] != ids_of[later]:
                found.setdefault(ids_of[later], ids_of[first])
        return found

    def _consider(self, a: int, b: int) -> None:
        one, other = self.groups[a], self.groups[b]
        if one.event in other.event.apart:
            return
        if max(one.newest_at, other.newest_at) - min(one.first_at, other.first_at) > SPAN:
            self._too_long.append((a, b))
        elif one.event is not other.event and one.event.posted and other.event.posted:
            self._both_posted.append((a, b))
        elif len(one.links) >= len(other.links):
            self._join(a, b)
        else:
            self._join(b, a)

    def _join(self, kept: int, gone: int) -> None:
        """Merge a group into one that has no fewer links, and weigh the links that changed."""
        one, other = self.groups[kept], self.groups.pop(gone)
        self._parent[gone] = kept
        before = min(len(one.stories), NEAREST), one.owner
        _make_one(one.event, other.event)
        _unite(one, other)
        del one.links[gone], other.links[kept]
        for at, p in other.links.items():
            links = self.groups[at].links
            del links[gone]
            one.links[at] = links[kept] = one.links.get(at, 0.0) + p
        changed = before != (min(len(one.stories), NEAREST), one.owner)
        self._propose(kept, one.links if changed else other.links)

    def _propose(self, at: int, others: Iterable[int]) -> None:
        for other in others:
            a, b = min(at, other), max(at, other)
            if (margin := self._margin(a, b)) > 0:
                heapq.heappush(self._queue, (-margin, a, b))

    def _margin(self, a: int, b: int) -> float:
        """By how much the mean over the nearest pairs exceeds what is needed."""
        one, other = self.groups[a], self.groups[b]
        pairs = min(len(one.stories), NEAREST) * min(len(other.stories), NEAREST)
        notices = one.owner is not None and one.owner == other.owner
        return one.links[b] / pairs - SETTLING - (NOTICES if notices else 0)

    def _root(self, at: int) -> int:
        while at in self._parent:
            at = self._parent[at]
        return at


def _make_one(kept: _Event, gone: _Event) -> None:
    """Make one event of two."""
    if kept is gone:
        return
    kept.posted |= gone.posted
    kept.apart |= gone.apart
    for other in gone.apart:
        other.apart = other.apart - {gone} | {kept}
    gone.into = kept


def _unite(one: _Group, other: _Group) -> None:
    one.stories += other.stories
    one.first_at = min(one.first_at, other.first_at)
    one.newest_at = max(one.newest_at, other.newest_at)
    one.owner = one.owner if one.owner == other.owner else None


def _ids(groups: Mapping[int, _Group], ids: Iterator[int]) -> dict[int, int]:
    """The event id of each group: a posted event's, else that of the largest overlap."""
    parts: dict[_Event, list[int]] = {}
    for at in sorted(groups):
        parts.setdefault(groups[at].event, []).append(at)
    overlaps = [
        (event not in whole.posted, -stories, event, places[0])
        for whole, places in parts.items()
        for event, stories in _former_events(groups[at] for at in places).items()
        if event and (event in whole.posted or not whole.posted)
    ]
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, event, at in sorted(overlaps):
        if at not in taken and event not in used:
            taken[at] = event
            used.add(event)
    found: dict[int, int] = {}
    for places in parts.values():
        event = taken[places[0]] if places[0] in taken else next(ids)
        found |= dict.fromkeys(places, event)
    return found


def _former_events(groups: Iterable[_Group]) -> Counter[int]:
    """How many stories of groups had each event."""
    return Counter(one.event_id for group in groups for one in group.stories)
