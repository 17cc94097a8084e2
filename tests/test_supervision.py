"""A process that cannot go on ends, and long absences are noticed."""

import asyncio
import subprocess
import sys
import time

import pytest

from bot.supervision import Absence, Absences
from tests.conftest import ROOT

ENDLESS = "import re; re.match(r'(a*)*b', 'a' * 64)"
"""Runs for years without releasing the interpreter: no other Python thread can run."""

CHILD = """
import asyncio, signal, threading, time
from bot.cli import options
from bot.supervision import LoopGuard
from functools import partial

options.LoopGuard = partial(LoopGuard, {patience})

async def work():
{work}

print("begun", flush=True)
asyncio.run(options.until_stopped(work()))
"""


def child(patience: float, *work: str) -> "subprocess.Popen[str]":
    """A process with guarded work, whose loop may hang for this long."""
    lines = "\n".join(f"    {line}" for line in work)
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", CHILD.format(patience=patience, work=lines)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("blocked", ["time.sleep(60)", ENDLESS], ids=["asleep", "in C"])
def test_a_loop_that_stands_still_ends_the_process_and_says_where_it_stood(blocked: str):
    began = time.monotonic()
    process = child(1.0, "await asyncio.sleep(0)", blocked)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert time.monotonic() - began < 20
    assert "Timeout (0:00:01)!" in err
    assert " in work" in err


@pytest.mark.slow
def test_a_loop_that_runs_is_left_alone():
    process = child(1.5, "await asyncio.sleep(3)")
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


@pytest.mark.slow
def test_what_does_not_stop_when_it_is_told_to_is_ended_in_less_than_ten_seconds():
    process = child(
        300,
        "def hang(): time.sleep(60)",
        "print(time.monotonic(), flush=True)",
        "asyncio.get_running_loop().call_later(0.2, signal.raise_signal, signal.SIGTERM)",
        "await asyncio.to_thread(hang)",
    )
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert 5 < time.monotonic() - float(out.split()[-1]) < 12
    assert " in hang" in err


class Seconds:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_absence_begins_with_the_first_loss_and_ends_when_it_is_found():
    seconds = Seconds()
    absence = Absence(seconds)
    seconds.now = 5
    assert absence.seconds() == 5
    absence.found()
    seconds.now = 8
    assert absence.seconds() == 0
    absence.lost()
    seconds.now = 10
    absence.lost()
    assert absence.seconds() == 2


async def test_only_an_absence_of_all_without_a_break_is_a_lasting_one():
    absences = Absences()
    lasting = asyncio.create_task(absences.lasting(0.3))
    for number in range(5):
        await asyncio.sleep(0.1)
        absences.found(number % 2)
        absences.lost(number % 2)
    assert not lasting.done()
    async with asyncio.timeout(5):
        await lasting
    assert absences.seconds() >= 0.3


def test_each_of_several_is_away_for_itself_and_all_only_together():
    seconds = Seconds()
    absences = Absences(seconds)
    seconds.now = 3
    assert (absences.seconds(), absences.away()) == (3, {})
    absences.expect(0)
    absences.expect(1)
    absences.found(0)
    seconds.now = 8
    assert (absences.seconds(), absences.away()) == (0, {1: 5})
    absences.lost(0)
    seconds.now = 10
    assert (absences.seconds(), absences.away()) == (2, {0: 2, 1: 7})
