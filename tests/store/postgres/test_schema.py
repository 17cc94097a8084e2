"""Both kinds of database have the same tables, columns, values that may be missing, and rows."""

import hashlib
import re
import sqlite3
from contextlib import closing
from typing import Final

import psycopg
import pytest

from bot.database_url import DatabaseUrl
from bot.store import digests
from bot.store.opening import open_database, schema_of
from bot.store.postgres import steps
from bot.store.postgres.schema import FIRST, NEWEST
from bot.store.postgres.schema import STEPS as SERVER_STEPS
from bot.store.sqlite.schema import STEPS
from tests import postgres

KINDS: Final = {
    "INTEGER": "bigint",
    "TEXT": "text",
    "REAL": "double precision",
    "BLOB": "bytea",
}
ONLY_HERE: Final = {"broadsheet", "process", "lease", "rate_budget"}
"""The mark, and what several processes share; a file has one process."""
FULL_TEXT: Final = "story_text"

Column = tuple[str, str, bool]


@pytest.fixture(scope="module")
def file() -> dict[str, list[Column]]:
    """The columns of each table of a file: name, type, whether NULL is refused."""
    with closing(sqlite3.connect(":memory:")) as db:
        for step in STEPS:
            db.executescript(step)
        names = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if not name.startswith(("sqlite_", FULL_TEXT))
        ]
        return {
            name: [
                (column, KINDS[kind.split()[0]], bool(needed or key))
                for _, column, kind, needed, _, key, _ in db.execute(
                    "SELECT * FROM pragma_table_xinfo(?)", (name,)
                )
            ]
            for name in names
        }


@pytest.fixture(scope="module")
def server() -> dict[str, list[Column]]:
    """The same of a database on a server."""
    sql = """
        SELECT table_name, column_name, data_type, is_nullable = 'NO'
        FROM information_schema.columns WHERE table_schema = 'public'
        ORDER BY table_name, ordinal_position
    """
    found: dict[str, list[Column]] = {}
    with psycopg.connect(postgres.server().url("empty")) as db:
        for table, *column in db.execute(sql):
            found.setdefault(table, []).append((column[0], column[1], column[2]))
    return found


STEP_HASHES: Final = ("e40635bf62", "f025d4afe0")
"""The beginning of each step's SHA-256."""


def test_no_step_was_edited() -> None:
    found = tuple(hashlib.sha256(step.encode()).hexdigest()[:10] for step in SERVER_STEPS)
    assert found == STEP_HASHES, "append a step of its own, and its hash here"


_ADDS: Final = re.compile(
    r"(CREATE (UNIQUE )?INDEX|CREATE TABLE|INSERT INTO|UPDATE) "
    r"|ALTER TABLE \w+ ADD COLUMN (?!.* NOT NULL(?! DEFAULT))",
)


def test_every_step_only_adds_so_that_processes_of_the_version_before_run_on() -> None:
    for step in SERVER_STEPS[1:]:
        for statement in filter(str.strip, step.split(";")):
            assert _ADDS.match(statement.strip()), statement


async def test_a_database_of_every_former_schema_opens_and_keeps_its_rows() -> None:
    for version in range(FIRST, NEWEST):
        with psycopg.connect(postgres.server().url("postgres"), autocommit=True) as db:
            db.execute("DROP DATABASE IF EXISTS former")
            db.execute("CREATE DATABASE former")
        url = DatabaseUrl(postgres.server().url("former"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(steps, "STEPS", SERVER_STEPS[: version - FIRST + 1])
            patch.setattr(steps, "NEWEST", version)
            await (await open_database(url)).close()
            with psycopg.connect(url.secret) as db:
                db.execute("INSERT INTO server (guild_id, layout) VALUES (81, 'compact')")
        opened = await open_database(url)
        async with opened.reading() as connection:
            server = await digests.server_settings(connection, 81)
        await opened.close()
        assert {name: value for name, value in server.items() if value} == {"layout": "compact"}
        assert await schema_of(url) == NEWEST


def test_the_versions_are_counted_alike() -> None:
    assert len(STEPS) == NEWEST


def test_the_tables_are_the_same(
    file: dict[str, list[Column]], server: dict[str, list[Column]]
) -> None:
    assert {*server} - ONLY_HERE - {FULL_TEXT} == {*file}


def test_the_columns_are_the_same_in_any_order(
    file: dict[str, list[Column]], server: dict[str, list[Column]]
) -> None:
    for table, columns in file.items():
        given = [("hidden", "bigint", False) if one[0] == "hidden" else one for one in columns]
        assert sorted(server[table]) == sorted(given), table


def test_every_text_sorts_by_code_points() -> None:
    sql = """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
    """
    with psycopg.connect(postgres.server().url("empty")) as db:
        assert db.execute(sql).fetchall() == []


def test_the_indexes_of_the_tables_are_the_same(server: dict[str, list[Column]]) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        for step in STEPS:
            db.executescript(step)
        names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql > ''")
        wanted = {name for (name,) in names}
    with psycopg.connect(postgres.server().url("empty")) as db:
        sql = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
        found = {name for (name,) in db.execute(sql)}
    assert wanted <= found
