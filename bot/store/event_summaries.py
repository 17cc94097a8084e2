"""The events of a span of time, as the editorial report lists them."""

from collections.abc import Collection
from datetime import UTC, datetime

from bot.digests.editorial_report import EventSummary
from bot.store.database import Connection, every
from bot.store.heat import heat_in


async def events_between(
    db: Connection, after: datetime, until: datetime, topics: Collection[int]
) -> list[EventSummary]:
    """The events whose leaders were published in (after, until], oldest first."""
    rows = await every(
        db,
        """
        SELECT s.event_id, s.story_id, s.title, s.provider, s.url, s.published_at, s.heat,
               s.publishers, s.junk,
               EXISTS (
                   SELECT 1 FROM topic_page p
                   WHERE p.story_id = s.story_id AND p.topic_id = ANY(:topics)
               ) AS followed
        FROM story s
        WHERE s.published_at > :after AND s.published_at <= :until
          AND s.leader_id IS NULL AND s.hidden = 0 AND s.grouped = 1
        ORDER BY s.published_at, s.key
        """,
        {
            "topics": topics,
            "after": int(after.timestamp()),
            "until": int(until.timestamp()),
        },
    )
    return [
        EventSummary(
            event_id=row["event_id"],
            story_id=row["story_id"],
            headline=row["title"],
            publisher=row["provider"],
            url=row["url"],
            published_at=datetime.fromtimestamp(row["published_at"], UTC),
            heat=heat_in(row["heat"]),
            publishers=row["publishers"],
            junk=row["junk"],
            followed=bool(row["followed"]),
        )
        for row in rows
    ]
