"""Compares computed qualities with imported ones, and makes the table that maps them.

`broadsheet ingest --database DATABASE FOLDER ...`, then
`python -m tests.evaluation.feed_qualities DATABASE`

Every article with an imported quality is rated as if a feed had brought it: in the event that lists
it, with its publisher's median of the others. Printed are how many articles there are, the rank
correlation, the quartiles of both, and the table (bot/stories/feed_quality.py).
"""

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median, quantiles
from typing import Any, Final, NamedTuple

from bot.cli.opening import opened
from bot.cli.options import settled
from bot.clock import SystemClock
from bot.library import provider_records
from bot.store import providers, stories
from bot.stories.feed_quality import (
    ProviderRecord,
    Providers,
    domain_of,
    host_of_own,
    parts_of,
    quality_of,
    rated,
    raw,
)
from bot.stories.model import NOT_ON_EVENT, Article
from bot.stories.ranking import Rules

POINTS: Final = (1, 5, 10, 25, 50, 75, 90, 95, 99)
"""The hundredths of the articles that have an entry in the table."""


class Pair(NamedTuple):
    """An article with its imported quality, and as a feed's."""

    imported: Article
    computed: Article

    @property
    def sum(self) -> float:
        """The sum of its parts."""
        assert self.computed.parts
        return raw(self.computed.parts)


async def pairs(database: str) -> list[Pair]:
    """Every article of an archive that has an imported quality."""
    async with opened(settled(database, None, None)) as services:
        rules = services.ingestion.rules.ranking
        await provider_records.count_if_due(services.database, SystemClock().now())
        async with services.database.reading() as db:
            known = await providers.known_providers(db)
            archived = await stories.stories_by_id(db, await stories.all_story_ids(db))
    events = [
        [one.article, *(s.article for s in one.sources if s.relation not in NOT_ON_EVENT)]
        for one in sorted(archived, key=lambda one: -one.publishers)
        if one.leader_id is None
    ]
    listed = [[s.article] for one in archived for s in one.sources if s.listed]
    return [*_pairs([*events, *([one.article] for one in archived), *listed], known, rules)]


def _pairs(events: Sequence[Sequence[Article]], known: Providers, rules: Rules) -> Sequence[Pair]:
    """Each article once, in its first event."""
    imported = {a.key: a for event in events for a in event if a.quality is not None}
    of: defaultdict[str, list[int]] = defaultdict(list)
    for article in imported.values():
        for name in _names(article):
            of[name].append(article.quality or 0)
    found: dict[str, Pair] = {}
    for event in events:
        arrived = [_arrived(one, known, of, rules) for one in event]
        for article in rated(arrived, rules):
            if article.key in imported:
                found.setdefault(article.key, Pair(imported[article.key], article))
    return [*found.values()]


def _names(article: Article) -> set[str]:
    return {domain_of(article), host_of_own(article)}


def _arrived(
    article: Article, known: Providers, of: Mapping[str, Sequence[int]], rules: Rules
) -> Article:
    """An article as a feed gives it, where its own imported quality is not known."""
    records = {name: _without(article, name, known, of[name]) for name in _names(article)}
    parts = parts_of(
        article,
        dated=True,
        tier=None,
        providers=replace(known, records=records),
        rules=rules,
    )
    return replace(article, quality=quality_of(parts), parts=parts)


def _without(
    article: Article, name: str, known: Providers, qualities: Sequence[int]
) -> ProviderRecord:
    others = [*qualities]
    if article.quality in others:
        others.remove(article.quality)
    record = known.records.get(name, ProviderRecord(0, None, 0, 0))
    return record._replace(articles=len(others), median=median(others) if others else None)


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value; equal values share the mean of theirs."""
    places: defaultdict[float, list[int]] = defaultdict(list)
    for place, value in enumerate(sorted(values)):
        places[value].append(place)
    return [sum(places[value]) / len(places[value]) for value in values]


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's; of ranks it is Spearman's."""
    mean, mean_other = sum(one) / len(one), sum(other) / len(other)
    apart = [(a - mean, b - mean_other) for a, b in zip(one, other, strict=True)]
    squares = sum(a * a for a, _ in apart) * sum(b * b for _, b in apart)
    return sum(a * b for a, b in apart) / squares**0.5 if squares else 0.0


def table(found: Sequence[Pair]) -> list[tuple[float, int]]:
    """Sums, and the imported qualities of as many articles: equal shares of both."""
    sums = quantiles([one.sum for one in found], n=100, method="inclusive")
    imported = [one.imported.quality or 0 for one in found]
    qualities = quantiles(imported, n=100, method="inclusive")
    return [(round(sums[n - 1], 1), round(qualities[n - 1])) for n in POINTS]


def report(found: Sequence[Pair]) -> dict[str, Any]:
    """All figures."""
    imported = [float(one.imported.quality or 0) for one in found]
    computed = [float(one.computed.quality or 0) for one in found]
    sums = [one.sum for one in found]
    return {
        "articles": len(found),
        "publishers": len({domain_of(one.imported) for one in found}),
        "spearman": round(correlation(ranks(sums), ranks(imported)), 3),
        "quartiles_imported": quantiles(imported, n=4, method="inclusive"),
        "quartiles_computed": quantiles(computed, n=4, method="inclusive"),
        "table": table(found),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("database")
    print(json.dumps(report(asyncio.run(pairs(parser.parse_args().database)))))


if __name__ == "__main__":
    main()
