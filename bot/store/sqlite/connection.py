"""A connection to SQLite that takes the portable SQL of the rest of the store."""

import json
import re
import sqlite3
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import aiosqlite
from aiosqlite.context import Result

from bot.store.database import Parameters, Row
from bot.store.shards import EVERY_SERVER
from bot.store.sqlite.faults import rows_refused
from bot.store.sqlite.full_text import Fts5

_PAGE: Final = 500
_MANY: Final = 1000
"""After so many rows the connection is given other work: its thread keeps what it read last until
then, which was 7 MB while 44,000 stories were grouped.
"""
_IN_LIST: Final = re.compile(r"= ANY\(:(\w+)\)")


class SqliteConnection(aiosqlite.Connection):
    """aiosqlite's connection, but with lists as parameters, and able to read any text."""

    @property
    def full_text(self) -> Fts5:
        """The stories' full text."""
        return Fts5(self)

    @property
    def own_servers(self) -> str:
        """SQL: whether a server's work is this process's: there is no other."""
        return EVERY_SERVER

    @property
    def row_lock(self) -> str:
        """A transaction locks the whole file."""
        return ""

    def execute(self, sql: str, parameters: Parameters = ()) -> Result[aiosqlite.Cursor]:
        """Run one statement."""
        return super().execute(*_with_lists(sql, parameters))

    def executemany(self, sql: str, parameters: Iterable[Parameters]) -> Result[aiosqlite.Cursor]:
        """Run one statement for each of the rows."""
        if _translated(sql)[1]:
            parameters = [_with_lists(sql, row)[1] for row in parameters]
        return super().executemany(_translated(sql)[0], parameters)

    async def execute_fetchall(  # type: ignore[override] # nobody enters it, as one can aiosqlite's
        self, sql: str, parameters: Parameters = ()
    ) -> Iterable[sqlite3.Row]:
        """Run one statement; returns its rows."""
        asked = _with_lists(sql, parameters)
        try:
            found = await super().execute_fetchall(*asked)
        except sqlite3.OperationalError as error:
            self._read_text_after(error)
            found = await super().execute_fetchall(*asked)
        rows = list(found)
        if len(rows) > _MANY:
            await super().execute("SELECT 0")
        return rows

    async def read_pages(self, sql: str, take: Callable[[Sequence[Row]], object]) -> None:
        """Run one statement; give its rows away some hundreds at a time, however many there are."""
        async with self.execute(sql) as cursor:
            while page := list(await cursor.fetchmany(_PAGE)):
                take(page)

    async def add_rows(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Add many rows to a table. Raises RowsRefused."""
        values = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608 - names
        with rows_refused():
            await self.executemany(sql, rows)

    async def last_ids(self) -> dict[str, int]:
        """The last id given in each table whose ids are never given again, if any was."""
        rows = await self.execute_fetchall("SELECT name, seq FROM sqlite_sequence")
        return {row["name"]: row["seq"] for row in rows}

    async def continue_ids(self, last: Mapping[str, int]) -> None:
        """From now on give ids that come after those of all rows and after these last ones."""
        known = await self.last_ids()
        rows = [{"name": name, "last": max(last[name], known.get(name, 0))} for name in last]
        await self.executemany("DELETE FROM sqlite_sequence WHERE name = :name", rows)
        await self.executemany("INSERT INTO sqlite_sequence VALUES (:name, :last)", rows)

    def read_any_text(self) -> None:
        """Let the connection read text that is not UTF-8, with U+FFFD in it.

        It is not the default because it slows every text.
        """
        self.text_factory = _any_text

    def _read_text_after(self, error: sqlite3.OperationalError) -> None:
        """Do so after it has failed for one, so that its row can be judged, and the others read.

        Raises any other error.
        """
        if "decode to UTF-8" not in str(error):
            raise error
        traceback.clear_frames(error.__traceback__)  # the cursor there keeps its snapshot open
        self.read_any_text()


def _any_text(content: bytes) -> str:
    return content.decode(errors="replace")


def _with_lists(sql: str, parameters: Parameters) -> tuple[str, Parameters]:
    """The SQL and its parameters for SQLite, which has no lists, but JSON."""
    translated, lists = _translated(sql)
    if not lists or not isinstance(parameters, Mapping):
        return translated, parameters
    return translated, {**parameters, **{name: json.dumps([*parameters[name]]) for name in lists}}


@lru_cache(maxsize=1024)
def _translated(sql: str) -> tuple[str, Sequence[str]]:
    """The SQL with lists in SQLite's syntax, and the names of the lists."""
    return _IN_LIST.sub(r"IN (SELECT value FROM json_each(:\1))", sql), _IN_LIST.findall(sql)


async def connect(address: Path | str, **how: Any) -> SqliteConnection:  # noqa: ANN401 - sqlite3's
    """An open connection, in no transaction until one begins. `how`: as for sqlite3.connect."""
    made = SqliteConnection(
        lambda: sqlite3.connect(address, isolation_level=None, **how), iter_chunk_size=64
    )
    await made
    made.row_factory = sqlite3.Row
    return made
