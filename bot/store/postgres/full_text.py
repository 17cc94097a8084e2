"""Full text by tsvector and GIN.

The words are folded by us, so no parser and no dictionary of PostgreSQL touches them.
"""

from collections.abc import Callable, Mapping, Sequence

from bot.store import text_places
from bot.store.database import Connection, every
from bot.store.full_text import Match
from bot.store.postgres.faults import rows_refused
from bot.stories.matching import Text


class TsVector:
    """The table story_text."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def add(self, texts: Mapping[int, Text]) -> None:
        """Make stories findable, by id, that are not indexed yet. Raises RowsRefused."""
        with rows_refused():
            await text_places.give_places(self._db, [*texts])
        await self._db.executemany(
            """
            INSERT INTO story_text (text_id, title, topics, provider, sources, excerpt)
            SELECT text_id, ?, ?, ?, ?, ? FROM text_place WHERE story_id = ?
            """,
            [(*text, story_id) for story_id, text in texts.items()],
        )

    async def set_topics(self, topics: Mapping[int, str]) -> None:
        """Replace the text of stories' topics, by id."""
        await self._db.executemany(
            """
            UPDATE story_text SET topics = ?
            WHERE text_id = (SELECT text_id FROM text_place WHERE story_id = ?)
            """,
            [(names, story_id) for story_id, names in topics.items()],
        )

    async def remove(self, story_ids: Sequence[int]) -> None:
        """Remove stories from the index."""
        await self._db.execute(
            """
            DELETE FROM story_text
            WHERE text_id IN (SELECT text_id FROM text_place WHERE story_id = ANY(:ids))
            """,
            {"ids": story_ids},
        )
        await text_places.take_places(self._db, story_ids)

    async def newest(
        self, wanted: Sequence[Sequence[str]], limit: int, *, in_title: bool = False
    ) -> list[Match]:
        """The newest visible stories that contain one of each group of choices, newest first."""
        words = "title_words" if in_title else "words"
        rows = await every(
            self._db,
            f"""
            SELECT story_id, published_at, text_id
            FROM story_text JOIN text_place USING (text_id) JOIN story USING (story_id)
            WHERE {words} @@ CAST(:query AS tsquery) AND hidden = 0
            ORDER BY text_id DESC LIMIT :limit
            """,  # noqa: S608 - the name of a column
            {"query": _query(wanted), "limit": limit},
        )
        return [Match(*row) for row in rows]

    async def places(self, choices: Sequence[str], limit: int) -> list[int]:
        """The places of the newest stories, visible or not, that contain one of the choices."""
        rows = await every(
            self._db,
            """
            SELECT text_id FROM story_text WHERE words @@ CAST(:query AS tsquery)
            ORDER BY text_id DESC LIMIT :limit
            """,
            {"query": _query([choices]), "limit": limit},
        )
        return [row["text_id"] for row in rows]

    async def at(self, places: Sequence[int]) -> list[Match]:
        """The visible stories at these places, the newest first."""
        return await text_places.stories_at(self._db, places)

    async def texts(self, places: Sequence[int], looked_at: int) -> dict[int, Text]:
        """The texts still at these places; publishers and sources cut to `looked_at` characters."""
        rows = await every(
            self._db,
            """
            SELECT text_id, title, topics, left(provider, CAST(:looked_at AS INTEGER)),
                   left(sources, CAST(:looked_at AS INTEGER)),
                   excerpt
            FROM story_text WHERE text_id = ANY(:places)
            """,
            {"places": places, "looked_at": looked_at},
        )
        return {place: Text(*text) for place, *text in rows}

    async def read_stored(self, take: Callable[[Sequence[tuple[int, Text]]], object]) -> None:
        """Give away every story's whole text, by id, in their order, some hundreds at a time."""
        await self._db.read_pages(
            """
            SELECT story_id, title, topics, provider, sources, excerpt
            FROM text_place JOIN story_text USING (text_id) ORDER BY story_id
            """,
            lambda page: take([(story_id, Text(*text)) for story_id, *text in page]),
        )


def _query(wanted: Sequence[Sequence[str]]) -> str:
    """Each word quoted, so that none is read as syntax."""
    quoted = [[_all_of(choice) for choice in choices] for choices in wanted]
    return " & ".join(f"({' | '.join(choices)})" for choices in quoted)


def _all_of(choice: str) -> str:
    return "(" + " & ".join(map(_quoted, choice.split(" "))) + ")"


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
