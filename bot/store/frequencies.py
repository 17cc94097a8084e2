"""The counts of words in the archive's own articles, as they were taken last."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.store import facts
from bot.store.database import Connection, every, one

_SNAPSHOT: Final = "word_counts"
"""The fact with the snapshot's version, its number of articles, and when it was taken, as JSON."""


class Snapshot(NamedTuple):
    """When words were counted last, in how many articles; versions count from 1."""

    version: int
    articles: int
    taken_at: datetime


NONE_TAKEN: Final = Snapshot(0, 0, datetime.fromtimestamp(0, UTC))


async def last_snapshot(db: Connection) -> Snapshot:
    """The snapshot taken last; of version 0 if there is none, or if its note cannot be read."""
    fact = await facts.read_fact(db, _SNAPSHOT)
    try:
        version, articles, taken_at = json.loads(fact) if fact else (0, 0, 0)
        return Snapshot(int(version), int(articles), datetime.fromtimestamp(taken_at, UTC))
    except (ValueError, TypeError, OverflowError, OSError):
        return NONE_TAKEN


async def counts(db: Connection) -> dict[str, int]:
    """In how many articles each term was found."""
    rows = await every(db, "SELECT term, found_in FROM document_frequency")
    return {row["term"]: row["found_in"] for row in rows}


async def save_snapshot(db: Connection, snapshot: Snapshot, found_in: Mapping[str, int]) -> None:
    """Replace the snapshot."""
    await db.execute("DELETE FROM document_frequency")
    sql = "INSERT INTO document_frequency (term, found_in) VALUES (?, ?)"
    await db.executemany(sql, sorted(found_in.items()))
    version, articles, taken_at = snapshot
    note = json.dumps([version, articles, int(taken_at.timestamp())])
    await facts.write_fact(db, _SNAPSHOT, note)


async def count_stories(db: Connection) -> int:
    """How many stories there are to count words in."""
    row = await one(db, "SELECT count(*) FROM story")
    return int(row[0]) if row else 0


async def texts_after(db: Connection, story_id: int, limit: int) -> list[tuple[int, str, str]]:
    """The (id, title, excerpt) of the next stories after an id."""
    sql = """
        SELECT story_id, title, excerpt FROM story WHERE story_id > :after
        ORDER BY story_id LIMIT :limit
    """
    rows = await every(db, sql, {"after": story_id, "limit": limit})
    return [(row[0], row[1], row[2]) for row in rows]


async def texts_of(db: Connection, story_ids: Collection[int]) -> list[tuple[str, str]]:
    """The titles and excerpts of stories."""
    sql = "SELECT title, excerpt FROM story WHERE story_id = ANY(:ids)"
    return [(row[0], row[1]) for row in await every(db, sql, {"ids": story_ids})]


async def stories_since(db: Connection, since: datetime) -> list[int]:
    """The ids of stories published from a moment on."""
    sql = "SELECT story_id FROM story WHERE published_at >= :since AND grouped = 1"
    return [row["story_id"] for row in await every(db, sql, {"since": int(since.timestamp())})]
