"""Lists of feeds as other readers exchange them: OPML."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple
from xml.sax.saxutils import quoteattr

import listparser

from bot.origins.feeds.decoding import utf8_of
from bot.origins.feeds.document import NotAFeed
from bot.origins.feeds.markup_guard import MAX_TAG
from bot.stories.model import MAX_NAME
from bot.stories.text import clean, cut

MAX_BYTES: Final = 2 * 1024 * 1024
"""How large a list may be; 10,000 feeds take 1.5 MB."""
MOST_FEEDS: Final = 10_000
"""How many feeds a list may have, as many as the bot may have; each takes a kilobyte."""
MAX_DEPTH: Final = 20
"""How deep folders may be nested: the parser copies the names of all of them for each feed."""

_TAG: Final = re.compile(
    rb"<(/?)outline\b(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+'){0,4000}>", re.IGNORECASE
)

_LONG_TAG: Final = re.compile(rb"<[A-Za-z][^<]{%d}" % MAX_TAG)


class Subscription(NamedTuple):
    """A feed in a list: its address, its title (may be empty), and the folders that it is in."""

    url: str
    title: str
    folders: tuple[str, ...] = ()


def read_opml(content: bytes) -> tuple[Subscription, ...]:
    """The feeds in a list, in its order, each address once, as it is written there.

    Raises NotAFeed if it is no list of feeds.
    """
    document = utf8_of(content, None)
    if len(content) > MAX_BYTES:
        raise NotAFeed(f"the list is larger than {MAX_BYTES // 2**20} MiB")
    if document.lower().count(b"xmlurl") > MOST_FEEDS:
        raise NotAFeed(f"it lists more than {MOST_FEEDS:,} feeds")
    if b"<!ENTITY" in document or _LONG_TAG.search(document) or _depth(document) > MAX_DEPTH:
        raise NotAFeed("it is no list of feeds that a program wrote")
    found = listparser.parse(document)
    if not found.version.startswith("opml"):
        raise NotAFeed("it is no list of feeds (OPML)")
    return tuple(_subscription(feed) for feed in found.feeds)


def _depth(document: bytes) -> int:
    """How deep outlines are nested."""
    depth = deepest = 0
    for tag in _TAG.finditer(document):
        if tag[1]:
            depth -= 1
        elif not tag[0].endswith(b"/>"):
            depth += 1
        deepest = max(deepest, depth)
    return deepest


def _subscription(feed: "listparser.common.SuperDict") -> Subscription:
    folders = (name for path in feed.categories for name in path)
    names = (cut(clean(name), MAX_NAME) for name in folders)
    title = cut(clean(feed.title), MAX_NAME)
    return Subscription(feed.url, title, tuple(dict.fromkeys(filter(None, names))))


def write_opml(feeds: Sequence[Subscription], title: str) -> str:
    """The list as OPML 2.0, to be written in UTF-8: a folder for each first folder of a feed."""
    ordered = sorted(feeds, key=lambda feed: feed.folders[:1])
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{_attribute(title)[1:-1]}</title></head>",
        "  <body>",
    ]
    for folder, inside in groupby(ordered, key=lambda feed: feed.folders[:1]):
        entries = [_outline(feed) for feed in inside]
        if folder:
            name = _attribute(folder[0])
            lines += [f"    <outline text={name} title={name}>"]
            lines += [f"      {entry}" for entry in entries]
            lines += ["    </outline>"]
        else:
            lines += [f"    {entry}" for entry in entries]
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _outline(feed: Subscription) -> str:
    name = _attribute(feed.title or feed.url)
    others = feed.folders[1:]
    categories = f" category={_attribute(','.join(feed.folders))}" if others else ""
    address = _attribute(feed.url)
    return f'<outline type="rss" text={name} title={name} xmlUrl={address}{categories}/>'


def _attribute(text: str) -> str:
    return quoteattr(text, {'"': "&quot;"})
