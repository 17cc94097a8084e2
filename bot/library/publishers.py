"""Looks up publishers by what people type."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from bot.store import publishers
from bot.store.database import Database
from bot.stories.publishers import name_key, named_in, near_names


class Listed(NamedTuple):
    """The publishers that a text lists; its names that no publisher has; and those that may be
    meant by the first of these.
    """

    names: Sequence[str]
    unknown: Sequence[str]
    near: Sequence[str]


class Publishers:
    """The publishers of the newest stories, and of the last editions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def named_in(self, text: str, also: Sequence[str]) -> Listed:
        """The publishers that a text lists, of those known and those in `also`."""
        async with self._database.reading() as db:
            names = (*await publishers.newest_names(db), *also)
        known = {name_key(name): name for name in names}
        found, unknown = named_in(text, known)
        near = await asyncio.to_thread(near_names, unknown[0], known) if unknown else []
        return Listed(found, unknown, near)

    async def of_last_editions(
        self, guild_id: int, channel_id: int | None, limit: int
    ) -> Sequence[str]:
        """The publishers of the stories in the last editions of a server or of one channel."""
        async with self._database.reading() as db:
            return await publishers.last_names(db, guild_id, channel_id, limit)
