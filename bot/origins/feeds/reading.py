"""Reads what a feed gave as a story, by the same rules as a story file."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bot.errors import StoryFileError
from bot.origins.feeds.document import FeedItem, Publisher
from bot.origins.outcomes import Asked, Outcome, Reader, Rejection, Stamp, Unchanged
from bot.store.feed_items import KeptItem
from bot.stories.feed_quality import Providers, parts_of, quality_of
from bot.stories.feeds import Feed
from bot.stories.model import Article, Provider, Story
from bot.stories.text import cut
from bot.stories.urls import BadUrl, host_of, image_url, link_of, registrable_domain

_NANOSECONDS: Final = 1_000_000_000
_MAX_NAME: Final = 100


@dataclass(frozen=True)
class FeedReader:
    """Reads kept items; `feeds` are those that gave them, by id."""

    reader: Reader
    feeds: Mapping[int, Feed]
    providers: Providers

    async def read_all(self, asked: Sequence[tuple[Asked, KeptItem]]) -> list[Outcome]:
        """The outcome of each item, read outside the event loop."""
        return await asyncio.to_thread(lambda: [self._outcome(*one) for one in asked])

    def _outcome(self, asked: Asked, kept: KeptItem) -> Outcome:
        feed = self.feeds[kept.feed_id]
        try:
            story = self._story(item_of(kept), kept.first_seen, feed)
        except BadUrl as error:
            if asked.known:  # what the archive has of it stays
                return Unchanged(asked.key, Stamp(kept.stamp, asked.known.modified))
            return Rejection.of(feed.settings.url, StoryFileError(f"an item's link: {error}"))
        # A file gives a story its values, else the feed that had it first.
        stamp = Stamp(kept.stamp, -kept.first_seen * _NANOSECONDS)
        return self.reader.outcome(asked, stamp, story, may_differ=True)

    def _story(self, item: FeedItem, first_seen: int, feed: Feed) -> Story:
        url = link_of(item.url, self.reader.trackers)
        seen = datetime.fromtimestamp(first_seen, UTC)
        provider = provider_of(item.publisher, url, feed)
        article = Article(
            url=url,
            title=item.title,
            excerpt=item.excerpt,
            published_at=min(item.published_at or seen, seen),
            provider=provider,
            quality=None,
            image=image_url(item.image) if item.image else None,
        )
        reasons = self.reader.rules.lexicon.reasons(
            item.title, item.excerpt, feed.settings.topics, item.categories
        )
        return Story(
            article=self._rated(article, item, feed),
            sources=(),
            topics=tuple(one.topic for one in reasons),
            heat=None,
            published=None,
            removed=False,
            reasons=reasons,
        )

    def _rated(self, article: Article, item: FeedItem, feed: Feed) -> Article:
        parts = parts_of(
            article,
            dated=item.published_at is not None,
            tier=feed.settings.tier,
            providers=self.providers,
            rules=self.reader.rules,
        )
        return replace(article, quality=quality_of(parts), parts=parts)


def provider_of(publisher: Publisher | None, url: str, feed: Feed) -> Provider:
    """The publisher of an item: whom an aggregator names, else the feed's."""
    domain = registrable_domain(host_of(url))
    if publisher is None:
        return Provider(cut(feed.settings.provider or feed.title or domain, _MAX_NAME), domain)
    if publisher.url:
        domain = registrable_domain(host_of(publisher.url)) or domain
    return Provider(cut(publisher.name, _MAX_NAME) or domain, domain)


def article_of(item: FeedItem) -> dict[str, object]:
    """What an item says, as it is kept."""
    return {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "excerpt": item.excerpt,
        "published_at": item.published_at and int(item.published_at.timestamp()),
        "categories": item.categories,
        "author": item.author,
        "image": item.image,
        "publisher": item.publisher,
    }


def item_of(kept: KeptItem) -> FeedItem:
    """The item that is kept."""
    said = json.loads(kept.article)
    at, publisher = said.pop("published_at"), said.pop("publisher")
    return FeedItem(
        **{**said, "categories": tuple(said["categories"])},
        published_at=None if at is None else datetime.fromtimestamp(at, UTC),
        publisher=Publisher(*publisher) if publisher else None,
    )
