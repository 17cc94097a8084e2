"""The operator's feeds: listed, added, removed, switched, and taken from config/feeds.yaml.

All of this only writes rows and sets feeds due; sweeps ask them.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from bot.clock import Clock
from bot.errors import BadValue, UsageError
from bot.library.rule_changes import RuleChanges
from bot.library.saving import follow_items
from bot.origins.feeds.origin import FEEDS, prefix_of
from bot.store import feed_items, feeds, items, origins
from bot.store.database import Connection, Database
from bot.store.feeds import NewFeed
from bot.stories.feeds import Feed, FeedSettings
from bot.stories.text import slug
from bot.stories.urls import NO_TRACKERS, BadUrl, key_of, link_of

logger = logging.getLogger(__name__)

UNSEEN: Final = timedelta(days=30)
"""How long what a feed gave is kept after it left the feed."""
LONGEST_LIST: Final = 10_000
"""How many feeds there may be; one process asks 2,000 in seconds (docs/performance.md)."""


class UnknownFeed(UsageError):
    """No feed has this address."""

    def __init__(self, url: str) -> None:
        super().__init__(f"There is no feed with the address {url}.")
        self.url = url


class ListedFeed(UsageError):
    """The feed stands in the operator's file, so only the file can change it."""

    def __init__(self, url: str, file: Path) -> None:
        super().__init__(
            f"{url} stands in {file}: change it there, or switch the feed off. Nothing was changed."
        )
        self.url, self.file = url, file


class Feeds:
    """The feeds of the whole bot. `file` is config/feeds.yaml, whose feeds only it can remove.

    By `rules` events are ranked again when a removed feed's stories leave them.
    """

    def __init__(self, database: Database, clock: Clock, file: Path, rules: RuleChanges) -> None:
        self._database, self._clock, self._file = database, clock, file
        self._rules = rules

    async def listed(self) -> list[Feed]:
        """All feeds, by address."""
        async with self._database.reading() as db:
            return await feeds.all_feeds(db)

    async def find(self, url: str) -> Feed | None:
        """The feed with this address, or None. Raises BadValue for what is no address."""
        key = key_of_feed(url)
        async with self._database.reading() as db:
            return await feeds.feed_at(db, key)

    async def numbered(self, feed_id: int) -> Feed | None:
        """The feed with this id, or None."""
        async with self._database.reading() as db:
            return next(iter(await feeds.feeds_named(db, [feed_id])), None)

    async def add(self, settings: FeedSettings, by: str) -> Feed:
        """Add a feed, or change the settings of one that was added; it is on, and due at once.

        `settings.url` may be the address of a page that names a feed. Raises BadValue for what is
        no address, ListedFeed.
        """
        new = named(settings)
        async with self._database.writing() as db:
            known = await feeds.feed_at(db, new.key)
            if known and known.listed:
                raise ListedFeed(known.settings.url, self._file)
            if known is None and len(await feeds.all_feeds(db)) >= LONGEST_LIST:
                raise UsageError(f"There are {LONGEST_LIST:,} feeds already; remove some first.")
            await feeds.save_feeds(db, [new], self._clock.now(), by, listed=False)
            found = await self._known(db, settings.url)
            if known:
                await self._have_loaded_again(db, [(known, found)])
            await feeds.switch_feed(db, found.feed_id, self._clock.now(), on=True)
            return await self._known(db, settings.url)

    async def add_new(self, given: Sequence[NewFeed], by: str, *, listed: bool = False) -> None:
        """Add many feeds, but change none that is there; `listed`: they stand in the file."""
        async with self._database.writing() as db:
            known = {one.key for one in await feeds.all_feeds(db)}
            new = {one.key: one for one in given if one.key not in known}
            if len(known) + len(new) > LONGEST_LIST:
                raise UsageError(f"There may be {LONGEST_LIST:,} feeds; remove some first.")
            await feeds.save_feeds(db, new.values(), self._clock.now(), by, listed=listed)

    async def remove(self, url: str) -> Feed:
        """Ask a feed no longer, and forget it and all that it gave: stories that nothing else tells
        are withdrawn. Raises UnknownFeed, ListedFeed.
        """
        async with self._database.writing() as db:
            feed = await self._known(db, url)
            if feed.listed:
                raise ListedFeed(feed.settings.url, self._file)
            await feeds.delete_feeds(db, [feed.feed_id])
            await self._withdraw(db, feed.feed_id)
        return feed

    async def _withdraw(self, db: Connection, feed_id: int) -> None:
        origin_id = await origins.known_id(db, FEEDS, "")
        if origin_id is not None:
            keys = await items.keys_from(db, origin_id, prefix_of(feed_id))
            left = await items.remove_items(db, origin_id, keys)
            await follow_items(db, self._rules.ranking, left, {})

    async def switch(self, url: str, *, on: bool) -> Feed:
        """Ask a feed from now on, or no longer, also one of the file. Raises UnknownFeed."""
        async with self._database.writing() as db:
            feed = await self._known(db, url)
            await feeds.switch_feed(db, feed.feed_id, self._clock.now(), on=on)
            return await self._known(db, url)

    async def refresh(self, urls: Sequence[str] = ()) -> int:
        """Have feeds, or all that are not off, asked at once; how many. Raises UnknownFeed."""
        async with self._database.writing() as db:
            named_ = [await self._known(db, url) for url in urls]
            wanted = named_ if urls else await feeds.all_feeds(db)
            return await feeds.set_due(db, [one.feed_id for one in wanted], self._clock.now())

    async def use_of_file(self, given: Collection[FeedSettings], urls: Collection[str]) -> None:
        """Take over those feeds at `urls` that config/feeds.yaml lists and nobody has read yet.
        Raises BadValue for what is no address.
        """
        keys = {key_of_feed(url) for url in urls}
        listed = [one for one in sorted_out(given).usable if one.key in keys]
        await self.add_new(listed, str(self._file), listed=True)

    async def use_file(self, listed: Collection[FeedSettings]) -> None:
        """Take over what config/feeds.yaml lists. What it no longer lists is off from now on, but
        not forgotten: the file may only be missing. What is no public address is logged and left
        out.
        """
        new, refused = sorted_out(listed)
        for one in refused:
            logger.warning("%s: %s", self._file, one)
        keys = {one.key for one in new}
        async with self._database.writing() as db:
            before = {one.key: one for one in await feeds.all_feeds(db)}
            gone = [one.feed_id for one in before.values() if one.listed and one.key not in keys]
            await feeds.unlist(db, gone)
            now = self._clock.now()
            await feeds.save_feeds(db, new, now, str(self._file), listed=True)
            after = {one.key: one for one in await feeds.all_feeds(db)}
            changed = [(before[key], after[key]) for key in keys & before.keys()]
            await self._have_loaded_again(db, changed)
            await self._follow_file(db, changed)

    async def forget_unseen(self) -> int:
        """Delete what is kept of items that left their feeds long ago; returns how many."""
        async with self._database.writing() as db:
            return await feed_items.forget_unseen(db, UNSEEN)

    async def _have_loaded_again(
        self, db: Connection, changed: Sequence[tuple[Feed, Feed]]
    ) -> None:
        """What feeds gave is loaded again if their settings say something else of it."""
        again = [new.feed_id for old, new in changed if _says(old) != _says(new)]
        await feed_items.load_again(db, again)

    async def _follow_file(self, db: Connection, changed: Sequence[tuple[Feed, Feed]]) -> None:
        """Feeds that the file switches."""
        for old, new in changed:
            if old.settings.off != new.settings.off:
                await feeds.follow_list(db, new.feed_id, self._clock.now(), off=new.settings.off)

    async def _known(self, db: Connection, url: str) -> Feed:
        """The feed that was added under this address, or is asked there since a page named it."""
        found = await feeds.feed_at(db, key_of_feed(url))
        if found is None:
            asked = [one for one in await feeds.all_feeds(db) if one.state.url == url.strip()]
            if not asked:
                raise UnknownFeed(url)
            return asked[0]
        return found


class SortedOut(NamedTuple):
    """Feeds that can be asked, and why others cannot."""

    usable: list[NewFeed]
    refused: list[BadValue]


def sorted_out(given: Iterable[FeedSettings]) -> SortedOut:
    """Which of these feeds can be asked."""
    found = SortedOut([], [])
    for one in given:
        try:
            found.usable.append(named(one))
        except BadValue as error:
            found.refused.append(error)
    return found


def named(settings: FeedSettings) -> NewFeed:
    """A feed with the strict key of its address. Raises BadValue."""
    return NewFeed(key_of_feed(settings.url), replace(settings, url=_whole(settings.url)))


def key_of_feed(url: str) -> str:
    """The strict key of a feed's address. Raises BadValue for what is no public address."""
    try:
        return key_of(link_of(_whole(url), NO_TRACKERS, amp_step=False))
    except BadUrl as error:
        raise BadValue(url[:200], f"is no address of a feed: {error}") from error


def _whole(url: str) -> str:
    """An address as people type it, with its scheme."""
    bare = url.strip()
    return bare if "://" in bare.partition("?")[0] else f"https://{bare}"


def _says(feed: Feed) -> tuple[object, ...]:
    settings = feed.settings
    return settings.provider, [*map(slug, settings.topics)], settings.tier, settings.language
