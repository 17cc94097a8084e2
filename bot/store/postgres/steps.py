"""Brings a database on a PostgreSQL server to the schema of this program."""

from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from bot.database_url import DatabaseUrl
from bot.errors import DatabaseError
from bot.store.postgres.advisory_locks import UPGRADING
from bot.store.postgres.faults import (
    foreign,
    in_words,
    newer,
    not_utf8,
    read_only,
    readable_url,
    too_old,
)
from bot.store.postgres.schema import FIRST, NEWEST, STEPS
from bot.store.recovery import RESTORED

OLDEST_SERVER: Final = 15
_ALONE: Final = f"SELECT pg_advisory_xact_lock({UPGRADING})"
_IS_MARKED: Final = "SELECT to_regclass('broadsheet') IS NOT NULL"
_MARK: Final = """
CREATE TABLE IF NOT EXISTS broadsheet (schema BIGINT NOT NULL, place TEXT COLLATE "C" NOT NULL)
"""
"""The table that marks a database as ours, with its version and the place where it was opened."""
PLACE: Final = """
concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),
          (SELECT timeline_id FROM pg_control_checkpoint()),
          (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
"""Another for a database that pg_restore made, or that went back, or whose replica took over."""
_IS_MOVED: Final = f"SELECT place <> {PLACE} FROM broadsheet"  # noqa: S608 - a constant
_RESTORED: Final = f"""
WITH known AS (
    SELECT max(planned_at) AS at FROM edition UNION ALL SELECT max(created_at) FROM digest
), moved AS (UPDATE broadsheet SET place = {PLACE})
INSERT INTO fact (name, value)
SELECT '{RESTORED}', json_build_object('taken_at', coalesce(max(at), 0)) FROM known
ON CONFLICT (name) DO NOTHING
"""  # noqa: S608 - constants
"""As after `restore`: the bot may have posted since then what the database does not know."""


async def bring_up_to_date(url: DatabaseUrl, connection: "AsyncConnection[Any]") -> None:
    """Run the steps that the database has not had, all in one transaction; note a database that is
    an older copy. Raises DatabaseError.
    """
    await refuse_unusable(url, connection)
    if await schema_of(url, connection) != NEWEST:
        await _make_steps(url, connection)
    async with connection.transaction():
        await connection.execute(_ALONE)
        (moved,) = await _row(connection, _IS_MOVED)
        if moved:
            await connection.execute(_RESTORED)


async def _make_steps(url: DatabaseUrl, connection: "AsyncConnection[Any]") -> None:
    async with connection.transaction():
        await connection.execute(_ALONE)
        version = await schema_of(url, connection)
        for step in STEPS[max(0, version - FIRST + 1) :]:
            await connection.execute(step)
        await connection.execute(_MARK)
        await connection.execute("DELETE FROM broadsheet")
        await connection.execute(f"INSERT INTO broadsheet SELECT %s, {PLACE}", (NEWEST,))


async def refuse_unusable(url: DatabaseUrl, connection: "AsyncConnection[Any]") -> None:
    """Raise DatabaseError for an old server, and for a database that cannot hold all characters."""
    version = connection.info.server_version
    if version < OLDEST_SERVER * 10_000:
        raise too_old(url, version // 10_000, OLDEST_SERVER)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise not_utf8(url, encoding or "unknown")


async def refuse_read_only(url: DatabaseUrl, connection: "AsyncConnection[Any]") -> None:
    """Raise DatabaseError for a database that no transaction may write to."""
    if await _row(connection, "SHOW transaction_read_only") == ("on",):
        raise read_only(url)


async def schema_of(url: DatabaseUrl, connection: "AsyncConnection[Any]") -> int:
    """The version of the tables; 0 = there are none. Raises DatabaseError for a database of another
    program, and for one that is newer than this program.
    """
    (marked,) = await _row(connection, _IS_MARKED)
    if not marked:
        (tables,) = await _row(
            connection, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        )
        if tables:
            raise foreign(url)
        return 0
    (version,) = await _row(connection, "SELECT schema FROM broadsheet")
    if version > NEWEST:
        raise newer(url, version, NEWEST)
    return int(version)


async def _row(connection: "AsyncConnection[Any]", sql: str) -> tuple[Any, ...]:
    row = await (await connection.execute(sql)).fetchone()
    return tuple(row or ())


def refuse_missing(url: DatabaseUrl) -> None:
    """Raise DatabaseError for a database without tables of ours."""
    with (
        in_words(url),
        readable_url(url),
        psycopg.connect(url.secret, autocommit=True) as connection,
    ):
        row = connection.execute(_IS_MARKED).fetchone()
    if not (row and row[0]):
        advice = "Name another one with --database, or load stories with: broadsheet ingest."
        raise DatabaseError(url, "it has no tables of Broadsheet", advice)
