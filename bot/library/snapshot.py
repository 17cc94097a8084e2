"""Counts the words of the archive once a week, so that its own subjects weigh rightly."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import chain, starmap
from typing import Final

from bot.library.leading import rank_again
from bot.store import boilerplate, frequencies
from bot.store.database import Connection, Database
from bot.store.frequencies import Snapshot
from bot.stories.frequencies import LEAST_COUNT, Frequencies, combined, shipped
from bot.stories.ranking import Rules
from bot.stories.similarity import distinct_terms

EVERY: Final = timedelta(days=7)
RANKED_AGAIN: Final = timedelta(days=7)
"""Stories older than this keep their ranking when the counts change."""
LEAST_STORIES: Final = 1000
"""An archive with fewer says too little beside the shipped counts, which are of 3,000 articles."""
LEAST_KNOWN: Final = 0.5
"""The share of words that the counts must know before they can tell stories apart. Of English news
they know 0.9 and more; of 2,000 invented stories in an unknown language 0.0, and without counts of
their own most of those were in events of ten and more.
"""
_SAMPLE: Final = 500
_READ_AT_ONCE: Final = 2000
_RANKED_AT_ONCE: Final = 200


async def current_frequencies(db: Connection) -> Frequencies:
    """The shipped counts together with the archive's own, if those were taken."""
    last = await frequencies.last_snapshot(db)
    if not last.version:
        return shipped()
    own = Frequencies(last.version, last.articles, await frequencies.counts(db))
    return combined(shipped(), own, last.version)


async def is_due(db: Connection, now: datetime) -> bool:
    """Whether the words are to be counted: a week has passed, or the archive is twice as large.

    An archive that shrank, or a clock that was ahead, only makes it wait for the next week.
    """
    last, stories = await frequencies.last_snapshot(db), await frequencies.count_stories(db)
    if stories < LEAST_STORIES:
        return False
    age = now - last.taken_at
    return age >= EVERY or age < -EVERY or stories >= 2 * last.articles


async def known_share(db: Connection, story_ids: Collection[int], counts: Frequencies) -> float:
    """Which share of the words of stories, or of a sample of them, the counts know."""
    texts = await frequencies.texts_of(db, sorted(story_ids)[:: len(story_ids) // _SAMPLE + 1])
    found = await asyncio.to_thread(_counted, texts)
    known = sum(found[term] for term in found.keys() & counts.found_in.keys())
    return known / found.total() if found else 1.0


async def take(database: Database, now: datetime) -> Frequencies:
    """Count the words of all stories' own articles and store the counts."""
    found, articles, last_id = Counter[str](), 0, 0
    while True:
        async with database.reading() as db:
            some = await frequencies.texts_after(db, last_id, _READ_AT_ONCE)
        if not some:
            break
        texts = [(title, excerpt) for _, title, excerpt in some]
        found.update(await asyncio.to_thread(_counted, texts))
        articles, last_id = articles + len(some), some[-1][0]
    kept = {term: count for term, count in found.items() if count >= LEAST_COUNT}
    async with database.writing() as db:
        version = (await frequencies.last_snapshot(db)).version + 1
        await frequencies.save_snapshot(db, Snapshot(version, articles, now), kept)
        return await current_frequencies(db)


def _counted(texts: Iterable[tuple[str, str]]) -> Counter[str]:
    """How many of the texts (title, excerpt) have each term."""
    return Counter(chain.from_iterable(starmap(distinct_terms, texts)))


async def find_boilerplate(database: Database, least: int) -> None:
    """Note which excerpts are boilerplate: those that so many stories of one site have."""
    async with database.writing() as db:
        await boilerplate.find_again(db, least)


async def rank_latest(database: Database, rules: Rules, now: datetime) -> None:
    """Rank the stories of the last days again, by the counts of now."""
    async with database.reading() as db:
        ids = await frequencies.stories_since(db, now - RANKED_AGAIN)
    for start in range(0, len(ids), _RANKED_AT_ONCE):
        async with database.writing() as db:
            await rank_again(db, ids[start : start + _RANKED_AT_ONCE], rules)
