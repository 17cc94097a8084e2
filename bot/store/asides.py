"""Rows that are set aside: which, why, and until when. delivery/bulkhead.py sets them aside.

A shared loop gets its rows as they are stored and reads each by itself, so that a row that cannot
be read fails alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from bot.digests.target import Channel, Server
from bot.store.database import Connection, Row, every, one
from bot.store.targets import channel_of

T = TypeVar("T")

RETRY_AFTER: Final = timedelta(minutes=15)
"""How long before a row that was set aside is tried again; it is also tried at every start."""


class Work(StrEnum):
    """The kinds of work on rows, in loops that many servers share."""

    PLANNING = "planning"
    RECOVERY = "recovery"
    DELIVERY = "delivery"
    PUBLISHING = "publishing"
    THREADS = "threads"
    TELLING = "telling"
    PURGE = "purge"
    HELLO = "hello"


@dataclass(frozen=True, slots=True)
class Ref:
    """A row in a loop, and whose it is. `aside`: why it was set aside before, or None."""

    work: Work
    row_id: int
    where: Channel | Server
    digest_id: int | None = None
    aside: str | None = None


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A row as it is stored."""

    ref: Ref
    row: Row
    parse: Callable[[Row], T]

    def read(self) -> T:
        """Its parsed content. Raises Unreadable."""
        return self.parse(self.row)


@dataclass(frozen=True, slots=True)
class Aside:
    """One row that is set aside, for display. `work` may be one of a newer version."""

    work: str
    row_id: int
    where: Channel | Server
    reason: str


def waits(work: Work, column: str) -> str:
    """SQL: whether the row whose id is in a column is set aside at `:now`.

    A time that is too far ahead was written by a clock that has been set back since.
    """
    of_row = f"a.work = '{work}' AND a.row_id = {column}"
    until = f"a.again_at > :now AND a.again_at <= :now + {int(RETRY_AFTER.total_seconds())}"
    return f"EXISTS (SELECT 1 FROM aside a WHERE {of_row} AND {until})"  # noqa: S608 - constants


def reason(work: Work, column: str) -> str:
    """SQL: why the row whose id is in a column was set aside, or NULL."""
    of_row = f"a.work = '{work}' AND a.row_id = {column}"
    return f"(SELECT a.reason FROM aside a WHERE {of_row})"  # noqa: S608 - only constants


async def put(db: Connection, ref: Ref, why: str, until: datetime) -> bool:
    """Set a row aside; returns whether that is new."""
    values = {"work": ref.work, "row": ref.row_id}
    sql = "SELECT 1 FROM aside WHERE work = :work AND row_id = :row"
    known = await one(db, sql, values)
    await db.execute(
        """
        INSERT INTO aside (work, row_id, guild_id, digest_id, reason, again_at)
        VALUES (:work, :row, :guild, :digest, :reason, :until)
        ON CONFLICT (work, row_id) DO UPDATE SET reason = :reason, again_at = :until
        """,
        {
            **values,
            "guild": ref.where.guild_id,
            "digest": ref.digest_id,
            "reason": why,
            "until": int(until.timestamp()),
        },
    )
    return known is None


async def is_first_for(db: Connection, ref: Ref) -> bool:
    """Whether no other row of its server is set aside for the same reason."""
    found = await one(
        db,
        """
        SELECT 1 FROM aside o JOIN aside this USING (guild_id, reason)
        WHERE this.work = :work AND this.row_id = :row
          AND (o.work, o.row_id) <> (this.work, this.row_id)
        LIMIT 1
        """,
        {"work": ref.work, "row": ref.row_id},
    )
    return found is None


async def end(db: Connection, ref: Ref) -> None:
    """Note that a row is no longer set aside."""
    sql = "DELETE FROM aside WHERE work = :work AND row_id = :row"
    await db.execute(sql, {"work": ref.work, "row": ref.row_id})


async def try_now(db: Connection, digest_id: int | None = None) -> None:
    """Have rows that are set aside tried at once, those of one digest or (None) of all."""
    which = "" if digest_id is None else " WHERE digest_id = :id"
    await db.execute(f"UPDATE aside SET again_at = 0{which}", {"id": digest_id})  # noqa: S608 - constants


async def held(db: Connection, digest_id: int | None = None) -> list[Aside]:
    """The rows still set aside, of one digest or (None) of all; not those to be tried at once."""
    which = "" if digest_id is None else " AND digest_id = :id"
    sql = f"""
        SELECT work, row_id, a.guild_id, channel_id, reason
        FROM aside a LEFT JOIN digest USING (digest_id) WHERE again_at > 0{which}
        ORDER BY a.guild_id, digest_id NULLS FIRST, work, row_id
    """  # noqa: S608 - only constants
    rows = await every(db, sql, {"id": digest_id})
    return [Aside(row["work"], row["row_id"], _where(row), row["reason"]) for row in rows]


def _where(row: Row) -> Channel | Server:
    return Server(row["guild_id"]) if row["channel_id"] is None else channel_of(row)
