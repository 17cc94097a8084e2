"""Servers as they come and go, and what is deleted with them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.digests.changes import LOG_CHANNEL, MANAGERS
from bot.digests.target import Server
from bot.store import asides, values
from bot.store.asides import Ref, Stored, Work
from bot.store.database import Connection, Row, every
from bot.store.shards import EVERY_SERVER
from bot.store.targets import channel_of

_COLUMNS: Final = {LOG_CHANNEL: "log_channel_id", MANAGERS: "managers"}
_OF_EDITIONS: Final = ("edition_part", "edition_choice", "posted", "notice")
_OF_DIGESTS: Final = ("edition", "subscription", "aside", "digest")


@dataclass(frozen=True, slots=True)
class Ungreeted:
    """A server that is still to be greeted; `nonce` and `tried_at` belong to a hello that was
    perhaps said.
    """

    guild_id: int
    nonce: str | None
    tried_at: datetime | None


async def meet(db: Connection, guild_ids: Collection[int], greeted_at: datetime | None) -> None:
    """Note servers that the bot is in, if they are new; `greeted_at` None = it will say hello."""
    at = int(greeted_at.timestamp()) if greeted_at else None
    await db.executemany(
        "INSERT INTO server (guild_id, greeted_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(guild_id, at) for guild_id in guild_ids],
    )


async def to_greet(db: Connection, now: datetime) -> list[Stored[Ungreeted]]:
    """The servers that the bot is in and has not said hello to."""
    sql = f"""
        SELECT guild_id, hello_nonce, hello_tried_at,
               {asides.reason(Work.HELLO, "guild_id")} AS aside
        FROM server WHERE greeted_at IS NULL AND left_at IS NULL
          AND NOT {asides.waits(Work.HELLO, "guild_id")} AND {db.own_servers}
        ORDER BY guild_id
    """  # noqa: S608 - only constants
    rows = await every(db, sql, {"now": int(now.timestamp())})
    return [Stored(_hello_ref(row), row, _ungreeted) for row in rows]


def _hello_ref(row: Row) -> Ref:
    return Ref(Work.HELLO, row["guild_id"], Server(row["guild_id"]), aside=row["aside"])


def _ungreeted(row: Row) -> Ungreeted:
    tried_at = values.moment_or_none("time", row["hello_tried_at"])
    return Ungreeted(row["guild_id"], row["hello_nonce"], tried_at)


async def mark_greeting(db: Connection, one: Ungreeted, nonce: str, now: datetime) -> None:
    """Note, before the request, that the hello may be said from now on."""
    await db.execute(
        """
        UPDATE server SET hello_nonce = :nonce, hello_tried_at = coalesce(hello_tried_at, :now)
        WHERE guild_id = :id
        """,
        {"id": one.guild_id, "nonce": nonce, "now": int(now.timestamp())},
    )


async def mark_ungreeted(db: Connection, one: Ungreeted) -> None:
    """Note that the hello was certainly not said."""
    sql = "UPDATE server SET hello_nonce = NULL, hello_tried_at = NULL WHERE guild_id = :id"
    await db.execute(sql, {"id": one.guild_id})


async def mark_greeted(db: Connection, guild_id: int, now: datetime) -> None:
    """Note that hello was said, or is never said."""
    sql = "UPDATE server SET greeted_at = :now WHERE guild_id = :id"
    await db.execute(sql, {"id": guild_id, "now": int(now.timestamp())})


async def all_guild_ids(db: Connection) -> set[int]:
    """The id of every server that the bot is in, or left with settings not forgotten yet."""
    return {row["guild_id"] for row in await every(db, "SELECT guild_id FROM server")}


async def mark_left(db: Connection, guild_ids: Collection[int], now: datetime) -> list[int]:
    """Note that the bot is not in servers any more; returns those for which that is new."""
    sql = """
        UPDATE server SET left_at = :now
        WHERE guild_id = ANY(:ids) AND left_at IS NULL
        RETURNING guild_id
    """
    values = {"ids": guild_ids, "now": int(now.timestamp())}
    return [row["guild_id"] for row in await every(db, sql, values)]


async def mark_joined(db: Connection, guild_ids: Collection[int]) -> list[int]:
    """Note that the bot is in servers; returns those for which that is new."""
    sql = """
        UPDATE server SET left_at = NULL
        WHERE guild_id = ANY(:ids) AND left_at IS NOT NULL
        RETURNING guild_id
    """
    return [row["guild_id"] for row in await every(db, sql, {"ids": guild_ids})]


async def set_value(db: Connection, guild_id: int, name: str, value: object) -> None:
    """Set what only a server has: LOG_CHANNEL or MANAGERS; None = it has none."""
    values = {"id": guild_id, "value": value}
    await db.execute("INSERT INTO server (guild_id) VALUES (:id) ON CONFLICT DO NOTHING", values)
    sql = f"UPDATE server SET {_COLUMNS[name]} = :value WHERE guild_id = :id"  # noqa: S608 - a constant
    await db.execute(sql, values)


async def value_of(db: Connection, guild_id: int, name: str) -> int | None:
    """What a server has of LOG_CHANNEL or MANAGERS; None = nothing."""
    sql = f"SELECT {_COLUMNS[name]} AS value FROM server WHERE guild_id = :id"  # noqa: S608 - a constant
    rows = await every(db, sql, {"id": guild_id})
    return rows[0]["value"] if rows else None


async def log_channel(db: Connection, guild_id: int) -> int | None:
    """The channel where a server's admins are told about problems; None = the system channel."""
    return await value_of(db, guild_id, LOG_CHANNEL)


async def mend_times(db: Connection, now: datetime, purged: datetime) -> None:
    """Set to now the times that a wrong clock has written: rows gone since a future time, or since
    before `purged`, up to which everything was deleted.
    """
    if db.own_servers != EVERY_SERVER:  # another process may have deleted only those of its own
        purged = datetime.fromtimestamp(0, UTC)
    values = {"now": int(now.timestamp()), "purged": int(purged.timestamp())}
    for table, column in (("server", "left_at"), ("digest", "gone_at")):
        wrong = f"{column} > :now OR {column} < :purged"
        await db.execute(f"UPDATE {table} SET {column} = :now WHERE {wrong}", values)  # noqa: S608 - constants


async def long_gone(db: Connection, before: datetime, among: Collection[int]) -> list[Ref]:
    """The digests of servers left, or of channels deleted, before a time; in these servers only."""
    sql = f"""
        SELECT digest_id, guild_id, channel_id, {asides.reason(Work.PURGE, "digest_id")} AS aside
        FROM digest JOIN server USING (guild_id)
        WHERE (left_at < :before OR gone_at < :before)
            AND guild_id = ANY(:among)
    """  # noqa: S608 - only constants
    values = {"before": int(before.timestamp()), "among": among}
    return [
        Ref(Work.PURGE, row["digest_id"], channel_of(row), row["digest_id"], row["aside"])
        for row in await every(db, sql, values)
    ]


async def delete_digest(db: Connection, digest_id: int) -> None:
    """Delete a digest with everything that belongs to it."""
    values = {"id": digest_id}
    await db.execute(
        "DELETE FROM change WHERE channel_id ="
        " (SELECT channel_id FROM digest WHERE digest_id = :id)",
        values,
    )
    for table in _OF_EDITIONS:
        await db.execute(
            f"DELETE FROM {table} WHERE edition_id IN"  # noqa: S608 - one of the constants above
            " (SELECT edition_id FROM edition WHERE digest_id = :id)",
            values,
        )
    for table in _OF_DIGESTS:
        await db.execute(f"DELETE FROM {table} WHERE digest_id = :id", values)  # noqa: S608 - as above


async def delete_left(db: Connection, before: datetime, among: Collection[int]) -> None:
    """Delete those of these servers that were left before this time and have no digest any more."""
    values = {"before": int(before.timestamp()), "among": among}
    listed = "guild_id = ANY(:among)"
    gone = f"guild_id IN (SELECT guild_id FROM server WHERE left_at < :before AND {listed})"  # noqa: S608 - constants
    unused = "NOT EXISTS (SELECT 1 FROM digest d WHERE d.guild_id = {}.guild_id)"
    for table in ("notice", "aside", "change", "server"):
        sql = f"DELETE FROM {table} WHERE {gone} AND {unused.format(table)}"  # noqa: S608 - constants
        await db.execute(sql, values)
