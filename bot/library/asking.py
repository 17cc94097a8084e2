"""Asks one feed: what it gives, and what is remembered of it."""

import hashlib
import json
import logging
import random
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple

from bot.clock import Clock
from bot.origins.feeds.client import Answer, FeedClient, Request, without_secrets
from bot.origins.feeds.document import FeedDocument, FeedItem, NotAFeed
from bot.origins.feeds.failures import FetchFailed
from bot.origins.feeds.health import Failed, Fresh, Outcome, Same, after, is_same
from bot.origins.feeds.parser_thread import ParserThread
from bot.origins.feeds.parsing import parse
from bot.origins.feeds.reading import article_of
from bot.store.feed_items import GivenItem
from bot.store.feeds import Asking
from bot.stories.feeds import FaultKind, Feed, FeedState
from bot.stories.text import slug

logger = logging.getLogger(__name__)


LOST_AFTER: Final = 3
"""After so many failures in a row a feed is looked for at the address that was given for it."""

_to_json: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
"""As json.dumps, which makes a new encoder for each item."""


class Asked(NamedTuple):
    """A feed's new state, what it gave, and the fault if it failed."""

    asking: Asking
    items: Sequence[GivenItem] = ()
    fault: FaultKind | None = None


class _Found(NamedTuple):
    """What came of asking. The state is as before, but for the address if a page named a feed."""

    state: FeedState
    outcome: Outcome
    items: Sequence[GivenItem] = ()


@dataclass(frozen=True)
class Asker:
    """Asks feeds. They are read in `thread`: it takes 8 to 80 ms a megabyte."""

    client: FeedClient
    clock: Clock
    thread: ParserThread = field(default_factory=ParserThread)

    async def ask(self, feed: Feed, followed: Collection[str]) -> Asked:
        """Ask a feed. `followed` are the slugs of the topics that have digests."""
        found = await self._found(feed)
        topics = {slug(name) for name in feed.settings.topics}
        wanted = not topics or not topics.isdisjoint(followed)
        jitter = random.random()  # noqa: S311 - it only spreads requests
        now = self.clock.now()
        state = after(found.state, found.outcome, now, wanted=wanted, jitter=jitter)
        if isinstance(found.outcome, Failed):
            return Asked(Asking(feed.feed_id, state), fault=found.outcome.kind)
        if isinstance(found.outcome, Same):
            return Asked(Asking(feed.feed_id, state))
        document = found.outcome.document
        return Asked(Asking(feed.feed_id, state, document.title, document.format), found.items)

    async def _found(self, feed: Feed) -> _Found:
        try:
            return await self._looked_for(feed)
        except Exception as error:  # a bulkhead: a feed that finds a mistake of ours stops no other
            address = without_secrets(feed.state.url)
            logger.exception("%s cannot be read because of an error in the bot", address)
            detail = f"an error in the bot ({type(error).__name__})"
            return _Found(feed.state, Failed(FaultKind.BROKEN, detail))

    async def _looked_for(self, feed: Feed) -> _Found:
        found = await self._ask_or_named(feed.feed_id, feed.state)
        if _may_have_moved(feed, found.outcome):
            moved = await self._ask_or_named(feed.feed_id, _at(feed.state, feed.settings.url))
            return found if isinstance(moved.outcome, Failed) else moved
        return found

    async def _ask(self, feed_id: int, state: FeedState) -> _Found:
        """Raises NotAFeed."""
        try:
            answer = await self.client.fetch(Request(state.url, state.etag, state.last_modified))
        except FetchFailed as error:
            failed = Failed(error.kind, error.detail, error.retry_after, error.asked)
            return _Found(state, failed)
        if answer.body is None or is_same(state, answer):
            return _Found(state, Same(answer))
        document, items = await self._read(feed_id, answer, answer.body)
        return _Found(state, Fresh(document, replace(answer, body=None)), items)

    async def _read(
        self, feed_id: int, answer: Answer, body: bytes
    ) -> tuple[FeedDocument, list[GivenItem]]:
        now = self.clock.now()
        return await self.thread.run(lambda: _read(feed_id, answer, body, now), len(body))

    async def _ask_or_named(self, feed_id: int, state: FeedState) -> _Found:
        """What the feed gives, or that which a page names first; from then on it is asked instead.

        A feed that has answered before stays where it is: a site under repair gives a page for a
        while, and what that names may be its comments.
        """
        try:
            return await self._ask(feed_id, state)
        except NotAFeed as page:
            if page.feeds and state.succeeded_at is None:
                with suppress(NotAFeed):
                    named = await self._ask(feed_id, _at(state, page.feeds[0]))
                    failed = isinstance(named.outcome, Failed)
                    return named._replace(state=state) if failed else named
            return _Found(state, Failed(FaultKind.NO_FEED, page.reason))


def _may_have_moved(feed: Feed, outcome: Outcome) -> bool:
    """Whether to look for a failing feed where it was found: at a page, or before redirects."""
    elsewhere = feed.state.url != feed.settings.url
    failed = isinstance(outcome, Failed) and outcome.asked and outcome.kind is not FaultKind.BUSY
    return elsewhere and failed and feed.state.failures + 1 >= LOST_AFTER


def _at(state: FeedState, url: str) -> FeedState:
    """The state of a feed that has not been read at this address yet."""
    return replace(state, url=url, etag=None, last_modified=None, body_hash=None, succeeded_at=None)


def _read(
    feed_id: int, answer: Answer, body: bytes, now: datetime
) -> tuple[FeedDocument, list[GivenItem]]:
    document = parse(body, answer.content_type, answer.url, now)
    first = {item.url: item for item in reversed(document.items)}  # one item for each link
    return document, [_given(feed_id, item) for item in reversed(first.values())]


def _given(feed_id: int, item: FeedItem) -> GivenItem:
    said = _to_json(article_of(item))
    stamp = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
    return GivenItem(feed_id, item.id, item.url, stamp, said)
