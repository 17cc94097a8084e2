"""Stories and their sources: writing what a file says, reading stories back whole."""

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
from bot.stories.ranking import Ranking

_ARTICLE = "url, title, excerpt, published_at, provider, domain, quality, image"


async def save_story(db: Connection, story: Story, ranking: Ranking, now: datetime) -> int:
    """Write a story, its sources and its searchable text; returns its id.

    A story already known by its URL keeps its id and time of arrival. Links, leaders and topics
    are not touched: see links.py and topics.py.
    """
    row = await one(
        db,
        f"""
        INSERT INTO story ({_ARTICLE}, heat_imported, published, removed, heat, publishers,
                           arrived_at)
        VALUES (:url, :title, :excerpt, :published_at, :provider, :domain, :quality, :image,
                :heat_imported, :published, :removed, :heat, :publishers, :arrived_at)
        ON CONFLICT (url) DO UPDATE SET
            title = excluded.title, excerpt = excluded.excerpt,
            published_at = excluded.published_at, provider = excluded.provider,
            domain = excluded.domain, quality = excluded.quality, image = excluded.image,
            heat_imported = excluded.heat_imported, published = excluded.published,
            removed = excluded.removed, heat = excluded.heat, publishers = excluded.publishers
        RETURNING story_id
        """,  # noqa: S608 - only a constant list of columns
        {
            **_article_values(story.article),
            "heat_imported": story.heat,
            "published": story.published,
            "removed": story.removed,
            "heat": ranking.heat,
            "publishers": ranking.publishers,
            "arrived_at": int(now.timestamp()),
        },
    )
    assert row is not None  # noqa: S101 - RETURNING gives the row
    story_id = int(row["story_id"])
    await _save_sources(db, story_id, ranking.sources)
    return story_id


async def _save_sources(db: Connection, story_id: int, sources: Sequence[RankedSource]) -> None:
    await db.execute("DELETE FROM source WHERE story_id = :id", {"id": story_id})
    await db.executemany(
        f"""
        INSERT INTO source (story_id, position, {_ARTICLE}, relation, repeats)
        VALUES (:story_id, :position, :url, :title, :excerpt, :published_at, :provider, :domain,
                :quality, :image, :relation, :repeats)
        """,  # noqa: S608 - only a constant list of columns
        [
            {
                **_article_values(source.article),
                "story_id": story_id,
                "position": position,
                "relation": source.relation,
                "repeats": source.of,
            }
            for position, source in enumerate(sources)
        ],
    )


def _article_values(article: Article) -> dict[str, object]:
    return {
        "url": article.url,
        "title": article.title,
        "excerpt": article.excerpt,
        "published_at": int(article.published_at.timestamp()),
        "provider": article.provider.name,
        "domain": article.provider.domain,
        "quality": article.quality,
        "image": article.image,
    }


async def story_by_id(db: Connection, story_id: int) -> ArchivedStory | None:
    """One story that is not removed, or None."""
    found = await stories_by_id(db, [story_id])
    return found[0] if found else None


async def stories_by_id(db: Connection, story_ids: Iterable[int]) -> list[ArchivedStory]:
    """Stories whole, in the order of the ids; ids of removed or unknown stories are left out."""
    found = [await _story(db, story_id) for story_id in story_ids]
    return [story for story in found if story is not None]


async def _story(db: Connection, story_id: int) -> ArchivedStory | None:
    row = await one(
        db, "SELECT * FROM story WHERE story_id = :id AND NOT removed", {"id": story_id}
    )
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
    )


async def _sources(db: Connection, story_id: int) -> list[RankedSource]:
    sql = "SELECT * FROM source WHERE story_id = :id ORDER BY position"
    rows = await every(db, sql, {"id": story_id})
    return [RankedSource(_article(r), Relation(r["relation"]), r["repeats"]) for r in rows]


async def _topics(db: Connection, story_id: int, *, leads: bool) -> tuple[str, ...]:
    """The story's own topics in the file's order, then those it carries, by name."""
    rows = await every(
        db,
        """
        SELECT name, min(place) FROM (
            SELECT topic_id, position AS place FROM story_topic WHERE story_id = :id
            UNION ALL
            SELECT t.topic_id, 1000 FROM link l
            JOIN story f ON f.story_id = l.other_id AND NOT f.removed
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
               (SELECT count(*) FROM (SELECT url FROM story UNION SELECT url FROM source))
                   AS articles,
               (SELECT count(*) FROM topic) AS topics
        """,
    )
    return dict(row) if row else {}


async def newest_story_at(db: Connection) -> datetime | None:
    """When the newest story was published; None for an empty archive."""
    row = await one(db, "SELECT max(published_at) AS newest FROM story WHERE NOT removed")
    newest = row["newest"] if row else None
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


async def stories_as_filed(db: Connection) -> list[tuple[int, Story]]:
    """Every story with its sources as its file gave them, for ranking anew."""
    rows = await every(db, "SELECT * FROM story ORDER BY story_id")
    return [
        (
            row["story_id"],
            Story(
                article=_article(row),
                sources=tuple(s.article for s in await _sources(db, row["story_id"])),
                topics=(),
                heat=row["heat_imported"],
                published=None if row["published"] is None else bool(row["published"]),
                removed=bool(row["removed"]),
            ),
        )
        for row in rows
    ]


async def save_ranking(db: Connection, story_id: int, ranking: Ranking) -> None:
    """Write what ranking anew gave."""
    await _save_sources(db, story_id, ranking.sources)
    await db.execute(
        "UPDATE story SET heat = :heat, publishers = :publishers WHERE story_id = :id",
        {"id": story_id, "heat": ranking.heat, "publishers": ranking.publishers},
    )


async def newest_stories(db: Connection, limit: int) -> list[int]:
    """Ids of the newest leaders."""
    rows = await every(
        db,
        """
        SELECT story_id FROM story WHERE NOT removed AND leader_id IS NULL
        ORDER BY published_at DESC, url LIMIT :limit
        """,
        {"limit": limit},
    )
    return [row["story_id"] for row in rows]
