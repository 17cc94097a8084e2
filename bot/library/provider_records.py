"""Counts what the archive tells of publishers, before items of feeds are loaded: once a week."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from bot.store import providers
from bot.store.database import Database
from bot.store.providers import Counted, Imported
from bot.stories.feed_quality import ProviderRecord, own_host
from bot.stories.urls import registrable_domain

EVERY: Final = timedelta(days=7)
"""As words are counted, so that no new story moves what the others are worth."""


async def count_if_due(database: Database, now: datetime) -> bool:
    """Count if a week has passed since last time, or it was never done; whether it was."""
    async with database.reading() as db:
        last = await providers.last_count(db)
        if last and abs(now - last.at) < EVERY:
            return False
        imported = await providers.imported_qualities(db)
        told = await providers.told_stories(db)
    records = await asyncio.to_thread(_records, imported, told)
    overall = await asyncio.to_thread(_median, [one.quality for one in imported])
    async with database.writing() as db:
        await providers.save_records(db, records, Counted(now, overall))
    return True


def _median(qualities: Sequence[int]) -> float | None:
    return median(qualities) if qualities else None


def _records(
    imported: Iterable[Imported], told: Iterable[tuple[str, int, int]]
) -> Mapping[str, ProviderRecord]:
    """What is known of each publisher, and of each of its hosts."""
    qualities: defaultdict[str, list[int]] = defaultdict(list)
    for key, listed, quality in imported:
        domain = registrable_domain(listed)
        for name in {domain, own_host(key.partition("/")[0], domain)}:
            qualities[name].append(quality)
    stories, shared = Counter[str](), Counter[str]()
    for listed, all_, several in told:
        stories[registrable_domain(listed)] += all_
        shared[registrable_domain(listed)] += several
    return {
        name: ProviderRecord(
            len(known := qualities.get(name, [])),
            median(known) if known else None,
            stories[name],
            shared[name],
        )
        for name in sorted({*qualities, *stories})
    }
