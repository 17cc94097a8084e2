"""Which pairs of stories may tell of one event, and how probably.

Stories are compared by their own text, time and publisher only: what a file lists makes no two
stories one event. Measured on labelled news (docs/events.md).
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from bot.stories.frequencies import Frequencies
from bot.stories.postings import Place, Posting
from bot.stories.similarity import Vector, terms
from bot.stories.similarity import vector as vector_of

HOUR: Final = 3600
Edge = tuple[int, int, float]
"""Two stories, and the probability that they tell of one event."""

REACH: Final = 72 * HOUR
"""Seconds. Stories further apart in time are not compared."""
CANDIDATES: Final = 24
"""With how many stories one is compared at most: 16 and 32 give the same scores."""

_HEAVY: Final = 20
"""How many of a story's terms find candidates, its heaviest: 15 lose 0.3 points, 30 gain none."""
_LOOKED: Final = 200
"""How many occurrences of them are looked at, the rarest terms first, unless these find too few
stories: 60 lose 0.1 points, 1,000 gain none.
"""
TOLD: Final = 2.5
"""How much a text must tell to be compared, in terms of the greatest rarity. "Weekly roundup" alone
tells 1.7; of the headlines of news one in twenty tells less than 3, and a text with its excerpt 15
to 30.
"""
_SHARED: Final = 1.8
"""How much two texts must share. At 2.25 reports of a product whose name is made of common words
("Microsoft Cloud for Healthcare") come apart; "weekly roundup" tells 1.7...
"""
_SHARED_PART: Final = 0.2
"""... or, if a text is only a headline, this part of what the shorter one tells."""
_VAGUE: Final = 3.5
"""A headline that tells less than this heads many a text: "Azure updates: weekly roundup" (2.2),
"Editorial cartoons of the week" (2.6). Those of news tell about 5.
"""
_BEYOND: Final = 0.5
"""How much excerpts under one vague headline must share."""
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
    `published_at` in seconds since 1970.
    """

    story_id: int
    key: str
    vector: Vector
    title: str
    excerpt: str
    published_at: int
    owner: str
    domain: str

    def order(self) -> tuple[int, str]:
        """A sort key: the order in which stories are grouped."""
        return self.published_at, self.key

    @property
    def headline(self) -> frozenset[str]:
        """The terms of its title alone. They are seldom asked for, and take more memory than it."""
        return frozenset(terms(self.title, ""))

    def place(self) -> Place:
        """Its place in the order of time."""
        return self.published_at, self.key, self.story_id


class _Held(NamedTuple):
    """A story of the window, its heaviest terms, the heaviest first, and how much it tells."""

    member: Member
    heavy: Sequence[str]
    told: float


class Window:
    """The stories with which new ones are compared.

    Before that it holds all that were published less than REACH before or after the new ones. What
    else it holds changes nothing.
    """

    def __init__(self, frequencies: Frequencies) -> None:
        self._frequencies = frequencies
        self._rarities, self._rarest = frequencies.rarities, frequencies.rarest
        self._held: dict[int, _Held] = {}
        self._postings: dict[str, Posting] = {}
        self._times: list[Place] = []

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, members: Iterable[Member]) -> None:
        """Hold these stories, which were compared before, and no others; what it holds already is
        not prepared again.
        """
        wanted = {one.story_id: one for one in members}
        for held in [*self._held.values()]:
            if wanted.get(held.member.story_id) is not held.member:
                self._drop(held)
        for story_id, member in wanted.items():
            if story_id not in self._held:
                self._add(self._prepared(member))

    def compare(self, members: Iterable[Member]) -> list[Edge]:
        """Compare new stories with those of the window and with each other, and add them.

        In whatever order they are given, the result is the same. A story has at most CANDIDATES
        edges to stories that came before it.
        """
        edges: list[Edge] = []
        for member in sorted(members, key=Member.order):
            self._forget(member.published_at - REACH)
            held = self._prepared(member)
            edges += [(member.story_id, other, p) for other, p in self._edges(held)]
            self._add(held)
        return edges

    def _forget(self, before: int) -> None:
        """Drop the stories published before a time."""
        for *_, story_id in self._times[: bisect_left(self._times, (before,))]:
            self._drop(self._held[story_id])

    def _prepared(self, member: Member) -> _Held:
        weighed = zip(member.vector.values(), member.vector, strict=True)
        heavy = tuple(term for _, term in sorted(weighed, reverse=True)[:_HEAVY])
        return _Held(member, heavy, self._told(member.vector))

    def _add(self, held: _Held) -> None:
        place = held.member.place()
        insort(self._times, place)
        for term in held.heavy:
            posting = self._postings.get(term)
            if posting is None:
                posting = self._postings[term] = Posting()
            posting.add(place, held.member.vector[term], self._place_of)
        self._held[held.member.story_id] = held

    def _place_of(self, story_id: int) -> Place:
        return self._held[story_id].member.place()

    def _drop(self, held: _Held) -> None:
        del self._held[held.member.story_id]
        del self._times[bisect_left(self._times, held.member.place())]
        for term in held.heavy:
            posting = self._postings[term]
            posting.remove(held.member.story_id)
            if not posting:
                del self._postings[term]

    def _edges(self, held: _Held) -> Iterator[tuple[int, float]]:
        """The stories that are probable enough, each with its probability."""
        if held.told < TOLD:
            return
        at = held.member.published_at
        stories = bisect_left(self._times, (at + 1,)) - bisect_left(self._times, (at - REACH,))
        constant = _CONSTANT + _DENSITY * math.log(max(stories, _SPARSE) / _SPARSE)
        for one in self._candidates(held):
            logit = constant + self._evidence(held, self._held[one])
            if logit > _LEAST_LOGIT:
                yield one, 1 / (1 + math.exp(-logit))

    def _candidates(self, held: _Held) -> Sequence[int]:
        """The stories within reach that share most of the heaviest terms, the rarest ones first."""
        at = held.member.published_at
        begin, end = at - REACH, at + REACH
        found = []
        for place, term in enumerate(held.heavy):
            posting = self._postings.get(term)
            if posting:
                # Nearly always all of it is within reach.
                times = posting.times
                first = 0 if times[0] >= begin else bisect_left(times, begin)
                last = len(times) if times[-1] <= end else bisect_right(times, end)
                found.append((last - first, place, term, posting, first, last))
        found.sort()
        products: defaultdict[int, float] = defaultdict(float)
        looked = 0
        for number, _, term, posting, first, last in found:
            if looked + number > _LOOKED and len(products) >= CANDIDATES:
                break
            looked += number
            weight = held.member.vector[term]
            latest = slice(max(first, last - _LOOKED), last)
            for one, other in zip(posting.stories[latest], posting.weights[latest], strict=True):
                products[one] += weight * other
        return self._best(products)

    def _best(self, products: Mapping[int, float]) -> Sequence[int]:
        if len(products) <= CANDIDATES:
            return [*products]
        least = sorted(products.values(), reverse=True)[CANDIDATES - 1]
        best = [one for one, product in products.items() if product >= least]
        if len(best) > CANDIDATES:
            best.sort(key=lambda one: (-products[one], self._held[one].member.order()))
        return best[:CANDIDATES]

    def _evidence(self, one: _Held, other: _Held) -> float:
        """What two stories add to the logit of the probability that they tell of one event."""
        same = one.member.domain == other.member.domain
        if same and one.member.excerpt and one.member.excerpt == other.member.excerpt:
            one, other = self._headline_alone(one), self._headline_alone(other)
        vector, others, rarest = one.member.vector, other.member.vector, self._rarest
        rarity = self._rarities.get
        shared = vector.keys() & others.keys()
        rare = sorted([rarity(term, rarest) for term in shared], reverse=True)
        poorer = min(one.told, other.told)
        if poorer < TOLD or sum(rare) < rarest * min(_SHARED, _SHARED_PART * poorer):
            return -math.inf
        if one.member.headline == other.member.headline and self._differ(one.member, other.member):
            return -math.inf
        if same and _numbered(one.member.headline, other.member.headline):
            return -math.inf
        # fsum: the terms are in no order
        cosine = math.fsum([vector[term] * others[term] for term in shared])
        days = abs(one.member.published_at - other.member.published_at) / (24 * HOUR)
        return (
            _COSINE * cosine
            + _RARE * sum(rare[:3]) / (3 * rarest)
            + _DAY * days
            + (_SAME_DOMAIN if same else 0)
        )

    def _headline_alone(self, held: _Held) -> _Held:
        """A story without its excerpt: what many pages of one site say is said of none of them."""
        weights = vector_of(dict.fromkeys(held.member.headline, 1), self._frequencies)
        member = replace(held.member, vector=weights)
        return _Held(member, held.heavy, self._told(weights))

    def _differ(self, one: Member, other: Member) -> bool:
        """Whether two texts under one headline tell of different things."""
        headline = one.headline
        if self._told(headline) >= _VAGUE or len(headline) in (len(one.vector), len(other.vector)):
            return False
        return self._told((one.vector.keys() & other.vector.keys()) - headline) < _BEYOND

    def _told(self, these: Iterable[str]) -> float:
        """How much terms tell."""
        rarity, rarest = self._rarities.get, self._rarest
        return math.fsum([rarity(term, rarest) for term in these]) / rarest


def told(vector: Vector, frequencies: Frequencies) -> float:
    """How much a text tells: the sum of its terms' rarities, in terms of the greatest rarity."""
    rarity, rarest = frequencies.rarities.get, frequencies.rarest
    return sum([rarity(term, rarest) for term in vector]) / rarest


def _numbered(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two headlines differ in numbers alone: a site's notices of different things."""
    mine, others = one - other, other - one
    return bool(mine and others) and all(map(_has_digit, mine | others))


def _has_digit(term: str) -> bool:
    return any(sign.isdigit() for sign in term)
