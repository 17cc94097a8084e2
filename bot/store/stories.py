"""Stories and their sources, read back whole."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.store.database import Connection, Row, every, one
from bot.stories.model import (
    ArchivedStory,
    Article,
    Provider,
    RankedSource,
    Relation,
    Story,
)


async def story_by_id(db: Connection, story_id: int) -> ArchivedStory | None:
    """One story that is not removed, or None."""
    found = await stories_by_id(db, [story_id])
    return found[0] if found else None


async def stories_by_id(db: Connection, story_ids: Iterable[int]) -> list[ArchivedStory]:
    """Stories whole, in the order of the ids; ids of removed or unknown stories are left out."""
    found = [await _story(db, story_id) for story_id in story_ids]
    return [story for story in found if story is not None]


async def _story(db: Connection, story_id: int) -> ArchivedStory | None:
    row = await one(db, "SELECT * FROM story WHERE story_id = :id AND NOT hidden", {"id": story_id})
    if row is None:
        return None
    return ArchivedStory(
        story_id=story_id,
        article=_article(row),
        topics=await _topics(db, story_id, leads=row["leader_id"] is None),
        heat=row["heat"],
        heat_imported=row["heat_imported"],
        publishers=row["publishers"],
        leader_id=row["leader_id"],
        sources=tuple(await _sources(db, story_id)),
        best=row["best"],
    )


async def _sources(db: Connection, story_id: int) -> list[RankedSource]:
    sql = "SELECT * FROM source WHERE story_id = :id ORDER BY position"
    rows = await every(db, sql, {"id": story_id})
    return [
        RankedSource(
            _article(r), Relation(r["relation"]), r["repeats"], r["similarity"], r["share"]
        )
        for r in rows
    ]


async def _topics(db: Connection, story_id: int, *, leads: bool) -> tuple[str, ...]:
    """The story's own topics in the file's order, then those it carries, by name."""
    rows = await every(
        db,
        """
        SELECT name, min(place) FROM (
            SELECT topic_id, position AS place FROM story_topic WHERE story_id = :id
            UNION ALL
            SELECT t.topic_id, 1000 FROM link l
            JOIN story f ON f.story_id = l.other_id AND NOT f.hidden
            JOIN story_topic t ON t.story_id = l.other_id
            WHERE l.story_id = :id AND :leads
        ) JOIN topic USING (topic_id)
        GROUP BY topic_id ORDER BY 2, name
        """,
        {"id": story_id, "leads": leads},
    )
    return tuple(row["name"] for row in rows)


def _article(row: Row) -> Article:
    return Article(
        url=row["url"],
        title=row["title"],
        excerpt=row["excerpt"],
        published_at=datetime.fromtimestamp(row["published_at"], UTC),
        provider=Provider(row["provider"], row["domain"]),
        quality=row["quality"],
        image=row["image"],
    )


async def count_totals(db: Connection) -> dict[str, int]:
    """How many stories, distinct articles and topics the archive holds now."""
    row = await one(
        db,
        """
        SELECT (SELECT count(*) FROM story) AS stories,
               (SELECT count(DISTINCT url) FROM source) + (
                   SELECT count(*) FROM story
                   WHERE NOT EXISTS (SELECT 1 FROM source WHERE source.url = story.url)
               ) AS articles,
               (SELECT count(*) FROM topic) AS topics
        """,
    )
    return dict(row) if row else {}


async def newest_story_at(db: Connection) -> datetime | None:
    """When the newest story was published; None for an empty archive."""
    row = await one(db, "SELECT max(published_at) AS newest FROM story WHERE NOT hidden")
    newest = row["newest"] if row else None
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


async def all_story_ids(db: Connection) -> list[int]:
    """The ids of all stories, hidden ones too."""
    return [row["story_id"] for row in await every(db, "SELECT story_id FROM story")]


async def stories_as_filed(db: Connection, story_ids: Sequence[int]) -> dict[int, Story]:
    """Stories with their sources as their files gave them, by id, for ranking anew."""
    sql = "SELECT * FROM story WHERE story_id IN (SELECT value FROM json_each(:ids))"
    return {
        row["story_id"]: Story(
            article=_article(row),
            sources=tuple(s.article for s in await _sources(db, row["story_id"])),
            topics=(),
            heat=row["heat_imported"],
            published=None if row["published"] is None else bool(row["published"]),
            removed=bool(row["removed"]),
        )
        for row in await every(db, sql, {"ids": json.dumps([*story_ids])})
    }


async def followers(db: Connection, story_id: int) -> list[int]:
    """Ids of the stories that a story leads, the hottest first."""
    sql = "SELECT story_id FROM story WHERE leader_id = :id ORDER BY heat DESC, url"
    return [row["story_id"] for row in await every(db, sql, {"id": story_id})]


async def newest_stories(db: Connection, limit: int) -> list[int]:
    """Ids of the newest leaders."""
    rows = await every(
        db,
        """
        SELECT story_id FROM story WHERE NOT hidden AND leader_id IS NULL
        ORDER BY published_at DESC, url LIMIT :limit
        """,
        {"limit": limit},
    )
    return [row["story_id"] for row in rows]
