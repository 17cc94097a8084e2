"""Planned and past editions: their frozen parts, and which stories a channel has had. ledger.py
moves them from state to state.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from bot.digests.edition import PastEdition
from bot.digests.ledger import (
    CLOSED,
    EditionState,
)
from bot.digests.schedule import Key
from bot.digests.selection import FOLDED_FOR, TAKEN, Had
from bot.errors import Unreadable
from bot.store import values
from bot.store.asides import Ref, Stored, Work
from bot.store.database import Connection, Row, every, one
from bot.store.shards import EVERY_SERVER
from bot.store.targets import channel_of


class FrozenPart(NamedTuple):
    """A part before it is written: body and hash, marker, nonce, the stories in it, and those that
    are only a line under it.
    """

    body: str
    sha256: bytes
    marker: str
    nonce: str
    story_ids: Sequence[int]
    also_ids: Sequence[int] = ()


class NewEdition(NamedTuple):
    """An edition before it is written: its key, when it was due, and until when it may be posted.

    `ready_at`: not delivered before this. `title`: the name of the post that it opens, if any;
    `thread`: that of its thread for discussion, '' = none.
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
    thread: str = ""


async def add_edition(db: Connection, edition: NewEdition, now: datetime) -> int | None:
    """Claim the key of an edition; None if it is taken, so that the edition exists already."""
    closed = edition.state in CLOSED
    row = await one(
        db,
        """
        INSERT INTO edition (digest_id, local_date, slot, due_at, expires_at, planned_at, state,
                             reason, retry_at, title, publish, thread, closed_at)
        VALUES (:digest, :date, :slot, :due, :expires, :now, :state, :reason, :ready, :title,
                :publish, :thread, :closed)
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
            "publish": int(edition.publish),
            "thread": edition.thread,
            "closed": int(now.timestamp()) if closed else None,
        },
    )
    return row["edition_id"] if row else None


async def freeze(db: Connection, frozen: Mapping[int, Sequence[FrozenPart]]) -> None:
    """Write the parts of editions, and their stories as posted; by edition."""
    parts = [
        (edition_id, number, part)
        for edition_id, parts in frozen.items()
        for number, part in enumerate(parts, start=1)
    ]
    await db.executemany(
        """
        INSERT INTO edition_part (edition_id, part, body, sha256, marker, nonce, state)
        VALUES (?, ?, ?, ?, ?, ?, 'pending')
        """,
        [
            (edition_id, number, part.body, part.sha256, part.marker, part.nonce)
            for edition_id, number, part in parts
        ],
    )
    await db.executemany(
        """
        INSERT INTO posted (digest_id, event_id, story_id, edition_id, part, also)
        SELECT digest_id, event_id, story_id, edition_id, ?, ?
        FROM edition JOIN story ON story_id = ? WHERE edition_id = ?
        """,
        [
            (number, also, story_id, edition_id)
            for edition_id, number, part in parts
            for also, story_ids in enumerate((part.story_ids, part.also_ids))
            for story_id in story_ids
        ],
    )


async def taken_keys(
    db: Connection, digest_ids: Collection[int], since: date
) -> Mapping[int, set[Key]]:
    """The keys of digests' editions on and after a local date, by digest. A stored value that is
    not a date is no occurrence's key.
    """
    rows = await every(
        db,
        """
        SELECT digest_id, local_date, slot FROM edition
        WHERE digest_id = ANY(:ids) AND local_date >= :since
        """,
        {"ids": digest_ids, "since": since.isoformat()},
    )
    taken: dict[int, set[Key]] = {digest_id: set() for digest_id in digest_ids}
    for row in rows:
        with suppress(Unreadable):
            day = values.day("local date", row["local_date"])
            taken[row["digest_id"]].add((day, row["slot"]))
    return taken


async def posted_to(db: Connection, digest_id: int, now: datetime) -> Had:
    """What a digest's channel has had, or is about to have."""
    return (await posted_to_each(db, [digest_id], now))[digest_id]


async def posted_to_each(
    db: Connection, digest_ids: Collection[int], now: datetime
) -> Mapping[int, Had]:
    """What digests' channels have had, or are about to have; by digest."""
    sql = "SELECT digest_id, event_id, story_id FROM posted WHERE digest_id = ANY(:ids)"
    shown: dict[int, dict[int, int]] = {digest_id: {} for digest_id in digest_ids}
    for row in await every(db, sql, {"ids": digest_ids}):
        shown[row["digest_id"]][row["event_id"]] = row["story_id"]
    since = now - FOLDED_FOR
    rows = await every(
        db,
        """
        SELECT e.digest_id, p.event_id FROM edition e JOIN posted p USING (edition_id)
        WHERE e.digest_id = ANY(:ids) AND e.local_date >= :day AND e.due_at > :since AND p.also = 0
        """,
        {
            "ids": digest_ids,
            "day": (since - timedelta(days=1)).date().isoformat(),
            "since": int(since.timestamp()),
        },
    )
    recent: dict[int, set[int]] = {digest_id: set() for digest_id in digest_ids}
    for row in rows:
        recent[row["digest_id"]].add(row["event_id"])
    return {one: Had(shown[one], frozenset(recent[one])) for one in digest_ids}


async def waiting_stories(db: Connection, digest_id: int) -> int:
    """How many stories of a digest are in editions that are still to be posted."""
    row = await one(
        db,
        """
        SELECT count(DISTINCT story_id) FROM edition JOIN posted USING (edition_id)
        WHERE edition.digest_id = :id AND closed_at IS NULL AND also = 0
        """,
        {"id": digest_id},
    )
    return row[0] if row else 0


_PAST = f"""
SELECT edition_id, local_date, slot, due_at, state, reason, digest_id, guild_id, channel_id,
       (SELECT count(DISTINCT p.story_id) FROM posted p
        WHERE p.edition_id = e.edition_id AND p.also = 0) AS posted,
       (SELECT count(*) FROM edition_choice c WHERE c.edition_id = e.edition_id
        AND c.verdict IN ({", ".join(f"'{verdict}'" for verdict in sorted(TAKEN))})) AS taken,
       (SELECT count(DISTINCT p.story_id) FROM posted p
        WHERE p.edition_id = e.edition_id AND p.left_out = 0 AND p.also = 0 AND NOT EXISTS (
            SELECT 1 FROM edition_part part
            WHERE part.edition_id = p.edition_id AND part.part = p.part AND part.state <> 'sent'
        )) AS shown
FROM edition e JOIN digest USING (digest_id)
"""  # noqa: S608 - only constants


_EMPTY_TRY: Final = """
e.slot <= 0 AND e.state = 'skipped'
AND NOT EXISTS (SELECT 1 FROM edition_part part WHERE part.edition_id = e.edition_id)
"""
"""An edition on demand for which there was no story."""


async def past_editions(
    db: Connection, digest_id: int, limit: int, *, empty_tries: bool = True
) -> list[Stored[PastEdition]]:
    """The last editions of a digest, newest first; also those on demand for which there was no
    story, if `empty_tries`.
    """
    which = "" if empty_tries else f"AND NOT ({_EMPTY_TRY})"
    sql = f"""
        {_PAST} WHERE digest_id = :id {which} ORDER BY due_at DESC, edition_id DESC LIMIT :limit
    """
    rows = await every(db, sql, {"id": digest_id, "limit": limit})
    return [Stored(edition_ref(Work.DELIVERY, row), row, _past) for row in rows]


def edition_ref(work: Work, row: Row, aside: str | None = None) -> Ref:
    """The edition in a row that has its digest's ids too."""
    return Ref(work, row["edition_id"], channel_of(row), row["digest_id"], aside)


async def edition_by_id(db: Connection, edition_id: int) -> PastEdition:
    """The current state of an edition that must exist."""
    row = await one(db, f"{_PAST} WHERE edition_id = :id", {"id": edition_id})
    assert row is not None  # noqa: S101 - editions are never deleted
    return _past(row)


def _past(row: Row) -> PastEdition:
    return PastEdition(
        edition_id=row["edition_id"],
        local_date=values.day("local date", row["local_date"]),
        slot=row["slot"],
        due_at=values.moment("time", row["due_at"]),
        state=values.word("state", EditionState, row["state"]),
        reason=row["reason"],
        stories=max(row["posted"], row["taken"]),
        shown=row["shown"],
    )


async def mark_left_out(
    db: Connection, edition_id: int, part: int, left_out: int
) -> tuple[int, int] | None:
    """Note that a part was posted without its n-th story (from 0); returns the story's place in the
    whole edition (from 1) and its id. None if that is not recorded.
    """
    found = await one(
        db,
        """
        SELECT DISTINCT position, story_id
        FROM posted JOIN edition_choice USING (edition_id, story_id)
        WHERE edition_id = :edition AND part = :part AND also = 0
        ORDER BY position LIMIT 1 OFFSET :n
        """,
        {"edition": edition_id, "part": part, "n": left_out},
    )
    if found is None:
        return None
    sql = "UPDATE posted SET left_out = 1 WHERE edition_id = :edition AND story_id = :story"
    await db.execute(sql, {"edition": edition_id, "story": found["story_id"]})
    return found["position"], found["story_id"]


async def newest_edition_at(db: Connection) -> datetime | None:
    """When this process's newest edition was planned, since others have other clocks; None = there
    is none. A stored value that is not a valid time does not count.
    """
    last = int(datetime.max.replace(tzinfo=UTC).timestamp())
    sql = "SELECT max(planned_at) AS newest FROM edition WHERE planned_at < :last"
    if db.own_servers != EVERY_SERVER:
        mine = f"SELECT digest_id FROM digest WHERE {db.own_servers}"  # noqa: S608 - constants
        sql += f" AND digest_id IN ({mine})"
    row = await one(db, sql, {"last": last})
    newest = row["newest"] if row else None
    return values.moment_or_none("time", newest)
