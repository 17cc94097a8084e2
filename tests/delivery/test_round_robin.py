"""Whose turn it is while one at a time may try: no row is always first, and none is forgotten."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.circuit_breaker import FAILURES, PROBE_EVERY, CircuitBreaker
from bot.delivery.pacer import Pacer
from bot.delivery.rate_gate import RateGate, RateGateClosed
from bot.delivery.round_robin import PATIENCE, RoundRobin, Who
from bot.errors import OutcomeUnknown
from tests.conftest import START, SetClock
from tests.delivery.harness import DAY, HOUR, MINUTE, MORNING, TARGET, Harness, story

TICK = timedelta(seconds=15)


def one_tick(turns: RoundRobin, asking: list[Who], now: datetime) -> list[Who]:
    """All rows ask in order; the first whose turn it is gets it, and the others wait."""
    had: list[Who] = []
    for who in asking:
        if had:
            turns.ask(who, now)
        elif turns.take(who, now):
            had.append(who)
    return had


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 5)), min_size=1, max_size=9, unique=True
    ),
    st.sampled_from([TICK, 5 * MINUTE]),
)
def test_all_queues_have_as_many_turns_and_in_each_of_them_all_rows(
    asking: list[Who], tick: timedelta
):
    turns, had = RoundRobin(), list[Who]()
    for number in range(3 * len(asking) * 3):
        had += one_tick(turns, asking, START + number * tick)
    queues = Counter(queue for queue, _ in had)
    assert set(queues) == {queue for queue, _ in asking}
    assert max(queues.values()) - min(queues.values()) <= 2
    for queue in queues:
        rows = Counter(row for of, row in had if of == queue)
        each = [rows[row] for of, row in asking if of == queue]
        assert max(each) - min(each) <= 1


def test_the_turn_of_one_that_does_not_come_any_more_goes_to_another():
    turns, now = RoundRobin(), START
    turns.ask(("delivery", 1), now)
    assert not turns.take(("recovery", 1), now)
    assert not turns.take(("recovery", 1), now + PATIENCE)
    assert turns.take(("recovery", 1), now + PATIENCE + TICK)


def test_a_long_pause_between_ticks_takes_no_turn_away():
    turns, now = RoundRobin(), START
    turns.ask(("delivery", 1), now)
    now += HOUR
    assert not turns.take(("recovery", 1), now)
    assert turns.take(("delivery", 1), now)


def broken_line(clock: SetClock) -> RateGate:
    gate = RateGate(Pacer(None), CircuitBreaker(), clock)
    for _ in range(FAILURES):
        with pytest.raises(OutcomeUnknown), gate.watched():
            raise OutcomeUnknown("no answer")
    return gate


def test_work_that_asked_nothing_gives_its_turn_back(clock: SetClock):
    gate = broken_line(clock)
    clock.move(PROBE_EVERY)
    for row in range(3):
        with gate.piece(("delivery", row)):
            pass
    with pytest.raises(OutcomeUnknown), gate.piece(("delivery", 3)), gate.watched():
        raise OutcomeUnknown("no answer")
    with pytest.raises(RateGateClosed), gate.piece(("delivery", 4)):
        pass


async def run(harness: Harness, span: timedelta) -> None:
    for _ in range(span // TICK):
        await harness.tick(after=TICK)


async def test_channels_that_never_answer_hold_up_a_healthy_one_for_minutes_at_most(
    harness: Harness,
):
    await harness.load(story(1))
    for channel in range(101, 125):
        await harness.follow(channel)
    harness.discord.silent.update(range(101, 125))
    harness.discord.readable = True
    await harness.tick(at=MORNING)
    await run(harness, 5 * MINUTE)
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "time", "08:06", by=1)
    await run(harness, 15 * MINUTE)
    assert harness.shown() == [1]


async def test_servers_with_an_outage_close_nothing_to_others(harness: Harness):
    """That they cannot be notified is known without a request, and says nothing about Discord."""
    await harness.load(story(1))
    for guild in range(2, 22):
        await harness.follow(100 + guild, guild=guild)
        harness.discord.obstacles[100 + guild] = "I lack Send Messages."
    await harness.tick(at=MORNING - HOUR)
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    await harness.dispatcher.deliver_open()
    harness.discord.outages.update(range(2, 22))
    await run(harness, 5 * MINUTE)
    assert not harness.gate._circuit.probing
    await harness.follow()
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1]
    harness.discord.outages.clear()
    await run(harness, MINUTE)
    assert {guild for guild, _ in harness.discord.told} >= set(range(2, 22))
