"""Where threads get their memory."""

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
