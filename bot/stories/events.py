"""Which stories tell of one event: each new story joins an event of its window, or begins one.

Measured on labelled news; docs/ranking.md says how. Stories are only compared by their own text,
time and publisher; what a file lists makes no two stories one event.
"""

import heapq
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.stories.frequencies import Frequencies
from bot.stories.similarity import Vector

HOUR: Final = 3600
REACH: Final = 72 * HOUR
"""Stories further apart in time are not compared (36 h to 120 h were tried: 72 h is best)."""
SPAN: Final = 7 * 24 * HOUR
"""How long an event lasts from its first story; what comes later is another one."""
KEPT: Final = REACH + 24 * HOUR
"""How long a window keeps stories: some arrive a day late."""
JOINING: Final = 0.40
"""How probable it must be, on average over the nearest members, that a story joins an event."""
NOTICES: Final = 0.25
"""How much more is needed if all stories have one owner: a vendor's notices are much alike."""
NEAREST: Final = 4
"""How many members count; with all of them large events lose members."""

_HEAVY: Final = 20
"""How many of a story's terms find candidates: its heaviest."""
_COMMON: Final = 60
_COMMON_SHARE: Final = 20
"""A term in more stories than this, and than this part of a window, finds no candidates."""
_CANDIDATES: Final = 24
_SPARSE: Final = 30
"""From this many stories in a window on, each makes an agreement by chance more likely."""
_LEAST_LOGIT: Final = -4.6
"""Pairs below it (a probability of 0.01) are not kept."""


@dataclass(frozen=True, slots=True)
class Member:
    """A story as grouping sees it; `published_at` in seconds since 1970, `key` its strict key."""

    story_id: int
    key: str
    vector: Vector
    published_at: int
    owner: str
    domain: str

    def order(self) -> tuple[int, str]:
        """A sort key: the order in which stories are grouped."""
        return self.published_at, self.key


@dataclass(frozen=True, slots=True)
class Grouped:
    """A story that has an event, as settling sees it; `published_at` in seconds since 1970.

    `bound`: it stays with the other bound stories of its event, as all stories of an event do that
    was posted. The others may move.
    """

    story_id: int
    key: str
    published_at: int
    owner: str
    event_id: int
    bound: bool


class Placement(NamedTuple):
    """Where a new story went: its event; that event's former one if this story began a new one
    because it came too late for that; the probability that it and another story are one event.
    """

    story_id: int
    event_id: int
    former_id: int | None
    edges: Mapping[int, float]


@dataclass(slots=True)
class _Event:
    """What joining must know of an event. `owner` is None if its stories have several."""

    first_at: int
    newest_at: int
    owner: str | None
    stories: int = 0
    held: int = 0

    def count(self, published_at: int, owner: str, *, held: bool) -> None:
        """Count a story of it, which the window holds or not."""
        self.first_at = min(self.first_at, published_at)
        self.newest_at = max(self.newest_at, published_at)
        self.owner = owner if self.owner == owner else None
        self.stories += 1
        self.held += held


class Window:
    """The stories among which new ones find their events, and those events.

    It is filled with stories that have an event already: with all that were published less than
    REACH before or after the new ones, and with the others of their events. How much older ones it
    holds does not matter.
    """

    def __init__(self, frequencies: Frequencies) -> None:
        self._frequencies = frequencies
        self._members: dict[int, Member] = {}
        self._events: dict[int, _Event] = {}
        self._event_of: dict[int, int] = {}
        self._postings: dict[str, list[tuple[int, int, float]]] = {}
        self._times: list[tuple[int, int]] = []
        self._most_rare = 3 * frequencies.rarest

    def __len__(self) -> int:
        return len(self._members)

    def add(self, member: Member, event_id: int) -> None:
        """Add a story that has an event."""
        heavy = _heavy(member.vector)
        place = (member.published_at, member.story_id)
        insort(self._times, place)
        for term in heavy:
            posting = self._postings.setdefault(term, [])
            insort(posting, (*place, member.vector[term]))
        self._members[member.story_id] = member
        self._event_of[member.story_id] = event_id
        at, owner = member.published_at, member.owner
        event = self._events.setdefault(event_id, _Event(at, at, owner))
        event.count(at, owner, held=True)

    def group(self, members: Iterable[Member], ids: Iterator[int]) -> list[Placement]:
        """Find the events of new stories, and add them. In whatever order they are given, the
        result is the same. `ids` gives ids for new events.
        """
        placements: list[Placement] = []
        for member in sorted(members, key=Member.order):
            self.forget(member.published_at - KEPT)
            placed = self._place(member, ids)
            self.add(member, placed.event_id)
            placements.append(placed)
        return placements

    def forget(self, before: int) -> None:
        """Drop the stories published before a time."""
        old = self._times[: bisect_left(self._times, (before,))]
        del self._times[: len(old)]
        for _, story_id in old:
            for term in _heavy(self._members.pop(story_id).vector):
                self._drop(term, before)
            self._release(self._event_of.pop(story_id))

    def regroup(self, stories: Sequence[Grouped], events: Mapping[int, int]) -> None:
        """Give the stories that were settled the events that settling found for them."""
        found: dict[int, _Event] = {}
        for one in stories:
            self._events.pop(one.event_id, None)
            at, owner, event_id = one.published_at, one.owner, events[one.story_id]
            held = one.story_id in self._members
            if held:
                self._event_of[one.story_id] = event_id
            found.setdefault(event_id, _Event(at, at, owner)).count(at, owner, held=held)
        self._events.update((event_id, event) for event_id, event in found.items() if event.held)

    def _drop(self, term: str, before: int) -> None:
        posting = self._postings.get(term)
        if posting is not None:
            del posting[: bisect_left(posting, (before,))]
            if not posting:
                del self._postings[term]

    def _release(self, event_id: int) -> None:
        event = self._events[event_id]
        event.held -= 1
        if not event.held:
            del self._events[event_id]

    def _place(self, member: Member, ids: Iterator[int]) -> Placement:
        edges = self._edges(member)
        by_event: dict[int, list[float]] = {}
        for story_id, p in edges.items():
            by_event.setdefault(self._event_of[story_id], []).append(p)
        margins = {one: self._margin(member, one, found) for one, found in by_event.items()}
        likely = sorted((-margin, one) for one, margin in margins.items() if margin > 0)
        open_ones = [one for _, one in likely if self._reaches(one, member.published_at)]
        if open_ones:
            return Placement(member.story_id, open_ones[0], None, edges)
        former = [one for _, one in likely if self._events[one].first_at <= member.published_at]
        return Placement(member.story_id, next(ids), former[0] if former else None, edges)

    def _margin(self, member: Member, event_id: int, found: list[float]) -> float:
        """By how much the mean over the nearest members exceeds what is needed."""
        event = self._events[event_id]
        mean = sum(heapq.nlargest(NEAREST, found)) / min(NEAREST, event.stories)
        return mean - JOINING - (NOTICES if event.owner == member.owner else 0)

    def _reaches(self, event_id: int, at: int) -> bool:
        event = self._events[event_id]
        return max(event.newest_at, at) - min(event.first_at, at) <= SPAN

    def _edges(self, member: Member) -> dict[int, float]:
        """The probable enough pairs of a story with those of the window."""
        at = member.published_at
        first, last = bisect_left(self._times, (at - REACH,)), bisect_right(self._times, (at,))
        stories = last - first
        density = 0.5 * math.log(max(stories, _SPARSE) / _SPARSE)
        logits = {
            one: self._logit(member, self._members[one]) - density
            for one in self._candidates(member, max(_COMMON, stories // _COMMON_SHARE))
        }
        return {one: 1 / (1 + math.exp(-z)) for one, z in logits.items() if z > _LEAST_LOGIT}

    def _candidates(self, member: Member, most: int) -> list[int]:
        """The stories that share most of the heavy terms that are in at most this many."""
        begin, end = (member.published_at - REACH,), (member.published_at + REACH + 1,)
        products: dict[int, float] = {}
        for term in _heavy(member.vector):
            posting = self._postings.get(term, ())
            found = posting[bisect_left(posting, begin) : bisect_left(posting, end)]
            if len(found) <= most:
                weight = member.vector[term]
                for _, one, other_weight in found:
                    products[one] = products.get(one, 0.0) + weight * other_weight
        if len(products) <= _CANDIDATES:
            return [*products]
        return heapq.nlargest(
            _CANDIDATES, products, key=lambda one: (products[one], self._members[one].order())
        )

    def _logit(self, one: Member, other: Member) -> float:
        """The logit of the probability that two stories tell of one event."""
        shared = [term for term in one.vector if term in other.vector]
        cosine = sum([one.vector[term] * other.vector[term] for term in shared])
        rarities = heapq.nlargest(3, map(self._frequencies.idf, shared))
        days = abs(one.published_at - other.published_at) / (24 * HOUR)
        return (
            -7.35
            + 14.59 * cosine
            + 7.57 * sum(rarities) / self._most_rare
            - 1.08 * days
            - 5.38 * (one.domain == other.domain)
        )


def _heavy(vector: Vector) -> list[str]:
    return heapq.nlargest(_HEAVY, vector, key=lambda term: (vector[term], term))
