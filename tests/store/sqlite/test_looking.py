"""Reading a database leaves no trace, whatever state it and the files beside it are in."""

import asyncio
import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.errors import DatabaseError
from bot.store.sqlite.looking import looking_at, schema_of
from bot.store.sqlite.schema import STEPS
from tests.conftest import ROOT
from tests.store.sqlite.test_backups import make

pytestmark = pytest.mark.sqlite


_HOLDER = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA wal_autocheckpoint = 0")
db.execute("INSERT OR REPLACE INTO fact VALUES ('name', 'in the wal')")
print("holding", flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.readline()
"""
NAME = "SELECT value FROM fact WHERE name = 'name'"
Trace = dict[str, tuple[int, int, int, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "broadsheet.db"
    asyncio.run(make(path, name="in the file"))
    return path


def trace(path: Path, *, without: str = "") -> Trace:
    """Names, modes, sizes, times and hashes of all files in the database's folder."""
    found = {
        one.name: one
        for one in path.parent.iterdir()
        if not (without and one.name.endswith(without))
    }
    found["."] = path.parent
    return {
        name: (
            one.stat().st_mode,
            one.stat().st_size,
            one.stat().st_mtime_ns,
            "" if one.is_dir() else hashlib.sha256(one.read_bytes()).hexdigest(),
        )
        for name, one in found.items()
    }


@contextmanager
def another_process(path: Path, fate: str) -> Iterator[None]:
    """A process that has written to the -wal: it still "lives", or was "killed"."""
    command = [sys.executable, "-c", _HOLDER, str(path), fate]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as one:  # noqa: S603
        assert one.stdout
        assert one.stdout.readline() == b"holding\n"
        if fate == "killed":
            one.wait()
        yield


def name_in(path: Path) -> str:
    with looking_at(path) as db:
        (found,) = db.execute(NAME).fetchone()
    return str(found)


def test_a_database_that_nobody_has_open_is_read_without_a_trace(path: Path):
    before = trace(path)
    assert schema_of(path) == len(STEPS)
    assert name_in(path) == "in the file"
    assert trace(path) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_beside_a_process_that_writes_only_the_shared_file_may_change(path: Path):
    with another_process(path, "lives"):
        before = trace(path, without="-shm")
        assert f"{path.name}-wal" in before
        assert schema_of(path) == len(STEPS)
        assert name_in(path) == "in the wal"
        assert trace(path, without="-shm") == before


@pytest.mark.parametrize("shared", [True, False], ids=["with its -shm", "without"])
def test_what_a_killed_process_left_is_read_from_a_copy(path: Path, shared: bool):
    with another_process(path, "killed"):
        if not shared:
            path.with_name(f"{path.name}-shm").unlink()
        before = trace(path)
        assert f"{path.name}-wal" in before
        assert schema_of(path) == len(STEPS)
        assert name_in(path) == "in the wal"
        assert trace(path) == before


@pytest.mark.parametrize("fate", ["lives", "killed"])
def test_by_a_link_is_read_what_stands_in_the_wal_of_the_file_it_leads_to(
    path: Path, tmp_path: Path, fate: str
):
    (first := tmp_path / "first.db").symlink_to(path)
    (link := tmp_path / "link.db").symlink_to(first.name)
    with another_process(path, fate):
        before = trace(path, without="-shm")
        assert schema_of(link) == len(STEPS)
        assert name_in(link) == "in the wal"
        assert trace(path, without="-shm") == before
    assert {one.name for one in tmp_path.iterdir()} == {"folder", "first.db", "link.db"}


def test_a_journal_that_a_killed_process_left_is_rolled_back_in_a_copy_only(path: Path):
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        rows = ((f"n{number}", "x" * 4000) for number in range(200))
        db.executemany("INSERT INTO fact VALUES (?, ?)", rows)
        for end in ("", "-journal"):  # as in the middle of a transaction
            one = path.with_name(path.name + end)
            one.with_name(f"copy.db{end}").write_bytes(one.read_bytes())
        db.execute("ROLLBACK")
    copy = path.with_name("copy.db")
    before = trace(copy)
    assert schema_of(copy) == len(STEPS)
    assert name_in(copy) == "in the file"
    assert trace(copy) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"Dear diary, no database today.\n" * 200, "not an SQLite database"), (None, "damaged")],
)
def test_a_file_that_cannot_be_used_is_told_and_left_as_it_is(
    path: Path, content: bytes | None, words: str
):
    whole = path.read_bytes()
    path.write_bytes(content or whole[:8192] + bytes(len(whole) - 8192))
    before = trace(path)
    with pytest.raises(DatabaseError, match=words):
        schema_of(path)
    assert trace(path) == before


def test_an_empty_file_has_no_schema_yet_and_stays_empty(tmp_path: Path):
    (path := tmp_path / "broadsheet.db").touch()
    before = trace(path)
    assert schema_of(path) == 0
    assert trace(path) == before


def test_another_programs_database_is_refused(tmp_path: Path):
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (a)")
    with pytest.raises(DatabaseError, match="belongs to another program"):
        schema_of(path)


def test_what_is_written_meanwhile_is_never_taken_for_damage(path: Path):
    """A process repeatedly opens, writes, empties the -wal and closes."""
    command = [sys.executable, "-c", _BUSY, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:  # noqa: S603
        assert writer.stdout
        assert writer.stdout.readline() == b"writing\n"
        found = {schema_of(path) for _ in range(20)}
        writer.kill()
    assert found == {len(STEPS)}


_BUSY = """
import sqlite3, sys
print("writing", flush=True)
number = 0
while True:
    db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
    for _ in range(20):
        number += 1
        db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (f"n{number % 50}", "x" * 3000))
    db.close()
"""
