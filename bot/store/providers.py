"""What the archive knows of publishers, counted from story files and events."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.store import facts
from bot.store.database import Connection, every, one
from bot.stories.feed_quality import ProviderRecord, Providers

_COUNTED: Final = "publishers_counted"
"""The fact with when publishers were counted, and the median of all imported qualities, as JSON."""


NEWEST: Final = 4000
"""Of how many stories, by their arrival, the qualities count: with what real files list these are
some 90,000 articles, and more would take memory for the same medians.
"""
_AT_ONCE: Final = 100
"""Of how many stories they are read in one piece."""


class Counted(NamedTuple):
    """When publishers were counted, and the median of all imported qualities; None = none is."""

    at: datetime
    median: float | None


async def last_count(db: Connection) -> Counted | None:
    """The last count; None if there is none, or its note cannot be read."""
    fact = await facts.read_fact(db, _COUNTED)
    try:
        at, median = json.loads(fact) if fact else (None, None)
        return None if at is None else Counted(datetime.fromtimestamp(at, UTC), median)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


class Imported(NamedTuple):
    """An article with an imported quality: its strict key, and its publisher's domain."""

    key: str
    domain: str
    quality: int


async def imported_qualities(db: Connection) -> list[Imported]:
    """The articles with an imported quality of the NEWEST stories, each once, at its highest.
    Computed qualities do not count, nor do sources that no file of their story lists.
    """
    found: dict[str, Imported] = {}
    last = await one(db, "SELECT coalesce(max(story_id), 0) AS newest FROM story")
    newest = last["newest"] if last else 0
    for first in range(max(0, newest - NEWEST), newest, _AT_ONCE):
        rows = await every(db, _IMPORTED, {"first": first, "last": first + _AT_ONCE})
        for article in (Imported(*row) for row in rows):
            known = found.get(article.key)
            if known is None or known.quality < article.quality:
                found[article.key] = article
    return [*found.values()]


_IMPORTED: Final = """
SELECT key, domain, quality FROM story
WHERE story_id > :first AND story_id <= :last AND quality_parts IS NULL AND quality IS NOT NULL
UNION ALL
SELECT key, domain, quality FROM source
WHERE story_id > :first AND story_id <= :last AND listed = 1 AND quality IS NOT NULL
"""


async def told_stories(db: Connection) -> list[tuple[str, int, int]]:
    """How many stories each domain told, and how many of them are in events of several owners."""
    sql = """
        SELECT s.domain, count(*), count(*) FILTER (WHERE l.publishers > 1)
        FROM story s JOIN story l ON l.story_id = coalesce(s.leader_id, s.story_id)
        WHERE s.grouped = 1 GROUP BY s.domain
    """
    return [(row[0], row[1], row[2]) for row in await every(db, sql)]


async def save_records(
    db: Connection, records: Mapping[str, ProviderRecord], counted: Counted
) -> None:
    """Replace what is known of publishers, by registrable domain and by host."""
    await db.execute("DELETE FROM provider_quality")
    await db.executemany(
        """
        INSERT INTO provider_quality (domain, articles, median, told, shared)
        VALUES (?, ?, ?, ?, ?)
        """,
        [(domain, *record) for domain, record in sorted(records.items())],
    )
    note = json.dumps([int(counted.at.timestamp()), counted.median])
    await facts.write_fact(db, _COUNTED, note)


async def known_providers(db: Connection) -> Providers:
    """What is known of publishers."""
    sql = "SELECT domain, articles, median, told, shared FROM provider_quality"
    records = {row[0]: ProviderRecord(*tuple(row)[1:]) for row in await every(db, sql)}
    counted = await last_count(db)
    if counted is None or counted.median is None:
        return Providers(records)
    return Providers(records, counted.median)
