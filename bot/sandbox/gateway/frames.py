"""Frames of gateway payloads: plain text, or one compressed stream per connection."""

import sys
import zlib
from collections.abc import Callable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Pack = Callable[[str], str | bytes]


def packer(compress: str | None) -> Pack:
    """A function that turns payloads into frames, in order; `compress` is from the client's query.

    Each frame is flushed, so that a client can read all of it; an unknown `compress` = plain text.
    """
    if compress == "zlib-stream":
        return _zlib_stream()
    if compress == "zstd-stream":
        return _zstd_stream()
    return str


def _zlib_stream() -> Pack:
    stream = zlib.compressobj()
    return lambda text: stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> Pack:
    stream = zstd.ZstdCompressor()
    return lambda text: stream.compress(text.encode(), stream.FLUSH_BLOCK)
