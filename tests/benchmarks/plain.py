"""The plain baselines for Broadsheet, on the same data and the same schema."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import frontmatter

from bot.origins.files.folders import find_story_files
from bot.origins.files.storyfile import read_story
from bot.store.heat import stored
from bot.store.search import text_of
from bot.store.sqlite.connection import SqliteConnection
from bot.store.sqlite.database import open_database
from bot.stories.model import Article, RankedSource, Relation, Story
from bot.stories.ranking import Ranking, Rules
from bot.stories.text import fold_headline, words
from bot.stories.urls import loose_key
from tests.benchmarks.former_ranking import rank

Rank = Callable[[Story, Rules], Ranking]
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_ARTICLE: Final = "url, key, title, excerpt, published_at, provider, domain, quality, image"
_FOUND: Final = "heat_imported, published, removed, heat, publishers, best, arrived_at"


async def ingest_row_by_row(database: Path, folder: Path, rules: Rules, ranked: Rank = rank) -> int:
    """Load a folder: python-frontmatter by default, and one awaited statement for every row.

    It reads and checks the same fields, compares each source with each other as ranking once did,
    writes topic pages and groups nothing. It uses one transaction and the same pragmas. Returns the
    stories.
    """
    archive = await open_database(database)
    try:
        async with archive.writing() as db:
            paths = [path for path in find_story_files([folder]) if isinstance(path, Path)]
            ids = [await _load(db, path, rules, ranked) for path in paths]
    finally:
        await archive.close()
    return len(ids)


async def _load(db: SqliteConnection, path: Path, rules: Rules, ranked: Rank) -> int:
    values, stamp, modified = _read(path)
    story = read_story(values, _LATEST)
    ranking = ranked(story, rules)
    story_id = await _insert_story(db, story, ranking)
    key, url = story.article.key, story.article.url
    await _insert(db, "address (key, loose, url, story_id)", (key, loose_key(key), url, story_id))
    for position, source in enumerate(ranking.sources):
        await _insert(
            db,
            f"source (story_id, position, {_ARTICLE}, relation, repeats, similarity, share)",
            (
                story_id,
                position,
                *_article(source.article),
                source.relation.value,
                source.of,
                source.similarity,
                source.share,
            ),
        )
    await _insert_topics(db, story_id, story)
    title = fold_headline(story.article.title)
    await _insert(
        db,
        "item (origin_id, key, stamp, modified, content, story_id, topics, headline)",
        (1, str(path), stamp, modified, b"", story_id, json.dumps(story.topics), title),
    )
    await _insert_text(db, story_id, story, ranking)
    return story_id


def _read(path: Path) -> tuple[dict[str, object], str, int]:
    """Front matter, stamp and time of a file."""
    status = path.stat()
    values = frontmatter.loads(path.read_text(encoding="utf-8")).metadata
    return values, str(status.st_size), status.st_mtime_ns


async def _insert_story(db: SqliteConnection, story: Story, ranking: Ranking) -> int:
    return await _insert(
        db,
        f"story ({_ARTICLE}, {_FOUND})",
        (
            *_article(story.article),
            story.heat,
            story.published,
            story.removed,
            stored(ranking.heat),
            ranking.publishers,
            ranking.best,
            0,
        ),
    )


async def _insert_topics(db: SqliteConnection, story_id: int, story: Story) -> None:
    at, names = int(story.article.published_at.timestamp()), story.topics
    for position, name in enumerate(names):
        slug = "-".join(words(name))
        async with db.execute("SELECT topic_id FROM topic WHERE slug = ?", (slug,)) as found:
            row = await found.fetchone()
        topic_id = row[0] if row else await _insert(db, "topic (slug, name)", (slug, name))
        values = (story_id, position, topic_id)
        await _insert(db, "story_topic (story_id, position, topic_id)", values)
        await _insert(db, "topic_page (topic_id, published_at, story_id)", (topic_id, at, story_id))


async def _insert_text(db: SqliteConnection, story_id: int, story: Story, ranking: Ranking) -> None:
    topics = " ".join(words(" ".join(story.topics)))
    place = int(story.article.published_at.timestamp()) * 2**20 + story_id
    await _insert(db, "text_place (story_id, text_id)", (story_id, place))
    text = text_of(story, ranking)._asdict()
    await _insert(
        db,
        f"story_text (rowid, topics, {', '.join(text)})",
        (place, topics, *text.values()),
    )


async def _insert(db: SqliteConnection, into: str, values: Sequence[object]) -> int:
    marks = ", ".join("?" * len(values))
    cursor = await db.execute(f"INSERT INTO {into} VALUES ({marks})", tuple(values))  # noqa: S608
    await cursor.close()
    return cursor.lastrowid or 0


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


def unranked(story: Story, _rules: Rules) -> Ranking:
    """No ranking at all: every source is eligible, in the order of the file."""
    sources = tuple(RankedSource(article, Relation.ELIGIBLE, None) for article in story.sources)
    return Ranking(sources, len(sources) + 1, story.article.quality or 0, story.heat or 0)


TOPIC_INDEX: Final = "CREATE INDEX IF NOT EXISTS plain_topic ON story_topic (topic_id, story_id)"
TOPIC_PAGE: Final = """
WITH page AS (
    SELECT DISTINCT s.story_id, s.published_at, s.url, s.title, s.excerpt, s.provider, s.heat,
           s.image
    FROM story_topic t JOIN story f USING (story_id)
    JOIN story s ON s.story_id = coalesce(f.leader_id, f.story_id)
    WHERE t.topic_id = :topic AND NOT f.hidden AND NOT s.hidden
    ORDER BY s.published_at DESC, s.story_id DESC LIMIT :limit
)
SELECT page.*, top.* FROM page LEFT JOIN (
    SELECT story_id, url, title, provider, quality,
           row_number() OVER (PARTITION BY story_id ORDER BY position) AS place
    FROM source WHERE relation = 'eligible' AND story_id IN (SELECT story_id FROM page)
) top ON top.story_id = page.story_id AND top.place <= 5
ORDER BY page.published_at DESC, page.story_id DESC, top.place
"""
"""The newest leaders of a topic by foreign keys, with five best sources by a window function."""

BEST_MATCHES: Final = """
SELECT rowid FROM story_text WHERE story_text MATCH :query
ORDER BY bm25(story_text, 10.0, 6.0, 2.0, 3.0, 1.0) LIMIT :limit
"""
LIKE: Final = """
SELECT topic_id, name, slug, stories FROM topic WHERE slug LIKE '%' || :typed || '%' AND stories > 0
ORDER BY slug NOT LIKE :typed || '%', slug LIMIT 25
"""


def connect(database: Path) -> sqlite3.Connection:
    """A plain connection with Broadsheet's pragmas."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection
