"""What a feed gives, in plain words and as JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from bot.origins.feeds.document import FeedDocument, FeedItem, NotAFeed


def sentences(feed: FeedDocument | NotAFeed, now: datetime) -> list[str]:
    """What it gives: items, dates, excerpts, how often it changes, what is wrong."""
    if isinstance(feed, NotAFeed):
        named = [f"The page names a feed: {address}" for address in feed.feeds]
        return [f"This is no feed: {feed.reason}.", *named]
    return [*_described(feed, now), *feed.problems]


def _described(feed: FeedDocument, now: datetime) -> Iterator[str]:
    title = f" “{feed.title}”" if feed.title else ""
    yield f"{feed.format}{title} with {_counted(len(feed.items), 'item')}."
    if feed.items:
        yield _dates(feed.items, now)
        yield _excerpts(feed.items)
    if feed.hints.floor:
        yield f"It asks to be asked no sooner than after {_span(feed.hints.floor)}."


def _dates(items: tuple[FeedItem, ...], now: datetime) -> str:
    dates = sorted((item.published_at for item in items if item.published_at), reverse=True)
    if not dates:
        return "No item has a date, so each counts as published when it is first seen."
    newest = f"The newest is {_span(max(now - dates[0], timedelta()))} old"
    if len(dates) == 1:
        return f"{newest}."
    gaps = (later - earlier for later, earlier in pairwise(dates))
    gap = timedelta(seconds=median(one.total_seconds() for one in gaps))
    often = f"a new one comes about every {_span(gap)}" if gap else "all have the same date"
    return f"{newest}; {often}."


def _excerpts(items: tuple[FeedItem, ...]) -> str:
    lengths = [len(item.excerpt) for item in items if item.excerpt]
    if not lengths:
        return (
            "No item has an excerpt: such stories are grouped only if their headlines agree well."
        )
    some = "1 item has" if len(lengths) == 1 else f"{len(lengths)} items have"
    having = "All items have" if len(lengths) == len(items) > 1 else some
    return f"{having} an excerpt, mostly of about {round(median(lengths))} characters."


def _span(length: timedelta) -> str:
    """A length of time in its largest fitting unit."""
    minutes = round(length.total_seconds() / 60)
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return _counted(round(minutes / size), unit)
    return _counted(max(minutes, 1), "minute")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def as_json(feed: FeedDocument | NotAFeed, url: str) -> dict[str, Any]:
    """`{"url","format","title","items":[{"id","title","url","published_at","excerpt"}],
    "problems":[text]}`; `format` and `title` are None and `items` empty if it is no feed.
    """
    if isinstance(feed, NotAFeed):
        return {
            "url": url,
            "format": None,
            "title": None,
            "items": [],
            "problems": sentences(feed, datetime.max.replace(tzinfo=UTC)),
        }
    return {
        "url": url,
        "format": feed.format,
        "title": feed.title,
        "items": [_item(item) for item in feed.items],
        "problems": [*feed.problems],
    }


def _item(item: FeedItem) -> dict[str, Any]:
    published = item.published_at
    return {
        "id": item.id,
        "title": item.title,
        "url": item.url,
        "published_at": published.isoformat() if published else None,
        "excerpt": item.excerpt,
    }
