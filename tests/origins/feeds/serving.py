"""A web server by hand, which can lie in every way, and a policy that reaches it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from bot.clock import Clock
from bot.origins.feeds.address_guard import is_public
from bot.origins.feeds.client import Answer, FeedClient, FetchPolicy, Request, Timeouts
from bot.origins.feeds.host_pace import HostPace
from tests.conftest import SetClock
from tests.origins.feeds.names import LOOPBACK, Names

RSS = b"<rss version='2.0'><channel><title>News</title></channel></rss>"


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it; names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]


Content = bytes | AsyncIterator[bytes]
Reply = Content | Callable[[Asked], Content]


@dataclass
class Server:
    """Answers a path with the bytes given for it, and 404 for others. `asked` is what was asked
    but robots.txt.
    """

    replies: dict[str, Reply]
    port: int = 0
    seen: list[Asked] = field(default_factory=list)
    working: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def asked(self) -> list[Asked]:
        return [one for one in self.seen if one.path != "/robots.txt"]

    def url(self, path: str = "/feed", host: str = "news.example") -> str:
        return f"http://{host}:{self.port}{path}"

    async def idle(self) -> None:
        """Wait until all is answered that was sent before, also by processes that died since."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        writer.write(b"GET /robots.txt HTTP/1.1\r\n\r\n")  # connections are accepted in order
        await reader.read()
        writer.close()
        await asyncio.gather(*self.working)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self.working.add(task)
        task.add_done_callback(self.working.discard)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = (line.partition(": ") for line in head[1:] if line)
            asked = Asked(head[0].split(" ")[1], {name.lower(): text for name, _, text in fields})
            self.seen.append(asked)
            await self._send(writer, self.replies.get(asked.path, reply(404)), asked)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has had enough, or the test is over
        finally:
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _send(self, writer: asyncio.StreamWriter, given: Reply, asked: Asked) -> None:
        content = given(asked) if callable(given) else given
        if isinstance(content, bytes):
            writer.write(content)
            return await writer.drain()
        async for piece in content:
            writer.write(piece)
            await writer.drain()
        return None


def reply(status: int = 200, body: bytes = b"", /, **headers: object) -> bytes:
    """An answer as bytes. `content_length=None` leaves a header out; `_` is `-` in names."""
    fields = {"content_length": len(body), "connection": "close", **headers}
    lines = (f"{k.replace('_', '-')}: {v}\r\n" for k, v in fields.items() if v is not None)
    return f"HTTP/1.1 {status} Whatever\r\n{''.join(lines)}\r\n".encode("latin-1") + body


@asynccontextmanager
async def serving(replies: Mapping[str, Reply] | Reply) -> AsyncIterator[Server]:
    """A server with these replies by path, or with this one for /feed."""
    by_path = dict(replies) if isinstance(replies, Mapping) else {"/feed": replies}
    server = Server(by_path)
    listening = await asyncio.start_server(server.serve, LOOPBACK, 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        try:
            yield server
        finally:
            working = {*server.working}
            for one in working:  # a server waits for them when it closes
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)


def policy(clock: Clock | None = None, **changes: Any) -> FetchPolicy:
    """A policy that reaches the server on loopback by any name, at once, and the internet."""
    usual: dict[str, Any] = {
        "clock": clock or SetClock(),
        "resolver": Names(),
        "is_allowed": lambda address, port: address == LOOPBACK or is_public(address, port),
        "pace": HostPace(apart=timedelta(0)),
        "timeouts": Timeouts(total=5, connect=2, read=2),
    }
    return FetchPolicy(**{**usual, **changes})


async def fetched(
    url: str,
    given: FetchPolicy | None = None,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
) -> Answer:
    """The answer to one request of a new client."""
    async with FeedClient(given or policy()) as client:
        return await client.fetch(Request(url, etag, last_modified))
