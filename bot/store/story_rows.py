"""Writes ranked stories in batches: one statement for many rows, not many statements."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.store.database import Connection, every, one
from bot.store.heat import stored
from bot.store.quality_parts import parts_text
from bot.store.search import StoryText, text_of, unindex_stories
from bot.stories.model import (
    MENTIONS,
    Article,
    RankedSource,
    Relation,
    Story,
    count_sources,
    mention,
)
from bot.stories.ranking import Ranking
from bot.stories.text import fold_headline

_ARTICLE = "url, key, title, excerpt, published_at, provider, domain, quality, image"
_STORY = (
    f"{_ARTICLE}, quality_parts, heat_imported, published, removed, junk, heat, publishers, best,"
    " sources, top"
)
_SOURCE = f"position, {_ARTICLE}, relation, repeats, similarity, share, listed, independent"
_UPDATED = ", ".join(f"{name} = excluded.{name}" for name in _STORY.split(", "))
_SAME_TEXT = " AND ".join(
    f"story.{name} = excluded.{name}"
    for name in ("title", "excerpt", "published_at", "provider", "domain")
)
"""As long as all of these are the same, the story stays in its event."""

_to_json: Final = json.JSONEncoder(ensure_ascii=False).encode  # dumps makes a new one each time


class StoryRows(NamedTuple):
    """A ranked story as rows, made where its file is read, which may be in another process.

    `url` is its link, `key` the strict key, `headline` folded.

    `story` are the columns of `_STORY`, `sources` those of `_SOURCE`.
    """

    url: str
    key: str
    headline: str
    story: tuple[object, ...]
    sources: tuple[tuple[object, ...], ...]
    text: StoryText


def rows_of(story: Story, ranking: Ranking) -> StoryRows:
    """The rows of a story and its sources."""
    known = (story.heat, story.published, story.removed, ranking.junk)
    return StoryRows(
        story.article.url,
        story.article.key,
        fold_headline(story.article.title),
        (*_article(story.article), parts_text(story.article.parts), *known, *_found(ranking)),
        _source_rows(ranking.sources),
        text_of(story, ranking),
    )


def _found(ranking: Ranking) -> tuple[object, ...]:
    """What ranking gives a story: heat, publishers, best, sources, top."""
    eligible = [one for one in ranking.sources if one.relation is Relation.ELIGIBLE]
    top = _to_json([mention(one) for one in eligible[:MENTIONS]])
    return (
        stored(ranking.heat),
        ranking.publishers,
        ranking.best,
        count_sources(ranking.sources),
        top,
    )


def _article(article: Article) -> tuple[object, ...]:
    return (
        article.url,
        article.key,
        article.title,
        article.excerpt,
        int(article.published_at.timestamp()),
        article.provider.name,
        article.provider.domain,
        article.quality,
        article.image,
    )


def _source_rows(sources: Sequence[RankedSource]) -> tuple[tuple[object, ...], ...]:
    return tuple(
        (n, *_article(s.article), s.relation.value, *_relation(s)) for n, s in enumerate(sources)
    )


def _relation(source: RankedSource) -> tuple[object, ...]:
    return source.of, source.similarity, source.share, source.listed, source.independent


async def next_story_id(db: Connection) -> int:
    """The id for the next new story: not one of any story, nor of one merged into another."""
    row = await one(
        db,
        """
        SELECT coalesce(max(story_id), 0) + 1 AS next FROM (
            SELECT max(story_id) AS story_id FROM story
            UNION ALL SELECT max(story_id) FROM merged_story
        ) AS known
        """,
    )
    assert row is not None  # noqa: S101 - an aggregate has a row
    return int(row["next"])


async def save_stories(db: Connection, stories: Mapping[int, StoryRows], now: datetime) -> None:
    """Write stories and their sources, by id. A known story keeps its time of arrival.

    Events, leaders, topics and the search index are not touched, except that old words are removed,
    and that a story with another text is to be grouped again.
    """
    await unindex_stories(db, [*stories])
    marks = ", ".join("?" * (len(_STORY.split(", ")) + 2))
    arrived_at = int(now.timestamp())
    await db.executemany(
        f"""
        INSERT INTO story (story_id, {_STORY}, arrived_at) VALUES ({marks})
        ON CONFLICT (story_id) DO UPDATE SET {_UPDATED},
            grouped = CASE WHEN {_SAME_TEXT} THEN story.grouped ELSE 0 END
        """,  # noqa: S608 - only constant lists of columns
        [(story_id, *stories[story_id].story, arrived_at) for story_id in sorted(stories)],
    )
    await _replace_sources(db, {story_id: rows.sources for story_id, rows in stories.items()})


async def _replace_sources(
    db: Connection, sources: Mapping[int, Sequence[tuple[object, ...]]]
) -> None:
    await db.execute("DELETE FROM source WHERE story_id = ANY(:ids)", {"ids": sources.keys()})
    marks = ", ".join("?" * (len(_SOURCE.split(", ")) + 1))
    await db.executemany(
        f"INSERT INTO source (story_id, {_SOURCE}) VALUES ({marks})",  # noqa: S608 - the same
        [(story_id, *row) for story_id, rows in sources.items() for row in rows],
    )


async def save_rankings(db: Connection, rankings: Mapping[int, Ranking]) -> None:
    """Write the results of ranking known stories again, by id."""
    await db.executemany(
        """
        UPDATE story SET junk = ?, heat = ?, publishers = ?, best = ?, sources = ?, top = ?
        WHERE story_id = ?
        """,
        [(ranking.junk, *_found(ranking), id_) for id_, ranking in rankings.items()],
    )
    await _replace_sources(db, {id_: _source_rows(one.sources) for id_, one in rankings.items()})


async def save_qualities(db: Connection, articles: Mapping[int, Article]) -> None:
    """Write the computed qualities of stories' own articles, by id."""
    await db.executemany(
        "UPDATE story SET quality = ?, quality_parts = ? WHERE story_id = ?",
        [(one.quality, parts_text(one.parts), id_) for id_, one in articles.items()],
    )


async def mark_withdrawn(db: Connection, stories: Collection[int]) -> None:
    """Withdraw those of the stories that no item carries, and restore those that one carries."""
    withdrawn = """
        CASE WHEN EXISTS (SELECT 1 FROM item WHERE item.story_id = story.story_id)
        THEN 0 ELSE 1 END
    """
    await db.execute(
        f"""
        UPDATE story SET withdrawn = {withdrawn}
        WHERE story_id = ANY(:ids) AND withdrawn <> {withdrawn}
        """,  # noqa: S608 - a constant
        {"ids": stories},
    )


async def stories_before(db: Connection, before: datetime, limit: int) -> list[int]:
    """Ids of stories published before a moment and named by no edition, the oldest first."""
    rows = await every(
        db,
        """
        SELECT story_id FROM story s WHERE published_at < :before
          AND NOT EXISTS (SELECT 1 FROM posted p WHERE p.story_id = s.story_id)
          AND NOT EXISTS (SELECT 1 FROM edition_choice c WHERE c.story_id = s.story_id)
        ORDER BY published_at LIMIT :limit
        """,
        {"before": int(before.timestamp()), "limit": limit},
    )
    return [row["story_id"] for row in rows]


async def delete_stories(db: Connection, story_ids: Sequence[int]) -> None:
    """Delete stories and everything derived from them; their items then carry no story.

    Their text must have been removed from the index before; call `lead` for their events.
    """
    ids = [(story_id,) for story_id in story_ids]
    await db.executemany("UPDATE item SET story_id = NULL WHERE story_id = ?", ids)
    for table in ("topic_page", "story_topic", "source", "edge", "pin", "address"):
        await db.executemany(f"DELETE FROM {table} WHERE story_id = ?", ids)  # noqa: S608 - constants
    for table in ("edge", "pin"):
        await db.executemany(f"DELETE FROM {table} WHERE other_id = ?", ids)  # noqa: S608 - constants
    await db.executemany("DELETE FROM merged_story WHERE into_id = ?", ids)
    await db.executemany("DELETE FROM story WHERE story_id = ?", ids)
