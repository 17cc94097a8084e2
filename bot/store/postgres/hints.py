"""Hints between processes: one that comes, or gives something back, says so, and the others look at
once. A hint may be lost, since all look by themselves as well.
"""

import asyncio
from time import monotonic
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from bot.database_url import DatabaseUrl
from bot.store.postgres.connection import link
from bot.store.postgres.lock import name_here

GIVE_A_HINT: Final = "SELECT pg_notify('broadsheet', '')"
"""Every process of the database hears it when the transaction is committed, this one too."""


class Hints:
    """Hears hints, over a connection of its own."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._connection: AsyncConnection[Any] | None = None

    async def wait(self, seconds: float) -> None:
        """Wait for a hint, but not longer than this; while the server is away, exactly so long."""
        until = monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                connection = self._connection or await self._connect()
            async for _ in connection.notifies(timeout=until - monotonic(), stop_after=1):
                return
        except (psycopg.Error, TimeoutError):
            await self.close()
            await asyncio.sleep(until - monotonic())

    async def _connect(self) -> AsyncConnection[Any]:
        connection = await AsyncConnection.connect(
            self._url.secret, autocommit=True, application_name=name_here(), **link()
        )
        self._connection = connection  # so that it is closed even if this wait ends just now
        await connection.execute("LISTEN broadsheet")
        return connection

    async def close(self) -> None:
        """Close the connection; the next wait makes another."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()
