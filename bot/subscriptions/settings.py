"""The settings that a server or a channel makes for its digests. `by`: the id of the user."""

from collections.abc import Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.delivery.arming import Arming
from bot.digests.changes import LOG_CHANNEL, MANAGERS, TAGS
from bot.digests.settings import MUTE, SETTINGS
from bot.digests.status import ChannelChange, DigestStatus, ServerChange
from bot.digests.target import Channel, Server
from bot.errors import BadValue, UsageError
from bot.store import digests, servers
from bot.store.database import Connection, Database
from bot.stories.publishers import name_key
from bot.subscriptions.status import Statuses, refuse_other_server
from bot.subscriptions.values import Values


class Settings:
    """Changes settings, each with a note of who did it, in one transaction."""

    def __init__(
        self, database: Database, arming: Arming, statuses: Statuses, clock: Clock
    ) -> None:
        self._database, self._statuses = database, statuses
        self._values, self._clock = Values(arming, clock), clock

    async def set_for_server(
        self, guild_id: int, name: str, text: str | None, *, by: int
    ) -> ServerChange:
        """Set a server's default; None = back to config/. Raises UsageError for a bad value."""
        value = _value(name, text)
        async with self._database.writing() as db:
            change_id = await self._values.change(db, Server(guild_id), name, value, by)
            now = await self._statuses.of_default(db, guild_id, name)
            return replace(now, change_id=change_id)

    async def set_for_channel(
        self, target: Channel, name: str, text: str | None, *, by: int
    ) -> ChannelChange:
        """Set one channel's own value; None = back to its server's. Raises UsageError."""
        value = _value(name, text)
        async with self._database.writing() as db:
            change_id = await self._values.change(db, target, name, value, by)
            return ChannelChange(await self._status(db, target), change_id)

    async def mute(self, target: Channel, publisher: str, *, by: int) -> ChannelChange:
        """Mute one more publisher in a channel, beside those in effect there. Raises UsageError if
        they are too many.
        """
        async with self._database.writing() as db:
            digest = await digests.make_digest(db, target, self._clock.now())
            refuse_other_server(digest, target)
            muted = (await self._statuses.of(db, digest.digest_id)).settings[MUTE]
            if name_key(publisher) in map(name_key, muted):
                return ChannelChange(await self._status(db, target))
            value = _value(MUTE.name, "\n".join((*muted, publisher)))
            change_id = await self._values.change(db, target, MUTE.name, value, by)
            return ChannelChange(await self._status(db, target), change_id)

    async def set_tags(self, target: Channel, tags: Sequence[int], *, by: int) -> int | None:
        """Set the tags of the posts that a channel's digest opens; returns the change's id."""
        async with self._database.writing() as db:
            return await self._values.change(db, target, TAGS, list(tags), by)

    async def set_log_channel(
        self, guild_id: int, channel_id: int | None, *, by: int
    ) -> int | None:
        """Set where a server's admins are told of problems; None = in the system channel. Returns
        the change's id.
        """
        async with self._database.writing() as db:
            return await self._values.change(db, Server(guild_id), LOG_CHANNEL, channel_id, by)

    async def log_channel(self, guild_id: int) -> int | None:
        """The channel where a server's admins are told about problems."""
        async with self._database.reading() as db:
            return await servers.log_channel(db, guild_id)

    async def set_managers(self, guild_id: int, role_id: int | None, *, by: int) -> int | None:
        """Set the role that may manage digests of channels; returns the change's id."""
        async with self._database.writing() as db:
            return await self._values.change(db, Server(guild_id), MANAGERS, role_id, by)

    async def managers(self, guild_id: int) -> int | None:
        """The role that may manage digests of channels."""
        async with self._database.reading() as db:
            return await servers.value_of(db, guild_id, MANAGERS)

    async def _status(self, db: Connection, target: Channel) -> DigestStatus:
        digest = await digests.digest_of_channel(db, target.channel_id)
        assert digest is not None  # noqa: S101 - just written
        return await self._statuses.of(db, digest.digest_id)


def _value(name: str, text: str | None) -> object:
    setting = SETTINGS[name]
    if text is None:
        return None
    try:
        return setting.parse(text)
    except BadValue as error:
        raise type(error)(error.given, f"{error.advice}.", error.choices) from error
    except ValueError as error:
        raise UsageError(f"{error}.") from error
