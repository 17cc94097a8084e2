"""Logging: two styles, to stderr, and no secret in either of them."""

import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.output import failure
from bot.logs import is_journal, set_up_logging
from tests.chat.conftest import custom_ids, opened

SECRET = 'in"vented\\secret'  # noqa: S105 - signs that JSON escapes
OTHER = "another-secret"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Restores the root logger, and the levels of the quietened ones."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    quietened = [
        logging.getLogger(name) for name in ("discord", "apscheduler", "aiohttp", "aiosqlite")
    ]
    levels = [(logger, logger.level) for logger in (root, *quietened)]
    yield
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)


def fail() -> None:
    raise ValueError(f"refused {SECRET}")


def log_everything() -> None:
    logger = logging.getLogger("bot.test")
    logger.info("token %s", SECRET)
    logger.warning("both %s and %s", SECRET, OTHER)
    try:
        fail()
    except ValueError:
        logger.exception("it failed")


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_secret_is_struck_out_of_messages_and_tracebacks(
    style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("INFO", style, ["", SECRET, OTHER])
    log_everything()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("[secret]") >= 4
    assert "Traceback" in err
    for secret in (SECRET, json.dumps(SECRET)[1:-1], OTHER):
        assert secret not in err


@pytest.mark.parametrize("style", ["text", "json"])
def test_arguments_that_do_not_fit_their_message_are_logged_like_any_others(
    style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """discord.py logs a wait with %.2f, whatever Discord sent as the wait."""
    set_up_logging("INFO", style, secrets=["hush"])
    logging.getLogger("test").warning("%s waits %.2f seconds", "hush", "5")
    err = capsys.readouterr().err
    assert "waits %.2f seconds" in err
    assert "hush" not in err
    assert "Traceback" not in err
    assert "Logging error" not in err


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "json", [SECRET])
    log_everything()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines] == ["INFO", "WARNING", "ERROR"]
    assert [set(line) for line in lines[:2]] == [{"at", "level", "logger", "message"}] * 2
    assert "ValueError" in lines[2]["traceback"]


def test_records_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("WARNING", "text")
    log_everything()
    err = capsys.readouterr().err
    assert "INFO" not in err
    assert "WARNING bot.test: both" in err


@pytest.mark.parametrize(("level", "chatty"), [("INFO", "WARNING"), ("DEBUG", "DEBUG")])
def test_libraries_are_quiet_unless_everything_is_asked_for(level: str, chatty: str) -> None:
    set_up_logging(level, "text")
    for name in ("discord", "apscheduler", "aiohttp"):
        assert logging.getLevelName(logging.getLogger(name).level) == chatty


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_no_statement_is_logged_with_its_values(
    level: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(level, "text")
    async with opened(tmp_path):
        pass
    assert "aiosqlite" not in capsys.readouterr().err


@pytest.mark.parametrize("style", ["text", "json"])
async def test_at_debug_no_token_of_an_interaction_is_written(
    style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("DEBUG", style)
    async with opened(tmp_path) as demo:
        member = demo.sandbox.person("member")
        answer = await member.command("topic", name="AI")
        await member.press(answer.message, custom_ids(answer.message)[-1])
        await demo.sandbox.person("admin").command("digest status")
        tokens = [*demo.sandbox._interactions._by_token]
    err = capsys.readouterr().err
    assert len(tokens) >= 3
    assert "INTERACTION_CREATE" in err
    assert "/webhooks/" in err
    assert "/interactions/" in err
    assert not [one for one in tokens if one in err]


@contextmanager
def journal(folder: Path) -> Iterator[Callable[[], list[str]]]:
    """stderr as systemd connects it to the journal; returns the lines that arrive."""
    with pytest.MonkeyPatch.context() as patch, (folder / "journal").open("w") as stream:
        file = os.fstat(stream.fileno())
        patch.setenv("JOURNAL_STREAM", f"{file.st_dev}:{file.st_ino}")
        patch.setattr(sys, "stderr", stream)

        def lines() -> list[str]:
            stream.flush()
            return (folder / "journal").read_text().splitlines()

        yield lines


def test_the_journal_is_told_the_priority_of_every_line_and_no_second_time(tmp_path: Path):
    with journal(tmp_path) as lines:
        set_up_logging("DEBUG", "text", [SECRET])
        logger = logging.getLogger("bot.test")
        for level in (
            logging.DEBUG,
            logging.INFO,
            logging.WARNING,
            logging.ERROR,
            logging.CRITICAL,
        ):
            logger.log(level, "two\nlines")
        assert lines() == [
            line for n in (7, 6, 4, 3, 2) for line in (f"<{n}>bot.test: two", f"<{n}>lines")
        ]
        log_everything()
        traceback = lines()[12:]
    assert len(traceback) > 4
    assert all(line.startswith("<3>") for line in traceback)
    assert SECRET not in "".join(traceback)


def test_json_in_the_journal_has_a_priority_before_it_and_no_time_in_it(tmp_path: Path):
    with journal(tmp_path) as lines:
        set_up_logging("INFO", "json")
        logging.getLogger("bot.test").warning("it broke")
        (line,) = lines()
    assert line.startswith("<4>{")
    assert json.loads(line.removeprefix("<4>")) == {
        "level": "WARNING",
        "logger": "bot.test",
        "message": "it broke",
    }


def test_a_command_that_fails_tells_the_journal_an_error(tmp_path: Path):
    with journal(tmp_path) as lines:
        failure("no token")
        assert lines() == ["<3>broadsheet: no token"]


def test_what_only_inherits_the_journals_variable_is_not_the_journal(tmp_path: Path):
    """As when the unit's process starts another process with its output in a file."""
    with (
        journal(tmp_path) as lines,
        pytest.MonkeyPatch.context() as patch,
        (tmp_path / "elsewhere").open("w") as stream,
    ):
        patch.setattr(sys, "stderr", stream)
        set_up_logging("INFO", "text")
        logging.getLogger("bot.test").warning("here")
        assert lines() == []
    text = (tmp_path / "elsewhere").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d .* WARNING bot\.test: here\n", text)
    for closed in (stream, io.StringIO()):
        assert not is_journal(closed)


def test_json_spells_what_the_terminals_encoding_lacks(tmp_path: Path):
    with (
        pytest.MonkeyPatch.context() as patch,
        (tmp_path / "log").open("w", encoding="cp1252") as stream,
    ):
        patch.setattr(sys, "stderr", stream)
        set_up_logging("INFO", "json")
        logging.getLogger("bot.test").warning("Łódź")
    assert json.loads((tmp_path / "log").read_text(encoding="cp1252"))["message"] == "Łódź"
