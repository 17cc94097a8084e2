"""Notices: messages still to be sent to a server's admins, and those already sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.digests.target import Server
from bot.store import asides, values
from bot.store.asides import Ref, Stored, Work
from bot.store.database import Connection, Row, every
from bot.store.tables import columns


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to send. `edition_id`: an edition in doubt, which a button posts again.

    `nonce` and `tried_at` belong to a message with it that was perhaps sent.
    """

    notice_id: int
    guild_id: int
    log_channel_id: int | None
    line: str
    edition_id: int | None
    nonce: str | None
    tried_at: datetime | None


async def add_notice(
    db: Connection, guild_id: int, line: str, now: datetime, edition_id: int | None = None
) -> None:
    """Have a server's admins told."""
    await db.execute(
        """
        INSERT INTO notice (guild_id, line, edition_id, made_at)
        VALUES (:guild, :line, :edition, :now)
        """,
        {"guild": guild_id, "line": line, "edition": edition_id, "now": int(now.timestamp())},
    )


async def open_notices(db: Connection, now: datetime) -> list[Stored[Notice]]:
    """The open notices of this process, server by server, oldest first; none for servers that the
    bot left.
    """
    sql = f"""
        SELECT {columns("notice", "n")}, log_channel_id,
            {asides.reason(Work.TELLING, "notice_id")} AS aside
        FROM notice n JOIN server USING (guild_id)
        WHERE closed_at IS NULL AND left_at IS NULL
          AND NOT {asides.waits(Work.TELLING, "notice_id")} AND {db.own_servers}
        ORDER BY guild_id, notice_id
    """  # noqa: S608 - only constants
    rows = await every(db, sql, {"now": int(now.timestamp())})
    return [Stored(_ref(row), row, _notice) for row in rows]


def _ref(row: Row) -> Ref:
    return Ref(Work.TELLING, row["notice_id"], Server(row["guild_id"]), aside=row["aside"])


def _notice(row: Row) -> Notice:
    return Notice(
        notice_id=row["notice_id"],
        guild_id=row["guild_id"],
        log_channel_id=row["log_channel_id"],
        line=row["line"],
        edition_id=row["edition_id"],
        nonce=row["nonce"],
        tried_at=values.moment_or_none("time", row["tried_at"]),
    )


async def mark_telling(
    db: Connection, notices: Sequence[Notice], nonce: str, now: datetime
) -> None:
    """Note, before the request, that these notices may be sent from now on, in one message."""
    await db.executemany(
        """
        UPDATE notice SET nonce = ?, tried_at = coalesce(tried_at, ?) WHERE notice_id = ?
        """,
        [(nonce, int(now.timestamp()), one.notice_id) for one in notices],
    )


async def mark_untold(db: Connection, notices: Sequence[Notice]) -> None:
    """Note that these notices were certainly not sent."""
    await db.executemany(
        "UPDATE notice SET nonce = NULL, tried_at = NULL WHERE notice_id = ?",
        [(one.notice_id,) for one in notices],
    )


async def reword(db: Connection, one: Notice, line: str) -> None:
    """Change the text of a notice."""
    sql = "UPDATE notice SET line = :line WHERE notice_id = :id"
    await db.execute(sql, {"line": line, "id": one.notice_id})


async def close_notices(
    db: Connection, notices: Sequence[Notice], now: datetime, told_in: int | None
) -> None:
    """Note in which channel these notices were sent; None = perhaps sent, or they could not be."""
    await db.executemany(
        "UPDATE notice SET closed_at = ?, told_in = ? WHERE notice_id = ?",
        [(int(now.timestamp()), told_in, one.notice_id) for one in notices],
    )
