"""Full text by FTS5.

Texts are written in order of their places: at one that is not behind the last, FTS5 begins a new
segment.
"""

from collections.abc import Callable, Mapping, Sequence

from bot.store import text_places
from bot.store.database import Connection, every
from bot.store.full_text import Match
from bot.store.sqlite.faults import rows_refused
from bot.stories.matching import Text


class Fts5:
    """The table story_text."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def add(self, texts: Mapping[int, Text]) -> None:
        """Make stories findable, by id, that are not indexed yet. Raises RowsRefused."""
        with rows_refused():
            await text_places.give_places(self._db, [*texts])
        placed = await text_places.in_order(self._db, texts)
        await self._db.executemany(
            """
            INSERT INTO story_text (rowid, title, topics, provider, sources, excerpt)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [(place, *texts[story_id]) for place, story_id in placed],
        )

    async def set_topics(self, topics: Mapping[int, str]) -> None:
        """Replace the text of stories' topics, by id."""
        await self._db.executemany(
            """
            UPDATE story_text SET topics = ?
            WHERE rowid = (SELECT text_id FROM text_place WHERE story_id = ?)
            """,
            [(names, story_id) for story_id, names in topics.items()],
        )

    async def remove(self, story_ids: Sequence[int]) -> None:
        """Remove stories from the index."""
        await self._db.execute(
            """
            DELETE FROM story_text WHERE rowid IN (
                SELECT text_id FROM text_place WHERE story_id = ANY(:ids)
            )
            """,
            {"ids": story_ids},
        )
        await text_places.take_places(self._db, story_ids)

    async def newest(
        self, wanted: Sequence[Sequence[str]], limit: int, *, in_title: bool = False
    ) -> list[Match]:
        """The newest visible stories that contain one of each group of choices, the newest first.

        bm25 and FTS5's own `*` would read every match before finding the first.
        """
        rows = await every(
            self._db,
            """
            SELECT story_id, published_at, text_id
            FROM story_text CROSS JOIN text_place ON text_id = story_text.rowid
            CROSS JOIN story USING (story_id)
            WHERE story_text MATCH :query AND hidden = 0
            ORDER BY story_text.rowid DESC LIMIT :limit
            """,
            {
                "query": f"title : ({_query(wanted)})" if in_title else _query(wanted),
                "limit": limit,
            },
        )
        return [Match(*row) for row in rows]

    async def places(self, choices: Sequence[str], limit: int) -> list[int]:
        """The places of the newest stories, visible or not, that contain one of the choices."""
        rows = await every(
            self._db,
            """
            SELECT rowid FROM story_text WHERE story_text MATCH :query
            ORDER BY rowid DESC LIMIT :limit
            """,
            {"query": _query([choices]), "limit": limit},
        )
        return [row["rowid"] for row in rows]

    async def at(self, places: Sequence[int]) -> list[Match]:
        """The visible stories at these places, the newest first."""
        return await text_places.stories_at(self._db, places)

    async def texts(self, places: Sequence[int], looked_at: int) -> dict[int, Text]:
        """The texts still at these places; publishers and sources cut to `looked_at` characters."""
        rows = await every(
            self._db,
            """
            SELECT rowid, title, topics, substr(provider, 1, :looked_at),
                   substr(sources, 1, :looked_at), excerpt
            FROM story_text WHERE rowid = ANY(:places)
            """,
            {"places": places, "looked_at": looked_at},
        )
        return {place: Text(*text) for place, *text in rows}

    async def read_stored(self, take: Callable[[Sequence[tuple[int, Text]]], object]) -> None:
        """Give away every story's whole text, by id, in their order, some hundreds at a time."""
        await self._db.read_pages(
            """
            SELECT story_id, title, topics, provider, sources, excerpt
            FROM text_place CROSS JOIN story_text ON story_text.rowid = text_id
            ORDER BY story_id
            """,
            lambda page: take([(story_id, Text(*text)) for story_id, *text in page]),
        )


def _query(wanted: Sequence[Sequence[str]]) -> str:
    """Each word quoted, so that none is read as syntax."""
    quoted = [[f'"{choice}"'.replace(" ", '" AND "') for choice in choices] for choices in wanted]
    return " AND ".join(f"({' OR '.join(choices)})" for choices in quoted)
