"""When Python looks for garbage, and where threads get their memory."""

import os
import subprocess
import sys

import pytest

POOLS = """
import ctypes, sys, threading
from bot.garbage import share_one_pool
if sys.argv[1] == "shared":
    share_one_pool()
waiting = threading.Barrier(5)
def work():
    kept = [bytes(10_000) for _ in range(100)]
    waiting.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
waiting.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)
"""
"""Prints what glibc's allocator has, as XML, while four threads have memory of their own."""


def pools(kind: str) -> int:
    """How many pools there are."""
    command = [sys.executable, "-c", POOLS, kind]
    given = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_all_threads_take_their_memory_from_one_pool():
    assert pools("own") > 1
    assert pools("shared") == 1


CYCLES = """
import gc, sys
from bot.garbage import NEW_OBJECTS, look_now, look_seldom
class Kept:
    pass
def cycles(number):
    for _ in range(number):
        one = Kept()
        one.itself = one
def there():
    return sum(isinstance(one, Kept) for one in gc.get_objects())
gc.collect()
look_seldom()
cycles(10)
old = Kept()
old.itself = old
gc.collect(0)
del old
cycles(20 * NEW_OBJECTS)
print(there() < 2 * NEW_OBJECTS)
look_now()
print(there())
"""


def test_young_garbage_is_found_by_itself_and_all_when_work_ends():
    command = [sys.executable, "-c", CYCLES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["True", "0"]


GAPS = """
from pathlib import Path
from bot.garbage import give_back, share_one_pool
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
share_one_pool()
kept = [bytes(3000) for _ in range(20_000)]
kept = kept[::400]
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_free_memory_between_what_is_in_use_is_given_back():
    done = subprocess.run([sys.executable, "-c", GAPS], capture_output=True, text=True, check=True)  # noqa: S603
    assert int(done.stdout) > 30_000_000
