"""A server of lies, in a process of its own, so that what it takes is not the client's."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable

from bot.origins.feeds.bodies import MOST_BYTES
from bot.stories.feeds import FaultKind
from tests.origins.feeds.compressing import BOMBS, CODINGS, MIB
from tests.origins.feeds.serving import RSS, Asked, Content, Reply, reply, serving

PATIENCE = 0.2
"""Seconds after which a slow answer is given up in the tests."""


def chunked(*chunks: bytes, **headers: object) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks)
    return reply(200, content_length=None, transfer_encoding="chunked", **headers) + body


async def endless(first: bytes, again: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    yield first
    while True:
        yield again
        await asyncio.sleep(pause)


def forever(first: bytes, again: bytes, pause: float = 0) -> Callable[[object], Content]:
    return lambda _: endless(first, again, pause)


OPEN = reply(200, content_length=None)
"""A head whose body goes on until the connection ends."""
HELLO = b"HTTP/1.1 200 OK\r\n"
PACKED = {coding: pack(RSS * 50) for coding, pack in CODINGS.items()}

LIES: dict[str, tuple[Reply, FaultKind]] = {
    "an endless body": (forever(OPEN, bytes(65_536)), FaultKind.TOO_LARGE),
    "an endless chunked body": (
        forever(chunked(b"<rss>"), b"4000\r\n%b\r\n" % bytes(0x4000)),
        FaultKind.TOO_LARGE,
    ),
    "a body in chunks of a byte": (
        forever(chunked(b"<rss>"), b"1\r\nx\r\n" * 10_000),
        FaultKind.BROKEN,
    ),
    "a body in pieces of a byte": (forever(OPEN, b"x"), FaultKind.SLOW),
    "a body that says it is large": (
        forever(reply(200, content_length=MOST_BYTES + 1), bytes(65_536)),
        FaultKind.TOO_LARGE,
    ),
    "content after the end of gzip": (
        forever(reply(200, content_length=None, content_encoding="gzip"), PACKED["gzip"] * 20),
        FaultKind.SLOW,
    ),
    "empty blocks of gzip without end": (
        forever(
            reply(200, PACKED["gzip"][:10], content_length=None, content_encoding="gzip"),
            b"\0\0\0\xff\xff" * 10_000,
        ),
        FaultKind.TOO_LARGE,
    ),
    "a dripping body": (forever(OPEN, b" ", 0.01), FaultKind.SLOW),
    "a dripping compressed body": (
        forever(
            reply(200, PACKED["gzip"][:20], content_length=None, content_encoding="gzip"), b"", 1
        ),
        FaultKind.SLOW,
    ),
    "a dripping head": (forever(HELLO, b"X: 1\r\n", 0.01), FaultKind.SLOW),
    "no answer": (forever(b"", b"", 1), FaultKind.SLOW),
    "answers that never become one": (
        forever(b"", b"HTTP/1.1 103 Hints\r\n\r\n", 0),
        FaultKind.SLOW,
    ),
    "a body that ends early": (reply(200, RSS, content_length=len(RSS) + 1), FaultKind.BROKEN),
    "a chunked body that ends early": (chunked(RSS), FaultKind.BROKEN),
    "a chunk of a strange length": (
        OPEN[:-2] + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        FaultKind.BROKEN,
    ),
    "a negative length": (reply(200, RSS, content_length=-5), FaultKind.BROKEN),
    "two lengths": (
        reply(200, RSS, content_length=f"{len(RSS)}\r\nContent-Length: 3"),
        FaultKind.BROKEN,
    ),
    "plain text that says gzip": (reply(200, RSS, content_encoding="gzip"), FaultKind.BROKEN),
    "plain text that says br": (reply(200, RSS, content_encoding="br"), FaultKind.BROKEN),
    "plain text that says zstd": (reply(200, RSS, content_encoding="zstd"), FaultKind.BROKEN),
    "gzip that says br": (reply(200, PACKED["gzip"], content_encoding="br"), FaultKind.BROKEN),
    "zstd that says gzip": (reply(200, PACKED["zstd"], content_encoding="gzip"), FaultKind.BROKEN),
    "gzip twice": (reply(200, RSS, content_encoding="gzip, gzip"), FaultKind.BROKEN),
    "an unknown coding": (reply(200, RSS, content_encoding="rot13"), FaultKind.BROKEN),
    "gzip cut off": (reply(200, PACKED["gzip"][:-9], content_encoding="gzip"), FaultKind.BROKEN),
    "gzip with a wrong checksum": (
        reply(200, PACKED["gzip"][:-8] + bytes(8), content_encoding="gzip"),
        FaultKind.BROKEN,
    ),
    "an empty answer": (b"", FaultKind.BROKEN),
    "no HTTP": (b"220 mail.example ESMTP\r\n" * 10, FaultKind.BROKEN),
    "binary junk": (bytes(range(256)) * 100, FaultKind.BROKEN),
    "very many headers": (
        HELLO + b"".join(b"X-%d: 1\r\n" % n for n in range(100_000)),
        FaultKind.BROKEN,
    ),
    "headers without end": (forever(HELLO, b"X: 1\r\n" * 1000), FaultKind.BROKEN),
    "a very long header": (HELLO + b"X: " + b"x" * 10 * MIB, FaultKind.BROKEN),
    "a very long status line": (b"HTTP/1.1 200 " + b"x" * 10 * MIB, FaultKind.BROKEN),
    "a status that is none": (b"HTTP/1.1 2000 OK\r\n\r\n", FaultKind.BROKEN),
    "a header with a line end in it": (
        reply(200, RSS, etag='"a\r\n b"\r\nX\x00Y: 1'),
        FaultKind.BROKEN,
    ),
    "trailers without end": (
        forever(chunked(RSS) + b"0\r\n", b"X: 1\r\n" * 1000),
        FaultKind.BROKEN,
    ),
    "an extension of a chunk without end": (
        forever(OPEN[:-2] + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 65_536),
        FaultKind.SLOW,
    ),
    "a redirect to itself": (
        lambda asked: reply(302, location=asked.path),
        FaultKind.BROKEN,
    ),
    "a redirect to a file": (reply(302, location="file:///etc/passwd"), FaultKind.FORBIDDEN),
    "a redirect that is very long": (reply(302, location="/" + "a" * 8000), FaultKind.MISSING),
    "a redirect to another port": (
        reply(302, location="http://news.example:1/"),
        FaultKind.UNREACHABLE,
    ),
}
BOMBS_NAMED = {f"a bomb of {coding}": coding for coding in BOMBS}
KINDS = {lie: kind for lie, (_, kind) in LIES.items()} | dict.fromkeys(
    BOMBS_NAMED, FaultKind.TOO_LARGE
)
"""The failure that each lie is."""


def bombs() -> dict[str, bytes]:
    """A gibibyte each; brotli takes long to make one, and is as good with less."""
    sizes = {"gzip": 1024, "zstd": 1024, "br": 200}
    return {
        name: reply(200, BOMBS[coding](sizes[coding]), content_encoding=coding)
        for name, coding in BOMBS_NAMED.items()
    }


def path_of(lie: str) -> str:
    return "/" + lie.replace(" ", "-")


async def serve() -> None:
    """Serve all lies, each at its path; prints the port."""
    exploding = bombs()

    def robots(asked: Asked) -> Content:
        return (
            exploding["a bomb of br"] if asked.headers["host"].startswith("bomb.") else reply(404)
        )

    lies = {lie: given for lie, (given, _) in LIES.items()} | exploding
    replies: dict[str, Reply] = {path_of(lie): given for lie, given in lies.items()}
    async with serving({**replies, "/robots.txt": robots}) as server:
        print(server.port, flush=True)  # noqa: T201 - for the tests
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
