"""Whose turn it is while one at a time may try: nobody is always first, and nobody is forgotten."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Unknown
from bot.press.circuit import FAILURES, PROBE_EVERY, Circuit
from bot.press.line import Line, LineClosed
from bot.press.pacer import Pacer
from bot.press.turns import PATIENCE, Turns, Who
from tests.conftest import START, SetClock
from tests.press.bench import CHANNEL, DAY, GUILD, HOUR, MORNING, Bench, story

TICK = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)


def one_tick(turns: Turns, asking: list[Who], now: datetime) -> list[Who]:
    """All ask in their order; the first whose turn it is has it, and the others wait."""
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
    turns, had = Turns(), list[Who]()
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
    turns, now = Turns(), START
    turns.ask(("delivery", 1), now)
    assert not turns.take(("recovery", 1), now)
    assert not turns.take(("recovery", 1), now + PATIENCE)
    assert turns.take(("recovery", 1), now + PATIENCE + TICK)


def test_a_long_pause_between_ticks_takes_no_turn_away():
    turns, now = Turns(), START
    turns.ask(("delivery", 1), now)
    now += HOUR
    assert not turns.take(("recovery", 1), now)
    assert turns.take(("delivery", 1), now)


def broken_line(clock: SetClock) -> Line:
    line = Line(Pacer(None), Circuit(), clock)
    for _ in range(FAILURES):
        with pytest.raises(Unknown), line.watched():
            raise Unknown("no answer")
    return line


def test_work_that_asked_nothing_gives_its_turn_back(clock: SetClock):
    line = broken_line(clock)
    clock.move(PROBE_EVERY)
    for row in range(3):
        with line.piece(("delivery", row)):
            pass
    with pytest.raises(Unknown), line.piece(("delivery", 3)), line.watched():
        raise Unknown("no answer")
    with pytest.raises(LineClosed), line.piece(("delivery", 4)):
        pass


async def run(bench: Bench, span: timedelta) -> None:
    for _ in range(span // TICK):
        await bench.tick(after=TICK)


async def test_channels_that_never_answer_hold_up_a_healthy_one_for_minutes_at_most(bench: Bench):
    await bench.load(story(1))
    for channel in range(101, 125):
        await bench.follow(channel)
    bench.discord.silent.update(range(101, 125))
    bench.discord.readable = True
    await bench.tick(at=MORNING)
    await run(bench, 5 * MINUTE)
    await bench.follow()
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "time", "08:06")
    await run(bench, 15 * MINUTE)
    assert bench.shown() == [1]


async def test_servers_with_an_outage_close_nothing_to_others(bench: Bench):
    """That they cannot be told is known without a request, and says nothing of Discord."""
    await bench.load(story(1))
    for guild in range(2, 22):
        await bench.follow(100 + guild, guild=guild)
        bench.discord.obstacles[100 + guild] = "I lack Send Messages."
    await bench.tick(at=MORNING - HOUR)
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    await bench.delivery.deliver_open()
    bench.discord.outages.update(range(2, 22))
    await run(bench, 5 * MINUTE)
    assert not bench.line._circuit.probing
    await bench.follow()
    await bench.tick(at=MORNING + DAY)
    assert bench.shown() == [1]
    bench.discord.outages.clear()
    await run(bench, MINUTE)
    assert {guild for guild, _ in bench.discord.told} >= set(range(2, 22))
