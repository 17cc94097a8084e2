"""The ledger: editions, their frozen parts, and which stories a channel has had."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from bot.digests.edition import EditionState, Part, PartState, PastEdition
from bot.digests.schedule import Key
from bot.store.database import Connection, Row, every, one


class FrozenPart(NamedTuple):
    """A part before it is written: body and hash, marker, nonce, and the stories in it."""

    body: str
    sha256: bytes
    marker: str
    nonce: str
    story_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class OpenEdition:
    """An edition that is not closed."""

    edition_id: int
    digest_id: int
    channel_id: int
    local_date: date
    slot: int
    due_at: datetime
    state: EditionState
    attempts: int


async def add_edition(
    db: Connection,
    digest_id: int,
    key: Key,
    due_at: datetime,
    now: datetime,
    state: EditionState,
    reason: str | None = None,
) -> int | None:
    """Claim the key of an edition; None where it is taken: that edition exists already."""
    closed = state is EditionState.SKIPPED
    row = await one(
        db,
        """
        INSERT INTO edition (digest_id, local_date, slot, due_at, planned_at, state, reason,
                             closed_at)
        VALUES (:digest, :date, :slot, :due, :now, :state, :reason, :closed)
        ON CONFLICT (digest_id, local_date, slot) DO NOTHING
        RETURNING edition_id
        """,
        {
            "digest": digest_id,
            "date": key[0].isoformat(),
            "slot": key[1],
            "due": int(due_at.timestamp()),
            "now": int(now.timestamp()),
            "state": state,
            "reason": reason,
            "closed": int(now.timestamp()) if closed else None,
        },
    )
    return row["edition_id"] if row else None


async def freeze(db: Connection, edition_id: int, parts: Sequence[FrozenPart]) -> None:
    """Write the parts of an edition, and its stories as posted."""
    for number, part in enumerate(parts, start=1):
        values = {**part._asdict(), "edition": edition_id, "part": number}
        del values["story_ids"]
        await db.execute(
            """
            INSERT INTO edition_part (edition_id, part, body, sha256, marker, nonce, state)
            VALUES (:edition, :part, :body, :sha256, :marker, :nonce, 'pending')
            """,
            values,
        )
        await db.executemany(
            """
            INSERT INTO posted (digest_id, story_id, edition_id, part)
            SELECT digest_id, ?, edition_id, ? FROM edition WHERE edition_id = ?
            """,
            [(story_id, number, edition_id) for story_id in part.story_ids],
        )


async def taken_keys(db: Connection, digest_id: int, since: date) -> set[Key]:
    """The keys of a digest's editions on and after a local date."""
    sql = "SELECT local_date, slot FROM edition WHERE digest_id = :id AND local_date >= :since"
    rows = await every(db, sql, {"id": digest_id, "since": since.isoformat()})
    return {(date.fromisoformat(row["local_date"]), row["slot"]) for row in rows}


async def posted_stories(db: Connection, digest_id: int) -> set[int]:
    """The stories a digest's channel has had, or is about to have."""
    sql = "SELECT story_id FROM posted WHERE digest_id = :id"
    return {row["story_id"] for row in await every(db, sql, {"id": digest_id})}


_OPEN = """
SELECT edition_id, digest_id, channel_id, local_date, slot, due_at, state, attempts
FROM edition JOIN digest USING (digest_id)
WHERE closed_at IS NULL AND (retry_at IS NULL OR retry_at <= :now)
"""


async def open_editions(db: Connection, now: datetime) -> list[OpenEdition]:
    """Editions to work on now: not closed, and not waiting for a later time. Oldest first."""
    sql = f"{_OPEN} ORDER BY due_at, edition_id"
    return [_open(row) for row in await every(db, sql, {"now": int(now.timestamp())})]


async def open_edition(db: Connection, edition_id: int, now: datetime) -> OpenEdition | None:
    """One edition if it is to be worked on now."""
    sql = f"{_OPEN} AND edition_id = :id"
    row = await one(db, sql, {"id": edition_id, "now": int(now.timestamp())})
    return _open(row) if row else None


def _open(row: Row) -> OpenEdition:
    return OpenEdition(
        edition_id=row["edition_id"],
        digest_id=row["digest_id"],
        channel_id=row["channel_id"],
        local_date=date.fromisoformat(row["local_date"]),
        slot=row["slot"],
        due_at=datetime.fromtimestamp(row["due_at"], UTC),
        state=EditionState(row["state"]),
        attempts=row["attempts"],
    )


async def parts_of(db: Connection, edition_id: int) -> list[Part]:
    """The parts of an edition, in order."""
    sql = "SELECT * FROM edition_part WHERE edition_id = :id ORDER BY part"
    return [_part(row) for row in await every(db, sql, {"id": edition_id})]


def _part(row: Row) -> Part:
    tried = row["first_tried_at"]
    return Part(
        edition_id=row["edition_id"],
        part=row["part"],
        body=row["body"],
        sha256=row["sha256"],
        marker=row["marker"],
        nonce=row["nonce"],
        state=PartState(row["state"]),
        attempts=row["attempts"],
        first_tried_at=None if tried is None else datetime.fromtimestamp(tried, UTC),
    )


async def mark_sending(db: Connection, part: Part, now: datetime) -> None:
    """Note, before the request, that a part may be posted from now on."""
    await db.execute(
        """
        UPDATE edition_part SET state = 'sending', attempts = attempts + 1,
               first_tried_at = coalesce(first_tried_at, :now)
        WHERE edition_id = :edition AND part = :part
        """,
        {"edition": part.edition_id, "part": part.part, "now": int(now.timestamp())},
    )


async def mark_unsent(db: Connection, part: Part, nonce: str) -> None:
    """Note that a part was certainly not posted; its next attempt carries `nonce`."""
    await db.execute(
        """
        UPDATE edition_part SET state = 'pending', first_tried_at = NULL, nonce = :nonce
        WHERE edition_id = :edition AND part = :part
        """,
        {"edition": part.edition_id, "part": part.part, "nonce": nonce},
    )


async def close_part(
    db: Connection,
    part: Part,
    state: PartState,
    message_id: int | None = None,
    resolved_by: str | None = None,
) -> None:
    """Note the outcome of a part."""
    await db.execute(
        """
        UPDATE edition_part SET state = :state, message_id = :message, resolved_by = :by
        WHERE edition_id = :edition AND part = :part
        """,
        {
            "edition": part.edition_id,
            "part": part.part,
            "state": state,
            "message": message_id,
            "by": resolved_by,
        },
    )


async def keep_open(
    db: Connection,
    edition_id: int,
    state: EditionState,
    reason: str | None = None,
    retry_at: datetime | None = None,
) -> None:
    """Note where an edition stands that is not closed, and when to look at it again."""
    await db.execute(
        """
        UPDATE edition SET state = :state, reason = :reason, retry_at = :retry,
               attempts = attempts + (:state = 'waiting')
        WHERE edition_id = :id
        """,
        {
            "id": edition_id,
            "state": state,
            "reason": reason,
            # Never before the time that Discord named.
            "retry": math.ceil(retry_at.timestamp()) if retry_at else None,
        },
    )


async def close_edition(
    db: Connection, edition_id: int, state: EditionState, now: datetime, reason: str | None = None
) -> None:
    """Close an edition. Stories of parts that were never posted are free to come again."""
    values = {"id": edition_id, "state": state, "now": int(now.timestamp()), "reason": reason}
    await db.execute(
        """
        UPDATE edition SET state = :state, closed_at = :now, retry_at = NULL, reason = :reason
        WHERE edition_id = :id
        """,
        values,
    )
    await db.execute(
        """
        DELETE FROM posted WHERE edition_id = :id AND part IN (
            SELECT part FROM edition_part
            WHERE edition_id = :id AND state IN ('pending', 'rejected')
        )
        """,
        {"id": edition_id},
    )


_PAST = """
SELECT local_date, slot, due_at, state, reason,
       (SELECT count(*) FROM posted p WHERE p.edition_id = e.edition_id) AS stories
FROM edition e
"""


async def past_editions(db: Connection, digest_id: int, limit: int) -> list[PastEdition]:
    """The last editions of a digest, newest first."""
    sql = f"{_PAST} WHERE digest_id = :id ORDER BY due_at DESC, edition_id DESC LIMIT :limit"
    return [_past(row) for row in await every(db, sql, {"id": digest_id, "limit": limit})]


async def edition_by_id(db: Connection, edition_id: int) -> PastEdition:
    """An edition that exists, as it stands now."""
    row = await one(db, f"{_PAST} WHERE edition_id = :id", {"id": edition_id})
    assert row is not None  # noqa: S101 - editions are never deleted
    return _past(row)


def _past(row: Row) -> PastEdition:
    return PastEdition(
        local_date=date.fromisoformat(row["local_date"]),
        slot=row["slot"],
        due_at=datetime.fromtimestamp(row["due_at"], UTC),
        state=EditionState(row["state"]),
        reason=row["reason"],
        stories=row["stories"],
    )


async def newest_edition_at(db: Connection) -> datetime | None:
    """When the newest edition was planned; None without any."""
    row = await one(db, "SELECT max(planned_at) AS newest FROM edition")
    newest = row["newest"] if row else None
    return None if newest is None else datetime.fromtimestamp(newest, UTC)
