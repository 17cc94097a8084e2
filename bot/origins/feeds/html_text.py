"""The text of HTML, which is all that is taken out of a feed's HTML."""

import html
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from bot.stories.text import tidy

MAX_HTML: Final = 32 * 1024
"""How many characters of HTML are read; an excerpt has at most 2,000 characters of text."""
_TRIED: Final = 3
"""How many characters of HTML are read at first for each of text."""

_NAMES: Final = """a abbr acronym address article aside audio b bdi bdo big blink blockquote body br
button canvas caption center cite code col colgroup dd del details dfn div dl dt em embed fieldset
figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd
label legend li link main map mark marquee meta nav noscript object ol option p param picture pre q
rp rt ruby s samp script section select small source span strike strong style sub summary sup svg
table tbody td template textarea tfoot th thead time tr track tt u ul var video wbr"""
_TAG: Final = re.compile(rf"</?(?:{'|'.join(_NAMES.split())})(?=[\s/>])|<!--", re.IGNORECASE)
_BLOCK: Final = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|table|td|th|tr|ul)[\s/>])",
    re.IGNORECASE,
)
_UNSEEN: Final = [
    *(
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "head",
        "select",
    ),
    *("textarea", "audio", "video", "canvas", "button"),
]
_HIDES: Final = re.compile(rf"<(?:{'|'.join(_UNSEEN)})(?=[\s/>])", re.IGNORECASE)


def text_of(source: str, limit: int) -> str:
    """The text of HTML on one line, clean, at least its first `limit` characters.

    Text without a tag of HTML is text: `<MSFT.O>` stays.
    """
    length = _TRIED * limit
    found = _text(source[:length])
    if len(found) < limit and len(source) > length:
        found = _text(source[:MAX_HTML])
    return tidy(found[: 2 * limit])


def _text(source: str) -> str:
    if "<" not in source or not _TAG.search(source):
        return " ".join(html.unescape(source).split())
    page = LexborHTMLParser(_BLOCK.sub(" <", source))
    if _HIDES.search(source):
        page.strip_tags(_UNSEEN, recursive=True)
    body = page.body
    return " ".join(body.text(deep=True, separator="").split()) if body else ""
