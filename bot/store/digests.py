"""Servers, digests and their subscriptions: settings as given, and when each is due next."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from bot.digests.schedule import Occurrence
from bot.digests.settings import SETTINGS
from bot.digests.target import Channel
from bot.errors import UnknownValue, Unreadable
from bot.store import asides, values
from bot.store.asides import Ref, Work
from bot.store.database import Connection, Row, every, one
from bot.store.targets import channel_of, tagged_channel_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A channel's digest: its own settings, its server's (None = inherited), and its state.

    `topics` maps the ids of the followed topics to their names, in the order of names. `gone`: when
    its channel was found deleted, `left`: when the bot left its server. `unknown`: the values that
    could not be read and are left out. `aside`: why it is not planned although it is due, or None.
    """

    digest_id: int
    target: Channel
    own: Mapping[str, object]
    server: Mapping[str, object]
    topics: Mapping[int, str]
    fault: str | None
    gone: datetime | None
    left: datetime | None
    next: Occurrence | None
    unknown: Sequence[UnknownValue] = ()
    aside: str | None = None

    @property
    def ref(self) -> Ref:
        """A reference to it as a row that is planned and armed."""
        return Ref(Work.PLANNING, self.digest_id, self.target, self.digest_id, self.aside)


_SELECT: Final = f"""
SELECT digest_id, guild_id, channel_id, fault, gone_at, left_at, tags,
       next_due_at, next_date, next_slot,
       {asides.reason(Work.PLANNING, "d.digest_id")} AS aside,
       {", ".join(f"d.{name} AS own_{name}, s.{name} AS server_{name}" for name in SETTINGS)}
FROM digest d JOIN server s USING (guild_id)
"""  # noqa: S608 - only a constant list of columns


_DUE: Final = (
    "next_due_at <= :now AND read_back_since IS NULL"
    f" AND NOT {asides.waits(Work.PLANNING, 'd.digest_id')}"
)


async def digest_of_channel(db: Connection, channel_id: int) -> DigestRow | None:
    """The digest of a channel, or None."""
    return await _only(db, "channel_id = :id", channel_id)


async def digest_by_id(db: Connection, digest_id: int) -> DigestRow:
    """A digest that must exist."""
    found = await _only(db, "digest_id = :id", digest_id)
    assert found is not None  # noqa: S101 - a digest is only deleted with its server or channel
    return found


async def digest_of_edition(db: Connection, edition_id: int) -> DigestRow | None:
    """The digest that an edition belongs to, or None."""
    of_edition = "(SELECT digest_id FROM edition WHERE edition_id = :id)"
    return await _only(db, f"digest_id = {of_edition}", edition_id)


async def digests_of_server(db: Connection, guild_id: int) -> list[DigestRow]:
    """Every digest of a server that follows a topic, by channel."""
    found = await _digests(db, "guild_id = :id ORDER BY channel_id", {"id": guild_id})
    return [digest for digest in found if digest.topics]


async def due_digests(
    db: Connection, now: datetime, limit: int, only: int | None = None
) -> list[DigestRow]:
    """Digests of this process whose next edition is due, the longest due first, except those whose
    channel must be read back first and those that are set aside. `only`: just this one, if it is
    among them. In a transaction no other process gets them.
    """
    which = f"{db.own_servers}" if only is None else f"{db.own_servers} AND digest_id = :only"
    condition = f"{_DUE} AND {which} ORDER BY next_due_at, digest_id LIMIT :limit {db.row_lock}"
    asked = {"now": int(now.timestamp()), "limit": limit, "only": only}
    return await _digests(db, condition, asked)


async def count_due(db: Connection, now: datetime, limit: int) -> int:
    """How many digests of this process are due, counted up to a limit."""
    due = f"SELECT 1 FROM digest d WHERE {_DUE} AND {db.own_servers} LIMIT :limit"  # noqa: S608 - constants
    sql = f"SELECT count(*) FROM ({due}) AS due"  # noqa: S608 - the same
    row = await one(db, sql, {"now": int(now.timestamp()), "limit": limit})
    return row[0] if row else 0


async def digests_by_id(db: Connection, digest_ids: Collection[int]) -> list[DigestRow]:
    """Digests that must exist, by their ids."""
    return await _digests(db, "digest_id = ANY(:ids)", {"ids": digest_ids})


async def all_digest_ids(db: Connection) -> list[int]:
    """The id of every digest."""
    return [row["digest_id"] for row in await every(db, "SELECT digest_id FROM digest")]


async def to_rearm(db: Connection, now: datetime) -> list[int]:
    """The digests of which it may be recomputed when they are due: not those that are due already
    and that another process plans.
    """
    mine = f"{db.own_servers} OR next_due_at IS NULL OR next_due_at > :now"
    sql = f"SELECT digest_id FROM digest WHERE {mine}"  # noqa: S608 - constants
    rows = await every(db, sql, {"now": int(now.timestamp())})
    return [row["digest_id"] for row in rows]


async def _only(db: Connection, condition: str, id_: int) -> DigestRow | None:
    found = await _digests(db, condition, {"id": id_})
    return found[0] if found else None


async def _digests(
    db: Connection, condition: str, parameters: Mapping[str, object]
) -> list[DigestRow]:
    rows = await every(db, f"{_SELECT} WHERE {condition}", parameters)
    topics = await _topics(db, [row["digest_id"] for row in rows]) if rows else {}
    return [_digest(row, topics[row["digest_id"]]) for row in rows]


async def _topics(db: Connection, digest_ids: Sequence[int]) -> dict[int, dict[int, str]]:
    """The topics that digests follow, sorted by name."""
    followed: dict[int, dict[int, str]] = {digest_id: {} for digest_id in digest_ids}
    sql = """
        SELECT digest_id, topic_id, name FROM subscription JOIN topic USING (topic_id)
        WHERE digest_id = ANY(:ids) ORDER BY slug
    """
    for row in await every(db, sql, {"ids": digest_ids}):
        followed[row["digest_id"]][row["topic_id"]] = row["name"]
    return followed


def _digest(row: Row, topics: Mapping[int, str]) -> DigestRow:
    unknown: list[UnknownValue] = []

    def known(read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except Unreadable as error:
            unknown.extend(error.unknown)
            return instead

    return DigestRow(
        digest_id=row["digest_id"],
        own={name: row[f"own_{name}"] for name in SETTINGS},
        server={name: row[f"server_{name}"] for name in SETTINGS},
        topics=topics,
        fault=row["fault"],
        gone=known(lambda: values.moment_or_none("end", row["gone_at"]), None),
        left=known(lambda: values.moment_or_none("end", row["left_at"]), None),
        target=known(lambda: tagged_channel_of(row), channel_of(row)),
        next=known(lambda: _occurrence(row), None),
        unknown=unknown,
        aside=row["aside"],
    )


def _occurrence(row: Row) -> Occurrence | None:
    due_at = values.moment_or_none("next time", row["next_due_at"])
    if due_at is None:
        return None
    return Occurrence(due_at, values.day("next date", str(row["next_date"])), row["next_slot"])


async def make_digest(db: Connection, target: Channel, now: datetime) -> DigestRow:
    """The digest of a channel, created if there is none."""
    values = {
        "guild": target.guild_id,
        "channel": target.channel_id,
        "now": int(now.timestamp()),
    }
    await _make_server(db, target.guild_id)
    await db.execute(
        """
        INSERT INTO digest (guild_id, channel_id, created_at) VALUES (:guild, :channel, :now)
        ON CONFLICT DO NOTHING
        """,
        values,
    )
    found = await digest_of_channel(db, target.channel_id)
    assert found is not None  # noqa: S101 - just made
    return found


async def _make_server(db: Connection, guild_id: int) -> None:
    sql = "INSERT INTO server (guild_id) VALUES (:id) ON CONFLICT DO NOTHING"
    await db.execute(sql, {"id": guild_id})


async def server_settings(db: Connection, guild_id: int) -> Mapping[str, object]:
    """What a server has set (None = inherited from config/)."""
    sql = f"SELECT {', '.join(SETTINGS)} FROM server WHERE guild_id = :id"  # noqa: S608 - known names
    row = await one(db, sql, {"id": guild_id})
    return {name: row[name] if row else None for name in SETTINGS}


async def set_for_server(db: Connection, guild_id: int, name: str, value: object) -> None:
    """Set a server's default; None = back to config/."""
    _known(name)
    await _make_server(db, guild_id)
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


async def set_tags(db: Connection, digest_id: int, tags: object) -> None:
    """Set the tags of the posts that a digest opens: a list of ids."""
    sql = "UPDATE digest SET tags = :tags WHERE digest_id = :id"
    await db.execute(sql, {"id": digest_id, "tags": json.dumps(tags)})


async def follow(db: Connection, digest_id: int, topic_id: int) -> bool:
    """Let a digest follow a topic; False if it did already."""
    cursor = await db.execute(
        """
        INSERT INTO subscription (digest_id, topic_id) VALUES (:digest, :topic)
        ON CONFLICT DO NOTHING
        """,
        {"digest": digest_id, "topic": topic_id},
    )
    return cursor.rowcount > 0


async def unfollow(db: Connection, digest_id: int, topic_id: int) -> bool:
    """Let a digest no longer follow a topic; False if it did not."""
    cursor = await db.execute(
        "DELETE FROM subscription WHERE digest_id = :digest AND topic_id = :topic",
        {"digest": digest_id, "topic": topic_id},
    )
    return cursor.rowcount > 0


async def set_next(db: Connection, coming: Mapping[int, Occurrence | None]) -> None:
    """Note when digests are next due, one statement for each time; None = not until a change."""
    together: defaultdict[Occurrence | None, list[int]] = defaultdict(list)
    for digest_id, occurrence in coming.items():
        together[occurrence].append(digest_id)
    await db.executemany(
        """
        UPDATE digest SET next_due_at = :due, next_date = :date, next_slot = :slot
        WHERE digest_id = ANY(:ids)
        """,
        [{**_coming(occurrence), "ids": ids} for occurrence, ids in together.items()],
    )


def _coming(one: Occurrence | None) -> Mapping[str, object]:
    if one is None:
        return {"due": None, "date": None, "slot": None}
    due_at = int(one.due_at.timestamp())
    return {"due": due_at, "date": one.local_date.isoformat(), "slot": one.slot}


async def set_fault(db: Connection, digest_id: int, fault: str | None) -> bool:
    """Note why Discord refuses a digest's messages; None = it does not. True if that begins or ends
    a time of refusals.
    """
    was = await fault_of(db, digest_id)
    if fault != was:
        sql = "UPDATE digest SET fault = :fault WHERE digest_id = :id"
        await db.execute(sql, {"id": digest_id, "fault": fault})
    return (was is None) is not (fault is None)


async def set_thread_fault(db: Connection, digest_id: int, fault: str | None) -> bool:
    """The same of its last thread."""
    sql = "SELECT thread_fault FROM digest WHERE digest_id = :id"
    row = await one(db, sql, {"id": digest_id})
    was = row["thread_fault"] if row else None
    if fault != was:
        sql = "UPDATE digest SET thread_fault = :fault WHERE digest_id = :id"
        await db.execute(sql, {"id": digest_id, "fault": fault})
    return (was is None) is not (fault is None)


async def faulty_channels(db: Connection, guild_id: int) -> list[int]:
    """The channels of a server whose messages Discord refuses."""
    sql = "SELECT channel_id FROM digest WHERE guild_id = :id AND fault IS NOT NULL"
    return [row["channel_id"] for row in await every(db, sql, {"id": guild_id})]


async def fault_of(db: Connection, digest_id: int) -> str | None:
    """Why Discord refuses a digest's messages; None = it does not, as far as is known."""
    row = await one(db, "SELECT fault FROM digest WHERE digest_id = :id", {"id": digest_id})
    return row["fault"] if row else None


async def mark_gone(db: Connection, channel_id: int, at: datetime | None) -> bool:
    """Note when a channel was found deleted; None = it exists. True if that is new.

    A digest whose channel is gone is never due; its settings are kept for a while.
    """
    if_new = "gone_at IS NULL" if at else "gone_at IS NOT NULL"
    sql = f"UPDATE digest SET gone_at = :at WHERE channel_id = :id AND {if_new}"  # noqa: S608 - constants
    cursor = await db.execute(sql, {"id": channel_id, "at": int(at.timestamp()) if at else None})
    return cursor.rowcount > 0


async def gone_channels(db: Connection) -> set[int]:
    """The channels that were found deleted."""
    rows = await every(db, "SELECT channel_id FROM digest WHERE gone_at IS NOT NULL")
    return {row["channel_id"] for row in rows}
