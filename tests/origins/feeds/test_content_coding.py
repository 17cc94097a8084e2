"""Compressed bodies are decoded in slices of a limited size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.content_coding import ACCEPTED, SLICE, BadCoding, decoder
from tests.origins.feeds.compressing import BOMBS, CODINGS, MIB


def decoded(coding: str, *data: bytes) -> bytes:
    stream = decoder(coding)
    content = b"".join(piece for some in data for piece in stream.slices(some))
    assert stream.is_complete()
    return content


def test_what_is_offered_can_be_decoded():
    assert {*ACCEPTED.split(", ")} <= {*CODINGS}


@pytest.mark.parametrize("coding", [*CODINGS, "GZip", " br "])
@given(content=st.binary(max_size=2000), cut=st.integers(1, 100), times=st.integers(1, 200))
def test_content_comes_back_however_its_bytes_arrive(
    coding: str, content: bytes, cut: int, times: int
):
    packed = CODINGS[coding.strip().lower()](content * times)
    parts = [packed[i : i + cut] for i in range(0, len(packed), cut)]
    assert decoded(coding, *parts) == content * times
    assert decoded(coding, packed) == content * times


@pytest.mark.parametrize("size", [SLICE - 1, SLICE, SLICE + 1, 2 * SLICE, 3 * SLICE + 7])
@pytest.mark.parametrize("coding", CODINGS)
def test_content_as_large_as_slices_is_whole(coding: str, size: int):
    content = bytes(range(256)) * (size // 256 + 1)
    assert decoded(coding, CODINGS[coding](content[:size])) == content[:size]


@pytest.mark.parametrize("coding", ["", "identity"])
def test_plain_content_passes(coding: str):
    assert decoded(coding, b"<rss", b"/>") == b"<rss/>"


@pytest.mark.parametrize("coding", CODINGS)
@given(cut=st.integers(0, 100))
def test_content_that_ends_early_is_not_complete(coding: str, cut: int):
    packed = CODINGS[coding](bytes(range(256)))
    stream = decoder(coding)
    b"".join(stream.slices(packed[: min(cut, len(packed) - 1)]))
    assert not stream.is_complete()


@pytest.mark.parametrize("coding", CODINGS)
@given(data=st.binary(min_size=1, max_size=300))
def test_what_is_not_coded_so_is_refused_or_never_complete(coding: str, data: bytes):
    stream = decoder(coding)
    try:
        content = b"".join(stream.slices(b"<rss" + data))
    except BadCoding:
        return
    assert not stream.is_complete() or len(content) < len(data)


@pytest.mark.parametrize("coding", ["gzip, gzip", "compress", "br;q=1", "aes128gcm", "\x00"])
def test_other_codings_are_refused(coding: str):
    with pytest.raises(BadCoding):
        decoder(coding)


@pytest.mark.parametrize("coding", CODINGS)
def test_what_follows_the_end_is_ignored(coding: str):
    assert decoded(coding, CODINGS[coding](b"<rss/>"), b"\n", b"more") == b"<rss/>"


@pytest.mark.parametrize("coding", BOMBS)
def test_no_slice_of_a_bomb_is_large(coding: str):
    packed, total = BOMBS[coding](64), 0
    for piece in decoder(coding).slices(packed):
        assert len(piece) <= 2 * SLICE
        total += len(piece)
    assert total == 64 * MIB
    assert len(packed) < 100_000
