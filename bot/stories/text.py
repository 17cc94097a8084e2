"""Third-party text: cleaned once on the way in, and cut into words for comparing."""

import html
import re
import unicodedata
from functools import lru_cache

MAX_COMBINING = 4
"""Combining marks kept after one character; more is decoration that covers other lines."""

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_MAY_COMBINE = re.compile("[^\x20-\u02ff\u2010-\u205e\u20a0-\u20cf]")
_TAIL = re.compile(r"(?:\s*\[?(?:\.{3,}|…+)\]?)+$")
_WORD = re.compile(r"[^\W_]+")

_STOP_WORDS = """
a about after all also an and any are as at be been but by can could did do does for from get
had has have he her his how i if in into is it its just like may more most my new no not now of
off on one or our out over said says she should so some than that the their them then there
these they this to up us via was we were what when where which who why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that say nothing about what a headline is about."""


@lru_cache(maxsize=1024)  # stories that come together list the same articles
def clean(text: str) -> str:
    """Plain text of a field: entities decoded, invisible and control characters gone, one line.

    Tags are not stripped: `<MSFT.O>` is text. Decoding is not idempotent (`&amp;lt;` is `&lt;`
    written down), so this is for the way in, once; `tidy` may be repeated.
    """
    return tidy(html.unescape(text))


def tidy(text: str) -> str:
    """`text` without control, format and piled-up combining characters, white space collapsed."""
    if text.isprintable() and not _MAY_COMBINE.search(text):
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
            marks = 0
        elif category not in _INVISIBLE:  # which do not part the marks around them either
            marks = marks + 1 if category in ("Mn", "Me") else 0
            kept.append(char if marks <= MAX_COMBINING else "")
    return " ".join("".join(kept).split())


def without_tail(text: str) -> str:
    """A text that its publisher cut off (`...`, `[...]`, `[…]`) ends in one ellipsis."""
    return _TAIL.sub("…", text)


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut after a word, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    head = text[: max(limit - 1, 0)]
    at_word = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return f"{at_word.rstrip(' .,;:…')}…"[:limit]


def words(text: str) -> list[str]:
    """The case-folded words of `text`, in order; punctuation and hyphens separate."""
    return _WORD.findall(text.casefold())


def content_words(text: str) -> list[str]:
    """`words` without stop words."""
    return [word for word in words(text) if word not in STOP_WORDS]


def search_words(text: str) -> list[str]:
    """The words of `text` as search knows them, in order: case-folded and without accents."""
    return _WORD.findall(_bare(text))


def _bare(text: str) -> str:
    """`text` case-folded, without accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


def slug(name: str) -> str:
    """The key of a topic's name: letters and digits, lower case, joined by hyphens.

    `C++` and `C#` stay apart from `C`; empty for a name without a letter or digit.
    """
    return "-".join(_WORD.findall(_bare(name).replace("+", " plus ").replace("#", " sharp ")))
