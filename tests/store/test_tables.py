"""The list of tables is the schema's: nothing that a database holds is left out of an export."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.store.sqlite.schema import STEPS
from bot.store.tables import NEVER_REUSED, OLDEST, SCHEMA, TABLES, TEXTS, Column, Table

KINDS = {"INTEGER": int, "TEXT": str, "REAL": float, "BLOB": bytes}
COMPUTED = {("topic", "stories"), ("story", "hidden")}
"""Columns that a trigger keeps, or that have no values of their own."""
DERIVED = {"text_place"}
"""Tables that are made again from others."""
INSIDE = re.compile(r"sqlite_\w+|story_text_\w+")
"""Tables of SQLite itself and of its full text."""


@pytest.fixture(scope="module")
def schema() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.row_factory = sqlite3.Row
        for step in STEPS:
            db.executescript(step)
        yield db


def columns(db: sqlite3.Connection, table: str) -> list[sqlite3.Row]:
    found = db.execute("SELECT * FROM pragma_table_xinfo(?)", (table,)).fetchall()
    return [one for one in found if (table, one["name"]) not in COMPUTED]


def test_every_table_is_exported_or_derived_from_others(schema: sqlite3.Connection) -> None:
    found = {
        name for (name,) in schema.execute("SELECT name FROM sqlite_schema WHERE type='table'")
    }
    listed = [table.name for table in TABLES]
    assert len({*listed}) == len(listed)
    assert {name for name in found if not INSIDE.fullmatch(name)} == {*listed} | DERIVED


@pytest.mark.parametrize(
    "table", [one for one in TABLES if one.name != TEXTS], ids=lambda t: t.name
)
def test_a_table_has_the_columns_types_and_key_of_the_schema(
    schema: sqlite3.Connection, table: Table
) -> None:
    found = columns(schema, table.name)
    assert {
        Column(one["name"], KINDS[one["type"]], bool(one["notnull"] or one["pk"])) for one in found
    } == {one._replace(since=OLDEST) for one in table.columns}
    keys = sorted((one["pk"], one["name"]) for one in found if one["pk"])
    assert [name for _, name in keys] == [*table.key]


def test_the_full_text_has_the_columns_that_are_indexed(schema: sqlite3.Connection) -> None:
    (texts,) = (table for table in TABLES if table.name == TEXTS)
    visible = [one["name"] for one in columns(schema, TEXTS) if not one["hidden"]]
    assert texts.names == ["story_id", *visible]


def test_each_table_comes_after_those_that_its_rows_refer_to(schema: sqlite3.Connection) -> None:
    seen = set[str]()
    for table in TABLES:
        sql = 'SELECT "table", "from" FROM pragma_foreign_key_list(?)'
        for other, column in schema.execute(sql, (table.name,)):
            assert other in seen or (other, column) == (table.name, table.own), table.name
        seen.add(table.name)


def test_the_schema_and_the_ids_never_given_again_are_as_in_sqlite(
    schema: sqlite3.Connection,
) -> None:
    assert len(STEPS) == SCHEMA
    sql = "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'"
    assert {name for (name,) in schema.execute(sql)} == {*NEVER_REUSED}
