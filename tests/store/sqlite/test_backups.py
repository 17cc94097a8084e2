"""Copies of the database: whole, of one moment, checked, and few; or none at all."""

import asyncio
import hashlib
import os
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DatabaseError
from bot.store.facts import write_fact
from bot.store.sqlite import backups, copying
from bot.store.sqlite import database as module
from bot.store.sqlite.copying import back_up, back_up_before_step, back_up_daily
from bot.store.sqlite.database import open_database
from bot.store.sqlite.faults import find_damage
from bot.store.sqlite.restoring import restore
from bot.store.sqlite.schema import STEPS
from tests.conftest import ROOT

pytestmark = pytest.mark.sqlite


NOW = datetime(2026, 11, 25, 8, 15, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broadsheet.db"


async def make(path: Path, **kept: str) -> None:
    """A closed database with some facts in it."""
    opened = await open_database(path)
    async with opened.writing() as db:
        for name, value in kept.items():
            await write_fact(db, name, value)
    await opened.close()


def query(path: Path, sql: str) -> Any:
    """The first value that a query finds."""
    with closing(sqlite3.connect(path)) as db:
        row = db.execute(sql).fetchone()
    return row[0] if row else None


def names(path: Path) -> list[str]:
    """The files in the backup folder, in order."""
    return sorted(files_in(backups.folder_of(path)))


def files_in(folder: Path) -> set[str]:
    """The names of a folder's entries."""
    return {one.name for one in folder.iterdir()}


def content(path: Path) -> bytes:
    """All bytes of a file."""
    return path.read_bytes()


def put(path: Path, new: bytes) -> None:
    """Change a file's content."""
    path.write_bytes(new)


async def test_a_copy_is_the_database_with_its_time_and_a_checksum_that_sha256sum_reads(
    path: Path, tmp_path: Path
):
    await make(path, name="kept")
    target = tmp_path / "copies" / "one.db"
    back_up(path, target, NOW)
    assert query(target, "SELECT value FROM fact WHERE name = 'name'") == "kept"
    assert query(target, "SELECT value FROM fact WHERE name = 'taken_at'") == str(
        int(NOW.timestamp())
    )
    assert query(path, "SELECT count(*) FROM fact WHERE name = 'taken_at'") == 0
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    assert target.with_name("one.db.sha256").read_text() == f"{digest}  one.db\n"
    assert backups.is_whole(target)
    assert sorted(one.name for one in target.parent.iterdir()) == ["one.db", "one.db.sha256"]


@pytest.fixture
def careless() -> Iterator[None]:
    """A process that lets everybody read and write the files it creates."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless")
async def test_every_copy_is_its_owners_alone(path: Path, tmp_path: Path):
    await make(path)
    back_up(path, tmp_path / "mine.db", NOW)
    back_up_daily(path, NOW, 7)
    copying.back_up_before_step(path, 9, NOW)
    restore(path, tmp_path / "mine.db", NOW)
    restore(tmp_path / "new" / "broadsheet.db", tmp_path / "mine.db", NOW)
    made = [tmp_path / "mine.db", tmp_path / "new" / "broadsheet.db"]
    made += [path.parent / "backups" / name for name in names(path)]
    assert len([one for one in made if one.suffix == ".db"]) == 5
    assert {stat.S_IMODE(one.stat().st_mode) for one in made} == {0o600}


_WRITER = """
import sqlite3, sys
from itertools import count
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
for number in count(1):
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO topic (slug, name) VALUES (?, ?)", (f"t{number}", "x" * 2000))
    db.execute("INSERT OR REPLACE INTO fact VALUES ('topics', ?)", (str(number),))
    db.execute("COMMIT")
    if number == 50:
        print("ready", flush=True)
"""


@contextmanager
def running(program: str, path: Path) -> Iterator[None]:
    """Another process that uses the database, from its first line of output; killed at the end."""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:  # noqa: S603 - our own program
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            yield
        finally:
            child.kill()


async def test_a_copy_made_while_another_process_writes_is_one_moment_of_it(path: Path):
    await make(path)
    seen = set()
    with running(_WRITER, path):
        for number in range(10):
            target = backups.copy_by_hand(path, NOW + timedelta(seconds=number))
            back_up(path, target, NOW)
            count = query(target, "SELECT count(*) FROM topic")
            assert str(count) == query(target, "SELECT value FROM fact WHERE name = 'topics'")
            seen.add(count)
    assert len(seen) > 1, "it wrote meanwhile"


_KILLED_AT_EVERY_STEP = """
import os, shutil, signal, sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from bot.store.sqlite.copying import back_up
from bot.store.sqlite.restoring import restore

whole, folder, work = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
now = datetime(2026, 11, 25, tzinfo=UTC)
steps = ("os.", "open", "sqlite3.connect", "shutil.")
left = 0

def kill_in_time(event, arguments):
    global left
    left -= event.startswith(steps)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

for number in count(1):
    here = folder / str(number)
    shutil.copytree(whole, here)
    left = number
    if not (pid := os.fork()):
        sys.addaudithook(kill_in_time)
        if work == "back up":
            back_up(here / "broadsheet.db", here / "backups" / "copy.db", now)
        else:
            restore(here / "broadsheet.db", here / "backups" / "copy.db", now)
        left = -1
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != -signal.SIGKILL:
        break
"""
"""Repeats the work, killed at the first, the second, ... system call."""


def killed_at_every_step(whole: Path, folder: Path, work: str) -> list[Path]:
    """What each kill left of the folder `whole`, and finally what is left without a kill."""
    command = [sys.executable, "-c", _KILLED_AT_EVERY_STEP, str(whole), str(folder), work]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert (done.returncode, done.stderr) == (0, "")
    left = sorted(folder.iterdir(), key=lambda one: int(one.name))
    assert len(left) > 10
    return left


@pytest.mark.slow
async def test_a_kill_at_any_step_leaves_the_old_copy_or_the_new_one_and_never_half_of_one(
    tmp_path: Path,
):
    path = tmp_path / "whole" / "broadsheet.db"
    await make(path, name="old")
    back_up(path, path.parent / "backups" / "copy.db", NOW)
    await make(path, name="new")
    seen = []
    for left in killed_at_every_step(path.parent, tmp_path / "left", "back up"):
        copy = left / "backups" / "copy.db"
        assert backups.is_whole(copy) is not False
        assert find_damage(copy) is None
        seen.append(query(copy, "SELECT value FROM fact WHERE name = 'name'"))
        others = {one.name for one in copy.parent.iterdir()} - {"copy.db", "copy.db.sha256"}
        assert all(".part" in name for name in others)
        back_up(left / "broadsheet.db", copy, NOW)
        assert backups.is_whole(copy)
    assert seen == sorted(seen, reverse=True), "first the old ones, then the new ones"
    assert set(seen) == {"old", "new"}


async def test_a_flipped_bit_is_found_and_the_copy_before_is_the_newest_good_one(path: Path):
    await make(path, name="x" * 500)
    older, newer = (backups.daily_copy(path, NOW + timedelta(days=n)) for n in (0, 1))
    for copy in (older, newer):
        back_up(path, copy, NOW)
    os.utime(older, (1, 1))
    assert backups.newest_good(path) == newer
    newer.write_bytes(newer.read_bytes().replace(b"x" * 500, b"x" * 499 + b"y"))
    assert find_damage(newer) is None, "which the quick check cannot find"
    assert backups.is_whole(newer) is False
    assert backups.newest_good(path) == older


async def test_a_copy_is_made_once_a_day_and_the_newest_are_kept(path: Path):
    await make(path)
    for name in ("broadsheet-2026-11-01T081500Z.db", "broadsheet-before-schema-3.db", "notes.db"):
        back_up(path, backups.folder_of(path) / name, NOW)
    others = set(names(path))
    for day in range(5):
        made = back_up_daily(path, NOW + timedelta(days=day), 3)
        assert made == backups.folder_of(path) / f"broadsheet-2026-11-{25 + day}.db"
        assert back_up_daily(path, NOW + timedelta(days=day, hours=2), 3) is None
    days = {f"broadsheet-2026-11-{day}.db" for day in (27, 28, 29)}
    assert set(names(path)) - others == days | {f"{day}.sha256" for day in days}
    assert others < set(names(path))


async def test_while_the_clock_is_not_believed_a_copy_is_made_and_none_deleted(path: Path):
    await make(path)
    for day in range(3):
        back_up_daily(path, NOW + timedelta(days=day), 3)
    (backups.folder_of(path) / "broadsheet-a.part").touch()
    os.utime(backups.folder_of(path) / "broadsheet-a.part", (1, 1))
    before = set(names(path))
    made = back_up_daily(path, NOW.replace(year=2099), 3, rotate=False)
    assert made
    assert set(names(path)) == before | {made.name, f"{made.name}.sha256"}


async def test_copies_that_a_wrong_clock_has_dated_are_deleted_before_true_ones(path: Path):
    await make(path)
    for year in (1970, 2099, 2098):
        back_up_daily(path, NOW.replace(year=year), 3, rotate=False)
    kept = [back_up_daily(path, NOW + timedelta(days=day), 3) for day in range(3)]
    days = [one for one in names(path) if one.endswith(".db")]
    assert days == [copy.name for copy in kept if copy]


async def test_of_copies_from_before_steps_the_one_just_made_stays_whatever_its_time(path: Path):
    await make(path)
    for step in (5, 6, 7, 3):
        back_up_before_step(path, step, NOW)
        made = backups.copy_before_step(path, step)
        os.utime(made, (step, step) if step != 7 else (1, 1))
        assert made.name in names(path)
    steps = [one for one in names(path) if one.endswith(".db")]
    assert steps == ["broadsheet-before-schema-3.db", "broadsheet-before-schema-7.db"]


async def test_a_copy_written_by_a_clock_that_ran_ahead_is_not_the_newest(path: Path):
    await make(path)
    older, newer, ahead = (backups.daily_copy(path, NOW + timedelta(days=n)) for n in range(3))
    for copy in (older, newer, ahead):
        back_up(path, copy, NOW)
    os.utime(older, (1, 1))
    os.utime(ahead, (4e9, 4e9))
    assert backups.newest_good(path) == newer


async def test_a_daily_copy_whose_checksum_was_not_written_any_more_is_made_anew(path: Path):
    await make(path)
    copy = back_up_daily(path, NOW, 3)
    assert copy
    backups.checksum_file(copy).unlink()
    assert back_up_daily(path, NOW, 3) == copy
    assert backups.is_whole(copy)


async def test_none_is_made_where_none_is_wanted(path: Path):
    await make(path)
    assert back_up_daily(path, NOW, 0) is None
    assert not backups.folder_of(path).exists()


async def test_what_was_left_unfinished_goes_after_a_day_and_not_before(path: Path):
    await make(path)
    backups.folder_of(path).mkdir()
    for name in ("broadsheet-a.part", "broadsheet-b.part"):
        (backups.folder_of(path) / name).touch()
    os.utime(backups.folder_of(path) / "broadsheet-a.part", (1, 1))
    back_up_daily(path, NOW, 3)
    assert [name for name in names(path) if "part" in name] == ["broadsheet-b.part"]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192 : len(content) // 2] = bytes(len(content) // 2 - 8192)
    path.write_bytes(content)


async def test_a_damaged_database_is_not_copied_and_no_good_copy_goes_for_it(path: Path):
    await make(path)
    good = [back_up_daily(path, NOW + timedelta(days=day), 2) for day in range(2)]
    before = names(path)
    damage(path)
    with pytest.raises(DatabaseError) as caught:
        back_up_daily(path, NOW + timedelta(days=2), 2)
    assert caught.value.reason.startswith("it is damaged")
    command = f"broadsheet restore {good[-1]} --database {path}"
    assert command in caught.value.advice
    assert names(path) == before


async def test_damage_found_while_running_names_the_same_backup(path: Path):
    await make(path, **{f"name{n}": "x" * 500 for n in range(200)})
    good = back_up_daily(path, NOW, 2)
    opened = await open_database(path)
    with pytest.raises(DatabaseError) as caught:
        async with opened.reading():
            raise sqlite3.DatabaseError("database disk image is malformed")
    await opened.close()
    assert caught.value.reason == "it is damaged"
    assert f"broadsheet restore {good} --database {path}" in caught.value.advice


async def test_another_programs_database_is_not_copied(path: Path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (a)")
    with pytest.raises(DatabaseError, match="belongs to another program"):
        back_up(path, backups.daily_copy(path, NOW), NOW)
    assert names(path) == []


# Full disks: a real limit, by which the system bounds every file of a process.

_LIMITED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.errors import DatabaseError
from bot.store.sqlite.copying import back_up_daily
from bot.store.sqlite.database import open_database
from bot.store.sqlite.restoring import restore

path, work = Path(sys.argv[1]), sys.argv[2]
now = datetime(2026, 11, 26, tzinfo=UTC)
try:
    if work == "back up":
        back_up_daily(path, now, 1)
    elif work == "restore":
        restore(path, Path(sys.argv[3]), now)
    else:
        asyncio.run(open_database(path))
except DatabaseError as error:
    print(error)
"""


def said_on_a_full_disk(path: Path, *work: object) -> str:
    """The error of the work if no file can grow beyond half of the database."""
    size = path.stat().st_size // 2
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _LIMITED, str(path), *map(str, work)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


async def test_without_space_a_daily_copy_fails_in_words_and_leaves_no_half_file(path: Path):
    await make(path, name="x" * 100_000)
    back_up_daily(path, NOW, 1)
    before = names(path)
    said = said_on_a_full_disk(path, "back up")
    assert "broadsheet-2026-11-26.db: the disk" in said
    assert "space" in said
    assert names(path) == before


async def test_without_space_no_schema_step_is_made(path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(module, "STEPS", STEPS[:-1])
        await make(path, name="x" * 100_000)
    said = said_on_a_full_disk(path, "open")
    step = len(STEPS)
    assert f"it is not brought up to schema {step} without a copy of it. " in said
    assert f"broadsheet-before-schema-{step}.db: the disk" in said
    assert "space" in said
    assert query(path, "PRAGMA user_version") == step - 1
    assert names(path) == []


async def test_without_space_nothing_is_restored(path: Path, tmp_path: Path):
    await make(path, name="x" * 100_000)
    copy = tmp_path / "copy.db"
    back_up(path, copy, NOW)
    await make(path, name="y" * 100_000)
    assert "space" in said_on_a_full_disk(path, "restore", copy)
    assert query(path, "SELECT substr(value, 1, 1) FROM fact WHERE name = 'name'") == "y"
    assert files_in(tmp_path) == {
        "broadsheet.db",
        "broadsheet.db.lock",
        "copy.db",
        "copy.db.sha256",
    }


# Schema steps.


async def make_older(path: Path, patch: pytest.MonkeyPatch, schema: int, **kept: str) -> None:
    with patch.context() as older:
        older.setattr(module, "STEPS", STEPS[:schema])
        await make(path, **kept)


async def test_a_schema_step_is_made_after_a_copy_of_what_was_before_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    await make_older(path, monkeypatch, 2, name="kept")
    await make(path, name="later")
    copy = backups.folder_of(path) / "broadsheet-before-schema-3.db"
    assert names(path) == [copy.name, f"{copy.name}.sha256"]
    assert backups.is_whole(copy)
    assert query(copy, "PRAGMA user_version") == 2
    assert query(copy, "SELECT value FROM fact WHERE name = 'name'") == "kept"
    assert query(path, "PRAGMA user_version") == len(STEPS)


async def test_a_new_file_and_one_that_is_up_to_date_are_not_copied(path: Path):
    await make(path)
    await make(path)
    assert not backups.folder_of(path).exists()


async def test_of_the_copies_before_schema_steps_the_last_two_stay_whatever_the_days_do(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    await make(path)
    extra = ("CREATE TABLE a (a)", "CREATE TABLE b (a)", "CREATE TABLE c (a)")
    for count in range(1, 4):
        with monkeypatch.context() as patch:
            patch.setattr(module, "STEPS", (*STEPS, *extra[:count]))
            await make(path)
        for old, copy in enumerate(sorted(backups.folder_of(path).glob("*.db"))):
            os.utime(copy, (old, old))
    for day in range(4):
        back_up_daily(path, NOW + timedelta(days=day), 1)
    kept = [f"broadsheet-before-schema-{len(STEPS) + n}.db" for n in (2, 3)]
    left = {one for one in names(path) if one.endswith(".db")}
    assert left == {"broadsheet-2026-11-28.db", *kept}


async def test_nobody_writes_between_the_look_at_the_schema_and_the_copy(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    await make_older(path, monkeypatch, 2)

    def copied(database: Path, step: int, now: datetime) -> None:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            copies.append(step)

    copies: list[int] = []
    monkeypatch.setattr(copying, "back_up_before_step", copied)
    await make(path)
    assert copies == [3]


async def test_several_openings_of_an_older_file_at_once_copy_nothing_that_is_newer(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    await make_older(path, monkeypatch, 2)
    for each in await asyncio.gather(*(open_database(path) for _ in range(6))):
        await each.close()
    copy = backups.folder_of(path) / "broadsheet-before-schema-3.db"
    assert backups.is_whole(copy)
    assert query(copy, "PRAGMA user_version") == 2
    assert len(names(path)) == 2
