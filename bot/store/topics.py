"""Topics: their names, the stories each shows, and which files give a story which topics."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from bot.store.database import Connection, Row, every, one
from bot.stories.model import Topic
from bot.stories.text import slug

_COUNTED = """
SELECT topic_id, name, slug,
       (SELECT count(*) FROM topic_page p WHERE p.topic_id = topic.topic_id) AS stories,
       (SELECT max(published_at) FROM topic_page p WHERE p.topic_id = topic.topic_id) AS newest
FROM topic
"""


class Place(NamedTuple):
    """A place in a topic's page, for going on from there: publication time and story id."""

    published_at: int
    story_id: int


async def all_topics(db: Connection) -> list[Topic]:
    """Every topic, by name."""
    return [_topic(row) for row in await every(db, f"{_COUNTED} ORDER BY slug")]


async def topic_by_slug(db: Connection, key: str) -> Topic | None:
    """The topic with that slug, or None."""
    row = await one(db, f"{_COUNTED} WHERE slug = :slug", {"slug": key})
    return None if row is None else _topic(row)


async def topic_by_id(db: Connection, topic_id: int) -> Topic | None:
    """The topic with that id, or None."""
    row = await one(db, f"{_COUNTED} WHERE topic_id = :id", {"id": topic_id})
    return None if row is None else _topic(row)


def _topic(row: Row) -> Topic:
    newest = row["newest"]
    return Topic(
        topic_id=row["topic_id"],
        name=row["name"],
        slug=row["slug"],
        stories=row["stories"],
        newest=None if newest is None else datetime.fromtimestamp(newest, UTC),
    )


async def topic_page(
    db: Connection, topic_id: int, limit: int, before: Place | None = None
) -> list[Place]:
    """The newest `limit` leaders of a topic, or those older than the place `before`."""
    rows = await every(
        db,
        """
        SELECT published_at, story_id FROM topic_page
        WHERE topic_id = :topic AND (published_at, story_id) < (:published_at, :story_id)
        ORDER BY published_at DESC, story_id DESC LIMIT :limit
        """,
        {
            "topic": topic_id,
            "limit": limit,
            "published_at": before.published_at if before else 2**62,
            "story_id": before.story_id if before else 0,
        },
    )
    return [Place(row["published_at"], row["story_id"]) for row in rows]


async def set_topics(db: Connection, names: Mapping[int, Sequence[str]]) -> None:
    """Give stories, by id, these topics in this order; unknown topics are made."""
    wanted = {slug(name): name for found in names.values() for name in found}
    await db.executemany(
        "INSERT OR IGNORE INTO topic (slug, name) VALUES (?, ?)", [*wanted.items()]
    )
    sql = "SELECT slug, topic_id FROM topic WHERE slug IN (SELECT value FROM json_each(:slugs))"
    rows = await every(db, sql, {"slugs": json.dumps([*wanted])})
    ids = {row["slug"]: row["topic_id"] for row in rows}
    await db.executemany("DELETE FROM story_topic WHERE story_id = ?", [(id_,) for id_ in names])
    await db.executemany(
        "INSERT INTO story_topic (story_id, position, topic_id) VALUES (?, ?, ?)",
        [
            (story_id, position, ids[slug(name)])
            for story_id, found in names.items()
            for position, name in enumerate(found)
        ],
    )
