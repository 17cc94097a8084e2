"""What a feed gives, in plain words and as JSON."""

from datetime import datetime
from typing import Any

from bot.origins.feeds.document import FeedDocument, NotAFeed


def sentences(feed: FeedDocument | NotAFeed, now: datetime) -> list[str]:
    """What it gives: items, dates, excerpts, how often it changes, what is wrong."""
    raise NotImplementedError


def as_json(feed: FeedDocument | NotAFeed, url: str) -> dict[str, Any]:
    """`{"url","format","title","items":[{"id","title","url","published_at","excerpt"}],
    "problems":[text]}`; `format` and `title` are None and `items` empty if it is no feed.
    """
    raise NotImplementedError
