"""The next step for a part, and how long to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.edition import Part
from bot.digests.ledger import PartState
from bot.digests.retries import (
    FIRST_WAIT,
    LONGEST_WAIT,
    NONCE_WINDOW,
    Step,
    next_step,
    wait_before,
)

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def part(state: PartState, first_tried_at: datetime | None) -> Part:
    return Part(1, 1, "{}", b"", "marker", "nonce", state, 1, first_tried_at)


@pytest.mark.parametrize("state", [state for state in PartState if state is not PartState.SENDING])
def test_a_part_that_no_request_is_in_doubt_for_is_posted(state: PartState):
    assert next_step(part(state, None), NOW) is Step.POST


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_part_in_doubt_is_posted_again_for_a_minute_and_then_looked_for(age: timedelta):
    step = next_step(part(PartState.SENDING, NOW - age), NOW)
    assert step is (Step.POST if age < NONCE_WINDOW else Step.LOOK_BACK)


def test_a_first_attempt_in_the_future_is_of_unknown_age():
    tried = NOW + timedelta(hours=1)
    assert next_step(part(PartState.SENDING, tried), NOW) is Step.LOOK_BACK


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_what_may_not_be_posted_again_is_waited_for_a_minute_and_then_looked_for(age: timedelta):
    step = next_step(part(PartState.SENDING, NOW - age), NOW, again=False)
    assert step is (Step.WAIT if age < NONCE_WINDOW else Step.LOOK_BACK)
    assert next_step(part(PartState.PENDING, None), NOW, again=False) is Step.POST


@given(st.integers(0, 1_000_000))
def test_waits_double_up_to_five_minutes(attempts: int):
    wait = wait_before(attempts)
    assert FIRST_WAIT <= wait <= LONGEST_WAIT == timedelta(minutes=5)
    assert wait_before(attempts + 1) == min(2 * wait, LONGEST_WAIT)


@given(st.integers(0, 50), st.floats(0, 1))
def test_what_failed_together_does_not_come_back_together(attempts: int, spread: float):
    wait, full = wait_before(attempts, spread=spread), wait_before(attempts)
    assert full * 0.8 <= wait <= full


def test_within_the_life_of_a_nonce_there_are_three_attempts():
    """The first at once, then two full waits; a tick comes every 15 seconds."""
    assert wait_before(0) + wait_before(1) + timedelta(seconds=15) <= NONCE_WINDOW


@given(st.integers(0, 50), st.floats(0, 1e6))
def test_a_wait_is_at_least_what_discord_named(attempts: int, named: float):
    wait = wait_before(attempts, named)
    assert wait >= timedelta(seconds=named)
    assert wait >= wait_before(attempts)
