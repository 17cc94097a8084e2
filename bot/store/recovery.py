"""Enters what an older copy of the database does not know, as it is read back from channels."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from bot.digests.ledger import PART_MOVES, PartEvent, PartState, moved_part
from bot.digests.retries import LONGEST_WAIT
from bot.digests.target import Channel
from bot.store import asides, facts, values
from bot.store.asides import Ref, Stored, Work
from bot.store.database import Connection, Row, every, one
from bot.store.ledger import parts_of
from bot.store.tables import columns
from bot.store.targets import channel_of, tagged_channel_of

RESTORED: Final = "restored"
"""The fact that a restored database carries: JSON with `taken_at`, seconds since 1970."""
_TAKEN_AT: Final = "taken_at"
"""The fact that a backup carries until it is restored: when it was made, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ChannelToReadBack:
    """A digest whose channel is to be read back, from the moment the copy was taken.

    `tries`: how often that was tried without an answer, first at `first_tried_at`.
    """

    digest_id: int
    target: Channel
    since: datetime
    tries: int
    first_tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part of an edition found in a channel: its key and number, when it was posted, and the
    strict keys of the stories in it and of those that are a line under it.
    """

    local_date: date
    slot: int
    part: int
    message_id: int
    at: datetime
    keys: Sequence[str]
    also: Sequence[str] = ()


async def begin(db: Connection) -> int:
    """If the database is a restored copy, mark every channel to be read back; returns how many."""
    fact = await facts.read_fact(db, RESTORED)
    if fact is None:
        return 0
    taken_at = _taken_at(fact)
    cursor = await db.execute(
        """
        UPDATE digest
        SET read_back_since = CASE WHEN read_back_since < :at THEN read_back_since ELSE :at END
        """,
        {"at": taken_at},
    )
    await facts.delete_fact(db, RESTORED)
    return cursor.rowcount


def _taken_at(fact: str) -> int:
    """When the copy was taken, in seconds since 1970. If unknown, everything is read back."""
    try:
        return int(json.loads(fact)["taken_at"])
    except (ValueError, LookupError, TypeError):
        return 0


async def moment_of(db: Connection, now: datetime) -> datetime:
    """Of which moment the database is: now, or that of the older copy that it still is."""
    restored, backup = [await facts.read_fact(db, name) for name in (RESTORED, _TAKEN_AT)]
    known = [] if restored is None else [_taken_at(restored)]
    if backup is not None:
        known.append(_taken_at(f'{{"taken_at": {backup}}}'))
    return datetime.fromtimestamp(max(0, min([int(now.timestamp()), *known])), UTC)


async def note_copy(db: Connection, taken_at: datetime, now: datetime) -> None:
    """Note that the database is a copy of that moment: the next start reads its channels back."""
    times = {"taken_at": int(taken_at.timestamp()), "restored_at": int(now.timestamp())}
    await facts.write_fact(db, RESTORED, json.dumps(times))


async def to_read_back(db: Connection, now: datetime) -> list[Stored[ChannelToReadBack]]:
    """The digests whose channels are to be read back now, those tried least first."""
    sql = f"""
        SELECT {columns("digest", "d")}, {asides.reason(Work.RECOVERY, "digest_id")} AS aside
        FROM digest d JOIN server USING (guild_id)
        WHERE read_back_since IS NOT NULL AND left_at IS NULL AND gone_at IS NULL
          AND (read_back_at IS NULL OR read_back_at <= :now OR read_back_at > :longest)
          AND NOT {asides.waits(Work.RECOVERY, "digest_id")} AND {db.own_servers}
        ORDER BY read_back_tries, digest_id
    """  # noqa: S608 - only constants
    longest = int((now + LONGEST_WAIT).timestamp()) + 1  # a later time was written by another clock
    rows = await every(db, sql, {"now": int(now.timestamp()), "longest": longest})
    return [Stored(_ref(row), row, _restored) for row in rows]


def _ref(row: Row) -> Ref:
    digest_id = row["digest_id"]
    return Ref(Work.RECOVERY, digest_id, channel_of(row), digest_id, row["aside"])


def _restored(row: Row) -> ChannelToReadBack:
    return ChannelToReadBack(
        row["digest_id"],
        tagged_channel_of(row),
        values.moment("time of the copy", row["read_back_since"]),
        row["read_back_tries"],
        values.moment_or_none("first try", row["read_back_first"]),
    )


async def read_back_later(db: Connection, digest_id: int, now: datetime, wait: timedelta) -> None:
    """Note that a channel was tried without an answer, and how long to wait now."""
    await db.execute(
        f"""
        UPDATE digest SET read_back_tries = {values.tries("read_back_tries")} + 1,
               read_back_at = :at, read_back_first = coalesce(read_back_first, :now)
        WHERE digest_id = :id
        """,  # noqa: S608 - only constants
        {
            "id": digest_id,
            "now": int(now.timestamp()),
            "at": math.ceil((now + wait).timestamp()),
        },
    )


async def is_to_be_read_back(db: Connection, digest_id: int) -> bool:
    """Whether a digest's channel may have been sent more than the ledger knows."""
    sql = "SELECT 1 FROM digest WHERE digest_id = :id AND read_back_since IS NOT NULL"
    return await one(db, sql, {"id": digest_id}) is not None


async def enter(db: Connection, digest_id: int, found: FoundPart, now: datetime) -> None:
    """Enter a message into the ledger; existing entries stay as they are."""
    edition_id, is_new = await _edition(db, digest_id, found, now)
    if not is_new:
        await _settle_part(db, edition_id, found)
    await db.executemany(
        """
        INSERT INTO posted (digest_id, event_id, story_id, edition_id, part, also)
        SELECT ?, event_id, story_id, ?, ?, ? FROM address JOIN story USING (story_id)
        WHERE address.key = ? ON CONFLICT DO NOTHING
        """,
        [
            (digest_id, edition_id, found.part, also, key)
            for also, keys in enumerate((found.keys, found.also))
            for key in keys
        ],
    )


async def _edition(
    db: Connection, digest_id: int, found: FoundPart, now: datetime
) -> tuple[int, bool]:
    """The edition that a message belongs to, created if the ledger has none."""
    key = {
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
        key,
    )
    if made:
        return made["edition_id"], True
    sql = """
        SELECT edition_id FROM edition
        WHERE digest_id = :digest AND local_date = :date AND slot = :slot
    """
    row = await one(db, sql, key)
    assert row is not None  # noqa: S101 - its key was taken
    return row["edition_id"], False


async def _settle_part(db: Connection, edition_id: int, found: FoundPart) -> None:
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
    """Note that it is unknown whether the parts still to be posted have been posted since."""
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
    await db.execute(
        """
        UPDATE digest SET read_back_since = NULL, read_back_tries = 0, read_back_first = NULL,
               read_back_at = NULL
        WHERE digest_id = :id
        """,
        {"id": digest_id},
    )
