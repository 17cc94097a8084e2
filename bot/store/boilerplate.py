"""Excerpts that are not of their pages but of the site: many of its pages carry them.

One page that is published again and again under its headline keeps its excerpt.
"""

from typing import Final

from bot.store.database import Connection

NOT_SHOWN: Final = """
EXISTS (SELECT 1 FROM boilerplate b WHERE b.domain = article.domain AND b.excerpt = article.excerpt)
"""
"""Whether the excerpt of a row of a table named `article` is boilerplate."""

_PARTS: Final = 8
"""In so many parts excerpts are sorted: SQLite does it in memory, 13 MB for 44,000 stories."""


async def find_again(db: Connection, least: int) -> None:
    """Note anew which excerpts stand under at least this many headlines of one site; reads all
    stories.
    """
    await db.execute("DELETE FROM boilerplate")
    for part in range(_PARTS):
        await db.execute(
            """
            INSERT INTO boilerplate (domain, excerpt)
            SELECT domain, excerpt FROM story
            WHERE excerpt <> '' AND length(excerpt) % :parts = :part
            GROUP BY domain, excerpt HAVING count(DISTINCT title) >= :least
            """,
            {"parts": _PARTS, "part": part, "least": least},
        )
