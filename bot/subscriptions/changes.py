"""What people changed: who, what and when; and undoing it. `by`: the id of a user."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.delivery.arming import Arming
from bot.digests.changes import (
    KEPT,
    TOPICS,
    UNDO_FOR,
    Change,
    Place,
    names_in,
    refuse_changed,
    refuse_old,
)
from bot.digests.settings import SETTINGS
from bot.digests.status import ChannelChange, DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.store import changes, digests, topics
from bot.store.database import Connection, Database
from bot.stories.text import slug
from bot.subscriptions.follow import MAX_TOPICS
from bot.subscriptions.status import Statuses
from bot.subscriptions.values import Values


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that was undone, and its digest, or its server's default, afterwards.

    None = it was neither: where admins are told of problems, or who may manage digests.
    """

    change: Change
    now: DigestStatus | ServerChange | None


class Changes:
    """Shows changes, and undoes them as they were made: in one transaction, with the digests
    affected recomputed.
    """

    def __init__(
        self, database: Database, arming: Arming, statuses: Statuses, clock: Clock
    ) -> None:
        self._database, self._arming = database, arming
        self._statuses, self._clock = statuses, clock
        self._values = Values(arming, clock)

    async def newest(
        self, guild_id: int, channel_id: int | None, limit: int, before: int | None = None
    ) -> Sequence[Change]:
        """The newest changes of a server and its channels, or of one channel, newest first; only
        those before a change.
        """
        async with self._database.reading() as db:
            return await changes.newest(db, guild_id, channel_id, limit, before)

    async def one(self, guild_id: int, change_id: int) -> Change:
        """A change of this server. Raises UsageError if there is no such change."""
        async with self._database.reading() as db:
            return await _known(db, guild_id, change_id)

    async def to_undo(self, place: Place, *, by: int) -> Change | None:
        """The newest change that a user made of a place and that can still be undone."""
        async with self._database.reading() as db:
            return await changes.newest_by(db, place, by, self._clock.now() - UNDO_FOR)

    async def undo(self, guild_id: int, change_id: int, *, by: int) -> Undone:
        """Undo a change. Raises UsageError if it is too old, or if the value was changed since."""
        async with self._database.writing() as db:
            change = await _known(db, guild_id, change_id)
            await self._take_back(db, change, by)
            return Undone(change, await self._after(db, change))

    async def only_for(self, target: Channel, change_id: int, *, by: int) -> ChannelChange:
        """Undo a server's change, and set its value for one channel. Raises UsageError."""
        async with self._database.writing() as db:
            change = await _known(db, target.guild_id, change_id)
            await self._take_back(db, change, by)
            own = await self._values.change(db, target, change.name, change.new, by)
            digest = await digests.digest_of_channel(db, target.channel_id)
            assert digest is not None  # noqa: S101 - just written
            return ChannelChange(await self._statuses.of(db, digest.digest_id), own)

    async def _take_back(self, db: Connection, change: Change, by: int) -> None:
        refuse_old(change, self._clock.now())
        listed = await changes.newest(db, change.place.guild_id, _channel_of(change), KEPT)
        refuse_changed(stands=not any(one.replaces(change) for one in listed))
        if change.name == TOPICS and isinstance(change.place, Channel):
            await self._follow_again(db, change.place, change)
        else:
            now = await self._values.read(db, change.place, change.name)
            refuse_changed(stands=now == change.new)
            await self._values.write(db, change.place, change.name, change.old)
        await changes.mark_undone(db, change.change_id, by, self._clock.now())

    async def _after(self, db: Connection, change: Change) -> DigestStatus | ServerChange | None:
        if isinstance(change.place, Channel):
            digest = await digests.make_digest(db, change.place, self._clock.now())
            return await self._statuses.of(db, digest.digest_id)
        if change.name in SETTINGS:
            return await self._statuses.of_default(db, change.place.guild_id, change.name)
        return None

    async def _follow_again(self, db: Connection, target: Channel, change: Change) -> None:
        """Undo a change of a channel's topics; what was changed of others since stays."""
        digest = await digests.make_digest(db, target, self._clock.now())
        followed = {slug(name): topic_id for topic_id, name in digest.topics.items()}
        began = {slug(name) for name in names_in(change.new)}
        stopped = {slug(name) for name in names_in(change.old)}
        refuse_changed(stands=began <= followed.keys() and not stopped & followed.keys())
        if len(followed.keys() - began | stopped) > MAX_TOPICS:
            raise UsageError(f"A channel can follow {MAX_TOPICS} topics; it follows others now.")
        for key in began:
            await digests.unfollow(db, digest.digest_id, followed[key])
        for name in names_in(change.old):
            await digests.follow(db, digest.digest_id, await topics.make_topic(db, name))
        await self._arming.rearm(db, [digest.digest_id])


async def _known(db: Connection, guild_id: int, change_id: int) -> Change:
    found = await changes.change(db, guild_id, change_id)
    if found is None:
        raise UsageError("That change is not known any more.")
    return found


def _channel_of(change: Change) -> int | None:
    return change.place.channel_id if isinstance(change.place, Channel) else None
