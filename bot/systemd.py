"""Tells systemd the state of the process: ready, alive, stopping (sd_notify(3)), nothing else."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

logger = logging.getLogger(__name__)


class Systemd:
    """The supervisor, found by the variables that it sets; without them nothing is sent."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._socket = environment.get("NOTIFY_SOCKET", "")
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = int(environment.get("WATCHDOG_USEC", 0)) if meant else 0
        self._half = microseconds / 2_000_000

    def tell(self, *states: str) -> None:
        """Send states such as READY=1. A supervisor that does not listen is not our error."""
        if not self._socket:
            return
        abstract = self._socket.startswith("@")
        address = f"\0{self._socket[1:]}" if abstract else self._socket
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.setblocking(False)
            try:
                one.sendto("\n".join(states).encode(), address)
            except OSError as error:
                logger.warning("systemd cannot be told %s: %s", ", ".join(states), error)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Report twice per watchdog interval that the loop runs; at the end, that it stops."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            self.tell("STOPPING=1")

    async def _beat(self) -> None:
        while self._half:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(self._half)
