"""Databases that cannot be used: a sentence for each, and never the password."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from bot.database_url import DatabaseUrl
from bot.errors import DatabaseError
from bot.store import facts
from bot.store.opening import open_database, refuse_missing, schema_of
from bot.store.postgres import database as module
from bot.store.postgres.database import PostgresDatabase
from bot.store.postgres.membership import joined
from tests import postgres

PASSED = "hunter2"


def run(sql: str, database: str = "postgres") -> None:
    with psycopg.connect(postgres.server().url(database), autocommit=True) as db:
        db.execute(sql)


def made(name: str, options: str = "") -> DatabaseUrl:
    """A new database, of which an earlier test of this process may have left one."""
    run(f"DROP DATABASE IF EXISTS {name}")
    run(f"CREATE DATABASE {name} {options}")
    return DatabaseUrl(postgres.server().url(name))


def as_user(user: str, name: str) -> DatabaseUrl:
    url = postgres.server().url(name)
    return DatabaseUrl(url.replace(f"//{postgres.USER}@", f"//{user}:{PASSED}@"))


async def refusal(url: DatabaseUrl) -> str:
    """What opening says, by any of the ways in."""
    with pytest.raises(DatabaseError) as caught:
        await open_database(url)
    assert PASSED not in str(caught.value)
    assert str(caught.value).startswith(f"Database {url}: ")
    return caught.value.reason


async def test_a_database_that_cannot_hold_every_character_is_refused() -> None:
    url = made("latin", "TEMPLATE template0 ENCODING 'LATIN1'")
    assert await refusal(url) == "its encoding is LATIN1"


async def test_a_database_of_another_program_is_refused_and_left_as_it_is() -> None:
    url = made("others")
    run("CREATE TABLE theirs (id INTEGER)", "others")
    assert await refusal(url) == "it belongs to another program"
    with psycopg.connect(url.secret) as db:
        names = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert names == [("theirs",)]


async def test_a_database_of_a_newer_version_is_refused() -> None:
    url = made("newer")
    await (await open_database(url)).close()
    run("UPDATE broadsheet SET schema = 9999", "newer")
    assert await refusal(url) == "it was made by a newer Broadsheet"
    with pytest.raises(DatabaseError, match="Its schema is 9999"):
        await schema_of(url)


async def test_a_database_without_our_tables_is_new_and_for_a_look_up_missing() -> None:
    url = made("new")
    assert await schema_of(url) == 0
    with pytest.raises(DatabaseError, match="has no tables of Broadsheet"):
        refuse_missing(url)


async def test_a_user_who_may_not_write_is_told_so() -> None:
    made("foreigners")
    run("DROP ROLE IF EXISTS reader")
    run("CREATE ROLE reader LOGIN")
    assert await refusal(as_user("reader", "foreigners")) == "this user may not write to it"


async def test_a_database_that_is_read_only_is_refused_by_a_check_and_to_a_bot() -> None:
    url = made("still")
    await (await open_database(url)).close()
    run("ALTER DATABASE still SET default_transaction_read_only = on")
    advice = "nobody may write to it now. Use the primary server, not a replica"
    with pytest.raises(DatabaseError, match=advice):
        await schema_of(url)
    async with reading_only(url) as database:
        with pytest.raises(DatabaseError, match=advice):
            async with joined(database, None):
                pass
        with pytest.raises(DatabaseError, match=advice):
            async with database.writing() as db:
                await facts.write_fact(db, "written", "1")


async def test_an_empty_database_that_is_read_only_is_refused() -> None:
    url = made("still_empty")
    run("ALTER DATABASE still_empty SET default_transaction_read_only = on")
    assert await refusal(url) == "nobody may write to it now"


@asynccontextmanager
async def reading_only(url: DatabaseUrl) -> AsyncIterator[PostgresDatabase]:
    database = await open_database(url)
    assert isinstance(database, PostgresDatabase)
    async with database.reading() as db:
        assert await facts.read_fact(db, "written") is None
    yield database
    await database.close()


async def test_too_few_connections_are_told_and_none_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.5)
    made("narrow")
    run("DROP ROLE IF EXISTS poor")
    run("CREATE ROLE poor LOGIN CONNECTION LIMIT 1")
    run("GRANT ALL ON SCHEMA public TO poor", "narrow")
    assert await refusal(as_user("poor", "narrow")) == "its server gives no connection"
    with psycopg.connect(postgres.server().url("narrow")) as db:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'poor'"
        assert db.execute(sql).fetchone() == (0,)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "postgresql://nobody:{s}@/postgres?host={f}",
            "its server refuses the user or the password",
        ),
        ("postgresql://broadsheet:{s}@/nothing?host={f}", "there is no such database"),
        ("postgresql://u:{s}@127.0.0.1:1/news", "its server does not answer"),
        ("postgresql://u:{s}@nowhere.invalid/news", "its server does not answer"),
        ("postgresql://u:{s}%zz@127.0.0.1/news", "its URL cannot be read"),
        ("postgresql://u:{s}@127.0.0.1/news?colour=red", "its URL cannot be read"),
        ("postgres://u:{s}@127.0.0.1:99999999/news", "its server does not answer"),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_without_its_password(url: str, reason: str) -> None:
    folder = Path(postgres.server().url("").partition("host=")[2])
    named = DatabaseUrl(url.format(s=PASSED, f=folder))
    assert await refusal(named) == reason
    assert PASSED not in repr(named) + str(named)


async def test_a_database_that_is_an_older_copy_has_its_channels_read_back() -> None:
    url = made("archive")
    database = await open_database(url)
    async with database.writing() as db:
        await db.execute("INSERT INTO server (guild_id) VALUES (1)")
        sql = "INSERT INTO digest (guild_id, channel_id, created_at) VALUES (1, 1, 5)"
        await db.execute(sql)
    await database.close()
    await (await open_database(url)).close()  # the same one again
    copy = made("restored", "TEMPLATE archive")
    for where, known in ((url, None), (copy, '{"taken_at" : 5}'), (copy, '{"taken_at" : 5}')):
        database = await open_database(where)
        async with database.reading() as db:
            assert await facts.read_fact(db, "restored") == known
        await database.close()


async def test_connections_that_ended_with_the_server_are_not_used_again() -> None:
    url = made("ended")
    database = await open_database(url)
    assert isinstance(database, PostgresDatabase)
    try:
        for _ in range(2):
            async with database.reading() as one, database.reading() as other:
                assert [await facts.read_fact(db, "x") for db in (one, other)] == [None, None]
            async with database.writing() as db:
                await facts.write_fact(db, "ended", "x")
            async with database.noting() as db:
                assert await facts.read_fact(db, "ended") == "x"
            postgres.cut_connections(url)
    finally:
        await database.close()
