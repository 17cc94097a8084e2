"""What an editor pinned together and apart, and what of it counts as posted."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from bot.store.database import Connection, every, one
from bot.stories.pins import NamedPin, Pinned


async def all_pins(db: Connection) -> list[Pinned]:
    """Every pin. They are few: an editor makes each by hand, and it goes with its stories."""
    rows = await every(db, "SELECT story_id, other_id, together FROM pin")
    return [Pinned(row[0], row[1], bool(row[2])) for row in rows]


async def made_at(db: Connection, pin: Pinned) -> int:
    """When a pin that must be there was made, in seconds since 1970."""
    sql = "SELECT made_at FROM pin WHERE story_id = :one AND other_id = :other"
    row = await one(db, sql, {"one": pin.story_id, "other": pin.other_id})
    assert row is not None  # noqa: S101 - it was read in this transaction
    return int(row["made_at"])


async def save_pin(db: Connection, pin: Pinned, now: datetime) -> None:
    """Pin two stories, instead of what was said of them before."""
    await delete_pin(db, pin)
    await db.execute(
        """
        INSERT INTO pin (story_id, other_id, together, made_at)
        VALUES (:story, :other, :together, :now)
        """,
        {
            "story": pin.story_id,
            "other": pin.other_id,
            "together": int(pin.together),
            "now": int(now.timestamp()),
        },
    )


async def delete_pin(db: Connection, pin: Pinned) -> None:
    """Forget what was said of two stories, in either order."""
    await db.execute(
        """
        DELETE FROM pin WHERE (story_id = :one AND other_id = :other)
           OR (story_id = :other AND other_id = :one)
        """,
        {"one": pin.story_id, "other": pin.other_id},
    )


async def named(db: Connection, event_id: int | None = None) -> list[NamedPin]:
    """All pins, or those of an event's stories, with their headlines, the oldest first."""
    only = "" if event_id is None else "WHERE a.event_id = :event OR b.event_id = :event"
    rows = await every(
        db,
        f"""
        SELECT p.story_id, a.title AS headline, p.other_id, b.title AS other_headline,
               p.together, p.made_at
        FROM pin p JOIN story a ON a.story_id = p.story_id
        JOIN story b ON b.story_id = p.other_id
        {only} ORDER BY p.made_at, p.story_id, p.other_id
        """,  # noqa: S608 - constants
        {"event": event_id},
    )
    return [
        NamedPin(
            row["story_id"],
            row["headline"],
            row["other_id"],
            row["other_headline"],
            bool(row["together"]),
            datetime.fromtimestamp(row["made_at"], UTC),
        )
        for row in rows
    ]


async def channels_sent(db: Connection, event_id: int) -> int:
    """In how many channels an event counts as posted."""
    sql = "SELECT count(*) AS channels FROM posted WHERE event_id = :event"
    row = await one(db, sql, {"event": event_id})
    return row["channels"] if row else 0


async def were_sent_as_one(db: Connection, event_id: int, other_id: int) -> bool:
    """Whether a post counts for both events: they were one when it was sent."""
    sql = """
        SELECT 1 FROM posted p JOIN posted o USING (digest_id, edition_id, story_id)
        WHERE p.event_id = :event AND o.event_id = :other
    """
    return await one(db, sql, {"event": event_id, "other": other_id}) is not None


_COPIED = """
    INSERT INTO posted (digest_id, event_id, story_id, edition_id, part, left_out, also)
    SELECT p.digest_id, :to, p.story_id, p.edition_id, p.part, p.left_out, p.also
    FROM posted p JOIN edition e USING (edition_id)
"""


async def share_posts(db: Connection, event_id: int, to: int) -> None:
    """Let what was posted of an event count for another too, whose stories it becomes."""
    sql = f"{_COPIED} WHERE p.event_id = :event ON CONFLICT DO NOTHING"
    await db.execute(sql, {"event": event_id, "to": to})


class Part(NamedTuple):
    """Stories that are parted from others, and the event that they are from now on."""

    event_id: int
    story_ids: Collection[int]


async def divide_posts(db: Connection, kept: Part, new: Part, joined_at: int) -> None:
    """Let what was posted of an event, whose id `kept` keeps, count for both of its parts.

    But what was posted before an editor made it of two events (`joined_at`; 0 = it always was one)
    counts only for the part that has the story shown.
    """
    await _take_posts(db, kept.event_id, new, kept.story_ids, joined_at)
    await db.execute(
        """
        DELETE FROM posted
        WHERE event_id = :event AND story_id = ANY(:stories) AND edition_id IN (
            SELECT edition_id FROM edition WHERE planned_at < :joined
        )
        """,
        {"event": kept.event_id, "stories": new.story_ids, "joined": joined_at},
    )
    await _take_posts(db, kept.event_id, kept, new.story_ids, joined_at)


async def _take_posts(
    db: Connection, event_id: int, part: Part, others: Iterable[int], joined_at: int
) -> None:
    await db.execute(
        f"""
        {_COPIED}
        WHERE (p.event_id = :event OR p.story_id = ANY(:own))
          AND NOT (e.planned_at < :joined AND p.story_id = ANY(:others))
        ORDER BY p.edition_id, p.event_id ON CONFLICT DO NOTHING
        """,
        {
            "event": event_id,
            "to": part.event_id,
            "own": part.story_ids,
            "others": [*others],
            "joined": joined_at,
        },
    )
