"""A feed as its format gives it, before anything is cleaned: what all formats have in common."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final
from urllib.parse import urljoin

DATES: Final = (
    *("pubdate", "published", "issued", "date_published", "dc:date", "dcterms:issued", "date"),
    *("created", "dcterms:created", "updated", "modified", "date_modified", "dcterms:modified"),
    "lastbuilddate",
)
"""The names of dates in all formats, in order of their claim to be when an item was published."""
HTTP: Final = ("http://", "https://")
"""How a whole address begins."""


@dataclass(slots=True, eq=False)
class RawText:
    """A text, and whether it is HTML (as it mostly is) or plain."""

    value: str
    is_html: bool = True


NO_TEXT: Final = RawText("")


class Claim(IntEnum):
    """How good a claim an address has to be the item's page, best first."""

    ORIGINAL = 0  # an aggregator's own link leads to itself, and this to the page
    PAGE = 1
    OTHER_FORM = 2
    IDENTITY = 3
    RELATED = 4
    ENCLOSURE = 5


MAX_LINKS: Final = 50
"""How many links of an item are looked at."""


@dataclass(slots=True)
class RawItem:
    """An item. `texts` are by their names in RSS and Atom (`title`, `summary`, `content`), `dates`
    by names in DATES. Addresses are absolute.
    """

    id: str = ""
    texts: dict[str, RawText] = field(default_factory=dict)
    links: list[tuple[Claim, str]] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    author: str = ""
    image: str = ""
    publisher: str = ""
    publisher_url: str = ""

    def add_link(self, claim: Claim, link: str) -> None:
        """Note a link, if there are not too many."""
        if len(self.links) < MAX_LINKS:
            self.links.append((claim, link))


@dataclass(slots=True)
class RawFeed:
    """A feed, but for its items. `hints` are what it says of its rhythm, by the names in RSS."""

    format: str = ""
    title: RawText = NO_TEXT
    site: str = ""
    language: str = ""
    hints: dict[str, str] = field(default_factory=dict)
    skip_hours: list[str] = field(default_factory=list)
    skip_days: list[str] = field(default_factory=list)
    broken: str = ""
    """Why parts of it may be missing, if they may."""
    hopeless: bool = False
    """No mending helps."""
    mended: str = ""
    """What was wrong with it, if that could be mended."""


Take = Callable[[RawItem], None]
"""Takes an item as soon as it is read, so that only one is held; raises Enough after the last."""


class Enough(Exception):
    """No further item is wanted."""


def joined(base: str, link: str) -> str:
    """A link read against a base; "" if it is none."""
    link = link.strip()
    if link.startswith(HTTP) or not link:
        return link
    try:
        return urljoin(base, link)
    except ValueError:  # such as a wrong IPv6 address
        return ""
