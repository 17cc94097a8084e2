"""All of APScheduler: what runs by itself, and how often. Each job calls one method.

One tick every 15 seconds finds due digests in SQLite; there is never a job for one digest, so no
schedule is lost with this process, and no library's idea of daylight saving time matters.

APScheduler uses the wall clock, which may be set to anything. So a job's next time is computed only
from the present time (APScheduler's own triggers go through every time that a step forward has
passed), and once a second a job that a step back has put further away than its interval is run.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.schedulers import base
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.triggers.base import BaseTrigger

from bot.errors import BroadsheetError
from bot.inflight import InFlight

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 15
"""How often due work is looked for. Discord remembers a nonce for at least a minute: an attempt in
doubt is made three times within it.
"""
RESCAN_SECONDS: Final = 300
"""How often the seeds folder is searched for new and changed story files."""
DAY_SECONDS: Final = 86_400
BACKUP_HOUR: Final = 2
"""The hour of the day, UTC, at which the database is copied."""
PRUNE_HOUR: Final = 3
"""The hour of the day, UTC, at which old data is deleted."""
COUNT_HOUR: Final = 4
"""The hour of the day, UTC, at which the archive's words are counted if a week has passed."""
WATCH_SECONDS: Final = 1.0
"""How often the clock is checked for a step back."""

# It warns about every tick that is skipped while a long one runs, which is intended.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
# It logs a traceback for every failed job; _log_failure needs one line if the cause is known.
logging.getLogger("apscheduler.executors.default").setLevel(logging.CRITICAL)

_TICK, _FOLLOW_UP, _RESCAN, _SWEEP = "tick", "follow_up", "rescan", "sweep"
_BACKUP, _PRUNE, _COUNT = "backup", "prune", "count"
_IN_ORDER: Final = (_RESCAN, _SWEEP, _TICK, _FOLLOW_UP, _BACKUP, _PRUNE, _COUNT)
_LATE_IS_FINE: Final = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Every(BaseTrigger):  # type: ignore[misc]
    """Fires at each multiple of an interval, plus `hours`.

    It computes only from the present time: never further away than the interval, and without a loop
    over all the times that a clock set forward by years has passed.
    """

    def __init__(self, seconds: int, hours: int = 0) -> None:
        self.interval = timedelta(seconds=seconds)
        self._origin = _ORIGIN + timedelta(hours=hours)

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime:
        """The first such time after `now`."""
        return now + self.interval - (now - self._origin) % self.interval


class Jobs:
    """The tick, follow-ups, the rescan, asking feeds, and the daily backup, pruning and counting of
    words; their work is passed in.
    """

    def __init__(
        self,
        tick: Callable[[], Awaitable[Any]],
        follow_up: Callable[[], Awaitable[Any]],
        rescan: Callable[[], Awaitable[Any]],
        sweep: Callable[[], Awaitable[Any]],
        backup: Callable[[], Awaitable[Any]],
        prune: Callable[[], Awaitable[Any]],
        count: Callable[[], Awaitable[Any]],
    ) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=_LATE_IS_FINE)
        self._scheduler.add_listener(_log_failure, EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._is_over, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        self._running = InFlight()
        self._works: dict[str, Callable[[], Awaitable[Any]]] = {}
        self._watch: asyncio.Task[None] | None = None
        self._ticked = asyncio.Event()
        self._asked = False
        self._add(_TICK, tick, Every(TICK_SECONDS))
        self._add(_FOLLOW_UP, follow_up, Every(TICK_SECONDS))
        self._add(_RESCAN, rescan, Every(RESCAN_SECONDS))
        self._add(_SWEEP, sweep, Every(TICK_SECONDS))
        self._add(_BACKUP, backup, Every(DAY_SECONDS, BACKUP_HOUR))
        self._add(_PRUNE, prune, Every(DAY_SECONDS, PRUNE_HOUR))
        self._add(_COUNT, count, Every(DAY_SECONDS, COUNT_HOUR))

    def _add(self, name: str, work: Callable[[], Awaitable[Any]], trigger: Every) -> None:
        async def tracked() -> None:
            # APScheduler cancels running jobs when it shuts down; we let work in flight finish.
            if name == _TICK:
                self._asked = False
            logger.debug("%s begins", name)
            task = asyncio.ensure_future(work())
            self._running.add(task)
            await asyncio.wait((task,))
            if not task.cancelled():
                task.result()

        self._works[name] = work
        self._scheduler.add_job(tracked, trigger, id=name)

    def start(self) -> None:
        """Begin, with a tick at once: something may have become due while the bot was off."""
        self._scheduler.start()
        self.tick_now()
        self._run_now(_SWEEP)
        for daily in (_BACKUP, _PRUNE, _COUNT):
            self._run_now(daily)
        self._watch = asyncio.create_task(self._watch_the_clock())

    async def run_once(self) -> None:
        """Instead of beginning: run every job once, each after those that it builds on. One that
        fails stops no other; the first error is raised at the end.
        """
        failed: list[tuple[str, BroadsheetError]] = []
        for name in _IN_ORDER:
            try:
                await self._works[name]()
            except BroadsheetError as error:
                failed.append((name, error))
        for name, fault in failed:
            logger.error("%s: %s", name, fault)
        if failed:
            raise failed[0][1]

    def tick_now(self) -> None:
        """Run the tick now instead of at its next time; for a clock that was moved."""
        self._ticked.clear()
        self._asked = True
        self._run_now(_TICK)

    def _run_now(self, name: str) -> None:
        self._scheduler.modify_job(name, next_run_time=_now())

    async def _watch_the_clock(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            jobs, now = self._scheduler.get_jobs(), _now()
            far = [one.id for one in jobs if one.next_run_time - now > one.trigger.interval]
            if far:
                logger.warning("the clock was set back: running now: %s", ", ".join(far))
            for name in far:
                self._run_now(name)

    def _is_over(self, event: JobExecutionEvent) -> None:
        """APScheduler skips a tick requested while another ran, which may have begun too early."""
        if event.job_id != _TICK:
            return
        if self._asked and self._scheduler.state == STATE_RUNNING:
            self.tick_now()
        else:
            self._ticked.set()

    async def ticked(self) -> None:
        """Wait until a tick requested by `tick_now` (or `start`) is over."""
        await self._ticked.wait()

    async def stop(self) -> None:
        """Start nothing more, and let running jobs finish."""
        if not self._scheduler.running:
            return
        if self._watch:
            self._watch.cancel()
        self._scheduler.pause()
        await asyncio.sleep(0)  # jobs due at this moment begin, and so are in flight
        await self._running.finish()
        self._scheduler.shutdown(wait=False)


def _now() -> datetime:
    """The time of the clock with which APScheduler compares its jobs."""
    now: datetime = base.datetime.now(UTC)
    return now


def _log_failure(event: JobExecutionEvent) -> None:
    """A failed job runs again at its next time; the reason is logged for the operator."""
    if isinstance(event.exception, BroadsheetError):
        logger.error("%s: %s", event.job_id, event.exception)
    else:
        logger.error("%s failed", event.job_id, exc_info=event.exception)
