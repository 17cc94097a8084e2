"""broadsheet export and import: files, pipes, and what is refused."""

import io
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO

import pytest

from bot.store.sqlite.faults import find_damage
from bot.store.tables import TABLES
from tests.cli.conftest import Broadsheet
from tests.conftest import ROOT

pytestmark = pytest.mark.sqlite


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - of ours
        return int(count)


def test_an_export_is_imported_with_the_same_sums_and_answers(loaded: Broadsheet, tmp_path: Path):
    made = loaded("export", "news.jsonl")
    assert made.code == 0
    assert "rows written: " in made.err
    assert (tmp_path / "news.jsonl").stat().st_mode & 0o777 == 0o600
    done = loaded("import", "news.jsonl", "--database", "other.db")
    assert (done.code, done.out) == (0, made.out)
    assert "rows written and compared: " in done.err
    lines = made.out.splitlines()
    assert [line.split()[0] for line in lines] == ["table", *(table.name for table in TABLES)]
    assert int(lines[2].split()[1]) == rows(tmp_path / "other.db", "story") > 1
    for command in (("topics",), ("story", "AI"), ("topic", "AI")):
        assert loaded(*command, "--json", "--database", "other.db") == loaded(*command, "--json")
    again = loaded("export", "again.jsonl", "--database", "other.db")
    assert again.out == made.out
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "news.jsonl").read_bytes()
    assert find_damage(tmp_path / "other.db") is None


def test_with_json_the_sums_are_one_object(loaded: Broadsheet):
    made = loaded("export", "news.jsonl", "--json")
    assert made.json.keys() == {"version", "taken_at", "tables"}
    assert made.json["tables"].keys() == {table.name for table in TABLES}
    assert made.json["tables"]["story"].keys() == {"rows", "sha256"}
    assert loaded("import", "news.jsonl", "--json", "--database", "other.db").json == made.json


def test_text_that_is_not_utf_8_is_exported_with_replacement_characters(
    loaded: Broadsheet, tmp_path: Path
):
    with closing(sqlite3.connect(tmp_path / "broadsheet.db")) as db:
        db.execute("UPDATE story SET excerpt = CAST(x'41ff' AS TEXT) WHERE story_id = 1")
        db.commit()
    made = loaded("export", "news.jsonl")
    assert b'"A\xef\xbf\xbd"' in (tmp_path / "news.jsonl").read_bytes()
    assert loaded("import", "news.jsonl", "--database", "other.db").out == made.out


def test_what_cannot_be_exported_is_told_and_no_file_is_made(loaded: Broadsheet, tmp_path: Path):
    before = {one.name for one in tmp_path.iterdir()}
    assert loaded("export").code == 2
    for file, words in (("broadsheet.db", "already exists"), ("typo/a.jsonl", "make it first")):
        refused = loaded("export", file)
        assert refused.code == 2
        assert words in refused.sentence
    missing = loaded("export", "a.jsonl", "--database", "nowhere.db")
    assert missing.code == 1
    assert "it does not exist" in missing.sentence
    with closing(sqlite3.connect(tmp_path / "broadsheet.db")) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'fact'").fetchone()
    with (tmp_path / "broadsheet.db").open("r+b") as opened:
        opened.seek((page - 1) * 4096)
        opened.write(bytes(4096))
    damaged = loaded("export", "a.jsonl")
    assert damaged.code == 1
    assert "it is damaged" in damaged.sentence
    assert {one.name for one in tmp_path.iterdir()} == before


def test_what_cannot_be_imported_is_told_and_no_database_is_made(
    broadsheet: Broadsheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert broadsheet("import").code == 2
    for file in ("nothing.jsonl", "."):
        refused = broadsheet("import", file)
        assert refused.code == 2
        assert "is not a file" in refused.sentence
    (tmp_path / "text").write_text("no export\n")
    refused = broadsheet("import", "text")
    assert refused.code == 1
    assert refused.sentence.startswith("broadsheet: text, line 1: this is no export of Broadsheet")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}\n")))
    refused = broadsheet("import", "-")
    assert refused.code == 1
    assert refused.sentence.startswith("broadsheet: stdin, line 1: this is no export")
    assert [one.name for one in tmp_path.iterdir()] == ["text"]


def test_a_database_that_holds_anything_is_not_imported_into(loaded: Broadsheet, tmp_path: Path):
    assert loaded("export", "news.jsonl").code == 0
    refused = loaded("import", "news.jsonl")
    assert refused.code == 1
    assert "it is not empty (its table topic has rows)" in refused.sentence
    assert loaded("feeds", "add", "https://quay.example/feed", "--database", "fed.db").code == 0
    refused = loaded("import", "news.jsonl", "--database", "fed.db")
    assert "it is not empty (its table feed has rows)" in refused.sentence
    assert loaded("topics", "--database", "new.db").code == 1
    assert loaded("import", "news.jsonl", "--database", "new.db").code == 0


def test_a_broken_export_is_told_by_its_line_and_leaves_an_empty_database(
    loaded: Broadsheet, tmp_path: Path
):
    assert loaded("export", "news.jsonl").code == 0
    content = (tmp_path / "news.jsonl").read_bytes()
    (tmp_path / "broken.jsonl").write_bytes(content[:-200])
    refused = loaded("import", "broken.jsonl", "--database", "other.db")
    assert refused.code == 1
    count = content.count(b"\n")
    assert refused.sentence == (
        f"broadsheet: broken.jsonl, line {count}: the file ends within it, so it is not complete."
        " Nothing was imported."
    )
    assert rows(tmp_path / "other.db", "story") == 0
    done = loaded("import", "news.jsonl", "--database", "other.db")
    assert done.code == 0


def piping(command: str, database: Path, stdin: IO[bytes] | None = None) -> "Popen[bytes]":
    """An export to a pipe, or an import from one."""
    return Popen(  # noqa: S603 - itself
        [sys.executable, "-m", "bot", command, "-", "--database", database],
        cwd=ROOT,
        stdin=stdin,
        stdout=PIPE,
        stderr=PIPE,
    )


@pytest.mark.slow
def test_one_process_pipes_into_another(loaded: Broadsheet, tmp_path: Path):
    made = loaded("export", "news.jsonl")
    with (
        piping("export", tmp_path / "broadsheet.db") as writer,
        piping("import", tmp_path / "other.db", writer.stdout) as reader,
    ):
        assert reader.communicate()[0].decode() == made.out
        assert writer.stderr
        assert made.out in writer.stderr.read().decode()
    assert (writer.returncode, reader.returncode) == (0, 0)


@pytest.mark.slow
def test_a_closed_pipe_ends_an_export_without_a_traceback(loaded: Broadsheet, tmp_path: Path):
    assert loaded("topics").code == 0
    with piping("export", tmp_path / "broadsheet.db") as writer:
        assert writer.stdout
        assert writer.stderr
        writer.stdout.close()
        assert "Traceback" not in writer.stderr.read().decode()
    assert writer.returncode == 1
