"""Bytes of a feed, as fetched, into a FeedDocument."""

from datetime import datetime

from bot.origins.feeds.document import FeedDocument, NotAFeed


def parse(content: bytes, content_type: str | None, url: str, now: datetime) -> FeedDocument:
    """The feed in `content`. Raises NotAFeed.

    `content_type` is the header's, `url` the final address, against which links are read, and `now`
    (aware) bounds the dates.
    """
    raise NotAFeed("not yet")
