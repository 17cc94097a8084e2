"""How much speaks for two stories telling of one event (docs/events.md has what was measured)."""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from sys import intern
from typing import Final

from bot.stories.frequencies import Frequencies
from bot.stories.similarity import Vector, distinct_terms, vector

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
_COSINE: Final = 14.59
_RARE: Final = 7.57
"""Of the mean rarity of the three rarest shared terms, as a part of the greatest rarity."""
_DAY: Final = -1.08
"""Of each day between the stories."""
_SECONDS_A_DAY: Final = 24 * 3600
_SAME_DOMAIN: Final = -5.38


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


@dataclass(frozen=True, slots=True)
class Compared:
    """A member as it is kept for comparisons, in less than half the memory: its terms, the heaviest
    first, with their weights, `packed` as floats of four bytes, and how much they tell; and of its
    excerpt a hash, 0 if there is none, since only equal ones matter.
    """

    story_id: int
    key: str
    published_at: int
    domain: str
    title: str
    excerpt: int
    terms: tuple[str, ...]
    packed: bytes
    told: float

    @classmethod
    def of(cls, member: Member, frequencies: Frequencies) -> "Compared":
        """The member, ready for comparisons."""
        return cls(
            member.story_id,
            member.key,
            member.published_at,
            intern(member.domain),
            member.title,
            hash(member.excerpt),
            *_text(member.vector, frequencies),
        )

    def is_of(self, key: str, published_at: int, domain: str, title: str, excerpt: str) -> bool:
        """Whether it was made of these."""
        made_of = (self.key, self.published_at, self.domain, self.title, self.excerpt)
        return made_of == (key, published_at, domain, title, hash(excerpt))

    @property
    def weights(self) -> Sequence[float]:
        """The weights of the terms."""
        return memoryview(self.packed).cast("f")

    @property
    def vector(self) -> dict[str, float]:
        """The weights by term."""
        return dict(zip(self.terms, self.weights, strict=True))

    @property
    def headline(self) -> frozenset[str]:
        """The terms of its title alone."""
        return frozenset(distinct_terms(self.title, ""))

    def headline_alone(self, frequencies: Frequencies) -> "Compared":
        """It without its excerpt: what many pages of one site say is said of none of them."""
        found = vector(dict.fromkeys(self.headline, 1), frequencies)
        heaviest, weights, much = _text(found, frequencies)
        return replace(self, excerpt=0, terms=heaviest, packed=weights, told=much)


def _text(found: Vector, frequencies: Frequencies) -> tuple[tuple[str, ...], bytes, float]:
    heaviest = sorted(zip(found.values(), found, strict=True), reverse=True)
    weights = array("f", [weight for weight, _ in heaviest]).tobytes()
    return tuple(term for _, term in heaviest), weights, told(found, frequencies)


class Comparison:
    """Compares a story with others."""

    def __init__(self, story: Compared, frequencies: Frequencies) -> None:
        self._story, self._frequencies = story, frequencies
        self._terms = frozenset(story.terms)

    def sharing(self, others: Iterable[Compared]) -> list[Compared]:
        """Those that share enough with the story, which nearly none does. A term tells 1 at most,
        so that too few of them need not be summed.
        """
        rarity, rarest = self._frequencies.rarities.get, self._frequencies.rarest
        own, in_common, found = self._story.told, self._terms.intersection, list[Compared]()
        for other in others:
            shared = in_common(other.terms)
            poorer = min(own, other.told)
            needed = min(_SHARED, _SHARED_PART * poorer)
            if len(shared) >= needed and poorer >= TOLD:
                both_tell = math.fsum([rarity(term, rarest) for term in shared])
                if both_tell >= needed * rarest:
                    found.append(other)
        return found

    def evidence(self, other: Compared) -> float:
        """What the two add to the logit of the probability that they tell of one event."""
        story = self._story
        same = story.domain == other.domain
        if same and story.excerpt and story.excerpt == other.excerpt:
            alone = Comparison(story.headline_alone(self._frequencies), self._frequencies)
            return alone.evidence(other.headline_alone(self._frequencies))
        # Asked once more: headlines alone may share too little.
        if not self.sharing((other,)) or self._tell_of_different_things(other):
            return -math.inf
        return self._likeness(other) + (_SAME_DOMAIN if same else 0)

    def _likeness(self, other: Compared) -> float:
        vector, others = self._story.vector, other.vector
        shared = self._terms & others.keys()
        rarest = sorted(map(self._frequencies.idf, shared), reverse=True)[:3]
        # fsum: the terms are in no order
        cosine = math.fsum([vector[term] * others[term] for term in shared])
        days = abs(self._story.published_at - other.published_at) / _SECONDS_A_DAY
        return _COSINE * cosine + _RARE * sum(rarest) / (3 * self._frequencies.rarest) + _DAY * days

    def _tell_of_different_things(self, other: Compared) -> bool:
        """Whether headlines show that: one that is vague, or two of one site."""
        headline, compared = self._story.headline, other.headline
        if headline == compared:
            return self._differ_under(headline, other)
        return self._story.domain == other.domain and _numbered(headline, compared)

    def _differ_under(self, headline: frozenset[str], other: Compared) -> bool:
        """Whether two texts under one headline tell of different things."""
        vague = told(headline, self._frequencies) < _VAGUE
        if not vague or len(headline) in (len(self._story.terms), len(other.terms)):
            return False
        beyond = self._terms.intersection(other.terms) - headline
        return told(beyond, self._frequencies) < _BEYOND


def told(these: Iterable[str], frequencies: Frequencies) -> float:
    """How much terms tell: the sum of their rarities, in terms of the greatest rarity."""
    rarity, rarest = frequencies.rarities.get, frequencies.rarest
    return math.fsum([rarity(term, rarest) for term in these]) / rarest


def _numbered(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two headlines differ in numbers alone: a site's notices of different things."""
    mine, others = one - other, other - one
    return bool(mine and others) and all(map(_has_digit, mine | others))


def _has_digit(term: str) -> bool:
    return any(sign.isdigit() for sign in term)
