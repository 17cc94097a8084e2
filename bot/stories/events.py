"""Which stories tell of one event: each new story joins an event of its window, or begins one.

Measured on labelled news; docs/ranking.md says how. Stories are only compared by their own text,
time and publisher; what a file lists makes no two stories one event.
"""

import heapq
import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.stories.frequencies import Frequencies
from bot.stories.similarity import Vector

HOUR: Final = 3600
_Place = tuple[int, str, int]
"""Time, key and id of a story."""
_Posted = tuple[int, str, int, float]
"""The same, and the weight of a term in it."""

REACH: Final = 72 * HOUR
"""Stories further apart in time are not compared (36 h to 120 h were tried: 72 h is best)."""
SPAN: Final = 7 * 24 * HOUR
"""How long an event lasts from its first story; what comes later is another one."""
KEPT: Final = REACH + 24 * HOUR
"""How long a window keeps stories: some arrive a day late."""
JOINING: Final = 0.35
"""How probable it must be, on average over the nearest members, that a story joins an event."""
NOTICES: Final = 0.25
"""How much more is needed if all stories have one owner: a vendor's notices are much alike."""
NEAREST: Final = 4
"""How many members count; with all of them large events lose members."""

_HEAVY: Final = 20
"""How many of a story's terms find candidates, its heaviest: 15 lose 0.3 points, 30 gain none."""
_LOOKED: Final = 200
"""How many occurrences of them are looked at, the rarest terms first, unless these find too few
stories: 60 lose 0.1 points, 1,000 gain none.
"""
_CANDIDATES: Final = 24
"""How many stories are compared: 16 and 32 give the same scores."""
_TOLD: Final = 2.5
"""How much a text must tell to be compared, in terms of the greatest rarity. "Weekly roundup" alone
tells 1.7, the shortest headlines of news 3; a text with an excerpt about 15.
"""
_SHARED: Final = 1.8
"""How much two texts must share. At 2.25 reports of a product whose name is made of common words
("Microsoft Cloud for Healthcare") come apart; "weekly roundup" tells 1.7...
"""
_SHARED_PART: Final = 0.2
"""... or, if a text is only a headline, this part of what the shorter one tells."""
_BEYOND: Final = 0.5
"""How much excerpts must share under one headline; "Azure updates: weekly roundup" tells 2.2."""
_CONSTANT: Final = -7.35
_COSINE: Final = 14.59
_RARE: Final = 7.57
"""Of the mean rarity of the three rarest shared terms, as a part of the greatest rarity."""
_DAY: Final = -1.08
"""Of each day between the stories."""
_SAME_DOMAIN: Final = -5.38
_DENSITY: Final = -0.7
"""Of `ln(W / SPARSE)`, W the stories of the last 72 h: more stories, more likeness by chance."""
_SPARSE: Final = 30
_LEAST_LOGIT: Final = -4.6
"""Pairs below it (a probability of 0.01) are not kept."""


@dataclass(frozen=True, slots=True)
class Member:
    """A story as grouping sees it: `key` is its strict key, `vector` that of its title and excerpt,
    `headline` the terms of its title alone, `published_at` in seconds since 1970.
    """

    story_id: int
    key: str
    vector: Vector
    headline: frozenset[str]
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

    def count(self, published_at: int, owner: str) -> None:
        """Count a story of it."""
        self.first_at = min(self.first_at, published_at)
        self.newest_at = max(self.newest_at, published_at)
        self.owner = owner if self.owner == owner else None
        self.stories += 1
        self.held += 1


class _Held(NamedTuple):
    """A story of the window, its heaviest terms with their weights, and how much it tells."""

    member: Member
    heavy: Sequence[tuple[float, str]]
    told: float


class Window:
    """The stories among which new ones find their events, and those events.

    It is filled with stories that have an event already: with all that were published less than
    REACH before or after the new ones, and with the others of their events. How much older ones it
    holds does not matter.
    """

    def __init__(self, frequencies: Frequencies) -> None:
        self._frequencies = frequencies
        self._held: dict[int, _Held] = {}
        self._events: dict[int, _Event] = {}
        self._event_of: dict[int, int] = {}
        self._postings: dict[str, list[_Posted]] = {}
        self._times: list[_Place] = []

    def __len__(self) -> int:
        return len(self._held)

    def add(self, member: Member, event_id: int) -> None:
        """Add a story that has an event; one that the window holds already stays as it is."""
        if member.story_id not in self._held:
            self._add(self._prepared(member), event_id)

    def group(self, members: Iterable[Member], ids: Iterator[int]) -> list[Placement]:
        """Find the events of new stories, and add them. In whatever order they are given, the
        result is the same. `ids` gives ids for new events.
        """
        placements: list[Placement] = []
        for member in sorted(members, key=Member.order):
            self._forget(member.published_at - KEPT)
            held = self._prepared(member)
            placed = self._placed(held, ids)
            self._add(held, placed.event_id)
            placements.append(placed)
        return placements

    def _forget(self, before: int) -> None:
        """Drop the stories published before a time; as long as their event has others, it counts
        them still.
        """
        count = bisect_left(self._times, (before,))
        for place in self._times[:count]:
            held = self._held.pop(place[-1])
            for _, term in held.heavy:
                posting = self._postings[term]
                del posting[bisect_left(posting, place)]
                if not posting:
                    del self._postings[term]
            self._release(self._event_of.pop(place[-1]))
        del self._times[:count]

    def _prepared(self, member: Member) -> _Held:
        vector, rarities = member.vector, self._frequencies.rarities
        heavy = sorted(zip(vector.values(), vector, strict=True), reverse=True)[:_HEAVY]
        told = sum([rarities.get(term, self._frequencies.rarest) for term in vector])
        return _Held(member, heavy, told / self._frequencies.rarest)

    def _add(self, held: _Held, event_id: int) -> None:
        member = held.member
        story_id, at, owner = member.story_id, member.published_at, member.owner
        place = (at, member.key, story_id)
        insort(self._times, place)
        for weight, term in held.heavy:
            insort(self._postings.setdefault(term, []), (*place, weight))
        self._held[story_id] = held
        self._event_of[story_id] = event_id
        event = self._events.setdefault(event_id, _Event(at, at, owner))
        event.count(at, owner)

    def _release(self, event_id: int) -> None:
        event = self._events[event_id]
        event.held -= 1
        if not event.held:
            del self._events[event_id]

    def _placed(self, held: _Held, ids: Iterator[int]) -> Placement:
        """Where a story goes: to the open event with the greatest margin, else to a new one."""
        member, edges = held.member, self._edges(held)
        by_event: dict[int, list[float]] = {}
        for story_id, p in edges.items():
            by_event.setdefault(self._event_of[story_id], []).append(p)
        margins = {one: self._margin(member, one, found) for one, found in by_event.items()}
        likely = sorted((-margin, one) for one, margin in margins.items() if margin > 0)
        for _, one in likely:
            if self._is_open(one, member.published_at):
                return Placement(member.story_id, one, None, edges)
        former = (one for _, one in likely if self._events[one].first_at <= member.published_at)
        return Placement(member.story_id, next(ids), next(former, None), edges)

    def _margin(self, member: Member, event_id: int, found: Sequence[float]) -> float:
        """By how much the mean over the nearest members exceeds what is needed."""
        event = self._events[event_id]
        mean = sum(heapq.nlargest(NEAREST, found)) / min(NEAREST, event.stories)
        return mean - JOINING - (NOTICES if event.owner == member.owner else 0)

    def _is_open(self, event_id: int, at: int) -> bool:
        event = self._events[event_id]
        return max(event.newest_at, at) - min(event.first_at, at) <= SPAN

    def _edges(self, held: _Held) -> dict[int, float]:
        """The probable enough pairs of a story with those of the window."""
        if held.told < _TOLD:
            return {}
        at = held.member.published_at
        stories = bisect_left(self._times, (at + 1,)) - bisect_left(self._times, (at - REACH,))
        constant = _CONSTANT + _DENSITY * math.log(max(stories, _SPARSE) / _SPARSE)
        edges: dict[int, float] = {}
        for one in self._candidates(held):
            logit = constant + self._evidence(held, self._held[one])
            if logit > _LEAST_LOGIT:
                edges[one] = 1 / (1 + math.exp(-logit))
        return edges

    def _candidates(self, held: _Held) -> Sequence[int]:
        """The stories within reach that share most of the heaviest terms, the rarest ones first."""
        at = held.member.published_at
        begin, end = (at - REACH,), (at + REACH + 1,)
        found = []
        for place, (weight, term) in enumerate(held.heavy):
            posting = self._postings.get(term)
            if posting:
                first, last = bisect_left(posting, begin), bisect_left(posting, end)
                found.append((last - first, place, weight, posting, first, last))
        found.sort()
        products: defaultdict[int, float] = defaultdict(float)
        looked = 0
        for number, _, weight, posting, first, last in found:
            if looked + number > _LOOKED and len(products) >= _CANDIDATES:
                break
            looked += number
            for _, _, one, other in posting[max(first, last - _LOOKED) : last]:
                products[one] += weight * other
        return self._best(products)

    def _best(self, products: Mapping[int, float]) -> Sequence[int]:
        if len(products) <= _CANDIDATES:
            return [*products]
        least = sorted(products.values(), reverse=True)[_CANDIDATES - 1]
        best = [one for one, product in products.items() if product >= least]
        best.sort(key=lambda one: (-products[one], self._held[one].member.order()))
        return best[:_CANDIDATES]

    def _evidence(self, one: _Held, other: _Held) -> float:
        """What two stories add to the logit of the probability that they tell of one event."""
        vector, others = one.member.vector, other.member.vector
        rarities, rarest = self._frequencies.rarities, self._frequencies.rarest
        shared = vector.keys() & others.keys()
        rare = sorted([rarities.get(term, rarest) for term in shared], reverse=True)
        poorer = min(one.told, other.told)
        if poorer < _TOLD or sum(rare) < rarest * min(_SHARED, _SHARED_PART * poorer):
            return -math.inf
        if one.member.headline == other.member.headline and self._differ(one.member, other.member):
            return -math.inf
        # fsum: the terms are in no order
        cosine = math.fsum([vector[term] * others[term] for term in shared])
        days = abs(one.member.published_at - other.member.published_at) / (24 * HOUR)
        same = one.member.domain == other.member.domain
        return (
            _COSINE * cosine
            + _RARE * sum(rare[:3]) / (3 * rarest)
            + _DAY * days
            + (_SAME_DOMAIN if same else 0)
        )

    def _differ(self, one: Member, other: Member) -> bool:
        """Whether two texts under one headline tell of different things."""
        headline = one.headline
        if len(headline) in (len(one.vector), len(other.vector)):
            return False
        beyond = (one.vector.keys() & other.vector.keys()) - headline
        told = math.fsum(map(self._frequencies.idf, beyond))
        return told < _BEYOND * self._frequencies.rarest
