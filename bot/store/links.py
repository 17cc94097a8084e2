"""Which stories are linked, who leads whom, and what each topic shows: all derived from stories."""

import json
from collections.abc import Collection
from datetime import UTC, datetime

from bot.store.database import Connection, every
from bot.stories.ranking import Standing


async def regroup(db: Connection, changed: Collection[int]) -> None:
    """Bring links, leaders and topic pages in line with the stories `changed` in this transaction.

    What is touched: those stories, those they were linked with, and those they are linked with now.
    """
    await db.execute("CREATE TEMP TABLE IF NOT EXISTS changed (story_id INTEGER PRIMARY KEY)")
    await db.execute("CREATE TEMP TABLE IF NOT EXISTS touched (story_id INTEGER PRIMARY KEY)")
    await db.execute("DELETE FROM changed")
    await db.execute("DELETE FROM touched")
    await db.executemany("INSERT OR IGNORE INTO changed VALUES (?)", [(id_,) for id_ in changed])
    await db.execute(_TOUCH_LINKED)
    await db.execute("DELETE FROM link WHERE story_id IN changed OR other_id IN changed")
    await db.execute(_LINK_LISTED)
    await db.execute(_LINK_LISTING)
    await db.execute(
        "INSERT OR IGNORE INTO link SELECT other_id, story_id FROM link WHERE story_id IN changed"
    )
    await db.execute(_TOUCH_LINKED)
    await _lead(db)
    await db.execute("DELETE FROM topic_page WHERE story_id IN touched")
    await db.execute(_FILL_PAGES)


_TOUCH_LINKED = """
INSERT OR IGNORE INTO touched
SELECT story_id FROM changed
UNION SELECT other_id FROM link WHERE story_id IN changed
"""

_LINK_LISTED = """
INSERT OR IGNORE INTO link
SELECT c.story_id, a.story_id FROM changed c
JOIN source s ON s.story_id = c.story_id
JOIN address a ON a.key = s.key AND a.story_id <> c.story_id
"""

_LINK_LISTING = """
INSERT OR IGNORE INTO link
SELECT c.story_id, s.story_id FROM changed c
JOIN address a ON a.story_id = c.story_id
JOIN source s ON s.key = a.key AND s.story_id <> c.story_id
"""

# A leader shows its own topics and those of the stories linked with it, which it outranks.
_FILL_PAGES = """
INSERT OR IGNORE INTO topic_page (topic_id, published_at, story_id)
SELECT t.topic_id, s.published_at, s.story_id
FROM touched JOIN story s USING (story_id) JOIN story_topic t USING (story_id)
WHERE s.leader_id IS NULL AND NOT s.hidden
UNION
SELECT t.topic_id, s.published_at, s.story_id
FROM touched JOIN story s USING (story_id)
JOIN link l ON l.story_id = s.story_id
JOIN story f ON f.story_id = l.other_id AND NOT f.hidden
JOIN story_topic t ON t.story_id = f.story_id
WHERE s.leader_id IS NULL AND NOT s.hidden
"""


async def _lead(db: Connection) -> None:
    """Set the leader of every touched story: the best of those linked with it that outrank it.

    A removed story leads nobody: its group would vanish with it.
    """
    pairs = await every(
        db,
        """
        SELECT story_id AS of_id, story_id FROM touched
        UNION ALL
        SELECT a.story_id, l.other_id FROM touched a JOIN link l ON l.story_id = a.story_id
        JOIN story s ON s.story_id = l.other_id AND NOT s.hidden
        """,
    )
    places = await _places(db, {row["story_id"] for row in pairs})
    leaders: dict[int, int] = {}
    for of_id, story_id in pairs:
        if places[story_id] <= places[leaders.setdefault(of_id, story_id)]:
            leaders[of_id] = story_id
    await db.executemany(
        "UPDATE story SET leader_id = :leader WHERE story_id = :id AND leader_id IS NOT :leader",
        [{"id": of, "leader": None if best == of else best} for of, best in leaders.items()],
    )


async def _places(
    db: Connection, story_ids: Collection[int]
) -> dict[int, tuple[int, int, float, str]]:
    """What sorts the story first that outranks the others, by id."""
    rows = await every(
        db,
        """
        SELECT story_id, key, heat_imported, quality, published_at FROM story
        WHERE story_id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": json.dumps([*story_ids])},
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
    """The stories whose links are not what addresses and sources say: for `regroup`."""
    rows = await every(
        db,
        """
        WITH listed AS (
            SELECT s.story_id AS one, a.story_id AS other
            FROM address a CROSS JOIN source s ON s.key = a.key AND s.story_id <> a.story_id
        ), wanted AS (SELECT one, other FROM listed UNION SELECT other, one FROM listed)
        SELECT one FROM (SELECT * FROM wanted EXCEPT SELECT story_id, other_id FROM link)
        UNION
        SELECT story_id FROM (SELECT story_id, other_id FROM link EXCEPT SELECT * FROM wanted)
        """,
    )
    return {row[0] for row in rows}


async def linked_stories(db: Connection, story_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The ids of the stories directly linked with each of those given."""
    found: dict[int, frozenset[int]] = {}
    for story_id in story_ids:
        sql = "SELECT other_id FROM link WHERE story_id = :id"
        found[story_id] = frozenset(r["other_id"] for r in await every(db, sql, {"id": story_id}))
    return found
