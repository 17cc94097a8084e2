"""A way of one process to the database that can be cut: what is sent then arrives nowhere."""

import asyncio
import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.database_url import DatabaseUrl

HOST: Final = "127.0.0.1"
_SOCKET: Final = ".s.PGSQL.5432"
_BYTES: Final = 1 << 16
_ME: Final = os.getpid()
_NAME, _NEAR, _FAR = (f"bs-{what}-{_ME}" for what in ("net", "near", "far"))
_NEAR_IP, _FAR_IP = (f"10.213.{_ME >> 6 & 255}.{(_ME & 63) * 4 + end}" for end in (1, 2))
"""Of its own for each process of tests, which may run side by side."""
_NETWORK: Final = 0x40000000
"""Linux's CLONE_NEWNET."""

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Cable:
    """Carries bytes between a process and a server's socket. `cut_at`: when it was cut."""

    before: Sequence[str] = ()
    """A command that starts the process's command, so that it uses the cable."""
    host = HOST

    def __init__(self, server: DatabaseUrl) -> None:
        parts = urlsplit(server.secret)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/{_SOCKET}"
        self._user, self._name = parts.netloc.rstrip("@"), parts.path
        self._whole = asyncio.Event()
        self._whole.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self.cut_at: float | None = None

    @property
    def url(self) -> DatabaseUrl:
        """The database by way of the cable."""
        return DatabaseUrl(f"postgresql://{self._user}@{self.host}:{self._port}{self._name}")

    def cut(self) -> None:
        """Let nothing through; connections stay."""
        if self.cut_at is None:
            self.cut_at = monotonic()
            self._hold()

    def mend(self) -> None:
        """Carry again."""
        self.cut_at = None
        self._carry_on()

    def _hold(self) -> None:
        self._whole.clear()

    def _carry_on(self) -> None:
        """The connections of before are gone."""
        for writer in self._writers:
            writer.close()
        self._whole.set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as self._laid:
            self._laid.callback(self.mend)
            server = await asyncio.start_server(self._carry, self.host)
            self._laid.callback(server.close)
            self._port = server.sockets[0].getsockname()[1]
            yield

    async def lead_to(self, port: int) -> None:
        """Have the process reach a port of this machine, which no cut affects."""

    async def _carry(self, near: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        _keep_alive(answers.get_extra_info("socket"))
        await self._whole.wait()
        await self._join(near, answers, await asyncio.open_unix_connection(self._socket))

    async def _join(
        self, near: asyncio.StreamReader, answers: asyncio.StreamWriter, other: _Streams
    ) -> None:
        far, asks = other
        self._writers |= {answers, asks}
        await asyncio.gather(self._pump(near, asks), self._pump(far, answers))
        self._writers -= {answers, asks}

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(_BYTES):
                await self._whole.wait()
                target.write(piece)
                await target.drain()
        target.close()


class Wire(Cable):
    """A network of its own for the process, with one wire, which is pulled out: no side of a
    connection is told. Needs root.
    """

    before = ("nsenter", f"--net=/run/netns/{_NAME}")
    host = _NEAR_IP

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[None]:
        if os.geteuid() or not shutil.which("ip"):
            pytest.skip("a network of its own needs root and ip (apt-get install iproute2)")
        _ip("netns", "add", _NAME)
        try:
            _ip("link", "add", _NEAR, "type", "veth", "peer", "name", _FAR, "netns", _NAME)
            _ip("address", "add", f"{_NEAR_IP}/30", "dev", _NEAR)
            _ip("-n", _NAME, "address", "add", f"{_FAR_IP}/30", "dev", _FAR)
            _ip("-n", _NAME, "link", "set", "lo", "up")
            _ip("-n", _NAME, "link", "set", _FAR, "up")
            _ip("link", "set", _NEAR, "up")
            async with super().laid():
                yield
        finally:
            _ip("netns", "delete", _NAME)

    def _hold(self) -> None:
        _ip("link", "set", _NEAR, "down")

    def _carry_on(self) -> None:
        _ip("link", "set", _NEAR, "up")

    async def lead_to(self, port: int) -> None:
        """Inside, that port of the own loopback leads there."""

        async def carry(near: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
            await self._join(near, answers, await asyncio.open_connection(HOST, port))

        with ThreadPoolExecutor(1) as aside:  # only this thread goes inside
            listening = aside.submit(_listening_inside, port).result()
        server = await asyncio.start_server(carry, sock=listening)
        self._laid.callback(server.close)


def _keep_alive(near: socket.socket) -> None:
    """Notice that the other end is gone, as a server does by the settings of its sessions."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_KEEPIDLE, 5),
        (socket.TCP_KEEPINTVL, 2),
        (socket.TCP_KEEPCNT, 3),
    ):
        near.setsockopt(socket.IPPROTO_TCP, option, value)


def _listening_inside(port: int) -> socket.socket:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{_NAME}").open("rb") as network:
        if libc.setns(network.fileno(), _NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
    return socket.create_server((HOST, port))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)  # noqa: S603, S607
