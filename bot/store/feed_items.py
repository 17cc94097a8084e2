"""What feeds gave: kept as soon as it is fetched, and loaded from here like story files."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.store.database import Connection, every, one

SEEN_EVERY: Final = 86_400
"""An item that stays in its feed is noted as seen once in so many seconds: it costs a write."""


class GivenItem(NamedTuple):
    """An item that a feed gives: its id there, its link, a hash of what it says, and that as JSON.

    An id that is new beside a link that is known is taken for the known item's new id, unless the
    feed gives that item elsewhere by now.
    """

    feed_id: int
    item_key: str
    url: str
    stamp: str
    article: str


class KeptItem(NamedTuple):
    """An item as it is kept; `article` is what it says, as JSON."""

    feed_id: int
    item_key: str
    stamp: str
    first_seen: int
    article: str


async def keep_items(db: Connection, given: Iterable[GivenItem], now: datetime) -> None:
    """Keep what feeds give: new and changed items are pending from now on.

    An item keeps the key and the time with which it was first seen.
    """
    given = [*given]
    known = await _known_keys(db, given)
    # Known ids first: when a new item takes the link of one that moved, that link is free by then.
    given.sort(key=lambda one: (one.feed_id, one.item_key) not in known)
    seconds = int(now.timestamp())
    await db.executemany(
        """
        INSERT INTO feed_item (
            feed_id, item_key, url, stamp, first_seen, last_seen, article, pending
        ) VALUES (?, coalesce(
            (SELECT item_key FROM feed_item WHERE feed_id = ? AND item_key = ?),
            (SELECT min(item_key) FROM feed_item WHERE feed_id = ? AND url = ?),
            ?
        ), ?, ?, ?, ?, ?, 1)
        ON CONFLICT (feed_id, item_key) DO UPDATE SET
            pending = CASE WHEN feed_item.stamp = excluded.stamp THEN feed_item.pending ELSE 1 END,
            stamp = excluded.stamp, last_seen = excluded.last_seen, article = excluded.article,
            url = excluded.url
        WHERE feed_item.stamp <> excluded.stamp OR feed_item.last_seen < excluded.last_seen - ?
        """,
        [
            (
                *(one.feed_id, one.feed_id, one.item_key, one.feed_id, one.url, one.item_key),
                *(one.url, one.stamp, seconds, seconds, one.article, SEEN_EVERY),
            )
            for one in given
        ],
    )


async def _known_keys(db: Connection, given: Iterable[GivenItem]) -> set[tuple[int, str]]:
    """Those (feed, item) of what feeds give that are kept already."""
    asked = {(one.feed_id, one.item_key) for one in given}
    sql = f"SELECT feed_id, item_key FROM feed_item WHERE {_NAMED}"  # noqa: S608 - a constant
    return asked.intersection(map(tuple, await every(db, sql, _names(asked))))


_NAMED: Final = "feed_id = ANY(:feeds) AND item_key || '' = ANY(:keys)"
"""An item of these feeds with one of these keys. They are looked up by their feeds alone: with the
index of both each key would be tried with each feed.
"""


def _names(asked: Collection[tuple[int, str]]) -> dict[str, Collection[object]]:
    return {"feeds": {feed_id for feed_id, _ in asked}, "keys": {key for _, key in asked}}


async def has_pending(db: Connection) -> bool:
    """Whether an item is still to be loaded."""
    sql = "SELECT feed_id FROM feed_item WHERE pending = 1 LIMIT 1"
    return await one(db, sql) is not None


async def pending_keys(db: Connection, limit: int) -> list[tuple[int, str]]:
    """The (feed, item) that are still to be loaded, in order, at most so many."""
    sql = """
        SELECT feed_id, item_key FROM feed_item WHERE pending = 1
        ORDER BY feed_id, item_key LIMIT :limit
    """
    rows = await every(db, sql, {"limit": limit})
    return [(row["feed_id"], row["item_key"]) for row in rows]


async def kept_items(db: Connection, wanted: Collection[tuple[int, str]]) -> list[KeptItem]:
    """The kept ones of these (feed, item)."""
    sql = f"""
        SELECT feed_id, item_key, stamp, first_seen, article FROM feed_item WHERE {_NAMED}
    """  # noqa: S608 - a constant
    found = map(KeptItem._make, await every(db, sql, _names(wanted)))
    return [one for one in found if one[:2] in wanted]


async def mark_loaded(db: Connection, loaded: Iterable[tuple[int, str, str]]) -> None:
    """Note that items (feed, item, stamp) are loaded; one that says more by now stays pending."""
    await db.executemany(
        "UPDATE feed_item SET pending = 0 WHERE feed_id = ? AND item_key = ? AND stamp = ?",
        list(loaded),
    )


async def load_again(db: Connection, feed_ids: Collection[int]) -> None:
    """Have all that is kept of feeds loaded again, since their settings changed."""
    await db.executemany(
        "UPDATE feed_item SET pending = 1 WHERE feed_id = ?",
        [(feed_id,) for feed_id in feed_ids],
    )


async def load_all_again(db: Connection) -> None:
    """Have all that is kept loaded again."""
    await db.execute("UPDATE feed_item SET pending = 1")


async def forget_unseen(db: Connection, kept_for: timedelta) -> int:
    """Delete what is kept of items that left their feed so long before its last full answer; how
    many. A feed that is off, fails, or answers that nothing changed, loses none.
    """
    sql = """
        DELETE FROM feed_item WHERE pending = 0 AND last_seen < :kept_for * -1 + (
            SELECT max(o.last_seen) FROM feed_item o WHERE o.feed_id = feed_item.feed_id
        )
    """
    return (await db.execute(sql, {"kept_for": int(kept_for.total_seconds())})).rowcount
