"""The items read from each origin and their stories, so that loading one twice changes nothing."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from bot.store.database import LAST_CHARACTER, Connection, every, one
from bot.stories.model import TopicReason

READDRESSED: Final = "other trackers"
"""The stamp of an item that must be read again because the list of tracking parameters changed."""


class KnownItem(NamedTuple):
    """An item as it was last read.

    `stamp` is the origin's, equal while it was not written since; `modified` is in nanoseconds (see
    Carrier),
    `content` is a hash of its story; `story_id` None = its story was too old to be kept. An empty
    stamp: the item must be read again.
    """

    stamp: str
    modified: int
    content: bytes
    story_id: int | None


class Carrier(NamedTuple):
    """An item that carries a story: the greatest gives the story's values.

    Of files that is the one written last; a feed's item comes after all files, the one that was
    seen first before the others: its `modified` is minus the time when it was.
    """

    modified: int
    origin_id: int
    key: str


async def known_items(
    db: Connection, origin_id: int, keys: Collection[str]
) -> dict[str, KnownItem]:
    """The known ones of these items of an origin; items that were never read are left out."""
    sql = """
        SELECT key, stamp, modified, content, story_id FROM item
        WHERE origin_id = :origin AND key = ANY(:keys)
    """
    rows = await every(db, sql, {"origin": origin_id, "keys": keys})
    return {key: KnownItem(*known) for key, *known in rows}


async def known_keys(db: Connection, origin_id: int) -> set[str]:
    """The keys of all known items of an origin."""
    sql = "SELECT key FROM item WHERE origin_id = :origin"
    return {row["key"] for row in await every(db, sql, {"origin": origin_id})}


async def adopt_items(db: Connection, former: int, prefix: str, origin_id: int) -> None:
    """Move the items of an old origin whose keys begin with `prefix` to another origin, without the
    prefix. Items already known there under such a key are replaced.
    """
    claimed = """
        SELECT substr(key, length(:prefix) + 1) FROM item
        WHERE origin_id = :former AND key > :prefix AND key < :end
    """
    values = {
        "origin": origin_id,
        "former": former,
        "prefix": prefix,
        "end": prefix + LAST_CHARACTER,
    }
    await db.execute(
        f"DELETE FROM item WHERE origin_id = :origin AND key IN ({claimed})",  # noqa: S608 - constant
        values,
    )
    await db.execute(
        """
        UPDATE item SET origin_id = :origin, key = substr(key, length(:prefix) + 1)
        WHERE origin_id = :former AND key > :prefix AND key < :end
        """,
        values,
    )


class ItemEntry(NamedTuple):
    """An item to store, with the topics that it gives its story, its folded headline ("" = it is
    not compared with those of other items), and why an item of a feed has its topics.
    """

    key: str
    known: KnownItem
    topics: Sequence[str]
    headline: str
    reasons: Sequence[TopicReason] = ()


async def save_items(db: Connection, origin_id: int, items: Iterable[ItemEntry]) -> None:
    """Store items of an origin with the story that each holds."""
    await db.executemany(
        """
        INSERT INTO item (
            origin_id, key, stamp, modified, content, story_id, topics, headline, reasons
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (origin_id, key) DO UPDATE SET
            stamp = excluded.stamp, modified = excluded.modified, content = excluded.content,
            story_id = excluded.story_id, topics = excluded.topics, headline = excluded.headline,
            reasons = excluded.reasons
        """,
        [
            (
                origin_id,
                one.key,
                *one.known,
                _json(tuple(one.topics)),
                one.headline,
                _json(tuple(one.reasons)),
            )
            for one in items
        ],
    )


@lru_cache(maxsize=256)  # many items have the topics of their feed, for the same reasons
def _json(values: tuple[object, ...]) -> str:
    return json.dumps(values, ensure_ascii=False)


async def restamp_items(
    db: Connection, origin_id: int, stamps: Iterable[tuple[str, str, int]]
) -> None:
    """Store (key, stamp, modified) of items that were written again with the same content."""
    await db.executemany(
        "UPDATE item SET stamp = ?, modified = ? WHERE origin_id = ? AND key = ?",
        [(stamp, modified, origin_id, key) for key, stamp, modified in stamps],
    )


async def remove_items(db: Connection, origin_id: int, keys: Collection[str]) -> dict[int, bytes]:
    """Delete items; returns the stories they carried, each with the content hash that it lost."""
    gone = (await known_items(db, origin_id, keys)).values()
    sql = "DELETE FROM item WHERE origin_id = ? AND key = ?"
    await db.executemany(sql, [(origin_id, key) for key in keys])
    return {known.story_id: known.content for known in gone if known.story_id is not None}


async def forget_items_of(db: Connection, stories: Collection[int]) -> None:
    """Delete the items that carry these stories: those still there are new to the next load."""
    ids = [(story_id,) for story_id in stories]
    await db.executemany("DELETE FROM item WHERE story_id = ?", ids)


async def lost_stories(db: Connection, origin_id: int, gone: Collection[str]) -> set[int]:
    """The visible stories that would be withdrawn if these items of an origin were gone."""
    rows = await every(
        db,
        """
        SELECT DISTINCT s.story_id FROM item i JOIN story s USING (story_id)
        WHERE i.origin_id = :origin AND i.key = ANY(:gone) AND s.withdrawn = 0 AND NOT EXISTS (
            SELECT 1 FROM item o
            WHERE o.story_id = s.story_id AND NOT (o.origin_id = :origin AND o.key = ANY(:gone))
        )
        """,
        {"origin": origin_id, "gone": gone},
    )
    return {row["story_id"] for row in rows}


async def carried_stories(db: Connection) -> int:
    """How many stories are carried by an item."""
    row = await one(db, "SELECT count(*) AS stories FROM story WHERE withdrawn = 0")
    return row["stories"] if row else 0


async def carriers(db: Connection, stories: Collection[int]) -> dict[int, list[Carrier]]:
    """For each story the items that carry it."""
    found: defaultdict[int, list[Carrier]] = defaultdict(list)
    sql = """
        SELECT story_id, modified, origin_id, key FROM item
        WHERE story_id = ANY(:stories)
    """
    for story_id, *item in await every(db, sql, {"stories": stories}):
        found[story_id].append(Carrier(*item))
    return found


async def topics_of_stories(db: Connection, stories: Collection[int]) -> dict[int, list[str]]:
    """The topics that its items give each story: item by item, each in the item's order."""
    found: dict[int, list[str]] = {story_id: [] for story_id in stories}
    sql = """
        SELECT story_id, topics FROM item
        WHERE story_id = ANY(:stories) ORDER BY origin_id, key
    """
    for row in await every(db, sql, {"stories": stories}):
        found[row["story_id"]] += json.loads(row["topics"])
    return found


async def topic_reasons(db: Connection, stories: Collection[int]) -> list[TopicReason]:
    """Why the items of feeds among those that carry stories have their topics."""
    sql = """
        SELECT reasons FROM item WHERE story_id = ANY(:stories) AND reasons <> '[]'
        ORDER BY origin_id, key
    """
    rows = await every(db, sql, {"stories": stories})
    return [TopicReason(*one) for row in rows for one in json.loads(row["reasons"])]


class Shared(NamedTuple):
    """One of several files of one story, with its folded headline."""

    key: str
    headline: str


async def shared(db: Connection, origin_id: int, keys: Collection[str]) -> dict[int, list[Shared]]:
    """The stories of these items that several files carry, with them: the last written first."""
    rows = await every(
        db,
        """
        SELECT story_id, key, headline FROM item i
        WHERE headline <> '' AND story_id IN (
            SELECT story_id FROM item
            WHERE origin_id = :origin AND key = ANY(:keys)
        ) AND EXISTS (
            SELECT 1 FROM item o
            WHERE o.story_id = i.story_id AND o.headline <> ''
              AND (o.key <> i.key OR o.origin_id <> i.origin_id)
        )
        ORDER BY story_id, modified DESC, origin_id DESC, key DESC
        """,
        {"origin": origin_id, "keys": keys},
    )
    found: defaultdict[int, list[Shared]] = defaultdict(list)
    for row in rows:
        found[row["story_id"]].append(Shared(row["key"], row["headline"]))
    return found


async def read_again(db: Connection, lost: Mapping[int, bytes]) -> None:
    """Have the items read again that carry these stories with other content than the lost one.

    The story may have had its values from the lost content.
    """
    await db.executemany(
        "UPDATE item SET stamp = '', content = ? WHERE story_id = ? AND content <> ?",
        [(b"", *one) for one in lost.items()],
    )


async def read_pruned_again(db: Connection) -> None:
    """Have the items read again whose stories were too old to be kept."""
    sql = "UPDATE item SET stamp = '', content = :none WHERE story_id IS NULL"
    await db.execute(sql, {"none": b""})


async def readdress_all(db: Connection) -> None:
    """Have every item read again, because the list of tracking parameters changed."""
    await db.execute("UPDATE item SET stamp = :stamp WHERE stamp <> ''", {"stamp": READDRESSED})


async def has_unread(db: Connection, origin_id: int) -> bool:
    """Whether an item of an origin must be read again."""
    sql = "SELECT key FROM item WHERE origin_id = :origin AND stamp = '' LIMIT 1"
    return await one(db, sql, {"origin": origin_id}) is not None


async def keys_from(db: Connection, origin_id: int, prefix: str) -> set[str]:
    """The keys of an origin's items that begin with a text."""
    sql = "SELECT key FROM item WHERE origin_id = :origin AND key >= :prefix AND key < :end"
    values = {"origin": origin_id, "prefix": prefix, "end": prefix + LAST_CHARACTER}
    return {row["key"] for row in await every(db, sql, values)}


async def unread_keys(db: Connection, origin_id: int) -> set[str]:
    """The keys of an origin's items that must be read again."""
    sql = "SELECT key FROM item WHERE origin_id = :origin AND stamp = ''"
    return {row["key"] for row in await every(db, sql, {"origin": origin_id})}
