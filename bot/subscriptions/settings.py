"""The settings that a server or a channel makes for its digests."""

from collections.abc import Sequence

from bot.clock import Clock
from bot.delivery.arming import Arming
from bot.digests.settings import SETTINGS
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.errors import BadValue, UsageError
from bot.store import digests, servers
from bot.store.database import Database
from bot.subscriptions.status import Statuses, refuse_other_server


class Settings:
    """Changes settings. Every change recomputes when the digests that it affects are next due."""

    def __init__(
        self, database: Database, arming: Arming, statuses: Statuses, clock: Clock
    ) -> None:
        self._database, self._arming = database, arming
        self._statuses, self._clock = statuses, clock

    async def set_for_server(self, guild_id: int, name: str, text: str | None) -> ServerChange:
        """Set a server's default; None = back to config/. Raises UsageError for a bad value."""
        value = _value(name, text)
        async with self._database.writing() as db:
            await digests.set_for_server(db, guild_id, name, value)
            found = await digests.digests_of_server(db, guild_id)
            inheriting = [digest for digest in found if digest.own[name] is None]
            await self._arming.rearm(db, [digest.digest_id for digest in inheriting])
            statuses = [await self._statuses.of(db, digest.digest_id) for digest in found]
            server = await digests.server_settings(db, guild_id)
        ids = {digest.digest_id for digest in inheriting}
        return ServerChange(
            self._statuses.known(server),
            [status for status in statuses if status.digest_id in ids],
            [status for status in statuses if status.digest_id not in ids],
        )

    async def set_for_channel(self, target: Channel, name: str, text: str | None) -> DigestStatus:
        """Set one channel's own value; None = back to its server's. Raises UsageError."""
        value = _value(name, text)
        async with self._database.writing() as db:
            digest = await digests.make_digest(db, target, self._clock.now())
            refuse_other_server(digest, target)
            await digests.set_for_digest(db, digest.digest_id, name, value)
            await self._arming.rearm(db, [digest.digest_id])
            return await self._statuses.of(db, digest.digest_id)

    async def set_tags(self, target: Channel, tags: Sequence[int]) -> None:
        """Set the tags of the posts that a channel's digest opens."""
        async with self._database.writing() as db:
            digest = await digests.make_digest(db, target, self._clock.now())
            refuse_other_server(digest, target)
            await digests.set_tags(db, digest.digest_id, tags)
            await self._arming.rearm(db, [digest.digest_id])

    async def set_log_channel(self, guild_id: int, channel_id: int | None) -> None:
        """Set where a server's admins are told of problems; None = in the system channel."""
        async with self._database.writing() as db:
            await servers.set_log_channel(db, guild_id, channel_id)

    async def log_channel(self, guild_id: int) -> int | None:
        """The channel where a server's admins are told about problems."""
        async with self._database.reading() as db:
            return await servers.log_channel(db, guild_id)


def _value(name: str, text: str | None) -> object:
    setting = SETTINGS[name]
    if text is None:
        return None
    try:
        return setting.parse(text)
    except BadValue as error:
        raise BadValue(error.given, f"{error.advice}.") from error
    except ValueError as error:
        raise UsageError(f"{error}.") from error
