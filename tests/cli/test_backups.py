"""broadsheet backup and restore, the daily copy, and a damaged database: with real processes."""

import asyncio
import re
import shlex
import signal
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import run
from bot.environment import DiscordAccount, Places
from bot.errors import DatabaseError
from bot.store.sqlite.backups import is_whole
from tests.cli.conftest import Broadsheet, Start
from tests.cli.test_running import EVENING, POISON, UP
from tests.conftest import ROOT
from tests.store.sqlite.test_backups import make, query

pytestmark = pytest.mark.sqlite  # a server has backups of its own

NAME = "SELECT value FROM fact WHERE name = 'name'"


def damage_index(path: Path) -> None:
    """Zero a page that is only read by a check."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'story_by_date'"
        (page,) = db.execute(sql).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))


async def test_beside_a_running_bot_a_backup_works_but_no_second_bot_and_no_restore(
    tmp_path: Path, start: Start
):
    path = tmp_path / "broadsheet.db"
    at = ("--database", path)
    first = start("sandbox", "--headless", "--at", EVENING, *at)
    await asyncio.to_thread(first.waits_for, UP)
    backup = await asyncio.to_thread(start("backup", *at).outcome)
    copy = Path(backup.out.strip())
    assert (backup.code, copy.parent) == (0, tmp_path / "backups")
    assert is_whole(copy)
    refused = await asyncio.to_thread(start("restore", copy, *at).outcome)
    assert refused.code == 1
    assert f"already running on it (process {first.process.pid})" in refused.sentence
    with socket.create_server(("127.0.0.1", 0)) as discord:
        address = f"http://127.0.0.1:{discord.getsockname()[1]}"
        second = start("run", *at, **{**POISON, "BROADSHEET_DISCORD_API": address})
        refused = await asyncio.to_thread(second.outcome)
        assert refused.code == 1
        assert f"already running on it (process {first.process.pid})" in refused.sentence
        account = DiscordAccount(token=SecretStr("token"), api=address)
        places = Places(database=path, seeds=ROOT / "seeds", config=ROOT / "config")
        began = time.perf_counter()
        with pytest.raises(DatabaseError, match="already running"):
            await run.run(places, account)
        assert time.perf_counter() - began < 1
        discord.setblocking(False)
        with pytest.raises(BlockingIOError):  # it has not been asked anything
            discord.accept()
    assert await asyncio.to_thread(first.ends, signal.SIGTERM) == 0
    assert "Traceback" not in first.text


def test_a_backup_is_restored_by_the_command_and_the_former_database_is_kept(
    broadsheet: Broadsheet, tmp_path: Path
):
    path = tmp_path / "broadsheet.db"
    asyncio.run(make(path, name="older"))
    made = broadsheet("backup", "mine.db")
    assert made.out == f"{tmp_path / 'mine.db'}\n"
    astray = broadsheet("backup", "typo/mine.db")
    assert astray.code == 2
    assert astray.sentence == (
        f"broadsheet: The folder {tmp_path / 'typo'} does not exist; make it first."
    )
    assert not (tmp_path / "typo").exists()
    again = broadsheet("backup", "mine.db")
    assert again.code == 2
    assert "already exists" in again.sentence
    asyncio.run(make(path, name="present"))
    done = broadsheet("restore", "mine.db")
    assert done.code == 0
    assert done.out.startswith(f"restored {path} as it was on 20")
    kept = re.search(r"kept as (.*)", done.err)
    assert kept
    assert query(Path(kept[1]), NAME) == "present"
    assert query(path, NAME) == "older"


def test_what_cannot_be_copied_or_restored_is_told(broadsheet: Broadsheet, tmp_path: Path):
    missing = broadsheet("restore", "nowhere.db")
    assert missing.code == 2
    assert str(tmp_path / "backups") in missing.sentence
    nothing = broadsheet("backup")
    assert nothing.code == 1
    assert "it does not exist" in nothing.sentence
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path / "broadsheet.db").exists()
    (tmp_path / "text").write_text("no backup" * 100)
    text = broadsheet("restore", "text")
    assert text.code == 1
    assert "not an SQLite database" in text.sentence


def test_the_database_is_not_restored_onto_itself(loaded: Broadsheet, tmp_path: Path):
    (tmp_path / "link.db").symlink_to("broadsheet.db")
    for name in ("broadsheet.db", "link.db"):
        itself = loaded("restore", name)
        assert itself.code == 2
        assert f"{name} is the database itself" in itself.sentence
    assert not (tmp_path / "backups").exists()


def test_a_bot_makes_the_days_copy_and_a_damaged_database_names_it_with_the_command(
    broadsheet: Broadsheet, tmp_path: Path, start: Start
):
    path = tmp_path / "broadsheet.db"
    at = ("--database", path)
    first = start("sandbox", "--headless", "--at", EVENING, *at)
    first.waits_for("broadsheet-2019-12-22.db")  # in the log
    first.waits_for(UP)
    assert first.ends(signal.SIGTERM) == 0
    assert "newest good backup broadsheet-2019-12-22.db, 0 hours old" in broadsheet("check").out
    damage_index(path)
    damaged = start("sandbox", "--headless", *at).outcome()
    assert damaged.code == 1
    assert "it is damaged" in damaged.sentence
    found = re.search(r"with: broadsheet (restore .*?) \(", damaged.sentence)
    assert found
    assert found[0] in broadsheet("check").out
    poison = {**POISON, "BROADSHEET_SEEDS": str(tmp_path / "none")}
    assert found[0] in start("run", *at, **poison).outcome().sentence
    assert broadsheet(*shlex.split(found[1])).code == 0
    again = start("sandbox", "--headless", "--at", EVENING, *at)
    again.waits_for(UP)
    assert again.ends(signal.SIGTERM) == 0


async def test_damage_found_after_a_long_check_ends_what_has_begun_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(run, "CHECK_PATIENCE", 0)
    path = tmp_path / "broadsheet.db"
    await make(path)
    damage_index(path)
    with pytest.raises(DatabaseError, match="it is damaged"):
        async with asyncio.timeout(20) as patience, run.undamaged(path):
            await asyncio.get_running_loop().create_future()
    assert not patience.expired()


async def test_a_block_over_a_whole_database_is_cancelled_as_any_other(tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    await make(path)
    begun = asyncio.Event()

    async def block() -> None:
        async with run.undamaged(path):
            begun.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(block())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("lost", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_lost_database_is_not_taken_for_a_new_one_while_good_backups_of_it_exist(
    loaded: Broadsheet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: Callable[[Path], object],
):
    monkeypatch.setenv("DISCORD_TOKEN", "no.such-token")
    path = tmp_path / "broadsheet.db"
    copy = Path(loaded("backup").out.strip())
    for one in tmp_path.glob("broadsheet.db-*"):
        one.unlink()
    lost(path)
    for command in ("run", "ingest", "topics", "backup new.db"):
        refused = loaded(*command.split())
        assert refused.code == 1
        assert f"broadsheet restore {copy}" in refused.sentence
        assert f"To start fresh, move {copy.parent} away" in refused.sentence
    assert f"FAULT database: Database {path}: it is missing or empty" in loaded("check").out
    assert loaded("restore", copy).code == 0
    assert loaded("topics").out
    lost(path)
    copy.parent.rename(tmp_path / "elsewhere")
    assert loaded("ingest").code == 0


@pytest.mark.parametrize("command", ["topics", "topic AI", "story AI", "preview AI", "prune"])
def test_what_reads_a_database_makes_none(broadsheet: Broadsheet, tmp_path: Path, command: str):
    refused = broadsheet(*command.split(), "--database", tmp_path / "typo" / "x.db")
    assert refused.code == 1
    assert "it does not exist" in refused.sentence
    assert list(tmp_path.iterdir()) == []
