"""The other end of the zygote: starts bots, sends them orders, and notices when they die."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

from tests.conftest import ROOT
from tests.soak.zygote import LONGEST

Json = dict[str, Any]

PATIENCE: Final = 300.0
"""After this many seconds without an answer a bot counts as hung."""


class Died(Exception):
    """The bot was killed, or ended with that exit code (negative = a signal)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it ended with {status}")
        self.status = status


class Zygote:
    """Starts one bot at a time. `pid` is the bot's, None while there is none."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self.pid: int | None = None

    async def start(self, order: Json) -> None:
        """Start a bot, and wait for the end of its first tick. Raises Died."""
        self._order(run=order)
        self.pid = int((await self._answer())["pid"])
        await self._ticked()

    async def tick(self, at: datetime) -> None:
        """Set the bot's clock to a time and have it tick. Raises Died."""
        self._order(at=at.isoformat())
        await self._ticked()

    async def block(self, seconds: float) -> None:
        """Block the bot's loop for some real seconds."""
        self._order(block=seconds)
        await self._ticked()

    async def stop(self) -> None:
        """Stop the bot properly."""
        self._order(stop=True)
        assert await self.end() == 0

    async def end(self) -> int:
        """Wait until the bot is gone; returns its exit code (negative = a signal)."""
        while True:
            try:
                await self._answer()
            except Died as end:
                return end.status

    def kill(self) -> None:
        """kill -9, at this very moment; the bot may be dead already."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def killed(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.pid is not None:
            self.kill()
            await self.end()

    def _order(self, **order: object) -> None:
        self._channel.send(json.dumps(order).encode())

    async def _ticked(self) -> None:
        assert "ticked" in await self._answer()

    async def _answer(self) -> Json:
        async with asyncio.timeout(PATIENCE):
            text = await asyncio.get_running_loop().sock_recv(self._channel, LONGEST)
        answer: Json = json.loads(text)
        if "ended" in answer:
            self.pid = None
            raise Died(answer["ended"])
        return answer


@contextmanager
def zygote_process(*before: str) -> Iterator[Zygote]:
    """A zygote, for as long as the block lasts. `before`: a command that starts its command."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        theirs.setblocking(False)
        command = [*before, sys.executable, "-m", "tests.soak.zygote", str(theirs.fileno())]
        with subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()]) as process:  # noqa: S603
            theirs.close()
            ours.setblocking(False)
            try:
                yield Zygote(ours)
            finally:
                ours.close()
                process.wait()
