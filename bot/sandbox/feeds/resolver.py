"""Resolves the names of invented sites to the server that has them, and no other name."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.sandbox.feeds.server import HOST, FeedServer


class InventedNames(AbstractResolver):
    """For an aiohttp client: every invented host is at the server's address and port."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The server's address. Raises OSError for the name of no invented site."""
        if not self._server.is_found(host):
            raise OSError(f"{host} is no invented site that is up")
        return [
            ResolveResult(
                hostname=host, host=HOST, port=self._server.port, family=socket.AF_INET,
                proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST,
            )
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is open."""
