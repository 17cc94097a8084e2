"""Editions as they are planned and as they were: their frozen parts, and which stories a channel
has had. How they move from state to state is in ledger.py.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from bot.digests.edition import PastEdition
from bot.digests.ledger import (
    CLOSED,
    EditionState,
)
from bot.digests.schedule import Key
from bot.store.database import Connection, Row, every, one


class FrozenPart(NamedTuple):
    """A part before it is written: body and hash, marker, nonce, and the stories in it."""

    body: str
    sha256: bytes
    marker: str
    nonce: str
    story_ids: Sequence[int]


class NewEdition(NamedTuple):
    """An edition before it is written: its key, when it was due, until when it may be posted.

    `ready_at`: not delivered before that. `title`: of its post in a forum.
    """

    digest_id: int
    key: Key
    due_at: datetime
    expires_at: datetime
    state: EditionState
    reason: str | None = None
    ready_at: datetime | None = None
    title: str = ""
    publish: bool = False


async def add_edition(db: Connection, edition: NewEdition, now: datetime) -> int | None:
    """Claim the key of an edition; None where it is taken: that edition exists already."""
    closed = edition.state in CLOSED
    row = await one(
        db,
        """
        INSERT INTO edition (digest_id, local_date, slot, due_at, expires_at, planned_at, state,
                             reason, retry_at, title, publish, closed_at)
        VALUES (:digest, :date, :slot, :due, :expires, :now, :state, :reason, :ready, :title,
                :publish, :closed)
        ON CONFLICT (digest_id, local_date, slot) DO NOTHING
        RETURNING edition_id
        """,
        {
            "digest": edition.digest_id,
            "date": edition.key[0].isoformat(),
            "slot": edition.key[1],
            "due": int(edition.due_at.timestamp()),
            "expires": int(edition.expires_at.timestamp()),
            "now": int(now.timestamp()),
            "state": edition.state,
            "reason": edition.reason,
            "ready": int(edition.ready_at.timestamp()) if edition.ready_at else None,
            "title": edition.title,
            "publish": edition.publish,
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


async def taken_keys(
    db: Connection, digest_ids: Collection[int], since: date
) -> Mapping[int, set[Key]]:
    """The keys of digests' editions on and after a local date, by digest."""
    rows = await every(
        db,
        """
        SELECT digest_id, local_date, slot FROM edition
        WHERE digest_id IN (SELECT value FROM json_each(:ids)) AND local_date >= :since
        """,
        {"ids": json.dumps(list(digest_ids)), "since": since.isoformat()},
    )
    taken: dict[int, set[Key]] = {digest_id: set() for digest_id in digest_ids}
    for row in rows:
        taken[row["digest_id"]].add((date.fromisoformat(row["local_date"]), row["slot"]))
    return taken


async def posted_stories(db: Connection, digest_id: int) -> set[int]:
    """The stories a digest's channel has had, or is about to have."""
    sql = "SELECT story_id FROM posted WHERE digest_id = :id"
    return {row["story_id"] for row in await every(db, sql, {"id": digest_id})}


_PAST = """
SELECT edition_id, local_date, slot, due_at, state, reason,
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
        edition_id=row["edition_id"],
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
