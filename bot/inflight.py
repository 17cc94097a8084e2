"""Work in flight when the bot stops: it gets a moment to finish, then it is cancelled."""

import asyncio
import logging
from typing import Any, Final

logger = logging.getLogger(__name__)

PATIENCE: Final = 4.0
"""Seconds that work in flight gets to finish."""


class InFlight:
    """Tasks that should finish properly."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def add(self, task: "asyncio.Task[Any] | None") -> None:
        """Watch a task until it is done."""
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until all current tasks are done or have been cancelled.

        A cancelled post may have arrived: its part stays `sending`, and the next start finds out.
        """
        tasks = set(self._tasks)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=PATIENCE)
        if late:
            logger.warning(
                "jobs or commands stopped, as they did not finish in time: %d", len(late)
            )
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
