"""A backup replaces the database: whole, marked as older, and the old database is kept."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import DatabaseError
from bot.store.facts import read_fact
from bot.store.recovery import RESTORED
from bot.store.sqlite import faults, restoring
from bot.store.sqlite.copying import back_up
from bot.store.sqlite.database import open_database
from bot.store.sqlite.faults import find_damage
from bot.store.sqlite.lock import only_bot_on
from bot.store.sqlite.restoring import Restored, restore
from bot.store.sqlite.schema import STEPS
from tests.store.sqlite.test_backups import (
    content,
    killed_at_every_step,
    make,
    names,
    put,
    query,
    running,
)

pytestmark = pytest.mark.sqlite


TAKEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 8, 15, tzinfo=UTC)
NAME = "SELECT value FROM fact WHERE name = 'name'"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database's path."""
    return tmp_path / "broadsheet.db"


@pytest.fixture
async def copy(path: Path) -> Path:
    """A backup in which the fact `name` is older than in the database."""
    await make(path, name="older")
    target = path.parent / "backups" / "broadsheet-2026-11-24.db"
    back_up(path, target, TAKEN)
    await make(path, name="present")
    return target


async def restored_in(path: Path) -> tuple[str | None, Restored | None]:
    """The fact `name`, and the note that the database is an older copy."""
    opened = await open_database(path)
    async with opened.reading() as db:
        name, mark = await read_fact(db, "name"), await read_fact(db, RESTORED)
    await opened.close()
    if mark is None:
        return name, None
    times = {what: datetime.fromtimestamp(at, UTC) for what, at in json.loads(mark).items()}
    return name, Restored(**times)


def refused(path: Path, copy: Path) -> DatabaseError:
    """Restoring fails and leaves every file as it was."""
    before = {one: one.read_bytes() for one in path.parent.rglob("*.db*") if "lock" not in one.name}
    with pytest.raises(DatabaseError) as caught:
        restore(path, copy, NOW)
    after = {one: one.read_bytes() for one in path.parent.rglob("*.db*") if "lock" not in one.name}
    assert after == before
    return caught.value


async def test_the_backup_is_the_database_and_says_that_it_is_an_older_one(path: Path, copy: Path):
    before = content(copy)
    restored, former = restore(path, copy, NOW)
    assert restored == Restored(taken_at=TAKEN, restored_at=NOW)
    assert await restored_in(path) == ("older", restored)
    assert query(path, "SELECT count(*) FROM fact WHERE name = 'taken_at'") == 0
    assert former == copy.parent / "broadsheet-before-restore-2026-11-25T081500Z.db"
    assert query(former, NAME) == "present"
    assert content(copy) == before


async def test_a_database_that_was_never_restored_is_no_older_copy(path: Path):
    await make(path, name="present")
    assert await restored_in(path) == ("present", None)


async def test_by_a_link_the_file_it_leads_to_is_replaced_and_kept_beside_the_link(
    path: Path, copy: Path
):
    hot, link = path.parent / "hot" / "file.db", path.parent / "named" / "broadsheet.db"
    leave_in_wal(path, hot, "in the wal")
    link.parent.mkdir()
    link.symlink_to(hot)
    _, former = restore(link, copy, NOW)
    assert former
    assert former.parent == link.parent / "backups"
    assert query(former, NAME) == "in the wal"
    assert link.readlink() == hot
    assert await restored_in(hot) == ("older", Restored(TAKEN, NOW))


async def test_the_former_database_is_kept_with_what_stood_in_its_wal(path: Path, copy: Path):
    hot = path.parent / "hot" / "broadsheet.db"
    leave_in_wal(path, hot, "in the wal")
    _, former = restore(hot, copy, NOW)
    assert former
    assert query(former, NAME) == "in the wal"
    assert await restored_in(hot) == ("older", Restored(TAKEN, NOW))


def leave_in_wal(path: Path, target: Path, name: str) -> None:
    """Write a fact, and copy the files in the state a kill would leave."""
    target.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE fact SET value = :name WHERE name = 'name'", {"name": name})
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", f"{target}{end}")
    assert target.with_name(f"{target.name}-wal").stat().st_size > 0


async def test_a_database_without_its_first_bytes_is_replaced_and_kept_with_its_wal(
    path: Path, copy: Path
):
    hot = path.parent / "hot" / "broadsheet.db"
    leave_in_wal(path, hot, "in the wal")
    hot.write_bytes(bytes(100) + hot.read_bytes()[100:])
    _, former = restore(hot, copy, NOW)
    assert former
    kept = former.parent.glob(f"{former.name}*")
    assert any(b"in the wal" in one.read_bytes() for one in kept)
    assert await restored_in(hot) == ("older", Restored(TAKEN, NOW))


async def test_a_wal_that_cannot_be_emptied_is_kept_and_does_not_meet_the_restored_database(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
):
    hot = path.parent / "hot" / "broadsheet.db"
    leave_in_wal(path, hot, "in the wal")
    monkeypatch.setattr(restoring, "_empty_wal", lambda database: None)
    _, former = restore(hot, copy, NOW)
    assert not hot.with_name("broadsheet.db-wal").exists()
    assert await restored_in(hot) == ("older", Restored(TAKEN, NOW))
    assert former
    assert query(former, NAME) == "in the wal"


async def test_where_no_database_is_the_backup_becomes_one(path: Path, copy: Path):
    elsewhere = path.parent / "elsewhere" / "broadsheet.db"
    assert restore(elsewhere, copy, NOW) == (Restored(TAKEN, NOW), None)
    assert await restored_in(elsewhere) == ("older", Restored(TAKEN, NOW))


async def test_a_file_copied_by_other_means_was_taken_when_it_was_written(path: Path, copy: Path):
    plain = path.parent / "plain.db"
    shutil.copyfile(path, plain)
    restored, _ = restore(path, plain, NOW + timedelta(days=9999))
    assert restored.taken_at == datetime.fromtimestamp(int(plain.stat().st_mtime), UTC)
    assert await restored_in(path) == ("present", restored)


async def test_a_backup_of_an_older_schema_is_brought_up_to_date(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
):
    older = path.parent / "older.db"
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.sqlite.database.STEPS", STEPS[:2])
        await make(older, name="schema 2")
    restore(path, older, NOW)
    found, restored = await restored_in(path)
    assert found == "schema 2"
    assert restored
    assert query(path, "PRAGMA user_version") == len(STEPS)


# Refused.


async def test_a_backup_of_a_newer_schema_is_refused(path: Path, copy: Path):
    newer = path.parent / "newer.db"
    shutil.copyfile(copy, newer)
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 99")
    error = refused(path, newer)
    assert error.reason == "it was made by a newer Broadsheet"
    assert "upgrade" in error.advice


async def test_another_programs_file_is_refused_as_a_backup_and_as_the_database(
    path: Path, copy: Path
):
    theirs = path.parent / "theirs.db"
    with closing(sqlite3.connect(theirs)) as db:
        db.execute("CREATE TABLE theirs (a)")
    error = refused(path, theirs)
    assert error.reason == "it belongs to another program"
    assert f"broadsheet restore {copy} --database {path}" in error.advice
    assert refused(theirs, copy).reason == "it belongs to another program"


async def test_a_file_that_is_no_database_is_refused(path: Path, copy: Path):
    (path.parent / "text.db").write_text("Dear diary, I have not been backed up today.\n" * 50)
    assert refused(path, path.parent / "text.db").reason == "it is not an SQLite database"


async def test_a_changed_backup_is_refused_by_its_checksum_and_damage_without_one(
    path: Path, copy: Path
):
    whole = content(copy)
    put(copy, whole.replace(b"older", b"oldfr"))
    error = refused(path, copy)
    assert error.reason == "its checksum does not match, so it is damaged"
    assert "no good one is in" in error.advice
    copy.with_name(f"{copy.name}.sha256").unlink()
    put(copy, whole[:8192] + bytes(len(whole) - 8192))
    assert refused(path, copy).reason.startswith("it is damaged")
    assert refused(path, copy).database == copy


async def test_a_running_bot_is_named_and_its_database_left_alone(path: Path, copy: Path):
    with only_bot_on(path), pytest.raises(DatabaseError, match=r"running on it \(process \d+\)"):
        restore(path, copy, NOW)
    assert query(path, NAME) == "present"


_READER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
db.execute("SELECT count(*) FROM fact").fetchone()
print("ready", flush=True)
time.sleep(600)
"""


async def test_a_database_that_any_other_process_has_open_is_left_alone(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
):
    """It would go on with the old database's files beside the new one."""
    monkeypatch.setattr(faults, "PATIENCE_SECONDS", 0.1)
    with running(_READER, path):
        with pytest.raises(DatabaseError, match="another process is"):
            restore(path, copy, NOW)
        assert query(path, NAME) == "present"
    restore(path, copy, NOW)
    assert query(path, NAME) == "older"


# Death.


@pytest.mark.slow
async def test_a_kill_at_any_step_leaves_the_present_database_or_the_restored_one(
    path: Path, copy: Path, tmp_path: Path
):
    await make(path, name="before")
    whole = tmp_path / "hot" / "broadsheet.db"
    leave_in_wal(path, whole, "present")
    back_up(copy, whole.parent / "backups" / "copy.db", TAKEN)
    seen = []
    for left in killed_at_every_step(whole.parent, tmp_path / "left", "restore"):
        database = left / "broadsheet.db"
        name, restored = await restored_in(database)
        assert name
        assert (name == "older") == (restored is not None)
        assert find_damage(database) is None
        for kept in left.glob("backups/*before-restore*.db"):
            assert query(kept, NAME) == "present"
        seen.append(name)
        restore(database, left / "backups" / "copy.db", NOW)
        assert (await restored_in(database))[0] == "older"
    assert seen == sorted(seen, reverse=True), "first the present one, then the restored one"
    assert set(seen) == {"present", "older"}
    assert [name for name in names(database) if "part" in name] == []
