"""Topics: their names, the stories each shows, and which files give a story which topics."""

from collections.abc import Sequence
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


async def set_topics(db: Connection, story_id: int, names: Sequence[str]) -> None:
    """Give a story the topics `names`, in that order; unknown topics are made."""
    await db.execute("DELETE FROM story_topic WHERE story_id = :id", {"id": story_id})
    for position, name in enumerate(names):
        key = {"slug": slug(name), "name": name}
        await db.execute("INSERT OR IGNORE INTO topic (slug, name) VALUES (:slug, :name)", key)
        await db.execute(
            """
            INSERT INTO story_topic (story_id, position, topic_id)
            SELECT :id, :position, topic_id FROM topic WHERE slug = :slug
            """,
            {**key, "id": story_id, "position": position},
        )
