"""One bot per database."""

import os
from pathlib import Path

import pytest

from bot.errors import DatabaseError
from bot.store.sqlite.lock import holder, only_bot_on

pytestmark = pytest.mark.sqlite


def test_a_second_bot_on_a_database_is_refused_by_the_number_of_the_first(tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    refused = pytest.raises(DatabaseError, match=r"already running on it \(process \d+\)")
    with only_bot_on(path), refused, only_bot_on(path):
        pass
    with only_bot_on(path):
        assert path.with_name("broadsheet.db.lock").exists()


def test_a_lock_that_cannot_be_written_is_told_with_advice(tmp_path: Path):
    (tmp_path / "file").touch()
    refused = pytest.raises(DatabaseError, match=r"cannot be written: .*Check the rights")
    with refused, only_bot_on(tmp_path / "file" / "broadsheet.db"):
        pass


def test_by_whatever_name_a_database_has_one_bot(tmp_path: Path):
    path, link = tmp_path / "broadsheet.db", tmp_path / "elsewhere" / "link.db"
    path.touch()
    link.parent.mkdir()
    link.symlink_to(path)
    for first, second in ((path, link), (link, path)):
        refused = pytest.raises(DatabaseError, match="already running on it")
        with only_bot_on(first), refused as caught, only_bot_on(second):
            pass
        assert caught.value.database == second


def test_the_folder_that_a_link_leads_to_is_not_made(tmp_path: Path):
    """A volume is not mounted: a new database there would hide the volume's own."""
    (link := tmp_path / "link.db").symlink_to(tmp_path / "volume" / "broadsheet.db")
    with pytest.raises(DatabaseError, match="cannot be written"), only_bot_on(link):
        pass
    assert not (tmp_path / "volume").exists()


def test_who_holds_a_lock_is_known_without_a_trace(tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    assert holder(path) is None
    assert list(tmp_path.iterdir()) == []
    with only_bot_on(path):
        assert holder(path) == os.getpid()
        assert holder(path) == os.getpid(), "asking takes nothing from the holder"
    assert holder(path) is None
    with only_bot_on(path):
        pass
