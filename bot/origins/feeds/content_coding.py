"""Decodes compressed bodies while they arrive, a limited slice at a time.

A megabyte of gzip may be a gigabyte of zeros: no decoder here gives more than a slice before the
caller can stop it.
"""

import sys
import zlib
from collections.abc import Iterator
from typing import Final, Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SLICE: Final = 65_536
"""Bytes that a decoder gives at a time; brotli goes over it by half as much again."""
_WINDOW_LOG: Final = 23
"""8 MiB, the largest window of zstd that HTTP allows (RFC 9659)."""


class BadCoding(ValueError):
    """Content that is not coded as it says."""


class Decoder(Protocol):
    """Decodes one body."""

    def slices(self, data: bytes) -> Iterator[bytes]:
        """The content of the next bytes on the wire. Raises BadCoding. What follows the end of the
        compressed content is ignored, as browsers do.
        """
        ...

    def is_complete(self) -> bool:
        """Whether the content has ended where the body may end."""
        ...


class _Identity:
    def slices(self, data: bytes) -> Iterator[bytes]:
        yield data

    def is_complete(self) -> bool:
        return True


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: of gzip or of zlib

    def slices(self, data: bytes) -> Iterator[bytes]:
        full = True  # a full slice may have left content inside the stream
        while not self._stream.eof and (data or full):
            try:
                content = self._stream.decompress(data, SLICE)
            except zlib.error as error:
                raise BadCoding(str(error)) from error
            data, full = self._stream.unconsumed_tail, len(content) == SLICE
            yield content

    def is_complete(self) -> bool:
        return self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def slices(self, data: bytes) -> Iterator[bytes]:
        more = True
        while more and not self._stream.is_finished():
            try:
                content = self._stream.process(data, output_buffer_limit=SLICE)
            except brotli.error as error:
                raise BadCoding(str(error)) from error
            data = b""  # it may accept more while it still has content to give
            more = bool(content) or not self._stream.can_accept_more_data()
            yield content

    def is_complete(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    def __init__(self) -> None:
        limits: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        self._stream = zstd.ZstdDecompressor(options=limits)

    def slices(self, data: bytes) -> Iterator[bytes]:
        more = True
        while more and not self._stream.eof:
            try:
                content = self._stream.decompress(data, SLICE)
            except zstd.ZstdError as error:
                raise BadCoding(str(error)) from error
            data, more = b"", not self._stream.needs_input
            yield content

    def is_complete(self) -> bool:
        return self._stream.eof


_DECODERS: Final[dict[str, type[Decoder]]] = {
    "": _Identity,
    "identity": _Identity,
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Gzip,
    "br": _Brotli,
    "zstd": _Zstd,
}
ACCEPTED: Final = "gzip, br, zstd"
"""For the header Accept-Encoding."""


def decoder(coding: str) -> Decoder:
    """The decoder for a Content-Encoding. Raises BadCoding if there is none."""
    found = _DECODERS.get(coding.strip().lower())
    if found is None:
        raise BadCoding("an unknown Content-Encoding")
    return found()
