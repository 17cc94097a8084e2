"""What an older copy of the database does not know, entered as it is read back from channels."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from bot.digests.ledger import PART_MOVES, PartEvent, PartState, moved_part
from bot.store import facts
from bot.store.database import Connection, every, one
from bot.store.ledger import parts_of

RESTORED: Final = "restored"
"""The fact that a restored database carries: JSON with `taken_at`, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A digest whose channel is to be read back, from the moment the copy was taken."""

    digest_id: int
    guild_id: int
    channel_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A part of an edition found in a channel: its key and number, when it was posted."""

    local_date: date
    slot: int
    part: int
    message_id: int
    at: datetime
    urls: Sequence[str]


async def begin(db: Connection) -> int:
    """If the database is a restored copy, note that every channel is to be read back; how many."""
    fact = await facts.read_fact(db, RESTORED)
    if fact is None:
        return 0
    taken_at = int(json.loads(fact)["taken_at"])
    cursor = await db.execute(
        "UPDATE digest SET read_back_since = min(coalesce(read_back_since, :at), :at)",
        {"at": taken_at},
    )
    await facts.delete_fact(db, RESTORED)
    return cursor.rowcount


async def to_read_back(db: Connection) -> list[Restored]:
    """The digests whose channels are still to be read back."""
    sql = """
        SELECT digest_id, guild_id, channel_id, read_back_since
        FROM digest JOIN server USING (guild_id)
        WHERE read_back_since IS NOT NULL AND left_at IS NULL AND gone_at IS NULL
        ORDER BY digest_id
    """
    return [
        Restored(
            row["digest_id"],
            row["guild_id"],
            row["channel_id"],
            datetime.fromtimestamp(row["read_back_since"], UTC),
        )
        for row in await every(db, sql)
    ]


async def is_to_be_read_back(db: Connection, digest_id: int) -> bool:
    """Whether a digest's channel may have got more than the ledger knows."""
    sql = "SELECT 1 FROM digest WHERE digest_id = :id AND read_back_since IS NOT NULL"
    return await one(db, sql, {"id": digest_id}) is not None


async def enter(db: Connection, digest_id: int, found: Found, now: datetime) -> None:
    """Enter a message into the ledger; what the ledger has already stays as it is."""
    edition_id, is_new = await _edition(db, digest_id, found, now)
    if not is_new:
        await _settle_part(db, edition_id, found)
    await db.executemany(
        """
        INSERT OR IGNORE INTO posted (digest_id, story_id, edition_id, part)
        SELECT ?, story_id, ?, ? FROM story WHERE url = ?
        """,
        [(digest_id, edition_id, found.part, url) for url in found.urls],
    )


async def _edition(db: Connection, digest_id: int, found: Found, now: datetime) -> tuple[int, bool]:
    """The edition that a message is of, made where the ledger has none."""
    values = {
        "digest": digest_id,
        "date": found.local_date.isoformat(),
        "slot": found.slot,
        "at": int(found.at.timestamp()),
        "now": int(now.timestamp()),
        "reason": "found in the channel after a restore",
    }
    made = await one(
        db,
        """
        INSERT INTO edition (digest_id, local_date, slot, due_at, expires_at, planned_at, state,
                             reason, closed_at)
        VALUES (:digest, :date, :slot, :at, :at, :now, 'delivered', :reason, :now)
        ON CONFLICT (digest_id, local_date, slot) DO NOTHING RETURNING edition_id
        """,
        values,
    )
    if made:
        return made["edition_id"], True
    sql = """
        SELECT edition_id FROM edition
        WHERE digest_id = :digest AND local_date = :date AND slot = :slot
    """
    row = await one(db, sql, values)
    assert row is not None  # noqa: S101 - its key was taken
    return row["edition_id"], False


async def _settle_part(db: Connection, edition_id: int, found: Found) -> None:
    for part in await parts_of(db, edition_id):
        if part.part == found.part and (part.state, PartEvent.HISTORY) in PART_MOVES:
            await db.execute(
                """
                UPDATE edition_part SET state = :state, message_id = :message, resolved_by = :by
                WHERE edition_id = :edition AND part = :part
                """,
                {
                    "state": moved_part(part.state, PartEvent.HISTORY),
                    "message": found.message_id,
                    "by": PartEvent.HISTORY,
                    "edition": edition_id,
                    "part": part.part,
                },
            )


async def doubt_open_parts(db: Connection, digest_id: int) -> None:
    """Note that nobody knows whether what was still to be posted was posted since."""
    open_states = (PartState.PENDING, PartState.SENDING)
    (state,) = {moved_part(one, PartEvent.UNREADABLE) for one in open_states}
    await db.execute(
        """
        UPDATE edition_part SET state = :state
        WHERE state IN ('pending', 'sending') AND edition_id IN (
            SELECT edition_id FROM edition WHERE digest_id = :id AND closed_at IS NULL
        )
        """,
        {"state": state, "id": digest_id},
    )


async def mark_read_back(db: Connection, digest_id: int) -> None:
    """Note that a digest's ledger is complete again."""
    sql = "UPDATE digest SET read_back_since = NULL WHERE digest_id = :id"
    await db.execute(sql, {"id": digest_id})
