"""Which stories are linked, which one leads, and what topics show: all derived from stories."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from bot.store.database import Connection, every
from bot.stories.ranking import Standing


async def regroup(db: Connection, changed: Collection[int]) -> None:
    """Bring links, leaders and topic pages in line with the stories `changed` in this transaction.

    This touches those stories, those they were linked with, and those they are linked with now.
    """
    touched = {*changed, *await _linked_with(db, changed)}
    for statement in _RELINK:
        await db.execute(statement, {"changed": changed})
    touched |= await _linked_with(db, changed)
    await _lead(db, touched)
    await db.execute("DELETE FROM topic_page WHERE story_id = ANY(:touched)", {"touched": touched})
    await db.execute(_FILL_PAGES, {"touched": touched})


async def _linked_with(db: Connection, changed: Collection[int]) -> set[int]:
    linked = await linked_stories(db, changed)
    return {other for others in linked.values() for other in others}


_RELINK: Final = (
    "DELETE FROM link WHERE story_id = ANY(:changed) OR other_id = ANY(:changed)",
    """
    INSERT INTO link (story_id, other_id)
    SELECT s.story_id, a.story_id FROM source s JOIN address a USING (key)
    WHERE s.story_id = ANY(:changed) AND a.story_id <> s.story_id ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO link (story_id, other_id)
    SELECT a.story_id, s.story_id FROM address a JOIN source s USING (key)
    WHERE a.story_id = ANY(:changed) AND s.story_id <> a.story_id ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO link (story_id, other_id)
    SELECT other_id, story_id FROM link WHERE story_id = ANY(:changed) ON CONFLICT DO NOTHING
    """,
)

# A leader shows its own topics and those of the stories linked with it that it outranks.
_FILL_PAGES: Final = """
INSERT INTO topic_page (topic_id, published_at, story_id)
SELECT t.topic_id, s.published_at, s.story_id
FROM story s JOIN story_topic t USING (story_id)
WHERE s.story_id = ANY(:touched) AND s.leader_id IS NULL AND s.hidden = 0
UNION
SELECT t.topic_id, s.published_at, s.story_id
FROM story s JOIN link l ON l.story_id = s.story_id
JOIN story f ON f.story_id = l.other_id AND f.hidden = 0
JOIN story_topic t ON t.story_id = f.story_id
WHERE s.story_id = ANY(:touched) AND s.leader_id IS NULL AND s.hidden = 0
ON CONFLICT DO NOTHING
"""


async def _lead(db: Connection, touched: Collection[int]) -> None:
    """Set the leader of every touched story: the best of those linked with it that outrank it.

    A removed story leads no other: its group would vanish with it.
    """
    pairs = await every(
        db,
        """
        SELECT l.story_id, l.other_id FROM link l
        JOIN story s ON s.story_id = l.other_id AND s.hidden = 0
        WHERE l.story_id = ANY(:touched)
        """,
        {"touched": touched},
    )
    places = await _places(db, {*touched, *(other_id for _, other_id in pairs)})
    leaders = {story_id: story_id for story_id in touched}
    for story_id, other_id in pairs:
        if places[other_id] <= places[leaders[story_id]]:
            leaders[story_id] = other_id
    await db.executemany(
        """
        UPDATE story SET leader_id = :leader
        WHERE story_id = :id AND coalesce(leader_id, 0) <> coalesce(:leader, 0)
        """,
        [{"id": of, "leader": None if best == of else best} for of, best in leaders.items()],
    )


async def _places(
    db: Connection, story_ids: Collection[int]
) -> dict[int, tuple[int, int, float, str]]:
    """Sort keys by story id; the story that outranks the others sorts first."""
    rows = await every(
        db,
        """
        SELECT story_id, key, heat_imported, quality, published_at FROM story
        WHERE story_id = ANY(:ids)
        """,
        {"ids": story_ids},
    )
    return {
        row["story_id"]: Standing(
            row["key"],
            row["heat_imported"],
            row["quality"],
            datetime.fromtimestamp(row["published_at"], UTC),
        ).order()
        for row in rows
    }


async def wrongly_linked(db: Connection) -> set[int]:
    """The stories whose links do not match addresses and sources, for `regroup`."""
    rows = await every(
        db,
        """
        WITH listed AS (
            SELECT a.story_id AS one, s.story_id AS other
            FROM address a LEFT JOIN source s ON s.key = a.key AND s.story_id <> a.story_id
        ), wanted AS (
            SELECT one, other FROM listed WHERE other IS NOT NULL
            UNION SELECT other, one FROM listed WHERE other IS NOT NULL
        )
        SELECT one FROM (
            SELECT one, other FROM wanted EXCEPT SELECT story_id, other_id FROM link
        ) AS missing
        UNION
        SELECT story_id FROM (
            SELECT story_id, other_id FROM link EXCEPT SELECT one, other FROM wanted
        ) AS stale
        """,
    )
    return {row[0] for row in rows}


async def linked_stories(db: Connection, story_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The ids of the stories directly linked with each of those given."""
    found: dict[int, set[int]] = {story_id: set() for story_id in story_ids}
    sql = "SELECT story_id, other_id FROM link WHERE story_id = ANY(:ids)"
    for row in await every(db, sql, {"ids": story_ids}) if found else ():
        found[row["story_id"]].add(row["other_id"])
    return {story_id: frozenset(others) for story_id, others in found.items()}
