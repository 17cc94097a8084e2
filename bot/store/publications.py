"""Messages to be published to the servers that follow their channel, and those published."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.digests.target import Channel
from bot.store import asides, values
from bot.store.asides import Stored, Work
from bot.store.database import Connection, Row, every
from bot.store.editions import edition_ref
from bot.store.targets import channel_of

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to publish."""

    edition_id: int
    part: int
    target: Channel
    message_id: int
    due_at: datetime


async def to_publish(db: Connection, now: datetime) -> list[Stored[Publication]]:
    """Messages whose time to be published has come, in the order of their editions."""
    sql = f"""
        SELECT edition_id, part, digest_id, guild_id, channel_id, message_id, due_at,
               {asides.reason(Work.PUBLISHING, "edition_id")} AS aside
        FROM edition_part JOIN edition USING (edition_id) JOIN digest USING (digest_id)
        WHERE (publish_at <= :now OR publish_at > :far) AND message_id IS NOT NULL
          AND NOT {asides.waits(Work.PUBLISHING, "edition_id")}
        ORDER BY edition_id, part
    """  # noqa: S608 - only constants
    # No wait is longer than a day: a longer one was written by a clock that was ahead.
    moments = {"now": int(now.timestamp()), "far": int((now + 24 * HOUR).timestamp())}
    rows = await every(db, sql, moments)
    return [Stored(edition_ref(Work.PUBLISHING, row, row["aside"]), row, _read) for row in rows]


def _read(row: Row) -> Publication:
    return Publication(
        row["edition_id"],
        row["part"],
        channel_of(row),
        row["message_id"],
        values.moment("time", row["due_at"]),
    )


async def free_at(db: Connection, target: Channel, now: datetime, limit: int) -> datetime | None:
    """When a channel can publish its next message, at `limit` an hour; None = now."""
    rows = await every(
        db,
        """
        SELECT published_at FROM digest
        JOIN edition USING (digest_id) JOIN edition_part USING (edition_id)
        WHERE channel_id = :channel AND edition.due_at > :since AND published_at > :hour_ago
          AND published_at <= :now
        ORDER BY published_at DESC LIMIT :limit
        """,
        {
            "channel": target.channel_id,
            "since": int((now - timedelta(days=8)).timestamp()),
            "hour_ago": int((now - HOUR).timestamp()),
            "now": int(now.timestamp()),  # a later time was written by a clock that was ahead
            "limit": limit,
        },
    )
    if len(rows) < limit:
        return None
    return datetime.fromtimestamp(rows[-1]["published_at"], UTC) + HOUR


async def mark_published(db: Connection, one: Publication, now: datetime) -> None:
    """Note that a message is published."""
    await _set(db, one, publish_at=None, published_at=now)


async def postpone(db: Connection, one: Publication, until: datetime) -> None:
    """Note when to try again."""
    await _set(db, one, publish_at=until, published_at=None)


async def give_up(db: Connection, one: Publication) -> None:
    """Note that a message will not be published."""
    await _set(db, one, publish_at=None, published_at=None)


async def _set(
    db: Connection,
    one: Publication,
    *,
    publish_at: datetime | None,
    published_at: datetime | None,
) -> None:
    await db.execute(
        """
        UPDATE edition_part SET publish_at = :at, published_at = :published
        WHERE edition_id = :edition AND part = :part
        """,
        {
            "edition": one.edition_id,
            "part": one.part,
            # Never before the time that Discord named.
            "at": math.ceil(publish_at.timestamp()) if publish_at else None,
            "published": int(published_at.timestamp()) if published_at else None,
        },
    )
