"""What the bytes prove of their encoding comes before what is said of it."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.decoding import READ, utf8_of

RUSSIAN = "<rss>Привет, мир</rss>"


def declared(text: str, name: str, encoding: str) -> bytes:
    """A document that says that it is in `name`, written in `encoding`."""
    return f'<?xml version="1.0" encoding="{name}"?>{text}'.encode(encoding)


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("windows-1251", "cp1251", RUSSIAN),
        ("KOI8-R", "koi8-r", RUSSIAN),
        ("ISO-8859-1", "cp1252", "<rss>“Café” 5 €</rss>"),
        ("us-ascii", "cp1252", "<rss>“Café”</rss>"),
        ("gb2312", "gb18030", "<rss>人工智能鎔</rss>"),
        ("Shift_JIS", "cp932", "<rss>船が遅れる①</rss>"),
        ("euc-kr", "cp949", "<rss>테스트</rss>"),
        ("Big5", "big5", "<rss>渡輪</rss>"),
        ("iso-8859-2", "iso8859-2", "<rss>Łódź</rss>"),
    ],
)
def test_a_declared_encoding_is_read(name: str, encoding: str, text: str):
    content = declared(text, name, encoding)
    assert utf8_of(content, None).decode().endswith(text)
    content = text.encode(encoding)
    assert utf8_of(content, f"text/xml; charset={name}").decode() == text


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_characters_are_seen_with_and_without_a_byte_order_mark(name: str):
    assert utf8_of(RUSSIAN.encode(name), None).decode() == RUSSIAN
    assert utf8_of(f"\ufeff{RUSSIAN}".encode(name), None).decode() == RUSSIAN


def test_utf8_that_is_declared_as_something_else_stays_utf8():
    content = declared(RUSSIAN, "ISO-8859-1", "utf-8")
    assert utf8_of(content, "text/xml; charset=windows-1251") == content
    assert utf8_of(codecs.BOM_UTF8 + content, None) == content


def test_latin_that_is_declared_as_utf8_is_read_as_windows_1252():
    content = declared("<rss>Caf\xe9 \x93x\x94</rss>", "utf-8", "latin-1")
    assert utf8_of(content, "text/xml; charset=utf-8").decode().endswith("<rss>Café “x”</rss>")


def test_utf8_and_windows_1252_may_be_mixed():
    assert utf8_of("é ü ".encode() + b"\xe9 \x80", None).decode() == "é ü é €"


@pytest.mark.parametrize("name", ["zlib", "hex", "idna", "unicode_escape", "utf-7", "x" * 40, "é"])
def test_codecs_that_are_no_character_sets_are_not_used(name: str):
    content = b'<?xml version="1.0" encoding="%s"?><rss>\xe9</rss>' % name.encode("latin-1")
    assert utf8_of(content, f"text/xml; charset={name}").decode().endswith("<rss>é</rss>")


def test_a_large_feed_is_cut_off_between_characters():
    content = b"a" + "é".encode() * READ
    assert utf8_of(content, None) == content[: READ - 1]
    assert utf8_of(b"\xff" + content, None).decode().startswith("ÿaé")


@given(st.binary(max_size=300), st.sampled_from([None, "text/xml; charset=gbk", "charset=utf-16"]))
def test_any_bytes_become_utf8(content: bytes, content_type: str | None):
    utf8_of(content, content_type).decode()
    utf8_of(b"\xff" + content, content_type).decode()
