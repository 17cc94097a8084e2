"""How many lines a text takes on a phone, and how high a message is there.

Sizes are those of docs/discord-sizes.md on a phone of 390 pixels; letters are as wide as Arial's.
Words and pixels are what a reader sees, without Markdown. tests/sandbox/page compares it with the
page in a browser.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from bot.render.sanitizer import ZERO_WIDTH_SPACE
from bot.stories.text import cut


class Font(NamedTuple):
    """The size of letters, the height of a line, and how much wider than usual letters are."""

    size: int
    line: int
    wider: float = 1.0


HEADING: Final = Font(20, 28, 1.08)
CONTENT: Final = Font(16, 22)
TITLE: Final = Font(16, 22, 1.08)
TEXT: Final = Font(14, 18)
FOOTER: Final = Font(12, 16)
WIDE: Final = 282
"""The width of an embed's text."""
BESIDE: Final = 180
"""The same beside a thumbnail."""
_TEXT: Final = 314
"""That of a message's text."""
_LIST: Final = 298
"""The width of an overview's lines."""
_THUMBNAIL, _GAP = 102, 8
_HEAD, _SELECT = 39, 48
"""What stands above a message's text, and below its embeds."""
_SMALL = 22
TIME: Final = " • 22/12/2019 15:31"


class _Widths(dict[str, int]):
    """Of letters, in thousandths of their size; others of few strokes are usual, the rest wide."""

    def __missing__(self, sign: str) -> int:
        return 556 if sign < "\u2000" else 1000


_WIDTHS: Final = _Widths(
    {
        sign: width
        for width, signs in {
            191: "'",
            222: "ijl\u2018\u2019",
            278: " !,./:;I[\\]ft|·",
            333: "()-r`\u201c\u201d",
            389: "*",
            500: "Jckvsxyz",
            584: "+<=>~",
            611: "FTZ",
            667: "&ABEKPSVXY",
            722: "CDHNRUw",
            778: "GOQ",
            833: "Mm",
            889: "%",
            944: "W",
            1015: "@",
        }.items()
        for sign in signs
    }
)
_MARKS: Final = re.compile(r"\\([^A-Za-z0-9\s])|\[([^\]]+)\]\(\S+?\)|\*\*")
_WORDS: Final = re.compile(r"[^\s-]+-*\s*|-+\s*|\s+")


def visible(markdown: str) -> str:
    """A text without its Markdown: escapes undone, of links the labels."""
    shown = _MARKS.sub(lambda match: match[1] or match[2] or "", markdown)
    return shown.replace(ZERO_WIDTH_SPACE, "")


def lines(text: str, font: Font, width: int) -> int:
    """How many lines a text takes."""
    return sum(len(_wrapped(part, font, width)) for part in text.split("\n"))


def cut_to(text: str, most: int, font: Font, width: int, after: str = "") -> str:
    """A text of one line, cut after a word so that it takes at most so many lines with what stands
    `after` it; "" if there is no room.
    """
    shown = text
    while shown and len(rows := _wrapped(shown + after, font, width)) > most:
        room = sum(map(len, rows[:most])) - len(after)
        shown = cut(text, max(0, min(len(shown) - 1, room)))
    return shown


@lru_cache(2048)
def _wrapped(text: str, font: Font, width: int) -> Sequence[str]:
    """The lines of a text; a word that is wider than a line is broken."""
    room = width / font.size / font.wider * 1000
    rows, used = [""], 0.0
    for word in _parts(text, room):
        if rows[-1] and used + _width(word.rstrip()) > room:
            rows.append("")
            used = 0.0
        rows[-1] += word
        used += _width(word)
    return rows


def _parts(text: str, room: float) -> Iterator[str]:
    """The words, each with the spaces after it; the characters of one that is wider than a line."""
    for word in _WORDS.findall(text):
        if _width(word.rstrip()) > room:
            yield from word
        else:
            yield word


@lru_cache(8192)
def _width(text: str) -> int:
    return sum(map(_WIDTHS.__getitem__, text))


def message_height(content: str, embeds: Sequence[Mapping[str, Any]]) -> float:
    """How high an edition's message is, in pixels."""
    text = sum(map(_line_height, content.split("\n")))
    return _HEAD + text + sum(map(embed_height, embeds)) + _SELECT


def _line_height(line: str) -> float:
    if line.startswith("## "):
        return _GAP + lines(visible(line[3:]), HEADING, _TEXT) * HEADING.line
    numbered = re.match(r"\d{1,3}\. ", line)
    if not numbered:
        return _SMALL
    shown = visible(line[numbered.end() :])
    return lines(shown, CONTENT, _LIST) * CONTENT.line + 4


def embed_height(embed: Mapping[str, Any]) -> int:
    """How high an embed is, with the gap above it."""
    pictured = "thumbnail" in embed
    width = BESIDE if pictured else WIDE
    texts = (
        (embed.get("author", {}).get("name", ""), TEXT, width),
        (visible(embed.get("title", "")), TITLE, width),
        (visible(embed.get("description", "")), TEXT, width),
    )
    body = sum(_block(*one) for one in texts)
    below = embed.get("footer", {}).get("text", "") + (TIME if "timestamp" in embed else "")
    footer = _block(below, FOOTER, WIDE)
    return _GAP + max(body, _THUMBNAIL if pictured else 0) + footer + _GAP


def _block(text: str, font: Font, width: int) -> int:
    return _GAP + lines(text, font, width) * font.line if text else 0
