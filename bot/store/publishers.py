"""Which publishers the archive has, by their names."""

from typing import Final

from bot.store.database import Connection, every
from bot.stories.model import REPORTING

NEWEST: Final = 5000
"""Of how many newest stories the publishers are known: an admin mutes what comes now."""
_LAST: Final = 30
"""How many last editions show the publishers that may be muted."""


async def newest_names(db: Connection) -> list[str]:
    """The names of those that report one of the NEWEST stories, by name."""
    sql = """
        WITH newest AS (
            SELECT story_id, provider FROM story ORDER BY published_at DESC, story_id LIMIT :newest
        )
        SELECT provider FROM newest UNION
        SELECT r.provider FROM newest JOIN source r USING (story_id)
        WHERE r.relation = ANY(:reporting) ORDER BY 1
    """
    rows = await every(db, sql, {"newest": NEWEST, "reporting": REPORTING})
    return [row["provider"] for row in rows]


async def last_names(
    db: Connection, guild_id: int, channel_id: int | None, limit: int
) -> list[str]:
    """The names of the headlines' publishers in the last editions of a server or of one of its
    channels, those of the newest editions first.
    """
    rows = await every(
        db,
        """
        WITH last AS (
            SELECT edition_id FROM edition JOIN digest USING (digest_id)
            WHERE guild_id = :guild AND channel_id = coalesce(:channel, channel_id)
            ORDER BY edition_id DESC LIMIT :last
        )
        SELECT s.provider, max(edition_id) AS newest
        FROM last JOIN posted USING (edition_id) JOIN story s USING (story_id)
        GROUP BY s.provider ORDER BY newest DESC, s.provider LIMIT :limit
        """,
        {"guild": guild_id, "channel": channel_id, "last": _LAST, "limit": limit},
    )
    return [row["provider"] for row in rows]
