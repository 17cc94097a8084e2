"""When Python looks for garbage in cycles, of which the bot makes little; and where threads get
their memory.
"""

import ctypes
import gc
import sys
from collections.abc import Callable
from typing import Final

NEW_OBJECTS: Final = 20_000
"""After so many new objects the young ones are looked through. After 700, as Python does by itself,
it took 7 % of what loading 2,000 feeds takes, and 5 % of what reading files does.
"""


_ROUNDS: Final = 1000
"""After so many such looks the older objects are looked through as well: practically never. By
itself Python, up to version 3.13, does it after ten, in the middle of work, when there are 100,000
objects that are gone soon; this stopped the loop for 65 ms.
"""


def look_seldom() -> None:
    """Look only at young objects from now on, and never again at what there is by now: all that was
    imported stays anyway, and to look through it stops the loop for 60 ms.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, _ROUNDS, _ROUNDS)


def look_now() -> None:
    """Look through all objects but those of `look_seldom`. That is done when work has ended and has
    left few: 25,000 take 5 to 35 ms.
    """
    gc.collect()


_M_ARENA_MAX: Final = -8
"""glibc's number for the greatest number of pools."""


def share_one_pool() -> None:
    """Have all threads take memory from one pool, before there are any. glibc gives each thread one
    of its own, and what a thread has freed there no other can use: 25 MB after 2,000 feeds. Other C
    libraries are left as they are.
    """
    if mallopt := _of_glibc("mallopt"):
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give the system the memory that is free by now, as glibc does only at the pool's end."""
    if malloc_trim := _of_glibc("malloc_trim"):
        malloc_trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
