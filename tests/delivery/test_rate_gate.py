"""The gate to Discord: turns, what closes it, and what opens it again."""

import asyncio
from datetime import timedelta

import pytest

from bot.delivery.circuit_breaker import FAILURES, CircuitBreaker
from bot.delivery.pacer import Pacer
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.delivery.round_robin import Who
from bot.errors import DeliveryError, Malformed, OutcomeUnknown, Refused, TryLater
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
def gate(clock: SetClock) -> RateGate:
    return RateGate(Pacer(None), CircuitBreaker(), clock)


def go_through(gate: RateGate, error: DeliveryError | None = None) -> None:
    """One request and its outcome."""
    if error is None:
        with gate.watched():
            return
    with pytest.raises(type(error)) as raised, gate.watched():
        raise error
    assert raised.value is error, "it is seen, and passed on"


def enter(gate: RateGate, who: Who = ("delivery", 1)) -> None:
    """A piece of work without requests."""
    with gate.piece(who):
        pass


HALT = TryLater("Discord asks to wait", 60, everywhere=True)


async def test_nothing_begins_or_has_a_turn_while_discord_asks_all_to_wait(
    gate: RateGate, clock: SetClock
):
    go_through(gate, HALT)
    clock.move(59 * SECOND)
    with pytest.raises(RateGateClosed):
        enter(gate)
    with pytest.raises(RateGateClosed):
        await gate.turn()
    clock.move(SECOND)
    enter(gate)
    await gate.turn()


async def test_where_no_wait_is_named_all_wait_a_moment_and_then_longer(
    gate: RateGate, clock: SetClock
):
    for seconds in (5, 10, 20):
        go_through(gate, TryLater("Discord does not let this address in", everywhere=True))
        clock.move((seconds - 1) * SECOND)
        with pytest.raises(RateGateClosed):
            enter(gate)
        clock.move(SECOND)
        enter(gate)


async def test_what_waits_for_its_turn_when_the_line_closes_has_none(clock: SetClock):
    pacer = SlowPacer()
    gate = RateGate(pacer, CircuitBreaker(), clock)
    waiting = asyncio.create_task(gate.turn())
    await pacer.asked.wait()
    go_through(gate, HALT)
    pacer.comes.set()
    with pytest.raises(RateGateClosed):
        await waiting


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("no answer"), TryLater("Discord cannot be reached")]
)
async def test_without_answers_one_piece_of_work_begins_at_a_time(
    gate: RateGate, clock: SetClock, error: DeliveryError
):
    for _ in range(FAILURES):
        go_through(gate, error)
    with pytest.raises(RateGateClosed):
        enter(gate)
    clock.move(30 * SECOND)
    with gate.piece(("delivery", 1)):
        with pytest.raises(RateGateClosed):
            enter(gate)
        await gate.turn()  # work that has begun goes on: its outcome is the probe's
        go_through(gate)
    enter(gate)


@pytest.mark.parametrize(
    "answer",
    [None, Refused("I lack Send Messages"), Malformed("not this text"), TryLater("slow mode", 5)],
)
async def test_any_answer_is_one(gate: RateGate, answer: DeliveryError | None):
    for _ in range(3 * FAILURES):
        for _ in range(FAILURES - 1):
            go_through(gate, OutcomeUnknown("no answer"))
        go_through(gate, answer)
    enter(gate)
