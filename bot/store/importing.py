"""Fills an empty database with the rows of an export, all of them or none."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from bot.store import recovery
from bot.store.database import Connection, RowsRefused, one
from bot.store.export_format import Contents, Header, Sum, Sums
from bot.store.export_reading import Lines
from bot.store.exporting import Progress, sum_of
from bot.store.tables import TABLES, TEXTS, Table
from bot.stories.matching import Text

_FILLED_WHEN_NEW: Final = ("fact", "origin")
"""The tables that have rows in a database without content."""


async def first_content(db: Connection) -> str | None:
    """The name of a table that has rows; None = the database is empty."""
    for name in (table.name for table in TABLES if table.name not in (TEXTS, *_FILLED_WHEN_NEW)):
        if await one(db, f"SELECT 1 FROM {name} LIMIT 1"):  # noqa: S608 - a name of ours
            return name
    return None


async def fill(
    db: Connection,
    header: Header,
    lines: Lines,
    now: datetime,
    tell: Callable[[int, int], None],
) -> Contents:
    """Import what follows the header, into an empty database within a transaction.

    Everything is read back, so that the sums are those of the rows that are in the database.
    Raises BadExport: then the transaction must be rolled back.
    """
    progress = Progress(tell, 2 * header.rows)
    for name in _FILLED_WHEN_NEW:
        await db.execute(f"DELETE FROM {name}")  # noqa: S608 - a name of ours
    tables = [table.at(header.schema) for table in TABLES]
    sums = {table.name: await _fill(db, table, lines, progress) for table in tables}
    lines.end(sums)
    for table in tables:
        if await sum_of(db, table, progress) != sums[table.name]:
            raise lines.bad(f"the database does not keep the rows of the table {table.name}")
    await db.continue_ids(header.last_ids)
    await recovery.note_copy(db, header.taken_at, now)
    return Contents(header, sums)


async def _fill(db: Connection, table: Table, lines: Lines, progress: Progress) -> Sum:
    sums, later = Sums(), []
    for batch in lines.table(table):
        later += _hold_back(table, batch.rows)
        try:
            await _add(db, table, batch.rows)
        except RowsRefused as error:
            last = batch.first + len(batch.rows) - 1
            reason = f"the table {table.name} refuses the rows up to line {last}: {error}"
            raise lines.bad(reason, batch.first) from error
        sums.add(batch.lines)
        progress.add(len(batch.rows))
    await _refer(db, table, later)
    return sums.sum


async def _add(db: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    if table.name == TEXTS:
        await db.full_text.add({story_id: Text(*text) for story_id, *text in rows})
    else:
        await db.add_rows(table.name, table.names, rows)


def _hold_back(table: Table, rows: Sequence[list[Any]]) -> list[dict[str, int]]:
    """Take from rows what refers to later ones of their table; returns both keys of each."""
    if table.own is None:
        return []
    (key,) = table.key
    place, own = table.names.index(key), table.names.index(table.own)
    early = [row for row in rows if row[own] is not None and row[own] > row[place]]
    held = [{"key": row[place], "later": row[own]} for row in early]
    for row in early:
        row[own] = None
    return held


async def _refer(db: Connection, table: Table, held: Sequence[dict[str, int]]) -> None:
    """Give rows back what was held back, unless what they refer to is not there."""
    if held:
        (key,) = table.key
        sql = f"""
            UPDATE {table.name} SET {table.own} = :later
            WHERE {key} = :key AND EXISTS (SELECT 1 FROM {table.name} WHERE {key} = :later)
        """  # noqa: S608 - names of ours
        await db.executemany(sql, held)
