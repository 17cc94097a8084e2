"""What a feed gives: plain values, whatever its format."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.errors import BroadsheetError


class Publisher(NamedTuple):
    """Who published an item that the feed only passes on, as aggregators say it."""

    name: str
    url: str | None


@dataclass(slots=True)
class FeedItem:
    """One item, cleaned.

    `id` is stable while the feed names the item in the same way; a longer one is hashed. `url` is
    absolute and http(s), as the feed writes it; `title` and `excerpt` are clean text, the title is
    never empty. `published_at` is in UTC and whole seconds, None = no plausible date is given.
    `image` is an absolute http(s) URL. Nobody changes an item; a frozen one would take
    more than twice as long to make.
    """

    id: str
    url: str
    title: str
    excerpt: str
    published_at: datetime | None
    categories: tuple[str, ...] = ()
    author: str | None = None
    image: str | None = None
    publisher: Publisher | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """How often the publisher asks to be asked at most.

    `floor` is the shortest pause (at most 24 hours), `skip_hours` (0 to 23, UTC) and `skip_days`
    (0 = Monday) are when it has nothing new.
    """

    floor: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed as read: items in its order, each id once; `problems` are sentences for people.

    `format` is its name and version, such as `RSS 2.0`; `title` is clean text and may be empty;
    `language` is the tag that the feed gives, in lower case.
    """

    format: str
    title: str
    language: str | None
    items: tuple[FeedItem, ...]
    hints: Hints = Hints()
    problems: tuple[str, ...] = ()


class NotAFeed(BroadsheetError):
    """The content is no feed: `reason` says why; `feeds` are the addresses of those that the page
    names, best first.
    """

    def __init__(self, reason: str, feeds: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason, self.feeds = reason, feeds
