"""The quality of a feed's article, for which nobody gave one: a sum that a reader can check.

`150 x (0.40 source + 0.20 original + 0.15 complete + 0.15 track + 0.10 fit)`, brought to the scale
of imported qualities by a table (docs/ranking.md says how all of this was measured).
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from bot.stories.copies import copied_share, fingerprint
from bot.stories.junk import Junk
from bot.stories.model import Article, QualityParts, Standing
from bot.stories.owners import Owners
from bot.stories.ranking import Rules
from bot.stories.similarity import Vector, cosine
from bot.stories.sources import vector_of
from bot.stories.urls import host_of, registrable_domain

TIERS: Final = {1: 0.65, 2: 0.55, 3: 0.45, 4: 0.30, 5: 0.11}
"""The publisher's part by its tier."""
UNKNOWN_SOURCE: Final = 0.33
"""The publisher's part of one that nothing is known of: the median of imported qualities, 50."""
LEAST_IMPORTED: Final = 3
"""So many imported qualities make a publisher known."""
VOTES: Final = 3
"""How many imported qualities of a publisher the overall median outweighs."""
_SCALE: Final = 150
_WEIGHTS: Final = QualityParts(0.40, Standing.UNKNOWN, 0, 0.15, 0.15, 0.20, 0.10)
_SHORTEST_EXCERPT: Final = 80
_TITLE: Final = range(20, 111)
_LATER_COPY: Final = 0.5
_AGGREGATED: Final = 0.2
_FULL_FIT: Final = 0.25
"""The mean similarity to the other stories of an event that nothing exceeds in value."""
_CERTAINTY: Final = 1.96
"""Wilson's bound with 95 % certainty."""
MAPPED: Final = ((0, 0), (150, 150))
"""Sums, and the qualities that they have (tests/evaluation/feed_qualities.py makes this table)."""


class ProviderRecord(NamedTuple):
    """What the archive knows of a publisher: how many of its `articles` have an imported quality,
    the `median` of these; how many stories it `told`, and how many of these were `shared`, in
    events of several owners.
    """

    articles: int
    median: float | None
    told: int
    shared: int


@dataclass(frozen=True)
class Providers:
    """What the archive knows of publishers, by registrable domain. `median` is that of all imported
    qualities.
    """

    records: Mapping[str, ProviderRecord] = field(default_factory=dict)
    median: float = UNKNOWN_SOURCE * _SCALE


def parts_of(
    article: Article, *, dated: bool, tier: int | None, providers: Providers, rules: Rules
) -> QualityParts:
    """The parts of an article as it arrives, alone. `tier` is its feed's, `dated` whether the feed
    gave it a date.
    """
    source, standing, told = _source(article, tier, providers, rules)
    record = providers.records.get(_domain(article))
    return QualityParts(
        source=source,
        standing=standing,
        told=told,
        complete=_complete(article, dated=dated),
        track=wilson(record.shared, record.told) if record else 0.0,
        original=_AGGREGATED if rules.owners.is_aggregator(article) else 1.0,
    )


def quality_of(parts: QualityParts) -> int:
    """The quality on the scale of imported ones."""
    return round(_mapped(raw(parts)))


def raw(parts: QualityParts) -> float:
    """The sum of the parts, from 0 to 150, before it is brought to the scale."""
    return _SCALE * (
        _WEIGHTS.source * parts.source
        + _WEIGHTS.original * parts.original
        + _WEIGHTS.complete * parts.complete
        + _WEIGHTS.track * parts.track
        + _WEIGHTS.fit * parts.fit
    )


def rated(articles: Sequence[Article], rules: Rules) -> list[Article]:
    """The own articles of an event's stories, with the computed qualities that they have there."""
    if all(one.parts is None for one in articles):
        return list(articles)
    vectors = [vector_of(one, rules.frequencies) for one in articles]
    return [
        one
        if one.parts is None
        else _with(one, one.parts, _original(one, articles, rules.owners), _fit(n, vectors))
        for n, one in enumerate(articles)
    ]


def _with(article: Article, parts: QualityParts, original: float, fit: float) -> Article:
    new = replace(parts, original=original, fit=fit)
    return replace(article, quality=quality_of(new), parts=new)


def _original(article: Article, others: Sequence[Article], owners: Owners) -> float:
    if owners.is_aggregator(article):
        return _AGGREGATED
    words, came = fingerprint(article.title, article.excerpt), (article.published_at, article.key)
    earlier = (one for one in others if (one.published_at, one.key) < came)
    copied = any(copied_share(words, fingerprint(one.title, one.excerpt)) for one in earlier)
    return _LATER_COPY if copied else 1.0


def _fit(place: int, vectors: Sequence[Vector]) -> float:
    """How similar the others are."""
    if len(vectors) == 1:
        return 0.0
    total = sum(cosine(vectors[place], one) for n, one in enumerate(vectors) if n != place)
    return min(1.0, total / (len(vectors) - 1) / _FULL_FIT)


def _source(
    article: Article, tier: int | None, providers: Providers, rules: Rules
) -> tuple[float, Standing, int]:
    if rules.junk.kind(article) is Junk.PRESS_RELEASE:
        return TIERS[5], Standing.PRESS_RELEASE, 5
    if tier:
        return TIERS[tier], Standing.FEED, tier
    record = providers.records.get(_domain(article))
    if record and record.median is not None and record.articles >= LEAST_IMPORTED:
        return (
            shrunk(record.median, record.articles, providers.median) / _SCALE,
            Standing.IMPORTED,
            record.articles,
        )
    if known := _tier(article, rules.tiers):
        return TIERS[known], Standing.TIER, known
    return UNKNOWN_SOURCE, Standing.UNKNOWN, 0


def _tier(article: Article, tiers: Mapping[str, int]) -> int | None:
    """The tier of its host, of its publisher's domain, or of its page's domain."""
    host = host_of(article.url).removeprefix("www.")
    names = (host, article.provider.domain, registrable_domain(article.provider.domain))
    return next((tiers[name] for name in names if name in tiers), None)


def shrunk(median: float, articles: int, overall: float) -> float:
    """A publisher's median, moved towards that of all by VOTES."""
    return (median * articles + overall * VOTES) / (articles + VOTES)


def _domain(article: Article) -> str:
    return registrable_domain(article.provider.domain)


def _complete(article: Article, *, dated: bool) -> float:
    """The share of what an article should have."""
    has = (len(article.excerpt) >= _SHORTEST_EXCERPT, dated, len(article.title) in _TITLE)
    return sum(has) / len(has)


def wilson(hits: int, of: int) -> float:
    """The lower bound of a share, by Wilson: low as long as few cases are known."""
    if not of:
        return 0.0
    z, share = _CERTAINTY, hits / of
    spread = z * math.sqrt((share * (1 - share) + z * z / (4 * of)) / of)
    return max(0.0, (share + z * z / (2 * of) - spread) / (1 + z * z / of))


def _mapped(value: float) -> float:
    """Between two entries of the table it is a straight line."""
    place = bisect_left(MAPPED, (value, -1))
    if place == 0:
        return MAPPED[0][1]
    if place == len(MAPPED):
        return MAPPED[-1][1]
    (low, low_to), (high, high_to) = MAPPED[place - 1], MAPPED[place]
    return low_to + (high_to - low_to) * (value - low) / (high - low)
