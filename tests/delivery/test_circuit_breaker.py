"""Whether anything may be sent: what Discord asked for, what it can take, and clocks that jump."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.circuit_breaker import (
    FAILURES,
    LONGEST_HOLD,
    PROBE_EVERY,
    REFUSAL_WINDOW,
    REFUSALS,
    CircuitBreaker,
)

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def broken(failures: int = FAILURES) -> CircuitBreaker:
    circuit = CircuitBreaker()
    for _ in range(failures):
        circuit.unanswered(NOW)
    return circuit


def test_a_new_one_lets_everything_out():
    circuit = CircuitBreaker()
    assert all(circuit.allows(NOW) for _ in range(100))
    assert not circuit.held(NOW)


@given(st.floats(0.001, 3600))
def test_while_it_is_held_nothing_goes_out_and_then_one_that_tries(seconds: float):
    circuit = CircuitBreaker()
    circuit.hold(NOW, seconds, "Discord asks to wait")
    until = NOW + timedelta(seconds=seconds)
    for moment in (NOW, until - timedelta(microseconds=1)):
        if moment < until:
            assert circuit.held(moment)
            assert not circuit.allows(moment)
    assert not circuit.held(until)
    assert [circuit.allows(until) for _ in range(3)] == [True, False, False]
    circuit.answered(until)
    assert all(circuit.allows(until) for _ in range(3))


@pytest.mark.parametrize(("first", "second"), [(60, 10), (10, 60)])
def test_of_two_holds_the_longer_one_holds(first: float, second: float):
    circuit = CircuitBreaker()
    circuit.hold(NOW, first, "why")
    circuit.hold(NOW, second, "why")
    assert circuit.held(NOW + 59 * SECOND)
    assert not circuit.held(NOW + 60 * SECOND)


def test_a_wait_of_a_day_is_asked_again_after_an_hour():
    circuit = CircuitBreaker()
    circuit.hold(NOW, 86_400, "why")
    assert circuit.held(NOW + HOUR - SECOND)
    assert circuit.allows(NOW + HOUR)


def test_one_failure_less_than_eight_changes_nothing():
    circuit = broken(FAILURES - 1)
    assert FAILURES == 8
    assert all(circuit.allows(NOW) for _ in range(100))


def test_after_eight_failures_in_a_row_one_probe_goes_out_every_thirty_seconds():
    circuit, asked = broken(), []
    for second in range(200):
        moment = NOW + second * SECOND
        if any([circuit.allows(moment) for _ in range(3)]):  # noqa: C419 - all three ask
            asked.append(second)
    assert PROBE_EVERY == 30 * SECOND
    assert asked == [30, 60, 90, 120, 150, 180]


def test_of_many_that_ask_at_once_one_is_the_probe():
    circuit = broken()
    moment = NOW + PROBE_EVERY
    assert [circuit.allows(moment) for _ in range(5)] == [True, *[False] * 4]


def test_a_probe_that_fails_starts_its_thirty_seconds_anew():
    circuit = broken()
    moment = NOW + PROBE_EVERY
    assert circuit.allows(moment)
    circuit.unanswered(moment + 10 * SECOND)
    assert not circuit.allows(moment + PROBE_EVERY)
    assert circuit.allows(moment + 10 * SECOND + PROBE_EVERY)


def test_the_first_answer_lets_everything_out_again():
    circuit = broken()
    circuit.answered(NOW)
    assert all(circuit.allows(NOW) for _ in range(100))
    for _ in range(FAILURES - 1):
        circuit.unanswered(NOW)
    assert circuit.allows(NOW), "failures are counted anew"


def test_an_answer_between_failures_keeps_it_closed():
    circuit = CircuitBreaker()
    for _ in range(10):
        for _ in range(FAILURES - 1):
            circuit.unanswered(NOW)
        circuit.answered(NOW)
    assert circuit.allows(NOW)


def test_an_answer_does_not_end_a_hold():
    circuit = CircuitBreaker()
    circuit.hold(NOW, 60, "why")
    circuit.answered(NOW)
    assert circuit.held(NOW + 59 * SECOND)
    assert [circuit.allows(NOW + 60 * SECOND) for _ in range(2)] == [True, False]


def test_five_hundred_refusals_in_ten_minutes_stop_all_until_the_first_is_ten_minutes_old():
    circuit = CircuitBreaker()
    for number in range(REFUSALS - 1):
        circuit.refused(NOW + number * SECOND)
    last = NOW + (REFUSALS - 1) * SECOND
    assert circuit.allows(last)
    circuit.refused(last)
    assert circuit.held(NOW + REFUSAL_WINDOW - SECOND)
    assert circuit.allows(NOW + REFUSAL_WINDOW)


def test_refusals_that_come_slowly_stop_nothing():
    circuit = CircuitBreaker()
    for number in range(5 * REFUSALS):
        circuit.refused(NOW + number * 1.21 * SECOND)
    assert circuit.allows(NOW + 5 * REFUSALS * 1.21 * SECOND)


def test_no_ten_minutes_have_more_refusals_than_discord_takes():
    """At ten requests a second, all refused, for an hour."""
    circuit, at = CircuitBreaker(), []
    for tenth in range(36_000):
        moment = NOW + tenth * SECOND / 10
        if circuit.allows(moment):
            circuit.refused(moment)
            circuit.answered(moment)
            at.append(moment)
    for first, later in zip(at, at[REFUSALS:], strict=False):
        assert later - first >= REFUSAL_WINDOW
    assert len(at) == 6 * REFUSALS


events = st.lists(
    st.tuples(
        st.sampled_from(["hold", "unanswered", "answered", "refused", "ask"]),
        st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)) | st.just(SECOND),
        st.floats(0, 1e7),
    ),
    max_size=60,
)


@given(events, st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)))
def test_wherever_a_clock_is_put_nothing_is_kept_for_longer_than_an_hour(
    happened: list[tuple[str, timedelta, float]], jump: timedelta
):
    circuit, last = CircuitBreaker(), NOW
    for what, by, seconds in happened:
        last = NOW + by
        if what == "hold":
            circuit.hold(last, seconds, "why")
        elif what == "ask":
            circuit.allows(last)
        elif what == "answered":
            circuit.answered(last)
        else:
            getattr(circuit, what)(last)
    put = NOW + jump
    assert circuit.allows(put) or circuit.allows(put + LONGEST_HOLD)


def test_a_wait_that_is_not_named_is_a_moment_and_doubles_until_discord_answers():
    circuit, moment, waited = CircuitBreaker(), NOW, []
    for _ in range(10):
        for _ in range(32):  # all requests in flight get the same answer
            circuit.hold(moment, None, "Discord does not let this address in")
        begun = moment
        while circuit.held(moment):
            moment += SECOND
        waited.append((moment - begun).total_seconds())
    assert waited == [5, 10, 20, 40, 80, 80, 80, 80, 80, 80]
    circuit.answered(moment)
    circuit.hold(moment, None, "Discord does not let this address in")
    assert not circuit.held(moment + 5 * SECOND)
