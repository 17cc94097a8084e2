"""A database with rows in every table, which have the values that are hard to keep."""

from typing import Any

from bot.store.database import Connection
from bot.store.tables import TABLES, TEXTS, Column, Table
from bot.stories.matching import Text

ROWS = (1, 2)
LAST_IDS = {"feed": 40, "change": 50}
_INTEGERS = (-(1 << 63), (1 << 63) - 1)
_TEXTS = ("", 'q" \\ \n\r\t\x1f\u2028 é 漢字 \U0001f600 \ufeff\ufffe\U0010ffff')
_REALS = (0.1, -5e-324)
_BLOBS = (b"", bytes(range(256)))
_SMALL = {"published_at", "position", "part"}
"""Numbers from which others are computed, or which count."""


async def fill_every_table(db: Connection) -> None:
    """Write two rows into each table; whatever may be NULL is so in the second."""
    for name in ("fact", "origin"):
        await db.execute(f"DELETE FROM {name}")  # noqa: S608 - a name of ours
    for table in TABLES:
        rows = rows_for(table)
        if table.name == TEXTS:
            await db.full_text.add({story_id: Text(*text) for story_id, *text in rows})
        else:
            await db.add_rows(table.name, table.names, rows)
    await db.execute("UPDATE event SET former_id = 2 WHERE event_id = 1")
    await db.continue_ids(LAST_IDS)


def rows_for(table: Table) -> list[list[Any]]:
    """Two rows for a table."""
    return [[_value(table, column, row) for column in table.columns] for row in ROWS]


def _value(table: Table, column: Column, row: int) -> object:
    if column.name == table.own or (row == ROWS[1] and not column.required):
        return None
    if column.kind is str:
        return f"{column.name} {row} {_TEXTS[row - 1]}"
    if column.kind is float:
        return _REALS[row - 1]
    if column.kind is bytes:
        return _BLOBS[row - 1]
    refers = column.name.endswith("_id") or column.name in _SMALL
    return row if refers else _INTEGERS[row - 1]
