"""Bots that may be killed: a process that has imported everything, and forks a bot when asked.

Importing takes half a second, a fork none. It has no thread and no loop, so that a fork is a
complete process. Orders and answers are JSON over a socket (its number is the only argument) that
keeps message boundaries; zygote and bot take turns reading it.
"""

import asyncio
import json
import logging
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from discord.state import ConnectionState
from pydantic import SecretStr

from bot import jobs
from bot.app.online import Online, end_of, online
from bot.app.services import open_services
from bot.chat.rest import requests
from bot.chat.rest.publisher import DiscordPublisher
from bot.clock import MovableClock
from bot.environment import DiscordAccount, Places
from bot.logs import set_up_logging
from bot.store import editions, ledger
from bot.store.opening import joined, one_of_the_bots_on
from bot.store.postgres import steps
from bot.store.postgres.membership import PostgresMembership

Json = dict[str, Any]

LONGEST: Final = 1 << 16
"""How many bytes an order or an answer may have."""
BEFORE, AFTER = "before", "after"
POINTS: Final = {
    "planned, not frozen": (editions, "add_edition", AFTER),
    "freeze": (editions, "freeze", AFTER),
    "claim": (ledger, "claim", AFTER),
    "sending, not committed": (ledger, "mark_sending", AFTER),
    "before POST": (DiscordPublisher, "post", BEFORE),
    "after POST": (DiscordPublisher, "post", AFTER),
    "sent, not committed": (ledger, "close_part", AFTER),
    "sent, committed": (ledger, "move_edition", BEFORE),
    "closed, not committed": (ledger, "move_edition", AFTER),
}
"""Where a bot can be made to die: in one of its functions, before or after its work."""


def main() -> None:
    """Fork one bot after another, until the other end is closed."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    while order := _next(channel):
        if "run" not in order:
            continue  # it was for a bot that died before reading it
        pid = os.fork()
        if pid == 0:
            os._exit(_lived(channel, order["run"]))
        _, status = os.waitpid(pid, 0)
        _say(channel, ended=os.waitstatus_to_exitcode(status))


def _next(channel: socket.socket) -> Json:
    select.select([channel], [], [])
    text = channel.recv(LONGEST)
    order: Json = json.loads(text) if text else {}
    return order


def _say(channel: socket.socket, **answer: object) -> None:
    channel.send(json.dumps(answer).encode())


def _lived(channel: socket.socket, order: Json) -> int:
    """Be the bot; returns the exit code."""
    try:
        _say(channel, pid=os.getpid())
        with Path(order["log"]).open("a", encoding="utf-8") as sys.stderr:
            set_up_logging("INFO", "text")
            logging.raiseExceptions = False  # a full disk cannot hold a log either
            _prepare(order)
            asyncio.run(_live(channel, order))
    except BaseException:  # noqa: BLE001 - nothing may get past the fork
        traceback.print_exc(file=sys.__stderr__)
        return 1
    return 0


def _prepare(order: Json) -> None:
    """Shorten waits in real time, and install what will kill it, its certainty that it
    leads, and the steps of the schema that a later version has.
    """
    wait = property(lambda state: 0.02, lambda state, value: None)
    ConnectionState.guild_ready_timeout = wait  # type: ignore[assignment]
    requests.TIMEOUT = order.get("timeout", requests.TIMEOUT)  # type: ignore[misc]
    jobs.TICK_SECONDS = order.get("tick_seconds", jobs.TICK_SECONDS)  # type: ignore[misc]
    if "sure" in order:
        PostgresMembership.leads = lambda one: one._leads  # type: ignore[assignment,method-assign]
    later = order.get("steps", ())
    steps.STEPS = (*steps.STEPS, *later)  # type: ignore[attr-defined]
    steps.NEWEST += len(later)  # type: ignore[attr-defined]
    if "die" in order:
        _die_at(*POINTS[order["die"]["point"]], order["die"]["call"])


def _die_at(owner: Any, name: str, when: str, call: int) -> None:
    work: Callable[..., Awaitable[object]] = getattr(owner, name)
    calls = 0

    async def fatal(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        its_last = calls == call
        if its_last and when == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        result = await work(*arguments, **named)
        if its_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)


async def _live(channel: socket.socket, order: Json) -> None:
    """Run as `broadsheet run` does, with a clock that orders move."""
    clock = MovableClock(datetime.fromisoformat(order["at"]))
    places = Places(**order["places"])
    account = DiscordAccount(
        token=SecretStr(order["token"]), api=order["api"], gateway=order["gateway"]
    )
    with one_of_the_bots_on(places.database):
        async with (
            open_services(places, clock) as services,
            joined(services.database, None) as member,
            online(services, account, None, member=member) as bot,
        ):
            await bot.jobs.ticked()
            _say(channel, ticked=True)
            while more := await _order_to(bot, channel):
                await _obey(more, clock, bot.jobs)
                _say(channel, ticked=True)


async def _order_to(bot: Online, channel: socket.socket) -> Json:
    """The next order, unless the bot ends by itself before. Raises its error then."""
    order = asyncio.create_task(_order(channel))
    await asyncio.wait((order, bot.connection), return_when=asyncio.FIRST_COMPLETED)
    if not order.done():
        order.cancel()
        await end_of(bot.connection)
    return await order


async def _order(channel: socket.socket) -> Json:
    """The next order; none = stop."""
    text = await asyncio.get_running_loop().sock_recv(channel, LONGEST)
    order: Json = json.loads(text) if text else {}
    return {} if "stop" in order else order


async def _obey(order: Json, clock: MovableClock, bots: jobs.Jobs) -> None:
    if "block" in order:
        time.sleep(order["block"])  # noqa: ASYNC251 - that is the fault
        return
    clock.put(datetime.fromisoformat(order["at"]))
    bots.tick_now()
    await bots.ticked()


if __name__ == "__main__":
    main()
