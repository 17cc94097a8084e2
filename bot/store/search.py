"""Full text: what FTS5 is told about a story, and how a person's words find it."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bot.store.database import Connection, every
from bot.stories.model import Story
from bot.stories.text import search_words

NEWEST_MATCHES: Final = 200
"""Only so many newest matches are ranked: bm25 costs by match, and a common word has thousands."""

# Of title, topics, provider, sources, excerpt: a headline says best what a story is about.
_WEIGHTS: Final = "10.0, 6.0, 2.0, 3.0, 1.0"


class StoryText(NamedTuple):
    """What a story is found by, as search's words with blanks between; its topics come later."""

    title: str
    provider: str
    sources: str
    excerpt: str


def text_of(story: Story) -> StoryText:
    """A story's searchable text: its headline, publishers, source headlines and excerpt."""
    articles = (story.article, *story.sources)
    return StoryText(
        _folded(story.article.title),
        _folded(" ".join(dict.fromkeys(article.provider.name for article in articles))),
        _folded(" ".join(source.title for source in story.sources)),
        _folded(story.article.excerpt),
    )


def _folded(text: str) -> str:
    return " ".join(search_words(text))


async def unindex_stories(db: Connection, story_ids: Sequence[int]) -> None:
    """Forget the text of stories: before they change, since its place goes by their dates."""
    await db.executemany(
        "DELETE FROM story_text WHERE rowid = (SELECT text_id FROM story WHERE story_id = ?)",
        [(story_id,) for story_id in story_ids],
    )


async def index_stories(
    db: Connection, texts: Mapping[int, StoryText], topics: Mapping[int, Sequence[str]]
) -> None:
    """Make stories, by id, findable by their text and their topics' names."""
    await db.executemany(
        """
        INSERT INTO story_text (rowid, title, topics, provider, sources, excerpt)
        SELECT text_id, :title, :topics, :provider, :sources, :excerpt
        FROM story WHERE story_id = :id
        """,
        [
            {**text._asdict(), "id": story_id, "topics": _folded(" ".join(topics[story_id]))}
            for story_id, text in texts.items()
        ],
    )


async def retitle_topics(db: Connection, topics: Mapping[int, Sequence[str]]) -> None:
    """Let stories be found by the names of their topics now."""
    await db.executemany(
        """
        UPDATE story_text SET topics = ?
        WHERE rowid = (SELECT text_id FROM story WHERE story_id = ?)
        """,
        [(_folded(" ".join(names)), story_id) for story_id, names in topics.items()],
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
            SELECT rowid AS text_id, bm25(story_text, {_WEIGHTS}) AS score
            FROM story_text WHERE story_text MATCH :query
              AND rowid IN (SELECT rowid FROM story_text WHERE story_text MATCH :query
                            ORDER BY rowid DESC LIMIT :newest)
        ) JOIN story USING (text_id)
        WHERE NOT hidden
        ORDER BY score, published_at DESC, url LIMIT :limit
        """,  # noqa: S608 - only constant weights
        {"query": query, "newest": NEWEST_MATCHES, "limit": limit},
    )
    return [row["story_id"] for row in rows]


def _match(text: str) -> str:
    """The words of `text` as an FTS5 query: each quoted, so that none is read as syntax."""
    quoted = [f'"{word}"' for word in search_words(text)[:20]]
    return " ".join(quoted) + "*" if quoted else ""
