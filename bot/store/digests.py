"""Servers, digests and their subscriptions: settings as they were given, and what is due next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from bot.digests.schedule import Occurrence
from bot.digests.settings import SETTINGS
from bot.store.database import Connection, Row, every, one


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A channel's digest: its own settings, its server's (None = inherited), and what is next.

    `topics` maps the ids of the followed topics to their names, in the order of names.
    """

    digest_id: int
    guild_id: int
    channel_id: int
    own: Mapping[str, object]
    server: Mapping[str, object]
    topics: Mapping[int, str]
    fault: str | None
    next: Occurrence | None


_SELECT: Final = f"""
SELECT digest_id, guild_id, channel_id, fault, next_due_at, next_date, next_slot,
       {", ".join(f"d.{name} AS own_{name}, s.{name} AS server_{name}" for name in SETTINGS)}
FROM digest d JOIN server s USING (guild_id)
"""  # noqa: S608 - only a constant list of columns


async def digest_of_channel(db: Connection, channel_id: int) -> DigestRow | None:
    """The digest of a channel, or None."""
    row = await one(db, f"{_SELECT} WHERE channel_id = :id", {"id": channel_id})
    return await _digest(db, row) if row else None


async def digest_by_id(db: Connection, digest_id: int) -> DigestRow:
    """A digest that exists."""
    row = await one(db, f"{_SELECT} WHERE digest_id = :id", {"id": digest_id})
    assert row is not None  # noqa: S101 - digests are never deleted
    return await _digest(db, row)


async def digests_of_server(db: Connection, guild_id: int) -> list[DigestRow]:
    """Every digest of a server that follows a topic, by channel."""
    rows = await every(db, f"{_SELECT} WHERE guild_id = :id ORDER BY channel_id", {"id": guild_id})
    found = [await _digest(db, row) for row in rows]
    return [digest for digest in found if digest.topics]


async def due_digests(db: Connection, now: datetime, limit: int) -> list[DigestRow]:
    """Digests whose next edition is due, the longest due first."""
    sql = f"{_SELECT} WHERE next_due_at <= :now ORDER BY next_due_at, digest_id LIMIT :limit"
    rows = await every(db, sql, {"now": int(now.timestamp()), "limit": limit})
    return [await _digest(db, row) for row in rows]


async def all_guild_ids(db: Connection) -> set[int]:
    """The id of every server that has settings or a digest."""
    return {row["guild_id"] for row in await every(db, "SELECT guild_id FROM server")}


async def all_digest_ids(db: Connection) -> list[int]:
    """The id of every digest."""
    return [row["digest_id"] for row in await every(db, "SELECT digest_id FROM digest")]


async def _digest(db: Connection, row: Row) -> DigestRow:
    topics = await every(
        db,
        """
        SELECT topic_id, name FROM subscription JOIN topic USING (topic_id)
        WHERE digest_id = :id ORDER BY slug
        """,
        {"id": row["digest_id"]},
    )
    return DigestRow(
        digest_id=row["digest_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        own={name: row[f"own_{name}"] for name in SETTINGS},
        server={name: row[f"server_{name}"] for name in SETTINGS},
        topics={topic["topic_id"]: topic["name"] for topic in topics},
        fault=row["fault"],
        next=_occurrence(row),
    )


def _occurrence(row: Row) -> Occurrence | None:
    if row["next_due_at"] is None:
        return None
    due_at = datetime.fromtimestamp(row["next_due_at"], UTC)
    return Occurrence(due_at, date.fromisoformat(row["next_date"]), row["next_slot"])


async def make_digest(db: Connection, guild_id: int, channel_id: int, now: datetime) -> DigestRow:
    """The digest of a channel, made where there is none."""
    values = {"guild": guild_id, "channel": channel_id, "now": int(now.timestamp())}
    await db.execute("INSERT OR IGNORE INTO server (guild_id) VALUES (:guild)", values)
    await db.execute(
        """
        INSERT OR IGNORE INTO digest (guild_id, channel_id, created_at)
        VALUES (:guild, :channel, :now)
        """,
        values,
    )
    found = await digest_of_channel(db, channel_id)
    assert found is not None  # noqa: S101 - just made
    return found


async def server_settings(db: Connection, guild_id: int) -> Mapping[str, object]:
    """What a server has set (None = inherited from config/)."""
    row = await one(db, "SELECT * FROM server WHERE guild_id = :id", {"id": guild_id})
    return {name: row[name] if row else None for name in SETTINGS}


async def set_for_server(db: Connection, guild_id: int, name: str, value: object) -> None:
    """Set a server's default; None = back to config/."""
    _known(name)
    await db.execute("INSERT OR IGNORE INTO server (guild_id) VALUES (:id)", {"id": guild_id})
    sql = f"UPDATE server SET {name} = :value WHERE guild_id = :id"  # noqa: S608 - a known name
    await db.execute(sql, {"id": guild_id, "value": value})


async def set_for_digest(db: Connection, digest_id: int, name: str, value: object) -> None:
    """Set one channel's own value; None = back to the server's."""
    _known(name)
    sql = f"UPDATE digest SET {name} = :value WHERE digest_id = :id"  # noqa: S608 - a known name
    await db.execute(sql, {"id": digest_id, "value": value})


def _known(name: str) -> None:
    if name not in SETTINGS:
        raise KeyError(name)


async def follow(db: Connection, digest_id: int, topic_id: int) -> bool:
    """Let a digest follow a topic; False where it did already."""
    cursor = await db.execute(
        "INSERT OR IGNORE INTO subscription (digest_id, topic_id) VALUES (:digest, :topic)",
        {"digest": digest_id, "topic": topic_id},
    )
    return cursor.rowcount > 0


async def unfollow(db: Connection, digest_id: int, topic_id: int) -> bool:
    """Let a digest no longer follow a topic; False where it did not."""
    cursor = await db.execute(
        "DELETE FROM subscription WHERE digest_id = :digest AND topic_id = :topic",
        {"digest": digest_id, "topic": topic_id},
    )
    return cursor.rowcount > 0


async def set_next(db: Connection, digest_id: int, following: Occurrence | None) -> None:
    """Note when a digest comes next; None = not until something changes."""
    await db.execute(
        """
        UPDATE digest SET next_due_at = :due, next_date = :date, next_slot = :slot
        WHERE digest_id = :id
        """,
        {
            "id": digest_id,
            "due": int(following.due_at.timestamp()) if following else None,
            "date": following.local_date.isoformat() if following else None,
            "slot": following.slot if following else None,
        },
    )


async def set_fault(db: Connection, digest_id: int, fault: str | None) -> None:
    """Note why Discord does not take a digest's messages; None = it does."""
    sql = "UPDATE digest SET fault = :fault WHERE digest_id = :id AND fault IS NOT :fault"
    await db.execute(sql, {"id": digest_id, "fault": fault})
