"""Errors at the command line: a sentence that says what to do, the right code, no traceback."""

import ast
import inspect
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot import __version__
from bot.cli.main import cli, event, feeds
from bot.store.sqlite import database as store
from tests.cli.conftest import Broadsheet, Outcome, option
from tests.conftest import ROOT

PROGRAM: Any = typer.main.get_command(cli)
GROUPS = ("feeds", "event")
COMMANDS: dict[tuple[str, ...], Any] = {
    **{(name,): command for name, command in PROGRAM.commands.items() if name not in GROUPS},
    **{
        (group, name): command
        for group in GROUPS
        for name, command in PROGRAM.commands[group].commands.items()
    },
}
READING = [("topics",), ("topic", "AI"), ("story", "AI"), ("preview", "AI"), ("ingest",)]


def test_every_command_has_help(broadsheet: Broadsheet):
    for name in COMMANDS:
        whole = broadsheet(*name[:-1], "--help")
        assert whole.code == 0
        assert name[-1] in whole.out
        one = broadsheet(*name, "--help")
        assert one.code == 0
        for each in ("--database", "--config", "--seeds"):
            assert each in one.out, name


def test_the_first_lines_of_help_say_where_to_begin_and_commands_come_as_one_meets_them(
    broadsheet: Broadsheet,
):
    above, _, listed = broadsheet("--help").out.partition("Commands:")
    assert "To try it: broadsheet sandbox. To set it up: broadsheet init, check, run." in above
    shown = [line.split()[0] for line in listed.splitlines() if line[:3].strip()]
    assert shown[:6] == ["sandbox", "init", "check", "run", "status", "feeds"]
    assert {*shown} == {*PROGRAM.commands}


def help_at_80_columns(broadsheet: Broadsheet, *name: str) -> str:
    """Its words, separated by one space; no line is longer."""
    shown = broadsheet(*name, "--help").out
    assert max(map(len, shown.splitlines())) <= 80
    return " ".join(shown.split())


def test_the_list_of_commands_cuts_no_line(broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    for words, commands in (
        (help_at_80_columns(broadsheet), cli.registered_commands),
        (help_at_80_columns(broadsheet, "feeds"), feeds.registered_commands),
        (help_at_80_columns(broadsheet, "event"), event.registered_commands),
    ):
        for command in commands:
            assert command.callback
            summary = inspect.cleandoc(command.callback.__doc__ or "").split("\n\n")[0]
            assert " ".join(summary.split()) in words


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_cuts_no_line(
    broadsheet: Broadsheet, name: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    words = help_at_80_columns(broadsheet, *name)
    command = COMMANDS[name]
    for text in (command.help, *(parameter.help for parameter in command.params)):
        assert " ".join(text.split()) in words


def test_the_version_is_that_of_the_code(broadsheet: Broadsheet):
    told = broadsheet("--version")
    assert (told.code, told.out, told.err) == (0, f"broadsheet {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [(), ("nonsense",), ("topics", "--nonsense"), ("topic",), ("sandbox", "--port", "x")],
)
def test_wrong_use_is_code_two(broadsheet: Broadsheet, arguments: tuple[str, ...]):
    assert broadsheet(*arguments).code == 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("storys: 5\n", "storys"),
        ("stories: many\n", "stories"),
        ("stories: 0\n", "stories"),
        ('time: "25:00"\n', "time"),
        ("timezone: Mars\n", "timezone"),
        ("days: someday\n", "days"),
        ("quiet_day: loud\n", "quiet_day"),
        ("- a list\n", "mapping"),
        ("a: [\n", "YAML"),
    ],
)
def test_a_fault_in_the_configuration_is_one_line_with_file_and_key(
    broadsheet: Broadsheet, tmp_path: Path, text: str, key: str
):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "digest.yaml").write_text(text)
    for command in (("topics",), ("sandbox",), ("ingest",)):
        outcome = broadsheet(*command, "--config", tmp_path / "config")
        assert outcome.code == 2
        assert f"{tmp_path}/config/digest.yaml: " in outcome.sentence
        assert key in outcome.sentence


def test_an_unknown_variable_is_told_by_its_name(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BROADSHEET_DATABSE", "x")
    outcome = broadsheet("topics")
    assert outcome.code == 2
    assert "BROADSHEET_DATABSE" in outcome.sentence


def fails(outcome: Outcome, words: str) -> None:
    assert outcome.code == 1
    assert words in outcome.sentence


@pytest.mark.sqlite
@pytest.mark.parametrize("arguments", READING)
def test_a_file_that_is_no_database_is_left_as_it_is(
    broadsheet: Broadsheet, tmp_path: Path, arguments: tuple[str, ...]
):
    path = tmp_path / "broadsheet.db"
    path.write_bytes(b"no database at all, " * 100)
    fails(broadsheet(*arguments), "not an SQLite database")
    assert path.read_bytes() == b"no database at all, " * 100


@pytest.mark.sqlite
@pytest.mark.parametrize("arguments", READING)
def test_a_newer_database_is_refused(
    loaded: Broadsheet, tmp_path: Path, arguments: tuple[str, ...]
):
    db = sqlite3.connect(tmp_path / "broadsheet.db")
    db.execute("PRAGMA user_version = 9999")
    db.close()
    fails(loaded(*arguments), "made by a newer Broadsheet")


@pytest.mark.sqlite
def test_another_programs_database_is_refused(broadsheet: Broadsheet, tmp_path: Path):
    db = sqlite3.connect(tmp_path / "broadsheet.db")
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    fails(broadsheet("ingest"), "belongs to another program")


@pytest.mark.sqlite
def test_a_locked_database_is_told_and_loses_nothing(
    loaded: Broadsheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    db = sqlite3.connect(tmp_path / "broadsheet.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    (tmp_path / "new.md").write_bytes(next((ROOT / "seeds").glob("*.md")).read_bytes())
    fails(loaded("ingest", tmp_path / "new.md"), "another process is writing to it")
    assert loaded("topics").code == 0
    db.execute("ROLLBACK")
    db.close()
    assert loaded("ingest", tmp_path / "new.md").code == 0


@pytest.mark.sqlite
@pytest.mark.parametrize("path", ["folder", "file/below.db"])
def test_a_place_that_cannot_hold_a_database_is_told(
    broadsheet: Broadsheet, tmp_path: Path, path: str
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for command in ("topics", "sandbox"):
        outcome = broadsheet(command, "--database", tmp_path / path)
        assert outcome.code == 1
        assert str(tmp_path / path.split("/", maxsplit=1)[0]) in outcome.sentence


def test_run_without_a_token_says_where_to_put_it(broadsheet: Broadsheet):
    outcome = broadsheet("run")
    assert outcome.code == 2
    assert "DISCORD_TOKEN" in outcome.sentence
    assert "broadsheet sandbox" in outcome.sentence


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DISCORD_TOKEN", "has a space"),
        ("DISCORD_TOKEN_FILE", "/nonexistent/token"),
        ("BROADSHEET_DISCORD_API", "ftp://127.0.0.1"),
        ("BROADSHEET_DISCORD_GATEWAY", "http://127.0.0.1"),
        ("BROADSHEET_LOG_LEVEL", "LOUD"),
        ("BROADSHEET_LOG_FORMAT", "xml"),
    ],
)
def test_an_account_that_cannot_be_used_is_told_by_its_variable(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
):
    if variable != "DISCORD_TOKEN_FILE":
        monkeypatch.setenv("DISCORD_TOKEN", "a.good.token")
    monkeypatch.setenv(variable, value)
    outcome = broadsheet("run")
    assert outcome.code == 2
    assert variable in outcome.sentence
    assert "a.good.token" not in outcome.err
    assert "has a space" not in outcome.err


@pytest.mark.parametrize("name", ["bot/__init__.py", "bot/__main__.py"])
def test_an_old_python_can_read_the_first_door(name: str):
    ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 6))


_OLD = """
import runpy, sys
sys.version_info = (3, 10, 12, "final", 0)
sys.argv = ["broadsheet", "topics"]
runpy.run_module("bot", run_name="__main__")
"""


def test_an_old_python_is_told_plainly():
    command = [sys.executable, "-c", _OLD]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 2
    assert done.stderr == "Broadsheet needs Python 3.11 or newer; this is Python 3.10.\n"


def test_a_reader_that_goes_away_is_no_traceback(loaded: Broadsheet, tmp_path: Path):
    assert loaded("topics").code == 0
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bot", "topics", *option(tmp_path / "broadsheet.db")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    with process.stderr as errors:
        assert b"Traceback" not in errors.read()
    assert process.wait(30) == 1


def test_only_commands_that_talk_to_discord_or_to_feeds_load_what_does_so():
    heavy = {"discord", "aiohttp", "apscheduler"}
    code = f"import bot.cli.main, sys; print(sorted({heavy} & {{*sys.modules}}))"
    ran = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)  # noqa: S603
    assert ran.strip() == "[]"
