"""Single values that describe the database itself."""

import logging
from datetime import datetime
from typing import Final

from bot.errors import UnknownValue, Unreadable
from bot.store import values
from bot.store.database import Connection, one

logger = logging.getLogger(__name__)

CLOCK_PLAUSIBLE_AT: Final = "clock_plausible_at"
PURGED_BEFORE: Final = "purged_before"
FEEDS_TOLD_AT: Final = "feeds_told_at"
GREETS_SINCE: Final = "greets_since"
MOMENTS: Final = (CLOCK_PLAUSIBLE_AT, PURGED_BEFORE, FEEDS_TOLD_AT, GREETS_SINCE)
"""The facts that are instants, stored as seconds since 1970."""


async def read_fact(db: Connection, name: str) -> str | None:
    """The value kept under a name, or None."""
    row = await one(db, "SELECT value FROM fact WHERE name = :name", {"name": name})
    return row["value"] if row else None


async def read_moment(db: Connection, name: str) -> datetime | None:
    """The instant kept under a name; None = there is none, or it cannot be read."""
    text = await read_fact(db, name)
    try:
        return None if text is None else _moment(name, text)
    except Unreadable:
        logger.warning("the database's note %s cannot be read and counts as none", name)
        return None


async def unreadable_moments(db: Connection) -> list[str]:
    """The names of the facts that should be instants and are not."""
    return [name for name in MOMENTS if not await _is_readable(db, name)]


async def _is_readable(db: Connection, name: str) -> bool:
    text = await read_fact(db, name)
    try:
        return text is None or bool(_moment(name, text))
    except Unreadable:
        return False


def _moment(name: str, text: str) -> datetime:
    try:
        seconds = int(text)
    except ValueError as error:
        raise Unreadable(UnknownValue(name, text)) from error
    return values.moment(name, seconds)


async def write_fact(db: Connection, name: str, value: str) -> None:
    """Keep a value under a name."""
    sql = """
        INSERT INTO fact (name, value) VALUES (:name, :value)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
    """
    await db.execute(sql, {"name": name, "value": value})


async def delete_fact(db: Connection, name: str) -> None:
    """Forget the value kept under a name."""
    await db.execute("DELETE FROM fact WHERE name = :name", {"name": name})
