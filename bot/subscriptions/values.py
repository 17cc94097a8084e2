"""Reads and writes what servers and channels set, in the caller's transaction."""

from bot.clock import Clock
from bot.delivery.arming import Arming
from bot.digests.changes import LOG_CHANNEL, MANAGERS, TAGS, Place
from bot.digests.target import Channel, Server
from bot.store import changes, digests, servers
from bot.store.database import Connection
from bot.subscriptions.status import refuse_other_server


class Values:
    """What is set, by the names of settings, and TAGS of a channel, LOG_CHANNEL and MANAGERS of a
    server. Every change recomputes when the digests that it affects are next due.
    """

    def __init__(self, arming: Arming, clock: Clock) -> None:
        self._arming, self._clock = arming, clock

    async def change(
        self, db: Connection, place: Place, name: str, value: object, by: int
    ) -> int | None:
        """Set a value for a user and return the change's id; None = it was that already."""
        old = await self.read(db, place, name)
        await self.write(db, place, name, value)
        return await changes.note(db, place, name, old, value, by, self._clock.now())

    async def read(self, db: Connection, place: Place, name: str) -> object:
        """A place's own value; None = it has none."""
        if isinstance(place, Channel):
            return await self._of_channel(db, place, name)
        if name in (LOG_CHANNEL, MANAGERS):
            return await servers.value_of(db, place.guild_id, name)
        return (await digests.server_settings(db, place.guild_id))[name]

    async def _of_channel(self, db: Connection, target: Channel, name: str) -> object:
        digest = await digests.digest_of_channel(db, target.channel_id)
        if name == TAGS:
            return list(digest.target.tags) if digest else []
        return digest.own[name] if digest else None

    async def write(self, db: Connection, place: Place, name: str, value: object) -> None:
        """Set a place's own value; None = it gets none."""
        if isinstance(place, Channel):
            await self._set_for_channel(db, place, name, value)
        elif name in (LOG_CHANNEL, MANAGERS):
            await servers.set_value(db, place.guild_id, name, value)
        else:
            await self._set_for_server(db, place, name, value)

    async def _set_for_server(
        self, db: Connection, server: Server, name: str, value: object
    ) -> None:
        await digests.set_for_server(db, server.guild_id, name, value)
        found = await digests.digests_of_server(db, server.guild_id)
        await self._arming.rearm(db, [one.digest_id for one in found if one.own[name] is None])

    async def _set_for_channel(
        self, db: Connection, target: Channel, name: str, value: object
    ) -> None:
        digest = await digests.make_digest(db, target, self._clock.now())
        refuse_other_server(digest, target)
        if name == TAGS:
            await digests.set_tags(db, digest.digest_id, value)
        else:
            await digests.set_for_digest(db, digest.digest_id, name, value)
        await self._arming.rearm(db, [digest.digest_id])
