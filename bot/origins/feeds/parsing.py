"""Bytes of a feed, as fetched, into a FeedDocument."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.origins.feeds.decoding import READ, utf8_of
from bot.origins.feeds.discovery import feeds_in
from bot.origins.feeds.document import FeedDocument, NotAFeed
from bot.origins.feeds.hints import hints_of
from bot.origins.feeds.items import MAX_ITEMS, Items, text
from bot.origins.feeds.json_feed import read_json
from bot.origins.feeds.markup import read_markup
from bot.origins.feeds.markup_guard import guarded, mended, needs_mending
from bot.origins.feeds.raw import RawFeed
from bot.stories.model import MAX_TITLE
from bot.stories.text import cut, tidy

MAX_BYTES: Final = 10 * 1024 * 1024
"""What is larger is refused as a whole."""

_JSON: Final = re.compile(rb"\s*+[{\[]")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_FAULTS: Final = {
    "empty": "Items left out, since they have neither title nor text nor address",
    "repeated": "Items that have the id of another",
    "homeless": "Items without an address of their own",
    "undated": "Items without a date",
    "unread": "Items with a date that cannot be read",
    "implausible": "Items dated before 1990 or more than a day ahead",
}


def parse(content: bytes, content_type: str | None, url: str, now: datetime) -> FeedDocument:
    """The feed in `content`. Raises NotAFeed, with the feeds that a page names.

    `content_type` is the header's, `url` the final address, against which links are read, and `now`
    (aware) bounds the dates.
    """
    if len(content) > MAX_BYTES:
        raise NotAFeed(f"it is larger than {MAX_BYTES // 2**20} MiB")
    document = utf8_of(content, content_type)
    try:
        feed, items = _read(document, url, now)
    except NotAFeed as error:
        raise NotAFeed(error.reason, feeds_in(document, url)) from error
    found = items.of(feed.site)
    language = feed.language.strip().lower().replace("_", "-")
    return FeedDocument(
        format=feed.format,
        title=text(feed.title, MAX_TITLE),
        language=language if _LANGUAGE.fullmatch(language) else None,
        items=found,
        hints=hints_of(feed.hints, feed.skip_hours, feed.skip_days),
        problems=tuple(_problems(feed, items, is_empty=not found, is_cut=len(content) > READ)),
    )


def _read(document: bytes, url: str, now: datetime) -> tuple[RawFeed, Items]:
    items = Items(url, now)
    if _JSON.match(document):
        return read_json(document, url, items.take), items
    document = guarded(document)
    feed = read_markup(document, url, items.take)
    if feed.hopeless or not (feed.broken or needs_mending(document)):  # nearly always the latter
        return feed, items
    items = Items(url, now)
    again = read_markup(mended(document), url, items.take)
    again.mended = feed.broken
    return again, items


def _problems(feed: RawFeed, items: Items, *, is_empty: bool, is_cut: bool) -> Iterator[str]:
    if is_cut:
        yield f"It is larger than {READ // 2**20} MiB; only the beginning was read."
    if items.more:
        yield f"It has more than {MAX_ITEMS:,} items; only the first were read."
    if feed.broken:
        yield f"It is broken, so parts may be missing: {cut(tidy(feed.broken), 120)}"
    elif feed.mended:
        yield f"It is not well formed and was mended: {cut(tidy(feed.mended), 120)}"
    if is_empty:
        yield "It has no items."
    for kind, sentence in _FAULTS.items():
        if count := items.faults[kind]:
            yield f"{sentence}: {count}."
