"""What feeds gave: kept as soon as it is fetched, and loaded from here like story files."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from bot.store.database import Connection, every

SEEN_EVERY: Final = 86_400
"""An item that stays in its feed is noted as seen once in so many seconds: it costs a write."""


class GivenItem(NamedTuple):
    """An item that a feed gives: its id there, a hash of what it says, and that as JSON."""

    feed_id: int
    item_key: str
    stamp: str
    article: str


class KeptItem(NamedTuple):
    """An item as it is kept; `article` is what it says."""

    feed_id: int
    item_key: str
    stamp: str
    first_seen: int
    article: Mapping[str, Any]


async def keep_items(db: Connection, given: Iterable[GivenItem], now: datetime) -> None:
    """Keep what feeds give: new and changed items are pending from now on."""
    seconds = int(now.timestamp())
    await db.executemany(
        """
        INSERT INTO feed_item (feed_id, item_key, stamp, first_seen, last_seen, article, pending)
        VALUES (?, ?, ?, ?, ?, ?, 1)
        ON CONFLICT (feed_id, item_key) DO UPDATE SET
            pending = CASE WHEN feed_item.stamp = excluded.stamp THEN feed_item.pending ELSE 1 END,
            stamp = excluded.stamp, last_seen = excluded.last_seen, article = excluded.article
        WHERE feed_item.stamp <> excluded.stamp OR feed_item.last_seen < excluded.last_seen - ?
        """,
        [
            (one.feed_id, one.item_key, one.stamp, seconds, seconds, one.article, SEEN_EVERY)
            for one in given
        ],
    )


async def pending_keys(db: Connection) -> list[tuple[int, str]]:
    """The (feed, item) that are still to be loaded, in order."""
    sql = "SELECT feed_id, item_key FROM feed_item WHERE pending = 1 ORDER BY feed_id, item_key"
    return [(row["feed_id"], row["item_key"]) for row in await every(db, sql)]


async def kept_items(db: Connection, wanted: Mapping[int, Collection[str]]) -> list[KeptItem]:
    """The kept items with these ids, by feed."""
    sql = """
        SELECT feed_id, item_key, stamp, first_seen, article FROM feed_item
        WHERE feed_id = :feed AND item_key = ANY(:keys)
    """
    rows = [
        row
        for feed_id, keys in wanted.items()
        for row in await every(db, sql, {"feed": feed_id, "keys": keys})
    ]
    return [KeptItem._make((*one[:-1], json.loads(one[-1]))) for one in map(tuple, rows)]


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
    """Have all that is kept of all feeds loaded again."""
    await db.execute("UPDATE feed_item SET pending = 1")


async def forget_unseen(db: Connection, before: datetime) -> int:
    """Delete what is kept of items that were last in their feed before a moment; how many."""
    sql = "DELETE FROM feed_item WHERE last_seen < :before AND pending = 0"
    return (await db.execute(sql, {"before": int(before.timestamp())})).rowcount
