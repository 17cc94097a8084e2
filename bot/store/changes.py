"""What people changed of servers and digests: the newest changes of each server."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.digests.changes import KEPT, Change, Place
from bot.digests.target import Channel, Server
from bot.errors import Unreadable
from bot.store import values
from bot.store.database import Connection, Row, every, one

_SELECT: Final = """
SELECT change_id, guild_id, channel_id, name, old, new, made_at, made_by, undone_by FROM change
"""


async def note(
    db: Connection, place: Place, name: str, old: object, new: object, by: int, now: datetime
) -> int | None:
    """Note a change by a user and return its id; None = nothing changed. The oldest is forgotten.

    The server must be stored.
    """
    if old == new:
        return None
    sql = """
        INSERT INTO change (guild_id, channel_id, name, old, new, made_at, made_by)
        VALUES (:guild, :channel, :name, :old, :new, :at, :by) RETURNING change_id
    """
    row = await one(
        db,
        sql,
        {
            "guild": place.guild_id,
            "channel": place.channel_id if isinstance(place, Channel) else None,
            "name": name,
            "old": _json(old),
            "new": _json(new),
            "at": int(now.timestamp()),
            "by": by,
        },
    )
    assert row is not None  # noqa: S101 - just inserted
    await _forget(db, place.guild_id)
    return int(row["change_id"])


async def _forget(db: Connection, guild_id: int) -> None:
    sql = """
        DELETE FROM change WHERE guild_id = :guild AND change_id <= (
            SELECT change_id FROM change WHERE guild_id = :guild
            ORDER BY change_id DESC LIMIT 1 OFFSET :kept
        )
    """
    await db.execute(sql, {"guild": guild_id, "kept": KEPT})


async def change(db: Connection, guild_id: int, change_id: int) -> Change | None:
    """A server's change; None = there is none that can be read."""
    sql = f"{_SELECT} WHERE change_id = :id AND guild_id = :guild"
    row = await one(db, sql, {"id": change_id, "guild": guild_id})
    return None if row is None else _change(row)


async def newest(
    db: Connection, guild_id: int, channel_id: int | None, limit: int, before: int | None = None
) -> Sequence[Change]:
    """The newest changes of a server and its channels, or of one channel, newest first; only those
    before a change. Those that cannot be read are left out.
    """
    of_channel = "" if channel_id is None else "AND channel_id = :channel"
    older = "" if before is None else "AND change_id < :before"
    sql = f"""
        {_SELECT} WHERE guild_id = :guild {of_channel} {older}
        ORDER BY change_id DESC LIMIT :limit
    """
    asked = {"guild": guild_id, "channel": channel_id, "limit": limit, "before": before}
    found = [_change(row) for row in await every(db, sql, asked)]
    return [one for one in found if one is not None]


async def newest_by(db: Connection, place: Place, by: int, since: datetime) -> Change | None:
    """The newest change of a channel or a server that a user made and nobody undid."""
    sql = f"""
        {_SELECT} WHERE guild_id = :guild AND coalesce(channel_id, 0) = :channel
          AND made_by = :by AND made_at >= :since AND undone_at IS NULL
        ORDER BY change_id DESC LIMIT 1
    """
    channel_id = place.channel_id if isinstance(place, Channel) else 0
    asked = {"guild": place.guild_id, "channel": channel_id, "by": by}
    row = await one(db, sql, {**asked, "since": int(since.timestamp())})
    return None if row is None else _change(row)


async def mark_undone(db: Connection, change_id: int, by: int, now: datetime) -> None:
    """Note that a user undid a change."""
    sql = "UPDATE change SET undone_at = :at, undone_by = :by WHERE change_id = :id"
    await db.execute(sql, {"id": change_id, "at": int(now.timestamp()), "by": by})


def _json(value: object) -> str | None:
    """A value as JSON; one that came from no version of ours counts as inherited."""
    return None if value is None else json.dumps(value, default=lambda _: None)


def _change(row: Row) -> Change | None:
    guild_id, channel_id = row["guild_id"], row["channel_id"]
    try:
        return Change(
            change_id=row["change_id"],
            place=Server(guild_id) if channel_id is None else Channel(guild_id, channel_id),
            name=row["name"],
            old=json.loads(row["old"] or "null"),
            new=json.loads(row["new"] or "null"),
            at=values.moment("time of a change", row["made_at"]),
            by=row["made_by"],
            undone_by=row["undone_by"],
        )
    except (Unreadable, ValueError, RecursionError):
        return None
