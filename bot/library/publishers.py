"""Looks up publishers by what people type."""

from collections.abc import Mapping, Sequence

from bot.store import publishers
from bot.store.database import Database
from bot.stories.publishers import name_key, named_in


class Publishers:
    """The publishers of the newest stories, and of the last editions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def named_in(
        self, text: str, also: Sequence[str]
    ) -> tuple[Sequence[str], Mapping[str, Sequence[str]]]:
        """The publishers that a text lists, of those known and those in `also`; and its other
        names, each with those that may be meant.
        """
        async with self._database.reading() as db:
            names = (*await publishers.newest_names(db), *also)
        return named_in(text, {name_key(name): name for name in names})

    async def of_last_editions(
        self, guild_id: int, channel_id: int | None, limit: int
    ) -> Sequence[str]:
        """The publishers of the stories in the last editions of a server or of one channel."""
        async with self._database.reading() as db:
            return await publishers.last_names(db, guild_id, channel_id, limit)
