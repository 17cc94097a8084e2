"""Makes clean items of what a format gives: text, addresses, dates, ids."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Final
from urllib.parse import quote

from bot.origins.feeds.dates import instant_of
from bot.origins.feeds.document import FeedItem, Publisher
from bot.origins.feeds.html_text import MAX_HTML, text_of
from bot.origins.feeds.raw import DATES, Enough, RawItem, RawText
from bot.stories.model import MAX_NAME, MAX_TITLE
from bot.stories.text import clean, cut, tidy, without_tail
from bot.stories.urls import MAX_URL, image_url, key_of

MAX_ITEMS: Final = 2000
"""How many items of a feed are read; the newest come first. The most seen in a real one are 60."""
EXCERPT: Final = 600
"""How many characters of an excerpt are kept, as many as are compared (stories/similarity.py): many
feeds give whole articles."""
MAX_ID: Final = 300
"""How many characters an id may have before it is hashed; the longest seen has 150."""
MAX_CATEGORIES: Final = 20
"""How many categories of an item are kept."""
FUTURE: Final = timedelta(hours=24)
"""How far ahead a date is believed: publishers' zones are often wrong."""
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""No page is older; programs write 1970 or the year 1 for no date."""

_FIRST_WORDS: Final = 100
_PAGE: Final = re.compile(r"[hH][tT][tT][pP][sS]?://[^\s/?#]\S*+")
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
        self._found: dict[str, FeedItem] = {}
        self.faults: Counter[str] = Counter()
        self.more, self._read = False, 0
        self._url, self._latest = url, now + FUTURE

    def take(self, raw: RawItem) -> None:
        """Clean an item and keep it. Raises Enough if there are too many."""
        if self._read >= MAX_ITEMS:
            self.more = True
            raise Enough
        self._read += 1
        item = self._item(raw)
        if item is None:
            self.faults["empty"] += 1
        elif item.id not in self._found:
            self._found[item.id] = item
        else:
            self._repeated(item)

    def _repeated(self, item: FeedItem) -> None:
        """An id that was given to another page is none; the address then is."""
        self.faults["repeated"] += 1
        if self._found[item.id].url != item.url:
            key = _short(item.url)
            self._found.setdefault(key, replace(item, id=key))

    def _item(self, raw: RawItem) -> FeedItem | None:
        given = raw.texts.get
        title = text(given("title"), MAX_TITLE) or text(given("other title"), MAX_TITLE)
        excerpt = text(given("summary"), EXCERPT) or text(given("content"), EXCERPT)
        excerpt = excerpt or text(given("other summary"), EXCERPT)
        link = _best(raw)
        if not (title or excerpt or link):
            return None
        title = cut(title or cut(excerpt, _FIRST_WORDS) or link.partition("://")[2], MAX_TITLE)
        published = self._published(raw.dates)
        self.faults["homeless"] += not link
        key = _short(tidy(raw.id) or link or _hashed(f"{title} {published}"))
        return FeedItem(
            id=key,
            url=link,
            title=title,
            excerpt=without_tail(excerpt),
            published_at=published,
            categories=_categories(raw.categories),
            author=_author(raw.author),
            image=image_url(raw.image) if raw.image else None,
            publisher=_publisher(raw),
        )

    def of(self, site: str) -> tuple[FeedItem, ...]:
        """The items; what has no page of its own is a place in the feed's site, or in the feed."""
        page = site if _PAGE.fullmatch(site) else self._url
        start = page.partition("#")[0]
        return tuple(
            one if one.url else replace(one, url=_place(start, one.id))
            for one in self._found.values()
        )

    def _published(self, given: dict[str, str]) -> datetime | None:
        """The first date that can be read and is plausible."""
        fault = "undated"
        for name in given if len(given) < 2 else sorted(given, key=DATES.index):  # noqa: PLR2004
            date = instant_of(given[name])
            if date and EARLIEST <= date <= self._latest:
                return date
            if given[name]:
                fault = "implausible" if date else "unread"
        self.faults[fault] += 1
        return None


def _place(page: str, key: str) -> str:
    """The address of an item without a page of its own; `#comment-1` would name the whole page."""
    place = f"{page}#{quote(key, safe='')}"
    return place if "#" in key_of(place) else f"{page}#{_hashed(key)}"


def _best(raw: RawItem) -> str:
    """The address with the best claim to be the item's page; "" if there is none."""
    links = raw.links if len(raw.links) == 1 else sorted(raw.links, key=itemgetter(0))
    for _, link in links:
        if _PAGE.fullmatch(link) and len(link) <= 4 * MAX_URL:
            return link
    return ""


def _short(key: str) -> str:
    return key if len(key) <= MAX_ID else _hashed(key)


def _hashed(key: str) -> str:
    return blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _categories(given: list[str]) -> tuple[str, ...]:
    """The names of the categories, each once; some feeds put addresses of lists there."""
    names: dict[str, str] = {}
    for one in given[:MAX_CATEGORIES]:
        if "://" not in one and (name := _name(one[:MAX_HTML])):
            names.setdefault(name.casefold(), name)
    return tuple(names.values())


@lru_cache(maxsize=1024)  # most items of a feed have the same
def _name(given: str) -> str:
    """The name of a category, a person or a publisher."""
    return cut(text_of(given, MAX_NAME), MAX_NAME)


def _author(given: str) -> str | None:
    """An author's name; RSS asks for a mail address with the name after it."""
    name = _name(given[:MAX_HTML])
    match = _MAIL.fullmatch(name) if "@" in name else None
    return ((match[1] or "") if match else name) or None


def _publisher(raw: RawItem) -> Publisher | None:
    name = _name(raw.publisher[:MAX_HTML])
    if not name:
        return None
    return Publisher(name, raw.publisher_url if _PAGE.fullmatch(raw.publisher_url) else None)
