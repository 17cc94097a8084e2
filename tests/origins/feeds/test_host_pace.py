"""Hosts are asked in turns, on a loop whose time we control: nothing here waits."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.origins.feeds.host_pace import APART, HostPace
from tests.delivery.test_pacer import SkippingLoop


def in_skipped_time(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(work())


class Visitors:
    """Ask hosts, each for so many seconds, and note when they began and how many were there."""

    def __init__(self, pace: HostPace, seconds: float = 0) -> None:
        self.pace, self.seconds = pace, seconds
        self.began: dict[str, list[float]] = {}
        self.present: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.most_in_all = 0

    async def visit(self, host: str, check: Callable[[], None] = lambda: None) -> None:
        async with self.pace.turn(host, check):
            self.began.setdefault(host, []).append(asyncio.get_running_loop().time())
            self.present[host] = self.present.get(host, 0) + 1
            self.most[host] = max(self.most.get(host, 0), self.present[host])
            self.most_in_all = max(self.most_in_all, sum(self.present.values()))
            await asyncio.sleep(self.seconds)
            self.present[host] -= 1


def test_one_host_is_asked_a_second_apart():
    async def work() -> None:
        visitors = Visitors(HostPace())
        await asyncio.gather(*(visitors.visit("a.example") for _ in range(10)))
        gaps = [later - sooner for sooner, later in pairwise(visitors.began["a.example"])]
        assert gaps == [pytest.approx(APART.total_seconds())] * 9

    in_skipped_time(work)


def test_a_slow_host_is_asked_twice_at_once():
    async def work() -> None:
        visitors = Visitors(HostPace(), seconds=30)
        await asyncio.gather(*(visitors.visit("a.example") for _ in range(6)))
        assert visitors.most == {"a.example": 2}
        assert visitors.began["a.example"] == pytest.approx([0, 1, 30, 31, 60, 61])

    in_skipped_time(work)


def test_other_hosts_do_not_wait_for_a_slow_one():
    async def work() -> None:
        visitors = Visitors(HostPace(), seconds=30)
        slow = [visitors.visit("slow.example") for _ in range(100)]
        await asyncio.gather(*slow, *(visitors.visit(f"{n}.example") for n in range(30)))
        assert all(visitors.began[f"{n}.example"] == [0] for n in range(30))

    in_skipped_time(work)


def test_no_more_than_so_many_are_asked_at_once_in_all():
    async def work() -> None:
        visitors = Visitors(HostPace(in_all=5), seconds=2)
        await asyncio.gather(*(visitors.visit(f"{n % 7}.example") for n in range(40)))
        assert visitors.most_in_all == 5
        for began in visitors.began.values():
            assert all(later - sooner >= 1 for sooner, later in pairwise(began))

    in_skipped_time(work)


def test_whoever_waits_for_a_host_is_told_at_once_that_it_is_not_to_be_asked():
    async def work() -> None:
        visitors, closed = Visitors(HostPace(), seconds=1), False

        def check() -> None:
            if closed:
                raise ConnectionRefusedError

        waiting = [asyncio.ensure_future(visitors.visit("a.example", check)) for _ in range(500)]
        await waiting[0]
        closed = True
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert sum(isinstance(one, ConnectionRefusedError) for one in told) >= 497
        assert asyncio.get_running_loop().time() <= 3

    in_skipped_time(work)


def test_nothing_is_kept_of_a_host_that_was_left():
    async def work() -> None:
        pace = HostPace()
        await asyncio.gather(*(Visitors(pace).visit(f"{n % 50}.example") for n in range(100)))
        assert pace._hosts
        await asyncio.sleep(2)
        assert not pace._hosts

    in_skipped_time(work)


def test_a_cancelled_visitor_gives_its_turn_back():
    async def work() -> None:
        visitors = Visitors(HostPace(in_all=1), seconds=1000)
        first = asyncio.ensure_future(visitors.visit("a.example"))
        second = asyncio.ensure_future(visitors.visit("a.example"))
        await asyncio.sleep(5)
        second.cancel()
        first.cancel()
        visitors.seconds = 0
        await visitors.visit("a.example")
        await visitors.visit("b.example")
        assert asyncio.get_running_loop().time() < 10

    in_skipped_time(work)


def test_a_pace_of_nothing_waits_for_nobody():
    async def work() -> None:
        visitors = Visitors(HostPace(at_once=100, apart=timedelta(0), in_all=100))
        await asyncio.gather(*(visitors.visit("a.example") for _ in range(100)))
        assert visitors.began["a.example"] == [0] * 100

    in_skipped_time(work)
