"""The one line to Discord: turns, what closes it, and what opens it again."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import DeliveryError, Malformed, NotNow, Refused, Unknown
from bot.press.circuit import FAILURES, Circuit
from bot.press.line import Line, LineClosed
from bot.press.pacer import Pacer
from bot.press.turns import Who
from tests.conftest import SetClock

SECOND = timedelta(seconds=1)


class SlowPacer(Pacer):
    """A pacer whose turns come when a test says so."""

    def __init__(self) -> None:
        super().__init__(None)
        self.asked, self.comes = asyncio.Event(), asyncio.Event()

    async def turn(self) -> None:
        self.asked.set()
        await self.comes.wait()


@pytest.fixture
def line(clock: SetClock) -> Line:
    return Line(Pacer(None), Circuit(), clock)


def go_through(line: Line, error: DeliveryError | None = None) -> None:
    """One request and its outcome."""
    if error is None:
        with line.watched():
            return
    with pytest.raises(type(error)) as raised, line.watched():
        raise error
    assert raised.value is error, "it is seen, and passed on"


def enter(line: Line, who: Who = ("delivery", 1)) -> None:
    """A piece of work that asks nothing."""
    with line.piece(who):
        pass


HALT = NotNow("Discord asks to wait", 60, everywhere=True)


async def test_nothing_begins_or_has_a_turn_while_discord_asks_all_to_wait(
    line: Line, clock: SetClock
):
    go_through(line, HALT)
    clock.move(59 * SECOND)
    with pytest.raises(LineClosed):
        enter(line)
    with pytest.raises(LineClosed):
        await line.turn()
    clock.move(SECOND)
    enter(line)
    await line.turn()


async def test_where_no_wait_is_named_all_wait_a_moment_and_then_longer(
    line: Line, clock: SetClock
):
    for seconds in (5, 10, 20):
        go_through(line, NotNow("Discord does not let this address in", everywhere=True))
        clock.move((seconds - 1) * SECOND)
        with pytest.raises(LineClosed):
            enter(line)
        clock.move(SECOND)
        enter(line)


async def test_what_waits_for_its_turn_when_the_line_closes_has_none(clock: SetClock):
    pacer = SlowPacer()
    line = Line(pacer, Circuit(), clock)
    waiting = asyncio.create_task(line.turn())
    await pacer.asked.wait()
    go_through(line, HALT)
    pacer.comes.set()
    with pytest.raises(LineClosed):
        await waiting


@pytest.mark.parametrize("error", [Unknown("no answer"), NotNow("Discord cannot be reached")])
async def test_without_answers_one_piece_of_work_begins_at_a_time(
    line: Line, clock: SetClock, error: DeliveryError
):
    for _ in range(FAILURES):
        go_through(line, error)
    with pytest.raises(LineClosed):
        enter(line)
    clock.move(30 * SECOND)
    with line.piece(("delivery", 1)):
        with pytest.raises(LineClosed):
            enter(line)
        await line.turn()  # what has begun goes on: its outcome is the probe's
        go_through(line)
    enter(line)


@pytest.mark.parametrize(
    "answer",
    [None, Refused("I lack Send Messages"), Malformed("not this text"), NotNow("slow mode", 5)],
)
async def test_any_answer_is_one(line: Line, answer: DeliveryError | None):
    for _ in range(3 * FAILURES):
        for _ in range(FAILURES - 1):
            go_through(line, Unknown("no answer"))
        go_through(line, answer)
    enter(line)
