"""What is still to be done about posted messages, and what was done: publishing them, and opening a
thread for discussion.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.digests.target import Channel
from bot.store import asides, values
from bot.store.asides import Stored, Work
from bot.store.database import Connection, Row, every
from bot.store.editions import edition_ref
from bot.store.targets import channel_of

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of follow-up: the columns of edition_part with when it is to be done (NULL = not, or
    no more), and when it was done.
    """

    work: Work
    due: str
    done: str


PUBLISHING: Final = Kind(Work.PUBLISHING, "publish_at", "published_at")
THREADS: Final = Kind(Work.THREADS, "thread_at", "threaded_at")
KINDS: Final = (PUBLISHING, THREADS)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One message that is to be followed up; `due_at` is its edition's time.

    `thread`: the name of its edition's thread, '' = none. `tried`: that thread may be there.
    """

    edition_id: int
    part: int
    digest_id: int
    target: Channel
    message_id: int
    due_at: datetime
    thread: str
    tried: bool


async def due(db: Connection, kind: Kind, now: datetime) -> list[Stored[FollowUp]]:
    """The messages of this process whose time has come, in the order of their editions."""
    sql = f"""
        SELECT edition_id, part, digest_id, guild_id, channel_id, message_id, due_at, e.thread,
               thread_tried, {asides.reason(kind.work, "edition_id")} AS aside
        FROM edition_part JOIN edition e USING (edition_id) JOIN digest USING (digest_id)
        WHERE ({kind.due} <= :now OR {kind.due} > :far) AND message_id IS NOT NULL
          AND NOT {asides.waits(kind.work, "edition_id")} AND {db.own_servers}
        ORDER BY edition_id, part
    """  # noqa: S608 - only constants
    # No wait is longer than a day: a longer one was written by a clock that was ahead.
    moments = {"now": int(now.timestamp()), "far": int((now + 24 * HOUR).timestamp())}
    rows = await every(db, sql, moments)
    return [Stored(edition_ref(kind.work, row, row["aside"]), row, _read) for row in rows]


def _read(row: Row) -> FollowUp:
    return FollowUp(
        row["edition_id"],
        row["part"],
        row["digest_id"],
        channel_of(row),
        row["message_id"],
        values.moment("time", row["due_at"]),
        row["thread"],
        bool(row["thread_tried"]),
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


async def mark_tried(db: Connection, one: FollowUp) -> None:
    """Note, before the request, that the thread may be there from now on."""
    sql = "UPDATE edition_part SET thread_tried = 1 WHERE edition_id = :edition AND part = :part"
    await db.execute(sql, {"edition": one.edition_id, "part": one.part})


async def mark_done(db: Connection, kind: Kind, one: FollowUp, now: datetime) -> None:
    """Note that it is done."""
    await _set(db, kind, one, due=None, done=now)


async def postpone(db: Connection, kind: Kind, one: FollowUp, until: datetime) -> None:
    """Note when to try again."""
    await _set(db, kind, one, due=until, done=None)


async def give_up(db: Connection, kind: Kind, one: FollowUp) -> None:
    """Note that it will not be done."""
    await _set(db, kind, one, due=None, done=None)


async def _set(
    db: Connection, kind: Kind, one: FollowUp, *, due: datetime | None, done: datetime | None
) -> None:
    await db.execute(
        f"""
        UPDATE edition_part SET {kind.due} = :due, {kind.done} = :done
        WHERE edition_id = :edition AND part = :part
        """,  # noqa: S608 - only constants
        {
            "edition": one.edition_id,
            "part": one.part,
            # Never before the time that Discord named.
            "due": math.ceil(due.timestamp()) if due else None,
            "done": int(done.timestamp()) if done else None,
        },
    )
