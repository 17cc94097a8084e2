"""The place of each story's text, which follows its date, since the newest are read first.

The text itself is in the database's own kind of full text, under that place.
"""

from collections.abc import Collection, Sequence
from typing import Final

from bot.store.database import Connection, every
from bot.store.full_text import Match

_PLACES_A_SECOND: Final = 1 << 20
"""How many places there are for the stories of one second."""


async def give_places(db: Connection, story_ids: Sequence[int]) -> None:
    """Give stories places in order of publication, within one second in order of arrival. If a
    place is taken, as it can be by a story that came a million stories before, use the next.
    """
    further = 0
    while story_ids:
        await db.executemany(
            """
            INSERT INTO text_place (story_id, text_id)
            SELECT story_id, published_at * :places + story_id % :places + :further
            FROM story WHERE story_id = :id
            ON CONFLICT DO NOTHING
            """,
            [{"places": _PLACES_A_SECOND, "further": further, "id": id_} for id_ in story_ids],
        )
        sql = """
            SELECT story_id FROM story LEFT JOIN text_place USING (story_id)
            WHERE story_id = ANY(:ids) AND text_id IS NULL
        """
        story_ids = [row["story_id"] for row in await every(db, sql, {"ids": story_ids})]
        further += 1


async def take_places(db: Connection, story_ids: Sequence[int]) -> None:
    """Take the places of stories away."""
    await db.execute("DELETE FROM text_place WHERE story_id = ANY(:ids)", {"ids": story_ids})


async def in_order(db: Connection, story_ids: Collection[int]) -> list[tuple[int, int]]:
    """The places of stories in order, each with its story."""
    sql = "SELECT text_id, story_id FROM text_place WHERE story_id = ANY(:ids) ORDER BY text_id"
    rows = await every(db, sql, {"ids": story_ids})
    return [(row["text_id"], row["story_id"]) for row in rows]


async def stories_at(db: Connection, places: Sequence[int]) -> list[Match]:
    """The visible stories at these places, the newest first."""
    rows = await every(
        db,
        """
        SELECT story_id, published_at, text_id FROM text_place JOIN story USING (story_id)
        WHERE text_id = ANY(:places) AND hidden = 0 ORDER BY text_id DESC
        """,
        {"places": places},
    )
    return [Match(*row) for row in rows]
