"""The database under faults: one sentence each, with path, reason and advice; nothing is lost.

A full disk is a real limit in SQLite (max_page_count), a lock is another connection's, a kill is a
kill -9 of another process.
"""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import DatabaseError
from bot.store.database import every, one
from bot.store.facts import read_fact, write_fact
from bot.store.sqlite import database as module
from bot.store.sqlite.copying import back_up
from bot.store.sqlite.database import SqliteDatabase, open_database
from bot.store.sqlite.faults import DamageCheck, find_damage
from bot.store.sqlite.looking import schema_of
from bot.store.sqlite.schema import APPLICATION_ID, STEPS

pytestmark = pytest.mark.sqlite


ROOT = Path(__file__).parent.parent.parent.parent
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broadsheet.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_database(path)
    yield opened
    await opened.close()


async def make(path: Path, **kept: str) -> None:
    """A closed database with some facts in it."""
    opened = await open_database(path)
    await write(opened, kept)
    await opened.close()


async def write(
    database: SqliteDatabase, facts: Mapping[str, str], then: BaseException | None = None
) -> None:
    """One transaction, which ends in an error if one is given."""
    async with database.writing() as db:
        for name, value in facts.items():
            await write_fact(db, name, value)
        if then is not None:
            raise then


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, new: bytes) -> None:
    path.write_bytes(new)


async def fact(database: SqliteDatabase, name: str) -> str | None:
    async with database.reading() as db:
        return await read_fact(db, name)


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


async def fault_of_opening(path: Path) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        await open_database(path)
    error = caught.value
    assert error.database == path
    assert str(path) in str(error)
    assert str(error) == f"Database {path}: {error.reason}. {error.advice}"
    assert error.advice.endswith(".")
    return error


# Opening.


async def test_both_connections_have_wal_full_and_foreign_keys(database: SqliteDatabase):
    for connection in (database._writer, database._reader):
        for name, expected in (
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("temp_store", 2),
        ):
            row = await one(connection, f"PRAGMA {name}")
            assert row is not None
            assert row[0] == expected, name


async def test_only_one_connection_writes(database: SqliteDatabase):
    row = await one(database._reader, "PRAGMA query_only")
    assert row is not None
    assert row[0] == 1
    with pytest.raises(DatabaseError, match="read-only"):
        async with database.reading() as db:
            await write_fact(db, "a", "b")


async def test_a_new_file_bears_our_mark_and_the_newest_schema(path: Path):
    await make(path)
    assert pragma(path, "application_id") == APPLICATION_ID
    assert pragma(path, "user_version") == len(STEPS)


async def test_missing_folders_are_made(tmp_path: Path):
    path = tmp_path / "a" / "b" / "broadsheet.db"
    await make(path)
    assert path.exists()


async def test_an_empty_file_becomes_a_database(path: Path):
    put(path, b"")
    await make(path, name="kept")
    opened = await open_database(path)
    assert await fact(opened, "name") == "kept"
    await opened.close()


async def test_opening_again_changes_nothing(path: Path):
    await make(path, name="kept")
    opened = await open_database(path)
    assert await fact(opened, "name") == "kept"
    await opened.close()


async def test_several_openings_of_a_new_file_at_once_all_succeed(path: Path):
    opened = await asyncio.gather(*(open_database(path) for _ in range(6)))
    for number, each in enumerate(opened):
        async with each.writing() as db:
            await write_fact(db, f"n{number}", "here")
    assert [await fact(opened[0], f"n{n}") for n in range(6)] == ["here"] * 6
    for each in opened:
        await each.close()


async def test_an_older_schema_is_brought_up_to_date_and_keeps_its_rows(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(module, "STEPS", STEPS[:1])
        await make(path, name="kept")
    assert pragma(path, "user_version") == 1
    opened = await open_database(path)
    assert await fact(opened, "name") == "kept"
    await opened.close()
    assert pragma(path, "user_version") == len(STEPS)


async def test_a_step_that_fails_in_its_second_statement_leaves_the_old_version_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    await make(path, name="kept")
    before = schema(path)
    broken = "CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)"
    with monkeypatch.context() as patch:
        patch.setattr(module, "STEPS", (*STEPS, broken))
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            await open_database(path)
    assert schema(path) == before
    assert pragma(path, "user_version") == len(STEPS)
    opened = await open_database(path)
    assert await fact(opened, "name") == "kept"
    await opened.close()


def schema(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT sql FROM sqlite_schema ORDER BY name")]


async def test_a_newer_schema_is_refused_and_left_alone(path: Path):
    await make(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    error = await fault_of_opening(path)
    assert error.reason == "it was made by a newer Broadsheet"
    assert "99" in error.advice
    assert "upgrade" in error.advice
    assert pragma(path, "user_version") == 99


@pytest.mark.parametrize("version", [0, 1, 2, 7])
@pytest.mark.parametrize("mark", [0, 0x0F055112])
async def test_a_database_of_another_program_is_refused_and_not_one_byte_is_changed(
    path: Path, version: int, mark: int
):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (a)")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute(f"PRAGMA application_id = {mark}")
    before = content(path)
    error = await fault_of_opening(path)
    assert error.reason == "it belongs to another program"
    assert "--database" in error.advice
    assert content(path) == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path):
    put(path, b"Dear diary, today I have not been a database.\n" * 50)
    before = content(path)
    assert (await fault_of_opening(path)).reason == "it is not an SQLite database"
    assert content(path) == before


async def test_a_folder_in_the_place_of_the_file_is_refused(path: Path):
    (folder := path / "a.db").mkdir(parents=True)
    assert (await fault_of_opening(folder)).reason == "it is a folder, no file"


async def test_a_pipe_in_the_place_of_the_file_is_refused_and_not_waited_for(path: Path):
    os.mkfifo(path)
    reason = "it is a pipe, a socket or a device, no file"
    assert (await fault_of_opening(path)).reason == reason
    for use in (find_damage, schema_of, lambda path: back_up(path, path.with_name("copy.db"), NOW)):
        with pytest.raises(DatabaseError, match=reason):
            use(path)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").touch()
    error = await fault_of_opening(tmp_path / "file" / "below" / "broadsheet.db")
    assert error.reason == "Not a directory"


# Damage.


async def test_a_whole_database_has_no_damage(database: SqliteDatabase):
    assert find_damage(database.path) is None


async def test_zeroed_pages_are_found(path: Path):
    await make(path, **{f"name{n}": "x" * 500 for n in range(200)})
    whole = content(path)
    put(path, whole[: 40 * 4096] + bytes(len(whole) - 41 * 4096) + whole[-4096:])
    assert "restore a backup" in await damage_at(path)


async def damage_at(path: Path) -> str:
    """The error from opening a database and looking for damage."""
    try:
        await (await open_database(path)).close()
        DamageCheck(path).refuse_damage()
    except DatabaseError as error:
        return str(error)
    return "none"


@pytest.mark.parametrize("kept", [4096, 5000, 3 * 4096, 20 * 4096])
async def test_a_truncated_file_is_said_to_be_damaged(path: Path, kept: int):
    await make(path, **{f"name{n}": "x" * 500 for n in range(200)})
    put(path, content(path)[:kept])
    said = await damage_at(path)
    assert "damaged" in said or "restore a backup" in said


async def test_a_damaged_schema_is_said_to_be_damaged(path: Path):
    await make(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = 'CREATE nonsense' WHERE name = 'fact'")
        db.commit()
    assert (await fault_of_opening(path)).reason == "it is damaged"


# Rights.


async def test_a_read_only_file_is_said_to_be_read_only_and_stays_as_it_is(public_folder: Path):
    path = public_folder / "broadsheet.db"
    await make(path, name="kept")
    with rights(path.parent, 0o555), rights(path, 0o444):
        said = told_to_nobody(path)
    assert said.startswith(f"Database {path}: it ")
    assert "Give this user the right" in said or "this user may write there" in said
    opened = await open_database(path)
    assert await fact(opened, "name") == "kept"
    await opened.close()


def test_a_folder_without_the_right_to_make_a_file_is_said(public_folder: Path):
    with rights(public_folder, 0o555):
        below = told_to_nobody(public_folder / "below" / "broadsheet.db")
        here = told_to_nobody(public_folder / "broadsheet.db")
    assert "Permission denied" in below
    assert "it cannot be opened" in here


@contextmanager
def rights(path: Path, mode: int) -> Iterator[None]:
    """Change a file's mode for a while."""
    before = path.stat().st_mode
    path.chmod(mode)
    yield
    path.chmod(before)


_NOBODY = """
import asyncio, os, sys
from pathlib import Path
from bot.errors import DatabaseError
from bot.store.sqlite.database import open_database
from bot.store.facts import write_fact

async def main():
    database = await open_database(Path(sys.argv[1]))
    try:
        async with database.writing() as db:
            await write_fact(db, "name", "changed")
    finally:
        await database.close()

if os.getuid() == 0:  # to whom rights mean nothing; after the imports, which others may not read
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    asyncio.run(main())
except DatabaseError as error:
    print(error)
"""


def told_to_nobody(path: Path) -> str:
    """The error for a user without rights who opens the database and writes to it."""
    command = [sys.executable, "-c", _NOBODY, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert done.stderr == ""
    return done.stdout


# Locks and full disks.


async def test_a_locked_database_is_said_to_be_locked_and_the_next_write_succeeds(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    opened = await open_database(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError) as caught:
            async with opened.writing() as db:
                await write_fact(db, "name", "lost")
        assert caught.value.reason == "another process is writing to it"
        assert await fact(opened, "name") is None, "reading goes on meanwhile"
        other.execute("ROLLBACK")
    async with opened.writing() as db:
        await write_fact(db, "name", "kept")
    assert await fact(opened, "name") == "kept"
    await opened.close()


async def test_a_new_file_that_another_process_holds_is_said_to_be_locked(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert (await fault_of_opening(path)).reason == "another process is writing to it"


async def test_on_a_full_disk_a_write_is_said_to_fail_and_nothing_is_half_written(
    database: SqliteDatabase,
):
    async with database.writing() as db:
        await write_fact(db, "name", "kept")
    pages = await one(database._writer, "PRAGMA page_count")
    assert pages is not None
    await database._writer.execute(f"PRAGMA max_page_count = {pages[0] + 2}")
    changes = {"name": "changed", **{f"n{number}": "x" * 3000 for number in range(100)}}
    with pytest.raises(DatabaseError) as caught:
        await write(database, changes)
    assert caught.value.reason == "the disk is full"
    assert await fact(database, "name") == "kept"
    assert await fact(database, "n0") is None
    await database._writer.execute("PRAGMA max_page_count = 1000000")
    async with database.writing() as db:
        await write_fact(db, "name", "again")
    assert await fact(database, "name") == "again"


# Transactions.


class Interrupted(BaseException):
    pass


@pytest.mark.parametrize("kind", [ValueError, Interrupted, DatabaseError])
async def test_an_exception_inside_rolls_back_and_passes_unchanged(
    database: SqliteDatabase, kind: type[BaseException]
):
    error = kind(database.path, "a", "b")
    with pytest.raises(kind) as caught:
        await write(database, {"name": "half"}, then=error)
    assert caught.value is error
    assert await fact(database, "name") is None
    async with database.writing() as db:
        await write_fact(db, "name", "whole")
    assert await fact(database, "name") == "whole"


async def test_a_mistake_in_our_own_sql_is_not_blamed_on_the_file(database: SqliteDatabase):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        async with database.writing() as db:
            await db.execute("SELECT * FROM nowhere")


async def test_a_task_cancelled_inside_rolls_back(database: SqliteDatabase):
    begun = asyncio.Event()

    async def write() -> None:
        async with database.writing() as db:
            await write_fact(db, "name", "half")
            begun.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await fact(database, "name") is None
    async with database.writing() as db:
        await write_fact(db, "name", "whole")


@pytest.mark.parametrize("steps", range(30))
async def test_a_task_cancelled_at_any_moment_leaves_a_database_that_can_be_written(
    database: SqliteDatabase, steps: int
):
    """Also while BEGIN or COMMIT runs in its thread: it goes on, and must be undone afterwards."""

    async def write() -> None:
        async with database.writing() as db:
            await write_fact(db, "a", "new")
            await write_fact(db, "b", "new")

    task = asyncio.create_task(write())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await fact(database, "a") == await fact(database, "b"), "all or nothing"
    async with database.writing() as db:
        await write_fact(db, "a", "whole")
    assert await fact(database, "a") == "whole"


async def test_a_task_cancelled_while_it_waits_for_another_process_leaves_no_transaction_open(
    path: Path,
):
    opened = await open_database(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def write() -> None:
            async with opened.writing() as db:
                await write_fact(db, "name", "half")

        task = asyncio.create_task(write())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await task
    async with opened.writing() as db:
        await write_fact(db, "name", "whole")
    assert await fact(opened, "name") == "whole"
    await opened.close()


async def test_two_tasks_that_write_at_once_go_one_after_the_other(database: SqliteDatabase):
    async def count_up() -> None:
        async with database.writing() as db:
            known = await read_fact(db, "count") or "0"
            await asyncio.sleep(0)
            await write_fact(db, "count", str(int(known) + 1))

    await asyncio.gather(*(count_up() for _ in range(20)))
    assert await fact(database, "count") == "20"


async def test_one_tasks_rollback_takes_nothing_of_anothers(database: SqliteDatabase):
    async def write(name: str, *, fail: bool) -> None:
        async with database.writing() as db:
            await write_fact(db, name, "here")
            await asyncio.sleep(0)
            if fail:
                raise ValueError

    work = (write(f"n{number}", fail=number % 2 == 1) for number in range(10))
    await asyncio.gather(*work, return_exceptions=True)
    found = [await fact(database, f"n{number}") for number in range(10)]
    assert found == ["here", None] * 5


async def test_readers_never_see_half_a_transaction(database: SqliteDatabase):
    async with database.writing() as db:
        await write_fact(db, "a", "0")
        await write_fact(db, "b", "0")
    done = False
    seen = set()

    async def write() -> None:
        for number in range(1, 60):
            async with database.writing() as db:
                await write_fact(db, "a", str(number))
                await asyncio.sleep(0)
                await write_fact(db, "b", str(number))
        nonlocal done
        done = True

    async def look() -> None:
        while not done:
            async with database.reading() as db:
                rows = await every(db, "SELECT value FROM fact WHERE name IN ('a', 'b')")
            seen.add(tuple(row["value"] for row in rows))

    await asyncio.gather(write(), look())
    assert len(seen) > 1
    assert all(a == b for a, b in seen)


# Death.

_WRITER = """
import asyncio, sys
from pathlib import Path
from bot.store.sqlite.database import open_database
from bot.store.facts import write_fact

async def main():
    database = await open_database(Path(sys.argv[1]))
    async with database.writing() as db:
        await write_fact(db, "name", "committed")
    async with database.writing() as db:
        await write_fact(db, "name", "half")
        await write_fact(db, "other", "half")
        print("in the middle", flush=True)
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""


def write_and_be_killed(path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - our own program
        assert child.stdout is not None
        assert child.stdout.readline() == "in the middle\n"
        child.kill()
        assert child.wait() == -signal.SIGKILL


async def test_a_kill_in_the_middle_of_a_transaction_leaves_the_last_commit(path: Path):
    write_and_be_killed(path)
    opened = await open_database(path)
    assert await fact(opened, "name") == "committed"
    assert await fact(opened, "other") is None
    assert find_damage(path) is None
    async with opened.writing() as db:
        await write_fact(db, "name", "after")
    await opened.close()


async def test_a_check_for_damage_is_broken_off_at_once(tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    await (await open_database(path)).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE much (text)")
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)"
            " INSERT INTO much SELECT hex(i) FROM n"
        )
        db.commit()
    check = DamageCheck(path)
    running = asyncio.create_task(asyncio.to_thread(check.refuse_damage))
    while not running.done():
        check.break_off()
        await asyncio.sleep(0)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        running.result()
