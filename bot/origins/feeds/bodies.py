"""Reads the body of an answer, within limits."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from mmap import mmap
from typing import Final, NamedTuple

import aiohttp

from bot.origins.feeds.content_coding import SLICE, BadCoding, decoder
from bot.origins.feeds.failures import FetchFailed
from bot.stories.feeds import FaultKind

MOST_BYTES: Final = 10_000_000
"""Bytes of a body at most, on the wire and decoded: with all buffers less than 10 MiB of memory. A
real feed has 31 KB on the wire.
"""

MOST_GROWTH: Final = 100
"""Decoded bytes for a byte on the wire, beyond the first megabyte: real feeds have 10 at most, and
bombs 1,000 and more, which so take little memory.
"""

_SMALL_CHUNKS: Final = 10_000
_SMALL_CHUNK: Final = 16
"""More chunks of HTTP than these must have so many bytes on average: each costs a microsecond, and
10 MB in chunks of a byte took the CPU 9 s.
"""
_PART: Final = 16_384
_MIB: Final = 1024 * 1024


class Body(NamedTuple):
    """A decoded body and its hash."""

    content: bytes
    hash: bytes


async def read_body(
    response: aiohttp.ClientResponse, most: int = MOST_BYTES, *, cut: bool = False
) -> Body:
    """The decoded body. Raises FetchFailed if it is not coded as it says, or larger than `most`
    bytes; `cut`: gives the beginning of a larger one instead.
    """
    if not cut and (response.content_length or 0) > most:
        raise _too_large()
    try:
        return await _decoded(response, most, cut=cut)
    except BadCoding:
        raise FetchFailed(FaultKind.BROKEN, "its answer is not coded as it says") from None


async def _decoded(response: aiohttp.ClientResponse, most: int, *, cut: bool) -> Body:
    stream = decoder(response.headers.get("Content-Encoding", ""))
    digest = hashlib.blake2b(digest_size=16)
    on_wire = size = turn = 0
    # Unlike a bytearray it never moves while it is filled, which would take twice the memory.
    with mmap(-1, most + 2 * SLICE) as content:
        async for data in _on_wire(response):
            on_wire += len(data)
            for piece in stream.slices(data):
                size += content.write(piece)
                digest.update(piece)
                if on_wire > most or size > min(most, max(_MIB, MOST_GROWTH * on_wire)):
                    if cut:
                        return Body(content[: min(size, most)], digest.digest())
                    raise _too_large()
                if size - turn > _MIB:  # it took some milliseconds
                    turn = size
                    await asyncio.sleep(0)
        if not stream.is_complete():
            raise BadCoding("it ends too early")
        return Body(content[:size], digest.digest())


async def _on_wire(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The bytes as they arrive, in parts that do not grow too large when they are decoded."""
    length = chunks = 0
    async for data, ends_chunk in response.content.iter_chunks():
        length += len(data)
        chunks += ends_chunk
        if chunks > _SMALL_CHUNKS + length / _SMALL_CHUNK:
            raise FetchFailed(FaultKind.BROKEN, "its answer comes in tiny pieces")
        for start in range(0, len(data), _PART):
            yield data[start : start + _PART]


def _too_large() -> FetchFailed:
    return FetchFailed(FaultKind.TOO_LARGE, f"larger than {MOST_BYTES // 1_000_000} MB")
