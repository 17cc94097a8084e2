"""An archive moves by export and import from a file to a database of either kind, and back."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.tables import TABLES
from tests.cli.conftest import Broadsheet, Start, option
from tests.cli.test_running import EVENING, UP
from tests.conftest import ROOT

pytestmark = pytest.mark.files

STORIES = ROOT / "bot" / "sandbox" / "stories"
NEW = {table.name: 0 for table in TABLES} | {"fact": 1, "origin": 2}
"""How many rows a new database has."""


def rows(broadsheet: Broadsheet, at: tuple[str, str]) -> dict[str, int]:
    """How many rows each table has."""
    exported = broadsheet("export", f"rows-{os.urandom(4).hex()}.jsonl", "--json", *at).json
    return {name: one["rows"] for name, one in exported["tables"].items()}


def test_an_archive_comes_back_with_every_row(broadsheet: Broadsheet, tmp_path: Path) -> None:
    first, last = ("--database", "first.db"), ("--database", "last.db")
    other = option(tmp_path / "other.db")
    assert broadsheet("ingest", STORIES, *first).code == 0
    made = broadsheet("export", "there.jsonl", *first)
    there = broadsheet("import", "there.jsonl", *other)
    assert (there.code, there.out) == (0, made.out), there.err
    again = broadsheet("import", "there.jsonl", *other)
    assert again.code == 1
    assert "it is not empty (its table topic has rows)" in again.sentence
    assert broadsheet("export", "back.jsonl", *other).out == made.out
    assert (tmp_path / "back.jsonl").read_bytes() == (tmp_path / "there.jsonl").read_bytes()
    assert broadsheet("import", "back.jsonl", *last).out == made.out
    for question in (("topics", "--json"), ("story", "AI", "--json"), ("topic", "AI", "--json")):
        answer = broadsheet(*question, *first)
        assert answer.code == 0
        assert broadsheet(*question, *other) == broadsheet(*question, *last) == answer


def test_beside_a_running_bot_an_export_works_and_an_import_is_refused(
    broadsheet: Broadsheet, tmp_path: Path, start: Start
) -> None:
    at = option(tmp_path / "broadsheet.db")
    bot = start("sandbox", "--headless", "--at", EVENING, *at)
    bot.waits_for(UP)
    made = broadsheet("export", "news.jsonl", *at)
    assert made.code == 0, made.err
    refused = broadsheet("import", "news.jsonl", *at)
    assert refused.code == 1
    assert "a bot is already running on it" in refused.sentence
    done = broadsheet("import", "news.jsonl", "--database", "other.db")
    assert (done.code, done.out) == (0, made.out)
    assert rows(broadsheet, ("--database", "other.db"))["edition_part"] > 0
    assert bot.ends(signal.SIGTERM) == 0


@pytest.mark.parametrize("share", [0.3, 0.7, 1])
def test_an_import_that_is_killed_leaves_an_empty_database(
    broadsheet: Broadsheet, tmp_path: Path, start: Start, share: float
) -> None:
    source, target = ("--database", "source.db"), option(tmp_path / "target.db")
    assert broadsheet("ingest", STORIES, *source).code == 0
    with closing(sqlite3.connect(tmp_path / "source.db")) as db:
        words = ((f"word {number}", 1) for number in range(50_000))
        db.executemany("INSERT INTO word (word, stories) VALUES (?, ?)", words)
        db.commit()
    made = broadsheet("export", "news.jsonl", *source)
    content = (tmp_path / "news.jsonl").read_bytes().rpartition(b'{"end"')[0]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    child = start("import", pipe, *target)
    with pipe.open("wb", buffering=0) as writer:
        # A pipe holds 64 KiB: when all is written to it, nearly all was read from it.
        writer.write(content[: int(len(content) * share)])
        assert child.ends(signal.SIGKILL) == -signal.SIGKILL
    assert rows(broadsheet, target) == NEW
    assert broadsheet("import", "news.jsonl", *target).out == made.out
