"""The shared part of the commands' options: types, and the settings made from them."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, time, tzinfo
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import typer

from bot.environment import Places, places, read_environment
from bot.errors import UsageError
from bot.logs import set_up_logging
from bot.supervision import LoopGuard
from bot.times_of_day import parse_times
from bot.zones import zone_of, zone_of_operator

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="PATH|URL",
        help="The database: a file, or postgresql://... (BROADSHEET_DATABASE)",
    ),
]
ConfigFolder = Annotated[
    Path | None, typer.Option("--config", help="The folder of *.yaml settings (BROADSHEET_CONFIG)")
]
Seeds = Annotated[
    Path | None, typer.Option("--seeds", help="The folder of story files (BROADSHEET_SEEDS)")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="That moment instead of now: ISO 8601, in UTC unless it names a zone",
    ),
]
First = Annotated[str, typer.Option("--from", metavar="DATE", help="First local date")]
Last = Annotated[str, typer.Option("--to", metavar="DATE", help="Last local date")]
LocalTime = Annotated[str, typer.Option("--time", metavar="HH:MM", help="Local time of day")]
Zone = Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Time zone")]

_T = TypeVar("_T")
_YEARS: Final = range(1980, 3000)
"""Far enough from both ends of the calendar to compute ages and coming days for any of them."""


def settled(database: Path | str | None, config: Path | None, seeds: Path | None) -> Places:
    """The places in use, by options, environment and .env; sets up logging. Raises ConfigError."""
    found = places(read_environment(), database=database, config=config, seeds=seeds)
    set_up_logging(found.log_level, found.log_format)
    return found


def time_given(text: str | None) -> datetime | None:
    """The TIME of an option. Raises UsageError if it is not an ISO 8601 time."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"“{text}” is not a time; write it like 2026-05-12T08:00:00Z") from error
    checked_year(at.year)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


class Span(NamedTuple):
    """From one local date to another, one edition a day at a local time."""

    first: date
    last: date
    moment: time
    zone: tzinfo


def span_given(first: str, last: str, moment: str, timezone: str) -> Span:
    """The span of the options --from, --to, --time and --timezone. Raises UsageError."""
    days = _date(first), _date(last)
    try:
        zone, times = zone_of(zone_of_operator(timezone)), parse_times(moment)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    if len(times) != 1:
        raise UsageError("Give --time once, like 08:00.")
    if days[0] > days[1]:
        raise UsageError("Give a --from that is not after --to.")
    return Span(*days, times[0], zone)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"“{text}” is not a date; write it like 2020-05-31") from error
    checked_year(day.year)
    return day


def checked_year(year: int) -> None:
    """Raise UsageError for a year too close to the calendar's ends to compute with it."""
    if year not in _YEARS:
        raise UsageError(f"{year} is out of range; years go from {_YEARS[0]} to {_YEARS[-1]}")


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a command's coroutine to its end."""
    return asyncio.run(work)


async def until_stopped(
    work: Coroutine[Any, Any, None], reload: Callable[[], None] | None = None
) -> None:
    """Do the work until it ends, or until SIGTERM, Ctrl-C or SIGHUP at any moment.

    It is then cancelled and closes everything in order; a second signal speeds that up. If that
    takes too long, or the event loop hangs, the process is ended. If there is a `reload`, SIGHUP
    calls it instead, unless there is a terminal that may have been hung up.
    """
    guard = LoopGuard()
    async with guard.watching():
        task = asyncio.create_task(work)
        loop = asyncio.get_running_loop()
        stop = partial(_stop, task, guard)
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop)
            if not _has_terminal():
                loop.add_signal_handler(signal.SIGHUP, reload or stop)
            elif signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else by nohup
                loop.add_signal_handler(signal.SIGHUP, stop)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            logging.getLogger(__name__).debug("no handlers for signals")
        await asyncio.wait((task,))
    if not task.cancelled():
        task.result()


def _has_terminal() -> bool:
    """Whether the process has a controlling terminal, which sends SIGHUP when it is closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _stop(task: "asyncio.Task[None]", guard: LoopGuard) -> None:
    guard.stop_soon()
    task.cancel()
