"""Every name leads to the server on loopback."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

LOOPBACK = "127.0.0.1"


class Names(AbstractResolver):
    """Resolves every name to one address."""

    def __init__(self, address: str = LOOPBACK, **others: str) -> None:
        self._address, self._others = address, others

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._others.get(host.partition(".")[0], self._address)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass
