"""Makes clean items of what a format gives: text, addresses, dates, ids."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from urllib.parse import quote

from bot.origins.feeds.dates import instant_of
from bot.origins.feeds.document import FeedItem, Publisher
from bot.origins.feeds.html_text import text_of
from bot.origins.feeds.raw import DATES, Enough, RawItem, RawText
from bot.stories.model import MAX_EXCERPT, MAX_NAME, MAX_TITLE
from bot.stories.text import clean, cut, tidy, without_tail
from bot.stories.urls import MAX_URL, image_url

MAX_ITEMS: Final = 2000
"""How many items of a feed are read; the newest come first. The most seen in a real one are 60."""
MAX_ID: Final = 300
"""How many characters an id may have before it is hashed; the longest seen has 150."""
MAX_CATEGORIES: Final = 20
"""How many categories of an item are kept."""
FUTURE: Final = timedelta(hours=24)
"""How far ahead a date is believed: publishers' zones are often wrong."""
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""No page is older; programs write 1970 or the year 1 for no date."""

_FIRST_WORDS: Final = 100
_PAGE: Final = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_MAIL: Final = re.compile(r"\S+@\S+\s*\((.+)\)|\S+@\S+")


def text(raw: RawText | None, limit: int) -> str:
    """A text of a feed on one line, clean, cut after a word."""
    if raw is None or not raw.value:
        return ""
    shown = text_of(raw.value, limit) if raw.is_html else clean(raw.value[: 2 * limit])
    return cut(shown, limit)


class Items:
    """The items of a document: each id once, in the document's order. `faults` counts what is wrong
    with them, by its kind; `more`: there were more than are read.
    """

    def __init__(self, url: str, now: datetime) -> None:
        self.found: dict[str, FeedItem] = {}
        self.faults: Counter[str] = Counter()
        self.more, self._read = False, 0
        self.site = ""
        self._url, self._now = url, now

    def take(self, raw: RawItem) -> None:
        """Clean an item and keep it. Raises Enough if there are too many."""
        if self._read >= MAX_ITEMS:
            self.more = True
            raise Enough
        self._read += 1
        item = self._item(raw)
        if item is None:
            self.faults["empty"] += 1
        elif item.id not in self.found:
            self.found[item.id] = item
        else:
            self._repeated(item)

    def _repeated(self, item: FeedItem) -> None:
        """An id that was given to another page is none; the address then is."""
        self.faults["repeated"] += 1
        if self.found[item.id].url != item.url:
            self.found.setdefault(_short(item.url), item)

    def _item(self, raw: RawItem) -> FeedItem | None:
        excerpt = _first(raw, ("summary", "content", "other summary"), MAX_EXCERPT)
        title = _first(raw, ("title", "other title"), MAX_TITLE)
        link = _best(raw)
        if not (title or excerpt or link):
            return None
        title = cut(title or cut(excerpt, _FIRST_WORDS) or link.partition("://")[2], MAX_TITLE)
        published = self._published(raw.dates)
        key = _short(tidy(raw.id) or link or _hashed(f"{title} {published}"))
        return FeedItem(
            id=key,
            url=link or self._place(key),
            title=title,
            excerpt=without_tail(excerpt),
            published_at=published,
            categories=_categories(raw.categories),
            author=_author(raw.author),
            image=image_url(raw.image) if raw.image else None,
            publisher=_publisher(raw),
        )

    def _place(self, key: str) -> str:
        """Where an item without a page is: a place in the feed's site, or in the feed."""
        self.faults["homeless"] += 1
        site = self.site if _PAGE.fullmatch(self.site) else self._url
        return f"{site.partition('#')[0]}#{quote(key, safe='')}"

    def _published(self, given: dict[str, str]) -> datetime | None:
        """The first date that can be read and is plausible."""
        dates = [instant_of(given[name]) for name in DATES if given.get(name)]
        latest = self._now + FUTURE
        plausible = (date for date in dates if date and EARLIEST <= date <= latest)
        found = next(plausible, None)
        if found is None:
            self.faults["implausible" if any(dates) else "unread" if dates else "undated"] += 1
        return found


def _first(raw: RawItem, names: Iterable[str], limit: int) -> str:
    return next(filter(None, (text(raw.texts.get(name), limit) for name in names)), "")


def _best(raw: RawItem) -> str:
    """The address with the best claim to be the item's page; "" if there is none."""
    for _, link in sorted(raw.links, key=lambda one: one[0]):
        if _PAGE.fullmatch(link) and len(link) <= 4 * MAX_URL:
            return link
    return ""


def _short(key: str) -> str:
    return key if len(key) <= MAX_ID else _hashed(key)


def _hashed(key: str) -> str:
    return blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _categories(given: list[str]) -> tuple[str, ...]:
    """The names of the categories, each once; some feeds put addresses of lists there."""
    names = (
        cut(text_of(one, MAX_NAME), MAX_NAME) for one in given[:MAX_CATEGORIES] if "://" not in one
    )
    return tuple({name.casefold(): name for name in names if name}.values())


def _author(given: str) -> str | None:
    """An author's name; RSS asks for a mail address with the name after it."""
    name = text_of(given, MAX_NAME) if given else ""
    match = _MAIL.fullmatch(name)
    return cut((match[1] or "") if match else name, MAX_NAME) or None


def _publisher(raw: RawItem) -> Publisher | None:
    name = cut(text_of(raw.publisher, MAX_NAME), MAX_NAME) if raw.publisher else ""
    url = raw.publisher_url if _PAGE.fullmatch(raw.publisher_url) else None
    return Publisher(name, url) if name else None
