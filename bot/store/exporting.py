"""Writes everything that a database holds as the lines of an export."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from bot import __version__
from bot.store import recovery
from bot.store.database import Connection, one
from bot.store.export_format import (
    Contents,
    Header,
    Sum,
    Sums,
    end_record,
    line_of,
    row_line,
    table_record,
)
from bot.store.tables import TABLES, TEXTS, Table

_TOLD_AFTER: Final = 20_000
"""After how many rows the progress is told again."""


class Progress:
    """Tells how many rows are done, of how many."""

    def __init__(self, tell: Callable[[int, int], None], total: int) -> None:
        self._tell, self._total = tell, total
        self._done = self._told = 0

    def add(self, rows: int) -> None:
        """Note that this many more are done."""
        self._done += rows
        if self._done - self._told >= _TOLD_AFTER or self._done == self._total:
            self._told = self._done
            self._tell(self._done, self._total)


async def write_export(
    db: Connection,
    now: datetime,
    write: Callable[[bytes], object],
    tell: Callable[[int, int], None],
) -> Contents:
    """Write what a connection sees, which must be one moment; `write` takes whole lines."""
    taken_at = await recovery.moment_of(db, now)
    header = Header(__version__, taken_at, await _count(db), await db.last_ids())
    progress = Progress(tell, header.rows)
    write(header.line)
    sums = {}
    for table in TABLES:
        write(line_of(table_record(table)))
        sums[table.name] = await sum_of(db, table, progress, write)
    write(line_of(end_record(sums)))
    return Contents(header, sums)


async def sum_of(
    db: Connection,
    table: Table,
    progress: Progress,
    write: Callable[[bytes], object] | None = None,
) -> Sum:
    """Sum up the lines of a table's rows, and write them if there is a `write`."""
    sums = Sums()

    def take(page: Iterable[Iterable[Any]]) -> None:
        lines = [row_line([*row]) for row in page]
        sums.add(lines)
        if write:
            write(b"".join(lines))
        progress.add(len(lines))

    await _read(db, table, take)
    return sums.sum


async def _read(
    db: Connection, table: Table, take: Callable[[Iterable[Iterable[Any]]], None]
) -> None:
    """Give away the rows of a table in the order of its key."""
    if table.name == TEXTS:
        await db.full_text.read_stored(lambda page: take((key, *text) for key, text in page))
        return
    names, key = ", ".join(table.names), ", ".join(table.key)
    sql = f"SELECT {names} FROM {table.name} WHERE {table.only} ORDER BY {key}"  # noqa: S608 - ours
    await db.read_pages(sql, take)


async def _count(db: Connection) -> int:
    """How many rows there are, if every story has its text."""
    count = 0
    for table in TABLES:
        name = "story" if table.name == TEXTS else table.name
        row = await one(db, f"SELECT count(*) AS rows FROM {name} WHERE {table.only}")  # noqa: S608
        count += row["rows"] if row else 0
    return count
