"""The pace of messages, on a loop whose time we control: nothing here waits."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest

from bot.delivery.pacer import RATE, Held, Pacer
from bot.store.membership import MESSAGES


class _Skipping(selectors.DefaultSelector):
    """Instead of waiting for a time, sets the loop's clock to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop in which a sleep takes no real time, but its clock moves on."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now

    def stand_still(self, seconds: float) -> None:
        self._skipping.now += seconds


def in_skipped_time(work: Callable[[], Coroutine[Any, Any, list[float]]]) -> list[float]:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(work())


async def turns(pacer: Pacer, count: int) -> list[float]:
    """When each of this many simultaneous callers has its turn, in the order they asked."""
    loop = asyncio.get_running_loop()
    taken: list[float] = []

    async def one(number: int) -> None:
        await pacer.turn()
        assert len(taken) == number, "first come, first served"
        taken.append(loop.time())

    await asyncio.gather(*(one(number) for number in range(count)))
    return taken


def test_the_rate_is_below_the_fifty_a_second_that_discord_allows_a_bot():
    assert RATE == 45


@pytest.mark.parametrize("count", [1, 2, 45, 500])
def test_a_burst_is_spread_evenly_in_its_order(count: int):
    taken = in_skipped_time(lambda: turns(Pacer(), count))
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert taken[0] == 0
    assert gaps == pytest.approx([1 / RATE] * (count - 1), abs=1e-6)


def test_no_second_has_more_turns_than_the_rate():
    taken = in_skipped_time(lambda: turns(Pacer(), 300))
    for begin in taken:
        assert sum(begin <= moment < begin + 0.999 for moment in taken) <= RATE


def test_a_pause_is_not_saved_up_for_a_burst_later():
    async def with_a_pause() -> list[float]:
        pacer = Pacer()
        await pacer.turn()
        await asyncio.sleep(100)
        return await turns(pacer, 3)

    taken = in_skipped_time(with_a_pause)
    assert [moment - taken[0] for moment in taken] == pytest.approx([0, 1 / RATE, 2 / RATE])


def test_a_turn_that_is_given_up_holds_up_no_other():
    async def one_leaves() -> list[float]:
        pacer = Pacer()
        await pacer.turn()
        leaving = asyncio.create_task(pacer.turn())
        await asyncio.sleep(0)
        leaving.cancel()
        return await turns(pacer, 2)

    assert in_skipped_time(one_leaves) == pytest.approx([1 / RATE, 2 / RATE])


def test_after_a_loop_that_stood_still_those_who_waited_do_not_go_all_at_once():
    async def stalled() -> list[float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SkippingLoop)
        loop.call_later(1, loop.stand_still, 2.5)
        return await turns(Pacer(), 300)

    taken = in_skipped_time(stalled)
    for begin in taken:
        assert sum(begin <= moment < begin + 0.999 for moment in taken) <= RATE + 1


class OneBudget:
    """A budget that several pacers share, by the loop's clock."""

    def __init__(self) -> None:
        self.next, self.held = 0.0, 0.0

    async def take(self, what: str, count: int, rate: float) -> tuple[float, float]:
        assert what == MESSAGES
        now = asyncio.get_running_loop().time()
        begins = max(now, self.next)
        self.next = begins + count / rate
        return begins - now, max(0.0, self.held - now)

    async def hold(self, seconds: float) -> None:
        self.held = asyncio.get_running_loop().time() + seconds


async def shared_turns(pacers: int, count: int) -> list[float]:
    budget = OneBudget()
    taken = await asyncio.gather(*(turns(Pacer(RATE, budget), count) for _ in range(pacers)))
    return sorted(moment for one in taken for moment in one)


@pytest.mark.parametrize("pacers", [1, 2, 4])
def test_pacers_with_one_budget_keep_one_rate_together_and_use_all_of_it(pacers: int):
    taken = in_skipped_time(lambda: shared_turns(pacers, 300 // pacers))
    for begin in taken:
        assert sum(begin <= moment < begin + 0.999 for moment in taken) <= RATE + 1
    assert len(taken) / (taken[-1] - taken[0]) >= 0.95 * RATE


def test_turns_of_a_shared_budget_do_not_pile_up_behind_a_loop_that_was_stuck():
    async def stalled() -> list[float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SkippingLoop)
        for second in range(1, 8, 2):
            loop.call_later(second, loop.stand_still, 0.3)
        return await shared_turns(4, 75)

    taken = in_skipped_time(stalled)
    for begin in taken:
        assert sum(begin <= moment < begin + 1 for moment in taken) <= RATE * 1.05 + 1


def test_a_hold_told_to_one_pacer_stops_the_others_within_a_second():
    async def held() -> list[float]:
        budget = OneBudget()
        one, other = Pacer(RATE, budget), Pacer(RATE, budget)
        await turns(other, 20)
        await one.hold(30)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Held) as stopped:
            await turns(other, 1000)
        return [asyncio.get_running_loop().time() - began, stopped.value.seconds]

    after, seconds = in_skipped_time(held)
    assert after < 1
    assert seconds == pytest.approx(30 - after, abs=0.5)


def test_turns_that_were_taken_and_not_used_are_over_soon():
    async def with_a_pause() -> list[float]:
        budget = OneBudget()
        pacer = Pacer(RATE, budget)
        await pacer.turn()
        await asyncio.sleep(100)
        return await turns(pacer, 3)

    taken = in_skipped_time(with_a_pause)
    assert [moment - taken[0] for moment in taken] == pytest.approx([0, 1 / RATE, 2 / RATE])
