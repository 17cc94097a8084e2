"""The states in which parts and editions end, and what follows from each attempt."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.edition import (
    CLOSED,
    LONGEST_WAIT,
    NONCE_WINDOW,
    EditionState,
    Part,
    PartState,
    Step,
    closed_state,
    edition_line,
    next_step,
    wait_before,
)

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def part(state: PartState, first_tried_at: datetime | None) -> Part:
    return Part(1, 1, "{}", b"", "marker", "nonce", state, 1, first_tried_at)


def expected_end(parts: tuple[PartState, ...]) -> EditionState:
    """The table of design and docstring, put the other way round."""
    if any(state is PartState.UNCERTAIN for state in parts):
        return EditionState.UNCERTAIN
    sent = sum(state is PartState.SENT for state in parts)
    if sent == 0:
        return EditionState.SKIPPED
    return EditionState.DELIVERED if sent == len(parts) else EditionState.PARTIAL


def test_every_combination_of_up_to_four_parts_ends_in_its_state():
    for count in range(5):
        for parts in product(PartState, repeat=count):
            end = closed_state(list(parts))
            assert end is expected_end(parts), parts
            assert end in CLOSED


def test_the_closed_states_are_the_four_in_which_nothing_more_is_done():
    assert {state.value for state in CLOSED} == {"delivered", "partial", "uncertain", "skipped"}


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


@given(st.integers(0, 1_000_000))
def test_waits_double_from_five_seconds_up_to_five_minutes(attempts: int):
    wait = wait_before(attempts)
    assert timedelta(seconds=5) <= wait <= LONGEST_WAIT == timedelta(minutes=5)
    assert wait_before(attempts + 1) == min(2 * wait, LONGEST_WAIT)


@given(st.integers(0, 50), st.floats(0, 1e6))
def test_a_wait_is_at_least_what_discord_named(attempts: int, named: float):
    wait = wait_before(attempts, named)
    assert wait >= timedelta(seconds=named)
    assert wait >= wait_before(attempts)


def test_no_two_editions_or_parts_have_the_same_line():
    days = [date(2025, 12, 30) + timedelta(days=n) for n in range(800)]
    keys = list(product(days, range(-6, 7), range(1, 5)))
    assert len({edition_line(*key) for key in keys}) == len(keys)


def test_a_line_names_day_and_edition_in_words():
    assert edition_line(date(2026, 5, 4), 2, 1) == "Monday 4 May 2026, edition 2"
    assert edition_line(date(2026, 5, 4), 1, 3) == "Monday 4 May 2026, edition 1, part 3"
    assert edition_line(date(2026, 5, 4), 0, 1) == "Monday 4 May 2026, extra edition 1"
    assert edition_line(date(2026, 5, 4), -1, 1) == "Monday 4 May 2026, extra edition 2"
