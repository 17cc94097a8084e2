"""Sweeps that may be killed: a process that has imported everything, and forks one when asked.

Orders and answers are lines of JSON on standard input and output. A sweep says which phase begins,
and when. If the order names a phase, the sweep is killed so many seconds after that begins first.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from threading import Timer
from time import monotonic
from typing import Any, Final

from bot.app.online import sweep_of
from bot.app.services import open_services
from bot.environment import Places
from bot.library import grouping
from bot.library.grouping import Grouping
from bot.library.ingest import Ingestion
from bot.library.sweep import Sweep
from bot.logs import set_up_logging
from bot.origins.feeds.client import FeedClient
from tests.conftest import SetClock
from tests.origins.feeds.serving import policy

Json = dict[str, Any]
PHASES: Final = {
    "claim": (Sweep, "_due"),
    "fetch": (Sweep, "_ask_all"),
    "store": (Sweep, "_keep"),
    "load": (Ingestion, "_load"),
    "group": (Grouping, "_group_run"),
    "write": (grouping, "_write"),
}
"""The phases of a sweep, by the functions that begin them."""


def main() -> None:
    """Fork one sweep after another, until the other end is closed."""
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            os._exit(_lived(json.loads(line)))
        _say(pid=pid)
        _, status = os.waitpid(pid, 0)
        _say(ended=os.waitstatus_to_exitcode(status))


def _say(**answer: object) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def _lived(order: Json) -> int:
    try:
        with Path(order["log"]).open("a", encoding="utf-8") as sys.stderr:
            set_up_logging("INFO", "text")
            asyncio.run(_sweep(order))
    except BaseException:  # noqa: BLE001 - nothing may get past the fork
        traceback.print_exc(file=sys.__stderr__)
        return 1
    return 0


async def _sweep(order: Json) -> None:
    """One sweep as a bot makes it, at a time by its clock."""
    clock = SetClock(datetime.fromisoformat(order["at"]))
    places = Places.model_validate(order["places"])
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(places, clock))
        client = await stack.enter_async_context(FeedClient(policy(clock)))
        for phase, (owner, name) in PHASES.items():
            setattr(owner, name, _marked(phase, getattr(owner, name), order["kill"]))
        await sweep_of(services, client).run()
        _say(phase="end", at=monotonic())


def _marked(
    phase: str, work: Callable[..., Awaitable[Any]], kill: dict[str, float]
) -> Callable[..., Awaitable[Any]]:
    """Work that says when it begins, and that arms what will kill it if that is ordered."""

    async def marked(*given: object, **how: object) -> object:
        _say(phase=phase, at=monotonic())
        if (seconds := kill.pop(phase, None)) is not None:
            Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return await work(*given, **how)

    return marked


if __name__ == "__main__":
    main()
