"""Answers that get lost: the person is told, the operator gets one line."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from bot.demo import Demo
from bot.sandbox.faults.faults import Fault

LOGGERS = ("bot.chat.replies", "discord.app_commands.tree")


class OnStatus(logging.Handler):
    """Collects log records from warnings on, as they come."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put_nowait(f"{record.levelname} {logging.Formatter().format(record)}")


@pytest.fixture
def logged(demo: Demo) -> Iterator[OnStatus]:
    one = OnStatus()
    for name in LOGGERS:
        logging.getLogger(name).addHandler(one)
    yield one
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(one)


async def test_an_answer_that_is_lost_is_told_to_the_person_and_in_one_line(
    demo: Demo, logged: OnStatus
):
    demo.sandbox.faults.add(Fault(kind="reset", path="/interactions/*"))
    answer = await demo.sandbox.person("member").command("topics")
    assert answer.text == "Discord did not accept the answer; please try again."
    assert answer.ephemeral
    line = await logged.lines.get()
    assert line.startswith("WARNING an answer did not reach Discord: Client")
    assert "\n" not in line
    assert logged.lines.empty()


@pytest.mark.parametrize("kind", ["reset_after", "hang_after"])
async def test_an_answer_that_arrived_but_was_not_confirmed_is_one_line(
    demo: Demo, logged: OnStatus, kind: str
):
    demo.sandbox.faults.add(Fault(kind=kind, path="/interactions/*", seconds=0))
    answer = await demo.sandbox.person("member").command("topics")
    assert "**AI**" in answer.text
    assert "\n" not in await logged.lines.get()


async def test_a_completion_that_is_lost_is_one_line(demo: Demo, logged: OnStatus):
    demo.sandbox.faults.add(Fault(kind="reset_after", path="/interactions/*"))
    await demo.sandbox.person("member").autocomplete("topic", "name", "a")
    line = await logged.lines.get()
    assert line.startswith("WARNING a completion did not reach Discord: Client")
    assert "\n" not in line


async def test_a_fault_of_our_own_keeps_its_traceback(demo: Demo, logged: OnStatus):
    async with demo.services.database.writing() as db:
        await db.execute("ALTER TABLE topic RENAME TO gone")
    answer = await demo.sandbox.person("member").command("topics")
    assert "went wrong" in answer.text
    assert "Traceback" in await logged.lines.get()


async def test_an_answer_that_discord_takes_with_a_page_of_html_is_one_line(
    demo: Demo, logged: OnStatus, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "discord.interactions.InteractionCallbackResponse._update", lambda self, data: data["x"]
    )
    answer = await demo.sandbox.person("member").command("topics")
    assert not answer.failed
    assert "\n" not in await logged.lines.get()
