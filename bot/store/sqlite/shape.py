"""Whether a database has the tables of the schema that it claims to have.

A file may claim an older or newer schema than it has, by somebody's mistake: its steps would fail.
And between two releases step 3 existed in several versions; files of the first ones claim schema 3
and, opened as such, would fail at some later moment.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

from bot.errors import DatabaseError
from bot.store.sqlite.schema import STEPS

COLUMNS: Final = """
SELECT user_version, t.name || '.' || c.name
FROM pragma_user_version
LEFT JOIN (sqlite_schema t JOIN pragma_table_xinfo(t.name) c) ON t.type = 'table'
"""
"""The schema of a file, and each column of its tables (or NULL), in one snapshot."""


def refuse_other_tables(path: Path, found: Iterable[tuple[int, str | None] | sqlite3.Row]) -> None:
    """Raise DatabaseError for a file whose COLUMNS lack some of its schema, or include some of a
    later one. There may be others: an operator's, and SQLite's own.
    """
    rows = list(found)
    schema = int(rows[0][0])
    fault = _fault(schema, {column for _, column in rows})
    if fault:
        reason = f"its schema {schema} does not match any release: {fault}"
        advice = (
            "Restore a backup, or name another file with --database and load the stories again."
        )
        raise DatabaseError(path, reason, advice)


def _fault(schema: int, found: set[str | None]) -> str | None:
    if schema < 0:
        return "they count from 1"
    if missing := _columns(schema) - found:
        return f"{min(missing)} is missing"
    if later := (_columns(len(STEPS)) - _columns(schema)) & found:
        return f"{min(later)} is of a later one"
    return None


@cache
def _columns(schema: int) -> frozenset[str]:
    """The columns that the steps up to a schema make; 2 to 5 ms, once."""
    with closing(sqlite3.connect(":memory:")) as db:
        for step in STEPS[:schema]:
            db.executescript(step)
        return frozenset(column for _, column in db.execute(COLUMNS))
