"""How often the bot may begin a session: in bursts, but never near Discord's 1,000 a day."""

from bisect import bisect_left
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.gateway.client import BroadsheetBot
from bot.chat.gateway.identify import BURST, GAP, REFILL, RESERVE, IdentifyBudget, Sessions
from bot.errors import DiscordUnavailable

DAY = 86_400.0
MOST = 900
"""How many of Discord's 1,000 sessions a day may be used."""
START = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}


def begun(asked: list[float], shards: int = 1, at_once: int = 1) -> list[float]:
    """When the sessions of each shard begin in turn, each requested this many seconds after the
    previous one began.
    """
    budget = IdentifyBudget(Sessions(shards=shards, at_once=at_once), 0.0)
    now, found = 0.0, []
    for number, pause in enumerate(asked):
        now += pause
        now += budget.reserve(number % shards, now)
        while wait := budget.begin(number % shards, now):
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


@given(st.lists(st.floats(0, 7200), min_size=1, max_size=60), st.sampled_from([1, 2, 15, 60, 400]))
def test_no_day_of_a_bot_that_always_asks_comes_near_the_limit(pauses: list[float], shards: int):
    times = begun([*pauses, *[0.0] * 900], shards)
    for first, begins in enumerate(times):
        assert bisect_left(times, begins + DAY) - first <= MOST
    assert all(later - earlier >= GAP * 0.999 for earlier, later in pairwise(times))


@pytest.mark.parametrize("at_once", [1, 2, 16])
@pytest.mark.parametrize("shards", [1, 2, 15, 100, 800])
def test_one_start_of_every_shard_is_always_possible_as_fast_as_discord_lets_them(
    shards: int, at_once: int
):
    budget = IdentifyBudget(Sessions(shards=shards, at_once=at_once), 0.0)
    places = [budget.reserve(shard_id, 0.0) for shard_id in range(shards)]
    assert places == pytest.approx([shard_id // at_once * GAP for shard_id in range(shards)])


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_shard_whose_connection_took_long_keeps_the_others_of_its_lane_apart(at_once: int):
    budget = IdentifyBudget(Sessions(shards=8, at_once=at_once), 0.0)
    assert budget.begin(0, 4.0) == 0
    assert budget.begin(at_once, GAP) == pytest.approx(4.0)
    assert budget.begin(at_once, 4.0 + GAP) == 0


def test_what_discord_has_left_for_today_is_not_used_up_after_the_start_either():
    sessions = Sessions(shards=2, remaining=RESERVE + 4, resets_in=50_000)
    budget = IdentifyBudget(sessions, 0.0)
    places = [budget.reserve(number % 2, 0.0) for number in range(6)]
    assert places == pytest.approx([0, GAP, 2 * GAP, 3 * GAP, 50_000, 50_000 + GAP])


def answer(shards: int = 1, **limit: int) -> dict[str, object]:
    return {"shards": shards, "session_start_limit": {**START, **limit}}


@pytest.mark.parametrize("remaining", [RESERVE, 1, 0])
def test_with_few_sessions_left_today_the_bot_does_not_start(remaining: int):
    sessions = Sessions.of(answer(remaining=remaining, reset_after=5_400_000))
    with pytest.raises(
        DiscordUnavailable, match=rf"only {remaining} more of the 1000 .* 1\.5 hours"
    ):
        sessions.refuse_the_last()


def test_with_more_it_does():
    Sessions.of(answer(remaining=RESERVE + 1)).refuse_the_last()


def test_all_shards_need_a_session_before_any_begins_one():
    Sessions.of(answer(15, remaining=RESERVE + 15)).refuse_the_last()
    with pytest.raises(DiscordUnavailable, match="its 15 shards need one each"):
        Sessions.of(answer(15, remaining=RESERVE + 14)).refuse_the_last()


def test_what_discord_says_of_sessions_is_read():
    read = Sessions.of(answer(16, total=2000, remaining=99, reset_after=1500, max_concurrency=16))
    assert read == Sessions(16, 2000, 99, 1.5, 16)


class Shared:
    """What processes share, and their time, which passes only while they wait."""

    def __init__(self) -> None:
        self.now, self._next = 0.0, dict[str, float]()

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def take(self, what: str, count: int, rate: float) -> tuple[float, float]:
        begins = max(self.now, self._next.get(what, 0.0))
        self._next[what] = begins + count / rate
        return begins - self.now, 0.0

    async def hold(self, seconds: float) -> None:
        raise AssertionError


async def test_no_day_of_several_processes_that_always_ask_comes_near_the_limit():
    shared, times = Shared(), list[float]()
    bots = [
        BroadsheetBot(now=lambda: shared.now, sleep=shared.sleep, budget=shared) for _ in range(4)
    ]
    for number in range(2 * MOST):
        await bots[number % 4].before_identify_hook(number % 4)
        times.append(shared.now)
    for first, begins in enumerate(times):
        assert bisect_left(times, begins + DAY) - first <= MOST
    assert times[MOST // 3] < MOST / 3 * (GAP + 1), "many starts in a row are possible"
