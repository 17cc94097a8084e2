"""Counts what the archive tells of publishers: once a week, and before feeds are first loaded."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

from bot.store import providers
from bot.store.database import Database
from bot.store.providers import Counted
from bot.stories.feed_quality import ProviderRecord
from bot.stories.urls import registrable_domain

EVERY: Final = timedelta(days=7)
"""As words are counted: what is computed from it moves a place only when a week is over."""


async def count_if_due(database: Database, now: datetime) -> bool:
    """Count if a week has passed since last time, or it was never done; whether it was."""
    async with database.reading() as db:
        last = await providers.last_count(db)
        if last and abs(now - last.at) < EVERY:
            return False
        imported = await providers.imported_qualities(db)
        told = await providers.told_stories(db)
    async with database.writing() as db:
        await providers.save_records(db, *_counted(imported, told, now))
    return True


def _counted(
    imported: Iterable[tuple[str, int, int]], told: Iterable[tuple[str, int, int]], now: datetime
) -> tuple[dict[str, ProviderRecord], Counted]:
    qualities: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for domain, quality, articles in imported:
        qualities[registrable_domain(domain)][quality] += articles
    stories: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for domain, all_, shared in told:
        known = stories[registrable_domain(domain)]
        stories[registrable_domain(domain)] = known[0] + all_, known[1] + shared
    records = {
        domain: ProviderRecord(
            qualities[domain].total(), median(qualities[domain]), *stories[domain]
        )
        for domain in sorted({*qualities, *stories})
    }
    overall = median(sum(qualities.values(), Counter[int]()))
    return records, Counted(now, overall)


def median(counts: Mapping[int, int]) -> float | None:
    """The median of values that occur so often; None of none."""
    ordered = sorted((value, times) for value, times in counts.items() if times)
    up_to = [*accumulate(times for _, times in ordered)]
    if not up_to:
        return None
    low, high = (up_to[-1] - 1) // 2, up_to[-1] // 2
    middle = [
        next(v for (v, _), n in zip(ordered, up_to, strict=True) if n > at) for at in (low, high)
    ]
    return sum(middle) / 2
