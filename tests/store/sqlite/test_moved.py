"""A database whose file is replaced or deleted while it is open: it is not used any more."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import DatabaseMoved
from bot.store.facts import read_fact, write_fact
from bot.store.sqlite.copying import back_up
from bot.store.sqlite.database import SqliteDatabase, open_database

NOW = datetime(2026, 11, 25, tzinfo=UTC)

pytestmark = pytest.mark.sqlite


def _replace(path: Path) -> None:
    other = path.with_name("other.db")
    back_up(path, other, NOW)
    other.replace(path)


def _copy_over(path: Path) -> None:
    other = path.with_name("other.db")
    back_up(path, other, NOW)
    shutil.copyfile(other, path)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _delete(path: Path) -> None:
    path.unlink()


def _delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def _delete_wal(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def _put_file_for_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.touch()


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (_replace, "it, or its -wal, was replaced"),
        (_copy_over, "a copy was written over it"),
        (_empty, "a copy was written over it"),
        (_delete_wal, "it, or its -wal, was replaced"),
        (_delete, "it was deleted"),
        (_delete_folder, "it was deleted"),
        (_put_file_for_folder, "it was deleted"),
    ],
)
async def test_nothing_is_read_or_written_any_more(
    archive: SqliteDatabase, happens: Callable[[Path], None], said: str
):
    archive.refuse_moved()
    happens(archive.path)
    with pytest.raises(DatabaseMoved, match=said):
        archive.refuse_moved()
    with pytest.raises(DatabaseMoved, match=said):
        async with archive.reading():
            pytest.fail("it was read")
    with pytest.raises(DatabaseMoved, match=said):
        async with archive.writing():
            pytest.fail("it was written")


async def test_a_link_that_is_set_to_another_file_is_noticed(
    archive: SqliteDatabase, tmp_path: Path
):
    other, link = tmp_path / "other.db", tmp_path / "link.db"
    back_up(archive.path, other, NOW)
    link.symlink_to(archive.path)
    opened = await open_database(link)
    opened.refuse_moved()
    link.unlink()
    link.symlink_to(other)
    with pytest.raises(DatabaseMoved):
        opened.refuse_moved()
    await opened.close()


async def test_the_wal_that_is_watched_is_that_of_the_file_a_link_leads_to(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (link := tmp_path / "link.db").symlink_to(tmp_path / "real" / "file.db")
    opened = await open_database(link)
    opened.refuse_moved()
    link.with_name("link.db-wal").touch()
    opened.refuse_moved()
    _delete_wal(tmp_path / "real" / "file.db")
    with pytest.raises(DatabaseMoved, match="it, or its -wal, was replaced"):
        opened.refuse_moved()
    await opened.close()


async def test_what_others_do_with_the_same_file_is_no_move(archive: SqliteDatabase):
    back_up(archive.path, archive.path.with_name("copy.db"), NOW)
    other = await open_database(archive.path)
    async with other.writing() as db:
        await write_fact(db, "name", "value")
    await other.close()
    with closing(sqlite3.connect(archive.path)) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.execute("VACUUM")
    os.utime(archive.path)
    archive.path.chmod(0o600)
    archive.refuse_moved()
    async with archive.reading() as db:
        assert await read_fact(db, "name") == "value"


async def test_closing_takes_nothing_from_the_one_that_is_there_now(tmp_path: Path):
    folders = [tmp_path / name for name in ("old", "new")]
    old, new = [await open_database(folder / "broadsheet.db") for folder in folders]
    async with new.writing() as db:
        await write_fact(db, "name", "new")
    for file in ("broadsheet.db", "broadsheet.db-wal"):
        shutil.copy(folders[1] / file, tmp_path / file)
        (tmp_path / file).replace(folders[0] / file)
    await old.close()
    await new.close()
    opened = await open_database(folders[0] / "broadsheet.db")
    async with opened.reading() as db:
        assert await read_fact(db, "name") == "new"
    await opened.close()
