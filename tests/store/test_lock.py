"""One bot per database."""

from pathlib import Path

import pytest

from bot.errors import DatabaseError
from bot.store.lock import only_bot_on


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
