"""Where work is done that takes some time for each of many."""

import asyncio
from collections.abc import Callable, Sized
from typing import Final, TypeVar

MANY: Final = 500
"""So many candidates of an edition take a few milliseconds."""

_Result = TypeVar("_Result")


async def aside_if_many(many: Sized, work: Callable[[], _Result]) -> _Result:
    """Do the work in a thread if it is for many, so that the event loop goes on; for few a thread
    would take longer than the work.
    """
    return await asyncio.to_thread(work) if len(many) > MANY else work()
