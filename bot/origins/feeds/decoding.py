"""The characters of a feed, whatever it says about its own encoding."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

READ: Final = 2 * 1024 * 1024
"""How many bytes of a feed are read; the rest is older news. The largest real one has 169 kB."""

_SLICE: Final = 16 * 1024
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE: Final = (
    (re.compile(rb"[<{\[\s]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{\[\s]"), "utf-32-be"),
    (re.compile(rb"[<{\[\s]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{\[\s]"), "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']?\s*([\w.:-]{1,40})""")
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
# Names that mean a larger set in practice, as browsers read them (WHATWG Encoding).
_MEANT: Final = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
}
# Others are refused: some of Python's codecs are no character sets (idna, unicode_escape).
_KNOWN: Final = re.compile(
    r"iso8859-\d+|cp(?:125\d|437|850|852|855|866|874|932|949)|koi8-[ru]|mac-\w+|tis-620"
    r"|gb18030|big5hkscs|euc_j\w+|iso2022_jp\w*|iso2022_kr|shift_jis\w*|johab|utf-16-[bl]e"
)
# Bytes that are not UTF-8, as the error handler leaves them, and what they are in Windows-1252.
_AS_CP1252: Final = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)
}


def utf8_of(content: bytes, content_type: str | None) -> bytes:
    """The first READ bytes of `content` as UTF-8, without a byte order mark.

    What the bytes prove comes before what is said of them: a byte order mark, valid UTF-8, then the
    document's own declaration, the header's charset, and last UTF-8 whose wrong bytes are read as
    Windows-1252. It works in slices: a text with one emoji would take four bytes a character.
    """
    content = content[:READ]
    for mark, name in _BOMS:
        if content.startswith(mark):
            return _recoded(content[len(mark) :], name)
    for pattern, name in _WIDE:
        if pattern.match(content):
            return _recoded(content, name)
    valid = _valid_utf8(content)
    if valid is not None:
        return valid
    said = (_DECLARED.search(content, 0, 1024), _CHARSET.search(content_type or ""))
    names = [_known(match[1]) for match in said if match]
    return _recoded(content, next(filter(None, names), "utf-8"))


def _known(name: bytes | str) -> str | None:
    """The codec for a name, or None if it is no character set or UTF-8, which these are not."""
    try:
        found = codecs.lookup(name.decode("ascii") if isinstance(name, bytes) else name).name
    except (LookupError, UnicodeError):
        return None
    found = _MEANT.get(found, found)
    return found if _KNOWN.fullmatch(found) else None


def _valid_utf8(content: bytes) -> bytes | None:
    """The content without half a character at its end; None if it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for start in range(0, len(content), _SLICE):
            decoder.decode(content[start : start + _SLICE])
    except UnicodeDecodeError:
        return None
    half, _ = decoder.getstate()
    return content.removesuffix(half) if half else content


def _recoded(content: bytes, name: str) -> bytes:
    errors = "surrogateescape" if name == "utf-8" else "replace"
    found = b"".join(_encoded(text) for text in _decoded(content, name, errors))
    return found.removeprefix(codecs.BOM_UTF8)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # it holds bytes that are not UTF-8
        return text.translate(_AS_CP1252).encode("utf-8", "replace")


def _decoded(content: bytes, name: str, errors: str) -> Iterator[str]:
    """The text, in slices. A character that is cut off at the end is left out."""
    decoder = codecs.getincrementaldecoder(name)(errors)
    for start in range(0, len(content), _SLICE):
        yield decoder.decode(content[start : start + _SLICE])
