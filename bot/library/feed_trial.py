"""Tries what an address gives as a feed; nothing is stored."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from bot.origins.feeds.client import FeedClient, FetchPolicy, Request
from bot.origins.feeds.document import FeedDocument, NotAFeed
from bot.origins.feeds.parsing import parse


class Trial(NamedTuple):
    """What was found: `url` is where it came from, after redirects."""

    url: str
    feed: FeedDocument | NotAFeed


async def try_feed(url: str, policy: FetchPolicy, now: datetime) -> Trial:
    """Ask an address once. Raises FetchFailed if it gives no answer that can be used."""
    async with FeedClient(policy) as client:
        answer = await client.fetch(Request(url))
    content = answer.body or b""
    return await asyncio.to_thread(try_content, content, answer.content_type, answer.url, now)


def try_content(content: bytes, content_type: str | None, url: str, now: datetime) -> Trial:
    """Read what an address, or a file, gave."""
    try:
        return Trial(url, parse(content, content_type, url, now))
    except NotAFeed as error:
        return Trial(url, error)
