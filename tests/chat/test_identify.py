"""How often the bot may begin a session: in bursts, yet never near Discord's 1,000 a day."""

from bisect import bisect_left
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.identify import BURST, GAP, REFILL, RESERVE, IdentifyBudget, refuse_last_sessions
from bot.errors import DiscordUnavailable

DAY = 86_400.0
MOST = 900
"""Sessions that a day may see, of Discord's 1,000."""


def begun(asked: list[float]) -> list[float]:
    """When sessions begin, each asked for so many seconds after the one before has begun."""
    budget, now, found = IdentifyBudget(), 0.0, []
    for pause in asked:
        now += pause
        while wait := budget.take(now):
            now += wait
        found.append(now)
    return found


def test_the_first_session_begins_at_once():
    assert begun([0.0]) == [0.0]


def test_a_burst_is_only_spaced_and_then_sessions_come_at_the_pace_of_the_day():
    times = begun([0.0] * (BURST + 20))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[: BURST - 1] == pytest.approx([GAP] * (BURST - 1))
    assert gaps[BURST:] == pytest.approx([REFILL] * 19)


def test_an_hour_of_rest_brings_the_burst_back():
    times = begun([*[0.0] * 30, 3600.0, *[0.0] * (BURST - 1)])
    assert times[-1] - times[30] == pytest.approx(GAP * (BURST - 1))


@given(st.lists(st.floats(0, 7200), min_size=1, max_size=60))
def test_no_day_of_a_bot_that_always_asks_comes_near_the_limit(pauses: list[float]):
    times = begun([*pauses, *[0.0] * 900])
    for first, begins in enumerate(times):
        assert bisect_left(times, begins + DAY) - first <= MOST
    assert all(later - earlier >= GAP * 0.999 for earlier, later in pairwise(times))


@pytest.mark.parametrize("remaining", [RESERVE, 1, 0])
def test_with_few_sessions_left_today_the_bot_does_not_start(remaining: int):
    limit = {"total": 1000, "remaining": remaining, "reset_after": 5_400_000}
    with pytest.raises(
        DiscordUnavailable, match=rf"only {remaining} more of the 1000 .* 1\.5 hours"
    ):
        refuse_last_sessions(limit)


def test_with_more_it_does():
    refuse_last_sessions({"total": 1000, "remaining": RESERVE + 1, "reset_after": 0})
