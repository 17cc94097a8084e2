"""The ledger's SQL: open editions and their parts, as they move from state to state.

Every change of state follows the moves in digests/ledger.py; a part changes only under the claim of
the delivery that changes it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.config import LONGEST_CATCH_UP
from bot.digests.edition import Part
from bot.digests.ledger import (
    CLOSED,
    EditionEvent,
    EditionState,
    PartEvent,
    PartState,
    moved_edition,
    moved_part,
)
from bot.digests.target import Channel, Post, Server, Target
from bot.store import asides, values
from bot.store.asides import Stored, Work
from bot.store.database import Connection, Row, every, one
from bot.store.editions import edition_ref
from bot.store.tables import columns
from bot.store.targets import target_of

LONGEST_RETRY: Final = timedelta(hours=LONGEST_CATCH_UP, days=1)
"""No edition waits longer than this: a blocked one waits until its catch-up time is over."""


@dataclass(frozen=True, slots=True)
class OpenEdition:
    """An edition that is not closed. `epoch` is the claim's under which it was last read.

    `title`: the name of the post that it opens, if it opens one; `thread`: that of the thread for
    discussion, '' = none.
    """

    edition_id: int
    digest_id: int
    target: Target
    local_date: date
    slot: int
    due_at: datetime
    expires_at: datetime
    state: EditionState
    reason: str | None
    attempts: int
    epoch: int
    title: str
    publish: bool
    thread: str


class LostClaim(Exception):
    """Another delivery has claimed the edition: nothing was written, and nothing may be sent."""


_READY: Final = f"""
closed_at IS NULL AND (retry_at IS NULL OR retry_at <= :now OR retry_at > :far)
AND NOT {asides.waits(Work.DELIVERY, "e.edition_id")}
"""

_SELECT: Final = f"""
SELECT {columns("edition", "e")}, guild_id, channel_id, tags,
    {asides.reason(Work.DELIVERY, "e.edition_id")} AS aside
FROM edition e JOIN digest d USING (digest_id)
"""  # noqa: S608 - only constants

_PART: Final = columns("edition_part", "p")


def _due(now: datetime) -> dict[str, int]:
    """The times that `_READY` needs. An edition that waits longer than possible was put off by a
    clock that was ahead.
    """
    return {"now": int(now.timestamp()), "far": int((now + LONGEST_RETRY).timestamp())}


async def open_editions(
    db: Connection, now: datetime, after: Stored[OpenEdition] | None, limit: int
) -> list[Stored[OpenEdition]]:
    """Editions that this process works on now: not closed, not set aside, and not waiting for a
    later time. Longest due first, beginning after the edition `after`.
    """
    due, edition_id = (after.row["due_at"], after.ref.row_id) if after else (-(1 << 62), 0)
    sql = f"""
        {_SELECT} WHERE {_READY} AND read_back_since IS NULL AND {db.own_servers}
            AND (due_at, edition_id) > (:due, :id)
        ORDER BY due_at, edition_id LIMIT :limit
    """
    place = {**_due(now), "due": due, "id": edition_id, "limit": limit}
    rows = await every(db, sql, place)
    return [Stored(edition_ref(Work.DELIVERY, row, row["aside"]), row, _open) for row in rows]


async def claim(db: Connection, edition_id: int, now: datetime) -> OpenEdition | None:
    """Claim an edition to work on now; None if it is not to be worked on. Older claims end."""
    claimed = await one(db, _CLAIM, {**_due(now), "id": edition_id})
    if claimed is None:
        return None
    row = await one(db, f"{_SELECT} WHERE edition_id = :id", {"id": edition_id})
    assert row is not None  # noqa: S101 - just claimed
    return _open(row)


_CLAIM: Final = f"""
UPDATE edition AS e SET epoch = {values.after("epoch")}
WHERE edition_id = :id AND {_READY} AND EXISTS (
    SELECT 1 FROM digest d WHERE d.digest_id = e.digest_id AND read_back_since IS NULL
)
RETURNING epoch
"""  # noqa: S608 - only constants


def _open(row: Row) -> OpenEdition:
    return OpenEdition(
        edition_id=row["edition_id"],
        digest_id=row["digest_id"],
        target=target_of(row),
        local_date=values.day("local date", row["local_date"]),
        slot=row["slot"],
        due_at=values.moment("time", row["due_at"]),
        expires_at=values.moment("last time", row["expires_at"]),
        state=values.word("state", EditionState, row["state"]),
        reason=row["reason"],
        attempts=row["attempts"],
        epoch=row["epoch"],
        title=row["title"],
        publish=bool(row["publish"]),
        thread=row["thread"],
    )


async def parts_of(db: Connection, edition_id: int) -> list[Part]:
    """The parts of an edition, in order."""
    sql = f"SELECT {_PART} FROM edition_part p WHERE edition_id = :id ORDER BY part"  # noqa: S608
    return [_part(row) for row in await every(db, sql, {"id": edition_id})]


def _part(row: Row) -> Part:
    return Part(
        edition_id=row["edition_id"],
        part=row["part"],
        body=row["body"],
        sha256=row["sha256"],
        marker=row["marker"],
        nonce=row["nonce"],
        state=values.word("state", PartState, row["state"]),
        attempts=row["attempts"],
        version=row["version"],
        first_tried_at=values.moment_or_none("time", row["first_tried_at"]),
    )


_MOVE_PART = """
UPDATE edition_part SET state = :to {more}
WHERE edition_id = :edition AND part = :part AND state = :from
  AND (SELECT epoch FROM edition WHERE edition_id = :edition) = :epoch
"""


async def _move_part(
    db: Connection, edition: OpenEdition, part: Part, event: PartEvent, more: str, **also: object
) -> None:
    """Move a part under the claim with which the edition was read. Raises LostClaim."""
    moved: dict[str, object] = {
        "edition": edition.edition_id,
        "part": part.part,
        "from": part.state,
        "to": moved_part(part.state, event),
        "epoch": edition.epoch,
    }
    cursor = await db.execute(_MOVE_PART.format(more=more), {**moved, **also})
    if cursor.rowcount != 1:
        raise LostClaim


async def mark_sending(db: Connection, edition: OpenEdition, part: Part, now: datetime) -> None:
    """Note, before the request, that a part may be posted from now on."""
    count = values.tries("attempts")
    more = f", attempts = {count} + 1, first_tried_at = coalesce(first_tried_at, :now)"
    tried = int(now.timestamp())
    await _move_part(db, edition, part, PartEvent.TRY, more, now=tried)


async def mark_unsent(
    db: Connection, edition: OpenEdition, part: Part, event: PartEvent, nonce: str
) -> None:
    """Note that a part was certainly not posted; its next attempt carries `nonce`.

    A part that is UNFIT gets its next version.
    """
    more = ", first_tried_at = NULL, nonce = :nonce, version = version + :step"
    step = int(event is PartEvent.UNFIT)
    await _move_part(db, edition, part, event, more, nonce=nonce, step=step)


async def close_part(
    db: Connection,
    edition: OpenEdition,
    part: Part,
    event: PartEvent,
    message_id: int | None = None,
    now: datetime | None = None,
) -> None:
    """Note the outcome of a part, and what proved it. With a message and a time, its follow-ups are
    due then.
    """
    more = """
        , message_id = :message, resolved_by = :by, publish_at = :publish, thread_at = :thread
    """
    due = int(now.timestamp()) if now and message_id else None
    follow_ups = {
        "publish": due if edition.publish else None,
        "thread": due if edition.thread and part.part == 1 else None,
    }
    await _move_part(db, edition, part, event, more, message=message_id, by=event, **follow_ups)


async def set_target(db: Connection, edition_id: int, target: Target) -> None:
    """Note where the rest of an edition is posted."""
    post_id = target.post_id if isinstance(target, Post) else None
    sql = "UPDATE edition SET post_id = :post WHERE edition_id = :id"
    await db.execute(sql, {"id": edition_id, "post": post_id})


async def move_edition(
    db: Connection,
    edition: OpenEdition,
    event: EditionEvent,
    now: datetime,
    reason: str | None = None,
    retry_at: datetime | None = None,
) -> EditionState:
    """Note an edition's state, and when to check it again. Raises LostClaim.

    When it closes, stories of parts that were never tried are free to come again.
    """
    to = moved_edition(edition.state, event)
    cursor = await db.execute(
        f"""
        UPDATE edition SET state = :to, reason = :reason, retry_at = :retry, closed_at = :closed,
               attempts = {values.tries("attempts")} + :step
        WHERE edition_id = :id AND epoch = :epoch AND closed_at IS NULL
        """,  # noqa: S608 - only constants
        {
            "id": edition.edition_id,
            "epoch": edition.epoch,
            "to": to,
            "step": int(to is EditionState.WAITING),
            "reason": reason,
            # Never before the time that Discord named.
            "retry": math.ceil(retry_at.timestamp()) if retry_at else None,
            "closed": int(now.timestamp()) if to in CLOSED else None,
        },
    )
    if cursor.rowcount != 1:
        raise LostClaim
    if to in CLOSED:
        await _free_stories(db, edition.edition_id)
    return to


async def _free_stories(db: Connection, edition_id: int) -> None:
    await db.execute(
        """
        DELETE FROM posted WHERE edition_id = :id AND part IN (
            SELECT part FROM edition_part WHERE edition_id = :id AND state = 'pending'
        )
        """,
        {"id": edition_id},
    )


async def post_again(
    db: Connection, edition_id: int, new_nonce: Callable[[], str], until: datetime
) -> bool:
    """Open an edition again that ended in doubt, with a new nonce for each part in doubt; False if
    there is none. Parts that were never tried are dropped: their stories are already free.
    """
    parts = [p for p in await parts_of(db, edition_id) if p.state is PartState.UNCERTAIN]
    if not parts:
        return False
    to = moved_edition(EditionState.UNCERTAIN, EditionEvent.AGAIN)
    await db.execute(
        """
        UPDATE edition SET state = :to, reason = NULL, retry_at = NULL, closed_at = NULL,
               attempts = 0, expires_at = :until
        WHERE edition_id = :id AND state = 'uncertain'
        """,
        {"id": edition_id, "to": to, "until": int(until.timestamp())},
    )
    never_tried = "DELETE FROM edition_part WHERE edition_id = :id AND state = 'pending'"
    await db.execute(never_tried, {"id": edition_id})
    for part in parts:
        await db.execute(
            """
            UPDATE edition_part SET state = :to, nonce = :nonce, first_tried_at = NULL
            WHERE edition_id = :edition AND part = :part
            """,
            {
                "to": moved_part(part.state, PartEvent.AGAIN),
                "nonce": new_nonce(),
                "edition": edition_id,
                "part": part.part,
            },
        )
    return True


async def held_up(
    db: Connection, where: Channel | Server, states: Sequence[EditionState]
) -> list[int]:
    """The editions of a server (or of one channel) that stay in one of the states until a time."""
    channel_id = where.channel_id if isinstance(where, Channel) else None
    sql = """
        SELECT edition_id FROM edition JOIN digest USING (digest_id)
        WHERE closed_at IS NULL AND retry_at IS NOT NULL
          AND guild_id = :guild AND channel_id = coalesce(:channel, channel_id)
          AND state = ANY(:states)
    """
    known = {"guild": where.guild_id, "channel": channel_id, "states": states}
    return [row["edition_id"] for row in await every(db, sql, known)]


async def wake(db: Connection, edition_ids: Sequence[int]) -> None:
    """Have open editions checked again at once."""
    await db.executemany(
        "UPDATE edition SET retry_at = NULL WHERE edition_id = ? AND closed_at IS NULL",
        [(edition_id,) for edition_id in edition_ids],
    )


async def forget_missed(db: Connection, now: datetime) -> None:
    """Undo what a clock that was ahead did to this process's work: editions noted as missed that
    are still to come are deleted (none of them was ever tried), and no open edition or follow-up
    waits for a distant time.
    """
    moment = {"now": int(now.timestamp())}
    await db.execute(
        f"""
        DELETE FROM edition WHERE state = 'skipped' AND due_at > :now
            AND NOT EXISTS (SELECT 1 FROM edition_part p WHERE p.edition_id = edition.edition_id)
            AND NOT EXISTS (SELECT 1 FROM edition_choice c WHERE c.edition_id = edition.edition_id)
            AND digest_id IN (SELECT digest_id FROM digest WHERE {db.own_servers})
        """,  # noqa: S608 - constants
        moment,
    )
    mine = f"digest_id IN (SELECT digest_id FROM digest WHERE {db.own_servers})"  # noqa: S608 - constants
    await db.execute(f"UPDATE edition SET retry_at = NULL WHERE closed_at IS NULL AND {mine}")  # noqa: S608 - constants
    of_mine = f"edition_id IN (SELECT edition_id FROM edition WHERE {mine})"  # noqa: S608 - constants
    for due in ("publish_at", "thread_at"):
        sql = f"UPDATE edition_part SET {due} = :now WHERE {due} > :now AND {of_mine}"  # noqa: S608 - constants
        await db.execute(sql, moment)
