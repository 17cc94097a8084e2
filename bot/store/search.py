"""Full text: what FTS5 is told about a story, and how a person's words find it."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from bot.store.database import Connection, every
from bot.stories.model import Story

NEWEST_MATCHES: Final = 200
"""Only so many newest matches are ranked: bm25 costs by match, and a common word has thousands."""

_WORD: Final = re.compile(r"[^\W_]+")
# Of title, topics, provider, sources, excerpt: a headline says best what a story is about.
_WEIGHTS: Final = "10.0, 6.0, 2.0, 3.0, 1.0"


async def index_story(db: Connection, story_id: int, story: Story, topics: Sequence[str]) -> None:
    """Make a story findable by its headline, topics, publishers, source headlines and excerpt."""
    await db.execute("DELETE FROM story_text WHERE rowid = :id", {"id": story_id})
    articles = (story.article, *story.sources)
    await db.execute(
        """
        INSERT INTO story_text (rowid, title, topics, provider, sources, excerpt)
        VALUES (:id, :title, :topics, :provider, :sources, :excerpt)
        """,
        {
            "id": story_id,
            "title": story.article.title,
            "topics": " / ".join(topics),
            "provider": " / ".join(dict.fromkeys(a.provider.name for a in articles)),
            "sources": " / ".join(source.title for source in story.sources),
            "excerpt": story.article.excerpt,
        },
    )


async def search_stories(db: Connection, text: str, limit: int) -> list[int]:
    """Ids of the stories that hold every word of `text` (the last may be begun), best first."""
    query = _match(text)
    if not query:
        return []
    rows = await every(
        db,
        f"""
        SELECT story_id FROM (
            SELECT rowid AS story_id, bm25(story_text, {_WEIGHTS}) AS score
            FROM story_text WHERE story_text MATCH :query
              AND rowid IN (SELECT rowid FROM story_text WHERE story_text MATCH :query
                            ORDER BY rowid DESC LIMIT :newest)
        ) JOIN story USING (story_id)
        WHERE NOT removed
        ORDER BY score, published_at DESC, url LIMIT :limit
        """,  # noqa: S608 - only constant weights
        {"query": query, "newest": NEWEST_MATCHES, "limit": limit},
    )
    return [row["story_id"] for row in rows]


def _match(text: str) -> str:
    """The words of `text` as an FTS5 query: each quoted, so that none is read as syntax."""
    # Not case-folded: FTS5 folds by itself and keeps ß, which Python makes ss.
    quoted = [f'"{word}"' for word in _WORD.findall(unicodedata.normalize("NFC", text))[:20]]
    return " ".join(quoted) + "*" if quoted else ""
