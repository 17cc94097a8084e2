"""The one sanitizer for third-party text that goes into a Discord message.

Discord reads Markdown in titles, descriptions and contents, but not in authors, footers and
options. Mentions are also switched off in every message; this is the first of two safeguards.
"""

import re
from urllib.parse import quote

from bot.stories.text import cut, tidy

_MARKUP = re.compile(r"([\\*_~|\[\]()<>#\-@`])")
_SCHEME = re.compile(r":(?=//)")
ZERO_WIDTH_SPACE = "\u200b"
"""Breaks up text that looks like a URL."""
_EMOJI = (
    r"\u203c\u2049\u2139\u2194-\u21aa\u2300-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299\ufe0f\u20e3"
    r"\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
"""With one of them in a label Discord's apps print the whole link."""
_NO_LABEL = re.compile(rf"[\\*_~`<>@{_EMOJI}]|\|\|")
"""What a label cannot show as it is: Markdown and mentions, because an escape would be shown there,
and emoji.
"""
_NO_NAME = re.compile(rf"[\\*_~|\[\]()<>#@`{_EMOJI}]")
_LEGAL = re.compile("[\u00a9\u00ae\u2122]\ufe0f?")
"""The signs of copyright and trademarks, which Discord's apps show as emoji: labels do without."""
OPEN = "open"
"""The label beside a headline that cannot be one."""
_ROUND = str.maketrans("[]", "()")


def plain(text: str, limit: int) -> str:
    """Text for places without Markdown: one line, no invisible characters, cut at a word."""
    return cut(tidy(text), limit)


def escaped(text: str, limit: int) -> str:
    """Text for places with Markdown: all its syntax escaped, in at most `limit` characters.

    A URL in the text stays text: its colon is escaped, so that Discord makes no link of it.
    """
    kept = plain(text, limit)
    while len(escape := _escape(kept)) > limit:
        kept = cut(kept, len(kept) - max(1, (len(escape) - limit) // 2))
    return escape


def _escape(text: str) -> str:
    return _SCHEME.sub(r"\\:", _MARKUP.sub(r"\\\1", text))


def shortened(text: str, limit: int) -> str:
    """Escaped text cut to at most `limit` characters, without half an escape at its end."""
    kept = text[:limit]
    signs = len(kept) - len(kept.rstrip("\\"))
    return kept[:-1] if signs % 2 else kept


def code(text: str, limit: int) -> str:
    """A stored value, unchanged in a code span: nothing in it is Markdown, a URL or a mention."""
    shown = plain(text, limit).replace("`", "'")
    return f"`{shown or ' '}`"


def link(label: str, url: str) -> str:
    """A masked link. `url` is canonical; `label` is a name that may be any text.

    Inside a label an escape would be shown, so Markdown characters are dropped, and so are emoji; a
    label that looks like a URL would make Discord print the whole link, so its dots and colons are
    broken up.
    """
    name = plain(_NO_NAME.sub("", _label(label, 100)), 100) or "source"
    return f"[{_broken(name)}]({address(url)})"


def headline_link(headline: str, url: str, limit: int, *, quiet: bool = False) -> str:
    """A headline as a masked link, cut to `limit` characters at a word. `url` is canonical.

    Every character is shown as it is, but square brackets become round, and signs of trademarks go.
    A headline for which no label can do that is text, with the link `open` beside it. `quiet`:
    outside an embed Discord would show a preview of the page; this prevents it.
    """
    shown = _label(headline, limit)
    target = f"<{address(url)}>" if quiet else address(url)
    if _NO_LABEL.search(shown):
        return f"{escaped(headline, limit)} ([{OPEN}]({target}))"
    return f"[{_broken(shown.translate(_ROUND)) or OPEN}]({target})"


def _label(text: str, limit: int) -> str:
    return plain(_LEGAL.sub("", text), limit)


def _broken(label: str) -> str:
    return re.sub(r"([.:/])(?=\S)", rf"\1{ZERO_WIDTH_SPACE}", label)


def address(url: str) -> str:
    """A URL that cannot end a masked link early."""
    return quote(url, safe="/:@!$&'*+,;=~?[]%-._#")
