"""The text of HTML, which is all that is taken out of a feed's HTML."""

import html
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from bot.stories.text import tidy

MAX_HTML: Final = 32 * 1024
"""How many characters of HTML are read; an excerpt has at most 2,000 characters of text."""
_TRIED: Final = 2
"""How many characters of HTML are read at first for each of text."""
_BLOCKS: Final = (
    "p br div li h1 h2 h3 h4 h5 h6 ul ol tr td th dd dt dl hr pre main nav table section article"
    " aside blockquote figure figcaption address caption header footer form fieldset option"
)
_INLINE: Final = (
    "a abbr acronym audio b bdi bdo big blink body center cite code col colgroup del details dfn"
    " em embed font html i img input ins kbd label legend link map mark marquee meta param picture"
    " q rp rt ruby s samp small source span strike strong sub summary sup tbody tfoot thead time"
    " track tt u var wbr"
)
_UNSEEN: Final = (
    "script style template noscript iframe object svg math head select textarea video canvas button"
)


def _tags(names: str) -> str:
    """What follows `<` in tags with these names; twice as fast as a flag for either case."""
    either = re.sub("[a-z]", lambda match: f"[{match[0]}{match[0].upper()}]", names)
    return rf"/?(?:{either.replace(' ', '|')})[\s/>]"


_TAG: Final = re.compile(rf"<(?:{_tags(f'{_INLINE} {_BLOCKS} {_UNSEEN}')}|!--)")
_BLOCK: Final = re.compile(rf"<(?={_tags(_BLOCKS)})")
# Any tag without a stray quote. A text with no others, as most have, needs no parser, which takes
# 20 us for a start; a test compares both.
_SIMPLE: Final = re.compile(
    r"""</?([a-zA-Z]\w*+)(?:>|(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'){0,4000}>)"""
)
_GAPS: Final = {
    spelled: gap
    for names, gap in ((_BLOCKS, " "), (_INLINE, ""))
    for name in names.split()
    for spelled in (name, name.upper())
}
"""What stands for a tag in the text."""
_SPACES: Final = re.compile("  +")


def text_of(source: str, limit: int) -> str:
    """The text of HTML on one line, clean, about its first `limit` characters or more.

    Text without a tag of HTML is text: `<MSFT.O>` stays.
    """
    length = _TRIED * limit
    if len(source) <= length and _is_simple(source):
        return source.strip()
    found = _text(_beginning(source, length))
    while len(found) < limit and length < min(len(source), MAX_HTML):
        length *= 2
        found = _text(_beginning(source, length))
    return _tidied(found[:length], limit)


def _is_simple(source: str) -> bool:
    """Whether there is nothing to decode or clean inside, as in most titles and names."""
    plain = source.isascii() and source.isprintable()
    return plain and "<" not in source and "&" not in source and "  " not in source


def _tidied(text: str, limit: int) -> str:
    """A clean text, or a little more than its first `limit` characters. Most are ASCII, where
    only spaces and ends of lines are to be seen to; splitting them into words takes twice as long.
    """
    if len(text) > limit:
        start = _SPACES.sub(" ", text[: limit + limit // 8].replace("\n", " ")).strip()
        if len(start) > limit and start.isascii() and start.isprintable():
            return start
    return tidy(text)


def _beginning(source: str, length: int) -> str:
    """The first `length` characters, without a tag that is cut off there."""
    if len(source) <= length:
        return source
    start, end = source.rfind("<", 0, length), source.rfind(">", 0, length)
    return source[: start if start > end else length]


def _text(source: str) -> str:
    if "<" not in source:
        return html.unescape(source)
    bits = _SIMPLE.split(source)  # texts and the names of the tags between them, in turn
    bits[1::2] = [_GAPS.get(name, "<") for name in bits[1::2]]
    bare = "".join(bits)
    if "<" not in bare:  # otherwise only the parser can tell
        return html.unescape(bare)
    return _parsed(source) if _TAG.search(source) else html.unescape(source)


def _parsed(source: str) -> str:
    page = LexborHTMLParser(_BLOCK.sub(" <", source))
    page.strip_tags(_UNSEEN.split(), recursive=True)
    body = page.body
    return body.text(deep=True, separator="") if body else ""
