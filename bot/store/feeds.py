"""The feeds that are asked for news: their settings, and the state of asking them."""

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from bot.store import values
from bot.store.database import Connection, Row, every, one
from bot.stories.feeds import FaultKind, Feed, FeedSettings, FeedState, HostState
from bot.stories.text import slug

_STATE: Final = (
    "next_at, etag, last_modified, body_hash, asked_at, succeeded_at, failing_since, failures,"
    " fault, detail, paused, moved_to, moved_since, moved_sweeps, gap, newest_at, floor,"
    " skip_hours, skip_days"
)
_COLUMNS: Final = (
    "feed_id, key, url, provider, topics, tier, language, coalesce(off, listed_off) AS off, listed,"
    f" added_at, added_by, title, format, ask_url, told, {_STATE}"
)
_TIMES: Final = ("next_at", "asked_at", "succeeded_at", "failing_since", "moved_since", "newest_at")
_SPANS: Final = ("gap", "floor")
_SETS: Final = ("skip_hours", "skip_days")
_AT_ONCE: Final = 200
"""How many feeds are read at once: 2,000 take 60 ms."""


async def all_feeds(db: Connection) -> list[Feed]:
    """All feeds, by address."""
    sql = f"SELECT {_COLUMNS} FROM feed ORDER BY key"  # noqa: S608 - constants
    return await _read(await every(db, sql))


async def feeds_with_news(db: Connection, failing_before: datetime) -> list[Feed]:
    """The feeds that answer again after their owner was told of a fault; and those of which they
    were not told, though they are paused or have failed since before a moment.
    """
    sql = f"""
        SELECT {_COLUMNS} FROM feed WHERE next_at IS NOT NULL AND (
            (told IS NOT NULL AND fault IS NULL)
            OR (told IS NULL AND fault IS NOT NULL AND (paused = 1 OR failing_since <= :before))
        ) ORDER BY key
    """  # noqa: S608 - constants
    return await _read(await every(db, sql, {"before": int(failing_before.timestamp())}))


async def count_asked(db: Connection) -> int:
    """How many feeds are asked: all that are not off."""
    row = await one(db, "SELECT count(*) FROM feed WHERE next_at IS NOT NULL")
    return int(row[0]) if row else 0


async def _read(rows: Sequence[Row]) -> list[Feed]:
    """The feeds of rows, a few at a time: thousands take longer than the event loop may wait."""
    found: list[Feed] = []
    for start in range(0, len(rows), _AT_ONCE):
        found += map(_feed, rows[start : start + _AT_ONCE])
        await asyncio.sleep(0)
    return found


async def feeds_named(db: Connection, ids: Collection[int]) -> list[Feed]:
    """The feeds with these ids."""
    sql = f"SELECT {_COLUMNS} FROM feed WHERE feed_id = ANY(:ids) ORDER BY feed_id"  # noqa: S608
    return await _read(await every(db, sql, {"ids": ids}))


async def feed_at(db: Connection, key: str) -> Feed | None:
    """The feed whose address has this strict key."""
    sql = f"SELECT {_COLUMNS} FROM feed WHERE key = :key"  # noqa: S608 - constants
    row = await one(db, sql, {"key": key})
    return _feed(row) if row else None


async def has_due(db: Connection, now: datetime) -> bool:
    """Whether a feed is due."""
    sql = "SELECT feed_id FROM feed WHERE next_at <= :now LIMIT 1"
    return await one(db, sql, {"now": int(now.timestamp())}) is not None


async def due_feeds(db: Connection, now: datetime) -> list[Feed]:
    """The feeds that are due, those due longest first."""
    sql = f"SELECT {_COLUMNS} FROM feed WHERE next_at <= :now ORDER BY next_at, feed_id"  # noqa: S608
    return await _read(await every(db, sql, {"now": int(now.timestamp())}))


async def feeds_ahead(db: Connection, now: datetime, latest: datetime) -> list[Feed]:
    """The feeds that were asked after `now`, or are asked only after `latest`."""
    sql = f"SELECT {_COLUMNS} FROM feed WHERE asked_at > :now OR next_at > :latest"  # noqa: S608
    times = {"now": int(now.timestamp()), "latest": int(latest.timestamp())}
    return [_feed(row) for row in await every(db, sql, times)]


async def existing(db: Connection, ids: Collection[int]) -> set[int]:
    """Those of the feeds that were not removed."""
    sql = "SELECT feed_id FROM feed WHERE feed_id = ANY(:ids)"
    return {row["feed_id"] for row in await every(db, sql, {"ids": ids})}


class NewFeed(NamedTuple):
    """A feed to store, with the strict key of its address."""

    key: str
    settings: FeedSettings


async def save_feeds(
    db: Connection, feeds: Iterable[NewFeed], now: datetime, by: str, *, listed: bool
) -> None:
    """Store feeds, or the settings of known ones; what is new is due at once.

    The file's word and a command's do not undo each other: a feed that stands in the file stays
    listed, and what a command said of `off` holds until it says otherwise.
    """
    await db.executemany(
        """
        INSERT INTO feed (
            key, url, listed, provider, topics, tier, language, listed_off, added_at, added_by,
            ask_url, next_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET
            listed = excluded.listed, provider = excluded.provider, topics = excluded.topics,
            tier = excluded.tier, language = excluded.language, listed_off = excluded.listed_off
        """,
        [_new(one.key, one.settings, now, by, listed=listed) for one in feeds],
    )


def _new(
    key: str, feed: FeedSettings, now: datetime, by: str, *, listed: bool
) -> tuple[object, ...]:
    seconds = int(now.timestamp())
    topics = json.dumps(feed.topics, ensure_ascii=False)
    given = (key, feed.url, int(listed), feed.provider, topics, feed.tier, feed.language)
    return (*given, int(feed.off), seconds, by, feed.url, None if feed.off else seconds)


async def switch_feed(db: Connection, feed_id: int, now: datetime, *, on: bool) -> None:
    """Ask a feed from now on, at once, or no longer."""
    sql = "UPDATE feed SET off = :off, next_at = :next WHERE feed_id = :id"
    next_at = int(now.timestamp()) if on else None
    await db.execute(sql, {"off": int(not on), "next": next_at, "id": feed_id})


async def follow_list(db: Connection, feed_id: int, now: datetime, *, off: bool) -> None:
    """Ask a feed from now on, at once, or no longer, because its file says so by now."""
    sql = "UPDATE feed SET next_at = :next WHERE feed_id = :id"
    await db.execute(sql, {"next": None if off else int(now.timestamp()), "id": feed_id})


async def unlist(db: Connection, ids: Collection[int]) -> None:
    """Note that feeds no longer stand in the file: they are off, but nothing is forgotten."""
    await db.executemany(
        """
        UPDATE feed SET listed = 0, listed_off = 1, off = NULL, next_at = NULL WHERE feed_id = ?
        """,
        [(feed_id,) for feed_id in ids],
    )


async def set_due(db: Connection, ids: Collection[int], now: datetime) -> int:
    """Have those of the feeds that are not off asked at once; returns how many."""
    sql = "UPDATE feed SET next_at = :now WHERE feed_id = ANY(:ids) AND next_at IS NOT NULL"
    done = await db.execute(sql, {"now": int(now.timestamp()), "ids": ids})
    return done.rowcount


async def note_asked(db: Connection, ids: Collection[int], now: datetime, again: datetime) -> None:
    """Note before feeds are asked that they are, and not `again` before then."""
    seconds = int(now.timestamp()), int(again.timestamp())
    await db.executemany(
        """
        UPDATE feed
        SET asked_at = ?, next_at = CASE WHEN next_at IS NULL THEN NULL ELSE ? END
        WHERE feed_id = ?
        """,
        [(*seconds, feed_id) for feed_id in ids],
    )


async def to_hasten(db: Connection, now: datetime, until: datetime, pause: timedelta) -> list[int]:
    """The feeds that wait although their topics have a digest that is due `until` then, and that
    were not asked within the `pause` before now; a failing feed keeps its time.
    """
    rows = await every(
        db,
        """
        SELECT DISTINCT t.slug FROM digest d
        JOIN subscription s ON s.digest_id = d.digest_id
        JOIN topic t ON t.topic_id = s.topic_id
        WHERE d.next_due_at <= :until
        """,
        {"until": int(until.timestamp())},
    )
    wanted = {row["slug"] for row in rows}
    if not wanted:
        return []
    waiting = await every(
        db,
        """
        SELECT feed_id, topics FROM feed
        WHERE next_at > :now AND failures = 0 AND (asked_at IS NULL OR asked_at <= :before)
        """,
        {"now": int(now.timestamp()), "before": int((now - pause).timestamp())},
    )
    about = {row["feed_id"]: {slug(one) for one in json.loads(row["topics"])} for row in waiting}
    return [feed_id for feed_id, slugs in about.items() if not slugs or slugs & wanted]


async def followed_topics(db: Connection) -> set[str]:
    """The slugs of the topics that digests follow."""
    sql = """
        SELECT slug FROM topic t
        WHERE EXISTS (SELECT 1 FROM subscription s WHERE s.topic_id = t.topic_id)
    """
    return {row["slug"] for row in await every(db, sql)}


async def delete_feeds(db: Connection, ids: Collection[int]) -> None:
    """Delete feeds and what is kept of their items."""
    for table in ("feed_item", "feed"):
        await db.executemany(
            f"DELETE FROM {table} WHERE feed_id = ?",  # noqa: S608 - constants
            [(feed_id,) for feed_id in ids],
        )


class Asking(NamedTuple):
    """The new state of a feed, and what it says of itself (None = as before)."""

    feed_id: int
    state: FeedState
    title: str | None = None
    format: str | None = None


async def save_states(db: Connection, asked: Iterable[Asking]) -> None:
    """Store what asking feeds led to. A feed that was switched off meanwhile stays off."""
    names = _STATE.split(", ")
    changes = ", ".join(f"{name} = ?" for name in names[1:])
    await db.executemany(
        f"""
        UPDATE feed SET next_at = CASE WHEN next_at IS NULL THEN NULL ELSE ? END, {changes},
            ask_url = ?, title = coalesce(?, title), format = coalesce(?, format)
        WHERE feed_id = ?
        """,  # noqa: S608 - constants
        [(*_stored(one.state), one.state.url, one.title, one.format, one.feed_id) for one in asked],
    )


async def known_hosts(db: Connection) -> dict[str, HostState]:
    """What is kept of hosts, by name."""
    rows = await every(db, "SELECT host, waits_until, robots, robots_at FROM feed_host")
    return {row["host"]: _host(row) for row in rows}


def _host(row: Row) -> HostState:
    waits = values.moment_or_none("feed_host.waits_until", row["waits_until"])
    return HostState(
        waits, row["robots"], values.moment_or_none("feed_host.robots_at", row["robots_at"])
    )


async def save_hosts(db: Connection, hosts: Mapping[str, HostState]) -> None:
    """Keep what hosts said."""
    await db.executemany(
        """
        INSERT INTO feed_host (host, waits_until, robots, robots_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (host) DO UPDATE SET waits_until = excluded.waits_until,
            robots = excluded.robots, robots_at = excluded.robots_at
        """,
        [
            (host, _seconds(one.waits_until), one.robots, _seconds(one.robots_at))
            for host, one in hosts.items()
        ],
    )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


async def save_told(db: Connection, told: Mapping[int, str | None]) -> None:
    """Store of which fault of each feed its owner was told; None = it is well again."""
    rows = [(fault, feed_id) for feed_id, fault in told.items()]
    await db.executemany("UPDATE feed SET told = ? WHERE feed_id = ?", rows)


async def newest_stories(db: Connection, feed_id: int, limit: int) -> list[int]:
    """The ids of the newest stories that a feed told, newest first."""
    sql = """
        SELECT DISTINCT s.story_id, s.published_at
        FROM origin o JOIN item i USING (origin_id) JOIN story s USING (story_id)
        WHERE o.kind = 'feeds' AND i.key >= :first AND i.key < :after
        ORDER BY s.published_at DESC, s.story_id DESC LIMIT :limit
    """
    asked = {"first": f"{feed_id}:", "after": f"{feed_id};", "limit": limit}
    return [row["story_id"] for row in await every(db, sql, asked)]


async def topics_of_feeds(db: Connection) -> list[str]:
    """The names of the topics that feeds give by themselves, each once, in order."""
    rows = await every(db, "SELECT DISTINCT topics FROM feed ORDER BY topics")
    return sorted({name for row in rows for name in json.loads(row["topics"])})


def _stored(state: FeedState) -> tuple[object, ...]:
    names = _STATE.split(", ")
    return tuple(_column(name, getattr(state, name)) for name in names)


def _column(name: str, value: Any) -> object:  # noqa: ANN401 - of the kind that the column has
    if value is None:
        return None
    if name in _TIMES:
        return _seconds(value)
    if name in _SETS:
        return sum(1 << bit for bit in value)
    if name in _SPANS:
        return value.total_seconds() if name == "gap" else int(value.total_seconds())
    return int(value) if isinstance(value, bool) else value


def _feed(row: Row) -> Feed:
    return Feed(
        feed_id=row["feed_id"],
        key=row["key"],
        settings=_settings(row),
        listed=bool(row["listed"]),
        added_at=values.moment("feed.added_at", row["added_at"]),
        added_by=row["added_by"],
        title=row["title"],
        format=row["format"],
        state=_state(row),
        told=row["told"],
    )


def _settings(row: Row) -> FeedSettings:
    topics = tuple(json.loads(row["topics"]))
    off = bool(row["off"])
    return FeedSettings(row["url"], row["provider"], topics, row["tier"], row["language"], off)


def _state(row: Row) -> FeedState:
    found: dict[str, Any] = {name: row[name] for name in _STATE.split(", ")}
    for name in _TIMES:
        found[name] = values.moment_or_none(f"feed.{name}", found[name])
    for name in _SPANS:
        found[name] = None if found[name] is None else timedelta(seconds=found[name])
    for name in _SETS:
        found[name] = frozenset(bit for bit in range(24) if found[name] >> bit & 1)
    if found["fault"] is not None:
        found["fault"] = values.word("feed.fault", FaultKind, found["fault"])
    return FeedState(url=row["ask_url"], **{**found, "paused": bool(found["paused"])})
