"""The quality of a feed's article, for which nobody gave one: a sum that a reader can check.

`150 x (0.60 source + 0.20 original + 0.15 complete + 0.05 track)`, brought to the scale of imported
qualities by a table (docs/ranking.md says how all of this was measured).
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
from bot.stories.urls import host_of, registrable_domain

TIERS: Final = {1: 0.49, 2: 0.44, 3: 0.375, 4: 0.29, 5: 0.11}
"""The publisher's part by its tier: what gives a whole article that nobody else tells the quality
83, 70, 57, 33 or 11. Of imported qualities 33, 55 and 79 are the quartiles.
"""
UNKNOWN_SOURCE: Final = 0.33
"""The publisher's part of one that nothing is known of: the median of imported qualities, 50."""
LEAST_IMPORTED: Final = 3
"""So many imported qualities make a publisher known."""
VOTES: Final = 3
"""How many imported qualities of a publisher the overall median outweighs."""
SCALE: Final = 150
"""How much all parts together can give."""
SOURCE, ORIGINAL, COMPLETE, TRACK = 0.60, 0.20, 0.15, 0.05
"""How much each part counts."""
_SHORTEST_EXCERPT: Final = 80
_TITLE: Final = range(20, 111)
_LATER_COPY: Final = 0.5
_AGGREGATED: Final = 0.2
_CERTAINTY: Final = 1.96
"""Wilson's bound with 95 % certainty."""
MAPPED: Final = (
    (50.7, 0),
    (62.4, 11),
    (66.2, 17),
    (78.9, 33),
    (85.6, 55),
    (95.9, 79),
    (98.4, 93),
    (104.3, 100),
    (108.7, 119),
    (150.0, 150),
)
"""Sums, and the qualities that they have (tests/evaluation/feed_qualities.py makes this table)."""


class ProviderRecord(NamedTuple):
    """What the archive knows of a publisher or of one of its hosts: how many of its `articles` have
    an imported quality, and the `median` of these; of a publisher also how many stories it `told`,
    and how many of these were `shared`, in events of several owners.
    """

    articles: int
    median: float | None
    told: int
    shared: int


@dataclass(frozen=True)
class Providers:
    """What the archive knows of publishers, by registrable domain and by host. `median` is that of
    all imported qualities.
    """

    records: Mapping[str, ProviderRecord] = field(default_factory=dict)
    median: float = UNKNOWN_SOURCE * SCALE


def parts_of(
    article: Article, *, dated: bool, tier: int | None, providers: Providers, rules: Rules
) -> QualityParts:
    """The parts of an article as it arrives, alone. `tier` is its feed's, `dated` whether the feed
    gave it a date.
    """
    source, standing, told = _source(article, tier, providers, rules)
    record = providers.records.get(domain_of(article))
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
    return SCALE * (
        SOURCE * parts.source
        + ORIGINAL * parts.original
        + COMPLETE * parts.complete
        + TRACK * parts.track
    )


def rated(articles: Sequence[Article], rules: Rules) -> list[Article]:
    """The own articles of an event's stories, with the computed qualities that they have there."""
    return [
        one if one.parts is None else _in_event(one, one.parts, articles, rules.owners)
        for one in articles
    ]


def _in_event(
    article: Article, parts: QualityParts, others: Sequence[Article], owners: Owners
) -> Article:
    new = replace(parts, original=_original(article, others, owners))
    return replace(article, quality=quality_of(new), parts=new)


def _original(article: Article, others: Sequence[Article], owners: Owners) -> float:
    if owners.is_aggregator(article):
        return _AGGREGATED
    words, came = fingerprint(article.title, article.excerpt), (article.published_at, article.key)
    earlier = (one for one in others if (one.published_at, one.key) < came)
    copied = any(copied_share(words, fingerprint(one.title, one.excerpt)) for one in earlier)
    return _LATER_COPY if copied else 1.0


def _source(
    article: Article, tier: int | None, providers: Providers, rules: Rules
) -> tuple[float, Standing, int]:
    if rules.junk.kind(article) is Junk.PRESS_RELEASE:
        return TIERS[5], Standing.PRESS_RELEASE, 5
    if tier:
        return TIERS[tier], Standing.FEED, tier
    if found := _imported(article, providers):
        return found[0] / SCALE, Standing.IMPORTED, found[1]
    if known := _tier(article, rules.tiers):
        return TIERS[known], Standing.TIER, known
    return UNKNOWN_SOURCE, Standing.UNKNOWN, 0


def _imported(article: Article, providers: Providers) -> tuple[float, int] | None:
    """The median of its publisher, moved towards that of all; and if enough is known of its host,
    the median of that, moved towards its publisher's. And of how many articles it is.
    """
    found, value = None, providers.median
    for name in dict.fromkeys((domain_of(article), host_of_own(article))):
        record = providers.records.get(name)
        if record and record.median is not None and record.articles >= LEAST_IMPORTED:
            value = shrunk(record.median, record.articles, value)
            found = value, record.articles
    return found


def _tier(article: Article, tiers: Mapping[str, int]) -> int | None:
    """The tier of its host, of its publisher's domain, or of its page's domain."""
    names = (host_of_own(article), article.provider.domain, domain_of(article))
    return next((tiers[name] for name in names if name in tiers), None)


def shrunk(median: float, articles: int, overall: float) -> float:
    """A publisher's median, moved towards that of all by VOTES."""
    return (median * articles + overall * VOTES) / (articles + VOTES)


def domain_of(article: Article) -> str:
    """The registrable domain of its publisher."""
    return registrable_domain(article.provider.domain)


def host_of_own(article: Article) -> str:
    """The host of its page, if that is its publisher's; else the publisher's domain."""
    return own_host(host_of(article.url), domain_of(article))


def own_host(host: str, domain: str) -> str:
    """A host, if it is one of a publisher's domain; else the domain."""
    host = host.removeprefix("www.")
    return host if registrable_domain(host) == domain else domain


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
