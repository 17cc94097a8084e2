"""Which stories an edition may take, by SQL: the choice among them is digests/selection.py's."""

import json
from collections.abc import Collection
from datetime import UTC, datetime

from bot.digests.selection import Candidate
from bot.store.database import Connection, every, one
from bot.store.heat import heat_in, stored
from bot.store.links import linked_stories


async def candidates(
    db: Connection, topics: Collection[int], after: datetime, until: datetime, minimum_heat: int
) -> list[Candidate]:
    """Leaders of the topics, published in (after, until], of at least that heat or unknown heat."""
    rows = await every(
        db,
        """
        SELECT story_id, key, heat, published_at, group_concat(p.topic_id) AS topics
        FROM topic_page p JOIN story USING (story_id, published_at)
        WHERE p.topic_id IN (SELECT value FROM json_each(:topics))
          AND p.published_at > :after AND p.published_at <= :until
          AND (heat >= :minimum_heat OR heat = :unknown)
        GROUP BY story_id
        """,
        {
            "topics": json.dumps(sorted(topics)),
            "after": int(after.timestamp()),
            "until": int(until.timestamp()),
            "minimum_heat": minimum_heat,
            "unknown": stored(None),
        },
    )
    linked = await linked_stories(db, [row["story_id"] for row in rows])
    return [
        Candidate(
            story_id=row["story_id"],
            key=row["key"],
            heat=heat_in(row["heat"]),
            published_at=datetime.fromtimestamp(row["published_at"], UTC),
            topics=frozenset(int(topic) for topic in row["topics"].split(",")),
            linked=linked[row["story_id"]],
        )
        for row in rows
    ]


async def archive_story(
    db: Connection, topics: Collection[int], posted: Collection[int], now: datetime
) -> int | None:
    """For a quiet day: the leader of the topics that is hottest, then newest, then by strict key.

    One of unknown heat comes after all others. Not one that was posted, nor one linked to a posted
    one. None where nothing is left.
    """
    row = await one(
        db,
        """
        WITH had AS (SELECT value AS story_id FROM json_each(:posted))
        SELECT s.story_id FROM topic_page p JOIN story s USING (story_id)
        WHERE p.topic_id IN (SELECT value FROM json_each(:topics)) AND p.published_at <= :now
          AND s.story_id NOT IN had
          AND NOT EXISTS (SELECT 1 FROM link l WHERE l.story_id = s.story_id AND l.other_id IN had)
        ORDER BY s.heat DESC, s.published_at DESC, s.key LIMIT 1
        """,
        {
            "topics": json.dumps(sorted(topics)),
            "posted": json.dumps(sorted(posted)),
            "now": int(now.timestamp()),
        },
    )
    return row["story_id"] if row else None
