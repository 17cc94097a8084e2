"""Logging: two styles, to stderr, and no secret in any of them."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.logs import set_up_logging
from tests.chat.conftest import custom_ids, opened

SECRET = 'in"vented\\secret'  # noqa: S105 - signs that JSON escapes
OTHER = "another-secret"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The root logger as it was, and the levels of those that are quietened."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


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
