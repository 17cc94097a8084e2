"""The feeds that a web page names."""

import re
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.origins.feeds.raw import joined

LOOKED: Final = 512 * 1024
"""How many bytes of a page are looked through; scripts may stand before the links."""
MAX_FEEDS: Final = 20
"""How many feeds of a page are named."""

_COMMENT: Final = re.compile(rb"<!--(?:.*?-->|.*)", re.DOTALL)
_LINK: Final = re.compile(rb"<(?:link|base|a)\s[^<>]{1,2000}>", re.IGNORECASE)
_KINDS: Final = (
    *("application/rss+xml", "application/atom+xml", "application/feed+json"),
    *("application/json", "application/rdf+xml", "application/xml", "text/xml"),
)
_LIKE_A_FEED: Final = re.compile(
    r"[^?#]*(?:\.(?:rss|atom|rdf)|/(?:(?:feed|rss|atom)/?|(?:feed|rss|atom|index)\.(?:xml|json)))(?:\?.*)?",
    re.IGNORECASE,
)
_OF_COMMENTS: Final = re.compile(r"comment|kommentar|comentario", re.IGNORECASE)


def feeds_in(page: bytes, url: str) -> tuple[str, ...]:
    """The addresses of the feeds that a page (UTF-8) at `url` names, best first: those that it
    declares, or else those that it links to; feeds of comments come last.
    """
    tags = b"".join(_LINK.findall(_COMMENT.sub(b"", page[:LOOKED]))[:2000])
    tree = LexborHTMLParser(tags)
    base = next((node.attributes.get("href") for node in tree.css("base[href]")), None)
    base = joined(url, base or "") or url
    found = [*_declared(tree, base)] or [*_linked(tree, base)]
    found.sort(key=lambda one: bool(_OF_COMMENTS.search(" ".join(one))))
    return tuple(dict.fromkeys(address for address, _ in found))[:MAX_FEEDS]


def _declared(tree: LexborHTMLParser, base: str) -> Iterator[tuple[str, str]]:
    for node in tree.css("link[href][rel]"):
        relations = (node.attributes.get("rel") or "").lower().split()
        kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
        if "feed" in relations or ("alternate" in relations and kind in _KINDS):
            yield from _address(node, base)


def _linked(tree: LexborHTMLParser, base: str) -> Iterator[tuple[str, str]]:
    for node in tree.css("a[href]"):
        for address, title in _address(node, base):
            if _LIKE_A_FEED.fullmatch(address):
                yield address, title


def _address(node: LexborNode, base: str) -> Iterator[tuple[str, str]]:
    address = joined(base, node.attributes.get("href") or "")
    if address.startswith(("http://", "https://")):
        yield address, node.attributes.get("title") or ""
