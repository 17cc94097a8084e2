"""Topics: their names, the stories that each shows, and the topics of each story."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.store.database import LAST_CHARACTER, Connection, Row, every, one
from bot.stories.model import Topic
from bot.stories.text import slug

_COUNTED = """
SELECT topic_id, name, slug, stories,
       (SELECT max(published_at) FROM topic_page p WHERE p.topic_id = topic.topic_id) AS newest
FROM topic
"""


class PageKey(NamedTuple):
    """A position in a topic's page from which to continue: publication time and story id."""

    published_at: int
    story_id: int


async def all_topics(db: Connection) -> list[Topic]:
    """Every topic, by name."""
    return [_topic(row) for row in await every(db, f"{_COUNTED} ORDER BY slug")]


async def largest_topics(db: Connection, limit: int) -> list[Topic]:
    """Topics that show a story, those with the most first."""
    sql = f"""
        {_COUNTED} WHERE topic_id IN (
            SELECT topic_id FROM topic WHERE stories > 0 ORDER BY stories DESC, slug LIMIT :limit
        ) ORDER BY stories DESC, slug
    """  # noqa: S608 - a constant part
    return [_topic(row) for row in await every(db, sql, {"limit": limit})]


async def count_topics(db: Connection) -> int:
    """How many topics show a story."""
    row = await one(db, "SELECT count(*) FROM topic WHERE stories > 0")
    return int(row[0]) if row else 0


async def topic_names(db: Connection) -> dict[str, str]:
    """The names of all topics by their slugs."""
    return {row["slug"]: row["name"] for row in await every(db, "SELECT slug, name FROM topic")}


async def topics_beginning(db: Connection, begun: str, limit: int) -> list[Topic]:
    """Topics that show a story, whose slugs begin with `begun`, by slug."""
    sql = f"""
        {_COUNTED} WHERE slug >= :begun AND slug < :after AND stories > 0 ORDER BY slug LIMIT :limit
    """
    asked = {"begun": begun, "after": begun + LAST_CHARACTER, "limit": limit}
    return [_topic(row) for row in await every(db, sql, asked)]


async def topics_holding(db: Connection, part: str, limit: int) -> list[Topic]:
    """Topics that show a story, with `part` inside their slugs but not first, by slug."""
    sql = f"""
        {_COUNTED} WHERE slug LIKE :inside AND slug NOT LIKE :first AND stories > 0
        ORDER BY slug LIMIT :limit
    """
    # A slug has no % and no _.
    asked = {"inside": f"%{part}%", "first": f"{part}%", "limit": limit}
    return [_topic(row) for row in await every(db, sql, asked)]


async def topic_by_slug(db: Connection, key: str) -> Topic | None:
    """The topic with that slug, or None."""
    row = await one(db, f"{_COUNTED} WHERE slug = :slug", {"slug": key})
    return None if row is None else _topic(row)


async def topic_by_id(db: Connection, topic_id: int) -> Topic | None:
    """The topic with that id, or None."""
    row = await one(db, f"{_COUNTED} WHERE topic_id = :id", {"id": topic_id})
    return None if row is None else _topic(row)


async def make_topic(db: Connection, name: str) -> int:
    """The id of the topic of a name's slug; it is created if there is none."""
    key = slug(name)
    sql = "INSERT INTO topic (slug, name) VALUES (:slug, :name) ON CONFLICT DO NOTHING"
    await db.execute(sql, {"slug": key, "name": name})
    found = await topic_by_slug(db, key)
    assert found is not None  # noqa: S101 - it was just made
    return found.topic_id


def _topic(row: Row) -> Topic:
    newest = row["newest"]
    return Topic(
        topic_id=row["topic_id"],
        name=row["name"],
        slug=row["slug"],
        stories=row["stories"],
        newest=None if newest is None else datetime.fromtimestamp(newest, UTC),
    )


async def respell_topics(db: Connection) -> None:
    """Give every topic the slug that its name has now, after the rules for words changed.

    Topics that now share a slug are merged into the first known one, with all their followers. If
    names of one topic now have different slugs, it keeps its followers and the name that they were
    shown; `set_topics` creates the others.
    """
    rows = await every(db, "SELECT topic_id, slug, name FROM topic ORDER BY topic_id")
    known = {row["topic_id"]: row["slug"] for row in rows}
    wanted = {row["topic_id"]: slug(row["name"]) or row["slug"] for row in rows}
    if wanted == known:
        return
    first: dict[str, int] = {}
    for topic_id, key in wanted.items():
        first.setdefault(key, topic_id)
    merged = [
        {"into": first[key], "topic": topic_id}
        for topic_id, key in wanted.items()
        if first[key] != topic_id
    ]
    for sql in _MERGE:
        await db.executemany(sql, merged)
    changed = [(key, id_) for key, id_ in first.items() if known[id_] != key]
    # Two steps, because a slug may be taken by a topic that gives it up.
    await db.executemany(
        "UPDATE topic SET slug = ' ' || topic_id WHERE topic_id = ?", [(id_,) for _, id_ in changed]
    )
    await db.executemany("UPDATE topic SET slug = ? WHERE topic_id = ?", changed)


_MERGE: Final = (
    """
    INSERT INTO subscription (digest_id, topic_id)
    SELECT digest_id, :into FROM subscription WHERE topic_id = :topic ON CONFLICT DO NOTHING
    """,
    "DELETE FROM subscription WHERE topic_id = :topic",
    """
    INSERT INTO topic_page (topic_id, published_at, story_id)
    SELECT :into, published_at, story_id FROM topic_page WHERE topic_id = :topic
    ON CONFLICT DO NOTHING
    """,
    "DELETE FROM topic_page WHERE topic_id = :topic",
    "UPDATE story_topic SET topic_id = :into WHERE topic_id = :topic",
    "DELETE FROM topic WHERE topic_id = :topic",
)


async def with_other_topics(
    db: Connection, names: Mapping[int, Sequence[str]]
) -> dict[int, Sequence[str]]:
    """Those of the stories, by id, whose topics differ from these, in content or order."""
    sql = """
        SELECT story_id, slug FROM story_topic JOIN topic USING (topic_id)
        WHERE story_id = ANY(:ids) ORDER BY story_id, position
    """
    has: dict[int, list[str]] = {}
    for row in await every(db, sql, {"ids": names}):
        has.setdefault(row["story_id"], []).append(row["slug"])
    return {id_: given for id_, given in names.items() if has.get(id_, []) != [*map(slug, given)]}


TOPIC_PAGE: Final = """
SELECT published_at, story_id FROM topic_page
WHERE topic_id = :topic AND (published_at, story_id) < (:published_at, :story_id)
ORDER BY published_at DESC, story_id DESC LIMIT :limit
"""
"""Places in a topic's page, newest first; its parameters are `topic_page_values`."""


def topic_page_values(topic_id: int, limit: int, before: PageKey | None) -> Mapping[str, int]:
    """What TOPIC_PAGE asks for: at most `limit` places, from the newest or from `before` on."""
    key = before or PageKey(2**62, 0)
    return {"topic": topic_id, "limit": limit, **key._asdict()}


async def topic_page(
    db: Connection, topic_id: int, limit: int, before: PageKey | None = None
) -> list[PageKey]:
    """The newest `limit` leaders of a topic, or those older than the place `before`."""
    rows = await every(db, TOPIC_PAGE, topic_page_values(topic_id, limit, before))
    return [PageKey(row["published_at"], row["story_id"]) for row in rows]


async def set_topics(db: Connection, names: Mapping[int, Sequence[str]]) -> None:
    """Give stories, by id, these topics in this order; unknown topics are created."""
    wanted = {slug(name): name for found in names.values() for name in found}
    await db.executemany(
        "INSERT INTO topic (slug, name) VALUES (?, ?) ON CONFLICT DO NOTHING", [*wanted.items()]
    )
    sql = "SELECT slug, topic_id FROM topic WHERE slug = ANY(:slugs)"
    rows = await every(db, sql, {"slugs": wanted})
    ids = {row["slug"]: row["topic_id"] for row in rows}
    await db.execute("DELETE FROM story_topic WHERE story_id = ANY(:ids)", {"ids": names.keys()})
    await db.executemany(
        "INSERT INTO story_topic (story_id, position, topic_id) VALUES (?, ?, ?)",
        [
            (story_id, position, ids[slug(name)])
            for story_id, found in names.items()
            for position, name in enumerate(found)
        ],
    )
