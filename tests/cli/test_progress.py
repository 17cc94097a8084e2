"""Work on an older archive shows its progress: a bar on a terminal, lines elsewhere."""

import os
from pathlib import Path

import pytest

from tests.archives import empty_archive
from tests.cli.conftest import OURS, Broadsheet, on_a_terminal, option
from tests.conftest import ROOT
from tests.store.sqlite.databases import unpacked

LOOKS: list[tuple[object, ...]] = [
    ("topics",),
    ("topic", "AI"),
    ("story", "harbor"),
    ("preview", "AI"),
    ("replay", "AI", "--from", "2019-12-20", "--to", "2019-12-21"),
    ("ingest", ROOT / "seeds"),
    ("prune",),
]
OLD = "720ff30"
"""A commit before addresses had strict keys."""


@pytest.mark.sqlite
@pytest.mark.parametrize("command", LOOKS, ids=lambda command: str(command[0]))
def test_the_first_start_of_an_old_archive_is_told_in_lines_and_only_once(
    command: tuple[object, ...], broadsheet: Broadsheet, tmp_path: Path
):
    unpacked(OLD, tmp_path)
    first, second = (broadsheet(*command).err for _ in range(2))
    assert "addresses recomputed: 1 of 1\n" in first
    assert "addresses" not in second


@pytest.mark.sqlite
def test_the_first_start_of_an_old_archive_draws_a_bar_on_a_terminal(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    database = unpacked(OLD, tmp_path)
    options = {**environment, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    code, shown = on_a_terminal("topics", "--database", database, **options)
    assert code == 0
    assert "addresses recomputed " in shown.decode()
    assert "━" in shown.decode()
    assert b"1 of 1" not in shown


def test_a_new_archive_needs_nothing_first(tmp_path: Path):
    empty_archive(tmp_path / "new.db")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    options = {**environment, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    _, shown = on_a_terminal("topics", *option(tmp_path / "new.db"), **options)
    assert shown == b"The archive is empty; load stories first: broadsheet ingest\r\n"
