"""The SQL for stories that an edition may take; digests/selection.py chooses among them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

from bot.digests.selection import Candidate
from bot.store.database import Connection, every, one
from bot.store.heat import heat_in, stored
from bot.store.links import linked_stories


async def candidates(
    db: Connection, topics: Collection[int], after: datetime, until: datetime, minimum_heat: int
) -> list[Candidate]:
    """Leaders of the topics, published in (after, until], of at least this heat or unknown heat."""
    rows = await every(
        db,
        """
        SELECT story_id, key, heat, published_at, p.topic_id
        FROM topic_page p JOIN story USING (story_id, published_at)
        WHERE p.topic_id = ANY(:topics)
          AND p.published_at > :after AND p.published_at <= :until
          AND (heat >= :minimum_heat OR heat = :unknown)
        """,
        {
            "topics": topics,
            "after": int(after.timestamp()),
            "until": int(until.timestamp()),
            "minimum_heat": minimum_heat,
            "unknown": stored(None),
        },
    )
    found = {row["story_id"]: row for row in rows}
    shown_by: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        shown_by[row["story_id"]].add(row["topic_id"])
    linked = await linked_stories(db, [*found])
    return [
        Candidate(
            story_id=story_id,
            key=row["key"],
            heat=heat_in(row["heat"]),
            published_at=datetime.fromtimestamp(row["published_at"], UTC),
            topics=frozenset(shown_by[story_id]),
            linked=linked[story_id],
        )
        for story_id, row in found.items()
    ]


async def archive_story(
    db: Connection, topics: Collection[int], posted: Collection[int], now: datetime
) -> int | None:
    """For a quiet day: the leader of the topics that is hottest, then newest, then by strict key.

    A leader of unknown heat comes after all others. A posted story, or one linked to a posted
    story, does not count. None if nothing is left.
    """
    row = await one(
        db,
        """
        SELECT s.story_id FROM topic_page p JOIN story s USING (story_id)
        WHERE p.topic_id = ANY(:topics) AND p.published_at <= :now
          AND NOT s.story_id = ANY(:posted) AND NOT EXISTS (
              SELECT 1 FROM link l WHERE l.story_id = s.story_id AND l.other_id = ANY(:posted)
          )
        ORDER BY s.heat DESC, s.published_at DESC, s.key LIMIT 1
        """,
        {
            "topics": topics,
            "posted": posted,
            "now": int(now.timestamp()),
        },
    )
    return row["story_id"] if row else None
