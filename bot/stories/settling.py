"""Groups stories into events by their edges: new ones, and again those that may still move.

The recipe is average link, measured on labelled news (docs/events.md).
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bot.stories.events import HOUR, Edge

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
) -> Settled:
    """Join groups of stories by average link, the most probable pair first.

    Edges to stories that are not given count for nothing. Two events of `posted` never become one.
    A group keeps the id of the event that it shares most stories with, a posted one always; other
    groups get one of `ids`. In whatever order stories and edges are given, the result is the same.
    """
    forest = _Forest(sorted(stories, key=lambda one: (one.published_at, one.key)), posted)
    forest.connect(edges)
    forest.merge()
    ids_of = _ids(forest.groups, ids)
    events = {s.story_id: ids_of[at] for at, group in forest.groups.items() for s in group.stories}
    return Settled(events, forest.same(), forest.former(ids_of))


@dataclass(slots=True, eq=False)
class _Group:
    """Stories that are one event so far. `links` sums the probabilities to other groups, by their
    place; `owner` is None if there are several; `posted` is the posted event that it is.
    """

    stories: list[Grouped]
    first_at: int
    newest_at: int
    owner: str | None
    posted: int | None
    links: dict[int, float] = field(default_factory=dict)


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
            event = one.event_id if one.bound and one.event_id in posted else None
            group = _Group([one], one.published_at, one.published_at, one.owner, event)
            self._group_of[one.story_id] = at
            if at == place:
                self.groups[at] = group
            else:
                _unite(self.groups[at], group)

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

    def same(self) -> frozenset[tuple[int, int]]:
        """The pairs of posted events that would have become one."""
        found = ((self._event(a), self._event(b)) for a, b in self._both_posted)
        return frozenset((min(pair), max(pair)) for pair in found)

    def former(self, ids_of: Mapping[int, int]) -> dict[int, int]:
        """The former event of each that could not be joined to it."""
        found: dict[int, int] = {}
        for a, b in self._too_long:
            first, later = sorted(
                (self._root(a), self._root(b)), key=lambda at: (self.groups[at].first_at, at)
            )
            if first != later:
                found.setdefault(ids_of[later], ids_of[first])
        return found

    def _consider(self, a: int, b: int) -> None:
        one, other = self.groups[a], self.groups[b]
        if max(one.newest_at, other.newest_at) - min(one.first_at, other.first_at) > SPAN:
            self._too_long.append((a, b))
        elif one.posted is not None and other.posted is not None:
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

    def _event(self, at: int) -> int:
        event = self.groups[self._root(at)].posted
        assert event is not None  # noqa: S101 - a posted group never loses its event
        return event


def _unite(one: _Group, other: _Group) -> None:
    one.stories += other.stories
    one.first_at = min(one.first_at, other.first_at)
    one.newest_at = max(one.newest_at, other.newest_at)
    one.owner = one.owner if one.owner == other.owner else None
    one.posted = other.posted if one.posted is None else one.posted


def _ids(groups: Mapping[int, _Group], ids: Iterator[int]) -> dict[int, int]:
    """The event id of each group: its posted event's, else that of its largest overlap."""
    overlaps = [
        (group.posted != event, -stories, event, at)
        for at, group in groups.items()
        for event, stories in Counter(one.event_id for one in group.stories).items()
        if event and group.posted in (None, event)
    ]
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, event, at in sorted(overlaps):
        if at not in taken and event not in used:
            taken[at] = event
            used.add(event)
    return {at: taken[at] if at in taken else next(ids) for at in sorted(groups)}
