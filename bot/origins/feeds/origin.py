"""All feeds as one origin: what they gave is loaded from the database, where it was kept."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Final

from bot.origins.feeds.reading import FeedReader
from bot.origins.outcomes import Asked, Outcome, Reader, Rejection, Stamp, Unchanged
from bot.store import feed_items, feeds, items, origins, providers
from bot.store.database import Database
from bot.store.feed_items import KeptItem

FEEDS: Final = "feeds"
READING: Final = 1
"""Raise it with any change in how kept items are read: all of them are then read again."""
MOST: Final = 5_000
"""How many items are listed at most. Those of 2,000 new feeds are 44,000, and their keys 10 MB."""
_CHUNK: Final = 1000
"""How many items are read, then written in one transaction, so that others can write in between."""
_NOT_KEPT: Final = "not kept"
"""The stamp of an item that was to be read again, but left its feed long ago."""


class Feeds:
    """What all feeds gave. Its items' keys are `feed id:item id`.

    Nothing of it is ever gone: a feed shows only its latest items.
    """

    kind, key, name, version = FEEDS, "", "feeds", READING

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_work(self) -> bool:
        """Whether an item is to be loaded."""
        async with self._database.reading() as db:
            known = await origins.known_id(db, self.kind, self.key)
            if known is not None and await items.has_unread(db, known):
                return True
            return await feed_items.has_pending(db)

    async def look(self) -> "FeedListing":
        """The items that are to be loaded: new ones, changed ones, and those to be read again; at
        most MOST.
        """
        async with self._database.reading() as db:
            pending = await feed_items.pending_keys(db, MOST + 1)
            known = await origins.known_id(db, self.kind, self.key)
            unread = await items.unread_keys(db, known) if known is not None else set()
        keys = await asyncio.to_thread(lambda: sorted({*starmap(key_of, pending), *unread}))
        return FeedListing(self._database, keys[:MOST], more=len(keys) > MOST)


@dataclass(frozen=True)
class FeedListing:
    """The items that are to be loaded."""

    database: Database
    keys: Sequence[str]
    more: bool
    rejections: Sequence[Rejection] = ()
    whole: bool = False
    claims: None = None

    def gone(self, known: set[str]) -> set[str]:
        """None of them."""
        return set()

    async def changed(self, asked: Sequence[Asked]) -> list[Asked]:
        """All of them: they are listed because they changed."""
        return list(asked)

    async def read(
        self, asked: Sequence[Asked], reader: Reader
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        """The outcomes of the items, a chunk at a time. What is no longer kept stays as it is. If
        the process ends before all are noted as loaded, they are loaded again, which changes
        nothing.
        """
        async with self.database.reading() as db:
            ids = {parted(one.key)[0] for one in asked}
            told_by = {one.feed_id: one for one in await feeds.feeds_named(db, ids)}
            known = await providers.known_providers(db)
        feed_reader = FeedReader(reader, told_by, known)
        loaded: list[tuple[int, str, str]] = []
        for start in range(0, len(asked), _CHUNK):
            chunk = asked[start : start + _CHUNK]
            found = await self._kept(chunk)
            kept = {key: one for key, one in found.items() if one.feed_id in told_by}
            outcomes = await feed_reader.read_all(
                [(one, kept[one.key]) for one in chunk if one.key in kept]
            )
            yield [*outcomes, *_not_kept([one for one in chunk if one.key not in kept])]
            loaded += [(one.feed_id, one.item_key, one.stamp) for one in kept.values()]
        async with self.database.writing() as db:
            await feed_items.mark_loaded(db, loaded)

    async def _kept(self, asked: Sequence[Asked]) -> dict[str, KeptItem]:
        async with self.database.reading() as db:
            found = await feed_items.kept_items(db, {parted(one.key) for one in asked})
        return {key_of(one.feed_id, one.item_key): one for one in found}


def _not_kept(asked: Sequence[Asked]) -> list[Unchanged]:
    return [Unchanged(one.key, Stamp(_NOT_KEPT, one.known.modified)) for one in asked if one.known]


def key_of(feed_id: int, item_key: str) -> str:
    """The key of an item among those of all feeds."""
    return f"{prefix_of(feed_id)}{item_key}"


def prefix_of(feed_id: int) -> str:
    """How the keys of a feed's items begin."""
    return f"{feed_id}:"


def parted(key: str) -> tuple[int, str]:
    """The feed and the feed's id of an item."""
    feed_id, _, item_key = key.partition(":")
    return int(feed_id), item_key
