"""Compresses bodies, and makes small ones that are huge when decoded."""

import gzip
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Final

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB: Final = 1024 * 1024


def _fast_gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1)


CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": _fast_gzip,
    "x-gzip": _fast_gzip,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=4),
    "zstd": zstd.compress,
}


def gzip_bomb(mebibytes: int) -> bytes:
    """Zeros: a mebibyte is compressed once and repeated, since each block stands for itself."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * mebibytes


def zstd_bomb(mebibytes: int) -> bytes:
    """Zeros, as blocks of 128 KiB that repeat one byte; the window is the largest allowed."""
    head = struct.pack("<IBB", 0xFD2FB528, 0, (23 - 10) << 3)
    block = ((128 * 1024) << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    return head + block * (8 * mebibytes)


def brotli_bomb(mebibytes: int) -> bytes:
    """Zeros."""
    packer = brotli.Compressor(quality=1)
    parts: list[bytes] = [packer.process(bytes(MIB)) for _ in range(mebibytes)]
    return b"".join([*parts, packer.finish()])


BOMBS: Final[dict[str, Callable[[int], bytes]]] = {
    "gzip": gzip_bomb,
    "br": brotli_bomb,
    "zstd": zstd_bomb,
}
