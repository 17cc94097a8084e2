"""Whether a database has the tables of the schema that it says it has.

Between two releases step 3 was written in several versions, and files of the first ones say that
they are of schema 3: opened as such they would fail at some later moment.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

from bot.errors import DatabaseError
from bot.store.schema import STEPS

COLUMNS: Final = """
SELECT user_version, t.name || '.' || c.name
FROM pragma_user_version, sqlite_schema t, pragma_table_xinfo(t.name) c
WHERE t.type = 'table'
"""
"""The schema of a file, and each column of its tables, as of one moment."""


def refuse_other_tables(path: Path, found: Iterable[tuple[int, str] | sqlite3.Row]) -> None:
    """Raise DatabaseError for a file whose COLUMNS are not all those of its schema."""
    rows = [(int(schema), str(column)) for schema, column in found]
    missing = _columns(rows[0][0]) - {column for _, column in rows} if rows else set()
    if missing:
        reason = f"its schema {rows[0][0]} is not the one of any release: {min(missing)} is missing"
        advice = (
            "Restore a backup, or name another file with --database and load the stories again."
        )
        raise DatabaseError(path, reason, advice)


@cache
def _columns(schema: int) -> frozenset[str]:
    """The columns that the steps up to a schema make; 2 to 5 ms, once."""
    with closing(sqlite3.connect(":memory:")) as db:
        for step in STEPS[:schema]:
            db.executescript(step)
        return frozenset(column for _, column in db.execute(COLUMNS))
