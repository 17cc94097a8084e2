"""The clocks: the machine's, a movable one, and a monotonic one."""

import time
from datetime import timedelta

import pytest

from bot.clock import MovableClock, SteadyClock, SystemClock


def test_a_steady_clock_begins_with_the_machines_and_goes_its_own_way(
    monkeypatch: pytest.MonkeyPatch,
):
    ran, began = time.monotonic(), SystemClock().now()
    monkeypatch.setattr(time, "monotonic", lambda: ran)
    steady = SteadyClock()
    assert abs(steady.now() - began) < timedelta(seconds=5)
    for step in (-400, 400):
        put = began + timedelta(days=step)
        monkeypatch.setattr(SystemClock, "now", lambda _, put=put: put)
        first = steady.now()
        ran += 15
        assert steady.now() - first == timedelta(seconds=15)


def test_a_movable_clock_goes_where_it_is_put_and_on_from_there():
    clock = MovableClock(SystemClock().now())
    clock.move(timedelta(days=-3))
    assert timedelta(days=2) < SystemClock().now() - clock.now() < timedelta(days=4)
