"""A way to a PostgreSQL server that can be cut: what is sent then arrives nowhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bot.database_url import DatabaseUrl

_SOCKET: Final = ".s.PGSQL.5432"
_BYTES: Final = 1 << 16


class Cable:
    """Carries bytes between a process and a server's socket. `cut_at`: when it was cut."""

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
        return DatabaseUrl(f"postgresql://{self._user}@127.0.0.1:{self._port}{self._name}")

    def cut(self) -> None:
        """Let nothing through; connections stay."""
        if self.cut_at is None:
            self.cut_at = monotonic()
            self._whole.clear()

    def mend(self) -> None:
        """Carry again. The connections of before are gone."""
        self.cut_at = None
        for writer in self._writers:
            writer.close()
        self._whole.set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._carry, "127.0.0.1")
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            self.mend()
            server.close()

    async def _carry(self, near: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        far, asks = await asyncio.open_unix_connection(self._socket)
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
