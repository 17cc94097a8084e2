"""Which articles tell the same event as its leader, and which of them repeat each other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from bot.stories.copies import (
    LEAST_SHARED,
    Fingerprint,
    copied_share,
    fingerprint,
    headline_share,
    telling_words,
)
from bot.stories.frequencies import Frequencies
from bot.stories.model import Article, RankedSource, Relation, Story, distinct
from bot.stories.owners import Owners
from bot.stories.similarity import Vector, cosine, likeness, terms, vector
from bot.stories.urls import registrable_domain

ON_EVENT: Final = 0.18
"""The similarity to the leader's own article from which an article is on-event: 97 % of 59 labelled
sources above it told the same event, and all at least the same subject (docs/ranking.md).
"""
OWN_DOMAIN: Final = 0.66
"""The same for the leader's own domain: a vendor makes its notices from one template; those about
different things have up to 0.65.
"""
REACH: Final = timedelta(days=3)
"""How far apart an event's articles are published; 2 and 5 days tell no more events (measured)."""
LEAST_TERMS: Final = 4
"""A headline of fewer terms that both articles have counts for nothing: it may be a column's, like
"Weekly roundup". Fewer terms in common do not: reports of one event may share its two names.
"""

_MOST_HOLDERS: Final = 50
"""With how many better sources that have a word in common a source is compared; more only occur
where one event has hundreds of reports, whose comparisons would take the square of their number.
"""


@dataclass(frozen=True)
class Member:
    """An article of an event, prepared for comparison with the others."""

    article: Article
    owner: str
    similarity: float
    listed: bool
    independent: bool

    @cached_property
    def words(self) -> Fingerprint:
        """Its words in order."""
        return fingerprint(self.article.title, self.article.excerpt)

    def as_source(
        self, relation: Relation, of: str | None = None, share: float | None = None
    ) -> RankedSource:
        """The source that this is."""
        return RankedSource(
            self.article, relation, of, self.similarity, share, self.listed, self.independent
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources of an event in rank order, and the on-event ones prepared for more questions.

    `owner` is the owner of the leader's own article.
    """

    ranked: tuple[RankedSource, ...]
    on_event: Sequence[Member]
    owner: str

    @property
    def owners(self) -> set[str]:
        """The owners of the on-event articles, copies aside."""
        copies = {s.article.url for s in self.ranked if s.relation is Relation.COPY}
        return {self.owner, *(m.owner for m in self.on_event if m.article.url not in copies)}


def sources_of(
    story: Story, others: Collection[Story], owners: Owners, frequencies: Frequencies
) -> Sources:
    """The sources of the event that `story` leads: what it lists, the other stories' articles and
    what these list. Strangers that only others list are left out.

    Order: quality, then earlier, then strict key.
    """
    articles = _articles(story, others)
    if not articles:  # as most items of feeds come
        return Sources((), (), owners.of((story.article,))[story.article.url])
    likeness = Likeness(story.article, frequencies)
    listed = {article.key for article in story.sources}
    theirs = {other.article.key for other in others}
    owner_of = owners.of((story.article, *articles))
    own = owner_of[story.article.url]
    on_event: list[Member] = []
    beside: list[RankedSource] = []
    for article in articles:
        similarity, alike = likeness.to(article)
        by_file = not others or article.key in listed
        owner = owner_of[article.url]
        member = Member(article, owner, similarity, by_file, independent=owner != own)
        share = likeness.repeated_by(member) if alike else None
        if alike and share is None:
            on_event.append(member)
        elif alike:
            beside.append(member.as_source(Relation.COPY, story.article.url, share))
        elif similarity >= ON_EVENT or article.key in theirs:
            beside.append(member.as_source(Relation.BACKGROUND))
        elif by_file:
            beside.append(member.as_source(Relation.OFF_TOPIC))
    ranked = sorted((*beside, *_related(on_event, owners)), key=lambda one: rank_key(one.article))
    return Sources(tuple(ranked), on_event, own)


def _articles(story: Story, others: Collection[Story]) -> Sequence[Article]:
    """Each article of the event once, without the leader's own."""
    if not others:
        return story.sources
    others_own = (other.article for other in others)
    theirs = (article for other in others for article in other.sources)
    return distinct((*story.sources, *others_own, *theirs), story.article.key)


class Likeness:
    """How much articles resemble one article, the leader's own or one that may lead."""

    def __init__(self, article: Article, frequencies: Frequencies) -> None:
        self._article, self._frequencies = article, frequencies
        self._domain = registrable_domain(article.provider.domain)
        self._title = terms(article.title, "").keys()
        self._vector = vector_of(article, frequencies)

    def to(self, other: Article, known: Vector | None = None) -> tuple[float, bool]:
        """The similarity of another article (`known`: its vector), and whether it is on-event."""
        if known is None:
            counts = terms(other.title, other.excerpt)
            similarity = likeness(counts, self._vector, self._frequencies)
        else:
            similarity = cosine(self._vector, known)
        apart = abs(other.published_at - self._article.published_at)
        if similarity < ON_EVENT or apart > REACH:
            return similarity, False
        alike = similarity >= (OWN_DOMAIN if self._has_domain_of(other) else ON_EVENT)
        return similarity, alike and (not self._has_column_of(other) or self._in_excerpt(other))

    def repeated_by(self, member: Member) -> float | None:
        """How much of the article's text a page of its own domain has, if it is one text: such a
        page is the same report again, not another source.
        """
        if not self._has_domain_of(member.article):
            return None
        return copied_share(fingerprint(self._article.title, self._article.excerpt), member.words)

    def _has_domain_of(self, other: Article) -> bool:
        return registrable_domain(other.provider.domain) == self._domain

    def _has_column_of(self, other: Article) -> bool:
        short = len(self._title) < LEAST_TERMS
        return short and self._title == terms(other.title, "").keys()

    def _in_excerpt(self, other: Article) -> bool:
        excerpts = (terms("", one.excerpt) for one in (self._article, other))
        one, compared = (vector(counts, self._frequencies) for counts in excerpts)
        return cosine(one, compared) >= ON_EVENT


def vector_of(article: Article, frequencies: Frequencies) -> Vector:
    """The vector of an article."""
    return vector(terms(article.title, article.excerpt), frequencies)


class _Pass(NamedTuple):
    """One comparison: of two members the later repeats the earlier if `share` gives a number.

    They then have at least `least` parts in common, so that only such pairs are compared.
    """

    relation: Relation
    least: int
    parts: Callable[[Sequence[Member]], Sequence[Collection[Hashable]]]
    share: Callable[[Member, Member], float | None]


_PASSES: Final = (
    _Pass(
        Relation.COPY,
        LEAST_SHARED,
        lambda members: [member.words.shingles for member in members],
        lambda one, other: copied_share(one.words, other.words),
    ),
    _Pass(
        Relation.SIBLING,
        1,
        lambda members: telling_words([member.words for member in members]),
        lambda one, other: headline_share(one.words, other.words),
    ),
    _Pass(
        Relation.SAME_OWNER,
        1,
        lambda members: [(member.owner,) for member in members],
        lambda one, other: 1.0 if one.owner == other.owner else None,
    ),
)


def _related(members: Sequence[Member], owners: Owners) -> list[RankedSource]:
    """The members as sources. Each pass takes the members that are still eligible."""
    # A publisher's own page is preferred to an aggregator's copy, whatever their quality.
    left: Sequence[Member] = sorted(
        members, key=lambda one: (owners.is_aggregator(one.article), *rank_key(one.article))
    )
    found: list[RankedSource] = []
    for one in _PASSES:
        left, repeating = _without_repeats(left, one)
        found += repeating
    return [*found, *(member.as_source(Relation.ELIGIBLE) for member in left)]


def _without_repeats(
    members: Sequence[Member], one: _Pass
) -> tuple[list[Member], list[RankedSource]]:
    """The members that repeat no earlier one, and the others with the first one they repeat."""
    kept: list[Member] = []
    repeating: list[RankedSource] = []
    holders: defaultdict[Hashable, list[int]] = defaultdict(list)
    for member, parts in zip(members, one.parts(members), strict=True):
        likely = _sharing(parts, holders, one.least)
        repeat = next(_repeats(member, (kept[place] for place in likely), one), None)
        if repeat is not None:
            repeating.append(repeat)
            continue
        for part in parts:
            if len(holders[part]) < _MOST_HOLDERS:
                holders[part].append(len(kept))
        kept.append(member)
    return kept, repeating


def _sharing(
    parts: Collection[Hashable], holders: defaultdict[Hashable, list[int]], least: int
) -> list[int]:
    """The places, in order, that hold at least `least` of the parts."""
    shared = Counter(place for part in parts if part in holders for place in holders[part])
    return sorted(place for place, many in shared.items() if many >= least)


def _repeats(member: Member, likely: Iterator[Member], one: _Pass) -> Iterator[RankedSource]:
    for other in likely:
        share = one.share(member, other)
        if share is not None:
            yield member.as_source(one.relation, other.article.url, share)


def rank_key(article: Article) -> tuple[int, datetime, str]:
    """Sorts articles, the best first: quality, then earlier, then strict key."""
    quality = -1 if article.quality is None else article.quality
    return -quality, article.published_at, article.key
