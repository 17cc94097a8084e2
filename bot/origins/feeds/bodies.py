"""Reads the body of an answer, within limits."""

import asyncio
import hashlib
from io import BytesIO
from typing import Final, NamedTuple

import aiohttp

from bot.origins.feeds.content_coding import BadCoding, decoder
from bot.origins.feeds.failures import FetchFailed
from bot.stories.feeds import FaultKind

MOST_BYTES: Final = 10 * 1024 * 1024
"""Bytes of a body at most, on the wire and decoded. A real feed has 31 KB on the wire."""

_WIRE_CHUNK: Final = 16_384
_UNINTERRUPTED: Final = 1024 * 1024
"""After decoding so many bytes, which takes some milliseconds, other tasks have their turn."""


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
    content, digest = BytesIO(), hashlib.blake2b(digest_size=16)
    on_wire = turn = 0
    async for data in response.content.iter_chunked(_WIRE_CHUNK):
        on_wire += len(data)
        for piece in stream.slices(data):
            content.write(piece)
            digest.update(piece)
            if content.tell() > most or on_wire > most:
                if cut:
                    return Body(content.getvalue()[:most], digest.digest())
                raise _too_large()
            if content.tell() - turn > _UNINTERRUPTED:
                turn = content.tell()
                await asyncio.sleep(0)
    if not stream.is_complete():
        raise BadCoding("it ends too early")
    return Body(content.getvalue(), digest.digest())


def _too_large() -> FetchFailed:
    return FetchFailed(FaultKind.TOO_LARGE, f"larger than {MOST_BYTES >> 20} MiB")
