"""How channels and servers come and go: pauses end by themselves, settings outlive a removal."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.clock import Clock
from bot.delivery.bulkhead import Bulkhead
from bot.delivery.planning import Planner
from bot.digests.ledger import EditionState
from bot.digests.settings import SETTINGS_KEPT
from bot.digests.target import Channel, Server
from bot.render import notice_texts as words
from bot.store import digests, facts, ledger, servers
from bot.store.database import Connection, Database
from bot.store.notices import add_notice

logger = logging.getLogger(__name__)

_NEVER: Final = datetime.fromtimestamp(0, UTC)


def _any(guild_id: int) -> bool:
    return True


class Presence:
    """Records changes of channels and servers."""

    def __init__(self, database: Database, planner: Planner, clock: Clock) -> None:
        self._database, self._planner, self._clock = database, planner, clock
        self._bulkhead = Bulkhead(database)

    async def changed(self, where: Channel | Server) -> None:
        """Something changed in a server or in one channel: what is blocked there is tried again."""
        await self._wake(where, (EditionState.BLOCKED,))

    async def available(self, guild_id: int) -> None:
        """A server's outage is over: what waits there is tried again too."""
        await self._wake(Server(guild_id), (EditionState.BLOCKED, EditionState.WAITING))

    async def _wake(self, where: Channel | Server, states: Sequence[EditionState]) -> None:
        async with self._database.reading() as db:
            held_up = await ledger.held_up(db, where, states)
        if held_up:
            async with self._database.writing() as db:
                await ledger.wake(db, held_up)
            logger.info("%s: editions tried again: %d", where, len(held_up))

    async def mended(self, channel_id: int) -> None:
        """A channel changed, and nothing is in the way there now: its digest resumes, and admins
        who were told of the obstacle are told so.
        """
        async with self._database.reading() as db:
            digest = await digests.digest_of_channel(db, channel_id)
        if digest is not None and digest.fault is not None:
            async with self._database.writing() as db:
                if await digests.set_fault(db, digest.digest_id, None):
                    line = words.mended(digest.target)
                    await add_notice(db, digest.target.guild_id, line, self._clock.now())
            await self.changed(digest.target)

    async def faulty(self, guild_id: int) -> list[int]:
        """The channels of a server in which digests were blocked."""
        async with self._database.reading() as db:
            return await digests.faulty_channels(db, guild_id)

    async def channel_deleted(self, channel_id: int) -> None:
        """A channel is gone: its digest is no longer posted, its settings are kept for a while."""
        await self._mark_gone(channel_id, gone=True)

    async def channel_is_there(self, channel_id: int) -> None:
        """A channel exists; its digest resumes if the channel was thought to be gone."""
        await self._mark_gone(channel_id, gone=False)

    async def _mark_gone(self, channel_id: int, *, gone: bool) -> None:
        now = self._clock.now()
        async with self._database.writing() as db:
            if await digests.mark_gone(db, channel_id, now if gone else None):
                digest = await digests.digest_of_channel(db, channel_id)
                assert digest is not None  # noqa: S101 - it was just changed
                await self._planner.rearm(db, [digest], now)

    async def left(self, guild_id: int) -> None:
        """The bot was removed from a server."""
        async with self._database.writing() as db:
            await self._mark(db, left=[guild_id])

    async def joined(self, guild_id: int) -> None:
        """The bot is in a server, perhaps again: its settings there apply again. If it is new, the
        bot will say hello.
        """
        async with self._database.writing() as db:
            await servers.meet(db, [guild_id], None)
            await self._mark(db, joined=[guild_id])
        await self.changed(Server(guild_id))

    async def met(self, joined: Mapping[int, datetime | None]) -> None:
        """After a login: which servers the bot is in, and since when (None = unknown). It will say
        hello to new ones, but not to those that it was in before it said hello at all.
        """
        async with self._database.writing() as db:
            since = await facts.read_moment(db, facts.GREETS_SINCE)
            old = {one for one, at in joined.items() if since and (at is None or at < since)}
            await servers.meet(db, old, self._clock.now())
            await servers.meet(db, joined.keys() - old, None)

    async def reconcile(
        self,
        guild_ids: Collection[int],
        channel_ids: Collection[int],
        among: Callable[[int], bool] = _any,
    ) -> None:
        """Compare with Discord at startup: which servers (also those with an outage) and which
        channels exist. A channel that is not in the list may be an archived thread.

        `among` says by id which servers the lists cover; those of other shards are not in them.
        """
        async with self._database.writing() as db:
            known = {one for one in await servers.all_guild_ids(db) if among(one)}
            there = set(guild_ids)
            await self._mark(db, left=known - there, joined=known & there)
            back = await digests.gone_channels(db) & set(channel_ids)
        for channel_id in back:
            await self.channel_is_there(channel_id)

    async def _mark(
        self, db: Connection, left: Collection[int] = (), joined: Collection[int] = ()
    ) -> None:
        now = self._clock.now()
        changed = [
            *await servers.mark_left(db, left, now),
            *await servers.mark_joined(db, joined),
        ]
        for guild_id in changed:
            listed = await digests.digests_of_server(db, guild_id)
            await self._planner.rearm(db, listed, now)

    async def purge(self, among: Callable[[int], bool] = _any) -> int:
        """Delete the settings of servers and channels gone for too long; returns how many.

        `among`: only servers for which, by id, it is known whether the bot is in them.
        """
        now = self._clock.now()
        before = now - SETTINGS_KEPT
        async with self._database.writing() as db:
            purged = await facts.read_moment(db, facts.PURGED_BEFORE)
            await servers.mend_times(db, now, purged or _NEVER)
            await facts.write_fact(db, facts.PURGED_BEFORE, str(int(before.timestamp())))
            known = [one for one in await servers.all_guild_ids(db) if among(one)]
            doomed = await servers.long_gone(db, before, known)
        for one in doomed:
            async with self._bulkhead.around(now, one), self._database.writing() as db:
                await servers.delete_digest(db, one.row_id)
        async with self._database.writing() as db:
            await servers.delete_left(db, before, known)
        if doomed:
            logger.info("digests forgotten after %s: %d", SETTINGS_KEPT, len(doomed))
        return len(doomed)
