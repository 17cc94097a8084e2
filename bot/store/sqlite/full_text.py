"""Full text by FTS5.

Where a story's text stands (story.text_id) goes by its date, since the newest are read first.
"""

from collections.abc import Mapping, Sequence

from bot.store.database import Connection, every
from bot.store.full_text import Match
from bot.stories.matching import Text


class Fts5:
    """The table story_text."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def add(self, texts: Mapping[int, Text]) -> None:
        """Make stories, by id, findable."""
        await self._db.executemany(
            """
            INSERT INTO story_text (rowid, title, topics, provider, sources, excerpt)
            SELECT text_id, ?, ?, ?, ?, ? FROM story WHERE story_id = ?
            """,
            [(*text, story_id) for story_id, text in texts.items()],
        )

    async def set_topics(self, topics: Mapping[int, str]) -> None:
        """Write another text of their topics to stories, by id."""
        await self._db.executemany(
            """
            UPDATE story_text SET topics = ?
            WHERE rowid = (SELECT text_id FROM story WHERE story_id = ?)
            """,
            [(names, story_id) for story_id, names in topics.items()],
        )

    async def remove(self, story_ids: Sequence[int]) -> None:
        """Forget stories: before they change, since their order goes by their dates."""
        await self._db.executemany(
            "DELETE FROM story_text WHERE rowid = (SELECT text_id FROM story WHERE story_id = ?)",
            [(story_id,) for story_id in story_ids],
        )

    async def newest(self, wanted: Sequence[Sequence[str]], limit: int) -> list[Match]:
        """The newest stories, not hidden, that hold one of each group of choices; the newest first.

        bm25 and FTS5's own `*` would look at every match before the first is found.
        """
        rows = await every(
            self._db,
            """
            SELECT story_id, published_at
            FROM story_text CROSS JOIN story ON text_id = story_text.rowid
            WHERE story_text MATCH :query AND hidden = 0
            ORDER BY story_text.rowid DESC LIMIT :limit
            """,
            {"query": _query(wanted), "limit": limit},
        )
        return [Match(*row) for row in rows]

    async def texts(self, story_ids: Sequence[int], looked_at: int) -> dict[int, Text]:
        """Stories' texts by id; of publishers and sources that many characters."""
        rows = await every(
            self._db,
            """
            SELECT story_id, t.title, topics, substr(t.provider, 1, :looked_at),
                   substr(t.sources, 1, :looked_at), t.excerpt
            FROM story CROSS JOIN story_text t ON t.rowid = text_id WHERE story_id = ANY(:ids)
            """,
            {"ids": story_ids, "looked_at": looked_at},
        )
        return {story_id: Text(*text) for story_id, *text in rows}


def _query(wanted: Sequence[Sequence[str]]) -> str:
    """Each word quoted, so that none is read as syntax."""
    quoted = [[f'"{choice}"'.replace(" ", '" AND "') for choice in choices] for choices in wanted]
    return " AND ".join(f"({' OR '.join(choices)})" for choices in quoted)
