"""The gateway's protocol by hand: a websocket that has received its HELLO."""

import json
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor
else:
    from backports.zstd import ZstdDecompressor

from tests.sandbox.conftest import Bare

GUILDS, GUILD_MESSAGES = 1, 1 << 9

Json = dict[str, Any]


class Socket:
    """A client of the gateway. `unpack` turns a frame's data into text."""

    def __init__(
        self,
        plain: aiohttp.ClientWebSocketResponse,
        token: str,
        unpack: Callable[[Any], str | bytes],
    ) -> None:
        self.plain = plain
        self.token = token
        self._unpack = unpack

    async def send(self, opcode: int, data: object = None) -> None:
        await self.plain.send_json({"op": opcode, "d": data})

    async def identify(self, intents: int = GUILDS, **more: object) -> None:
        await self.send(2, {"token": self.token, "intents": intents, "properties": {}, **more})

    async def resume(self, session_id: str, sequence: object) -> None:
        await self.send(6, {"token": self.token, "session_id": session_id, "seq": sequence})

    async def receive(self) -> Json:
        payload: Json = json.loads(self._unpack((await self.plain.receive()).data))
        return payload

    async def ready(self, intents: int = GUILDS, **more: object) -> str:
        """Identify, skip the servers, and return the session's id."""
        await self.identify(intents, **more)
        ready = (await self.receive())["d"]
        await self.events(len(ready["guilds"]))
        session_id: str = ready["session_id"]
        return session_id

    async def events(self, count: int) -> list[str]:
        return [(await self.receive())["t"] for _ in range(count)]

    async def close_code(self) -> int | None:
        frame = await self.plain.receive()
        assert frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        return self.plain.close_code


def unpacker(compress: str | None) -> Callable[[Any], str | bytes]:
    if compress == "zlib-stream":
        return zlib.decompressobj().decompress
    if compress == "zstd-stream":
        return ZstdDecompressor().decompress
    return str


@asynccontextmanager
async def opened(bare: Bare, compress: str | None = None) -> AsyncIterator[Socket]:
    """A new connection."""
    query = "?v=10&encoding=json" + (f"&compress={compress}" if compress else "")
    async with bare.session.ws_connect(bare.sandbox.gateway + query) as plain:
        one = Socket(plain, bare.sandbox.token, unpacker(compress))
        hello = await one.receive()
        assert hello["op"] == 10
        yield one
