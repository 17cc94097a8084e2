"""Standing orders: which channel follows what, when its digest comes, and how it stands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from bot.clock import Clock
from bot.config import DigestConfig
from bot.digests.edition import Contents, PastEdition
from bot.digests.settings import SETTINGS, DigestSettings, parsed, settings_as_known
from bot.digests.status import DigestStatus, ServerChange
from bot.errors import BadValue, Unreadable, UsageError
from bot.press.delivery import Delivery
from bot.press.planning import Planner, choose, faults_of, has_news, new_nonce, settings_for
from bot.render import faults as words
from bot.store import asides, digests, editions, facts, ledger, restored, servers
from bot.store.asides import Aside, Stored, Work
from bot.store.database import Connection, Database
from bot.store.digests import DigestRow
from bot.stories.model import Topic

MAX_TOPICS: Final = 25
"""Topics a channel may follow: as many as a select can show."""
_LAST: Final = 5
"""Editions that a status tells of."""
_ARMED_BY: Final = "armed_by"
_NOT_READ_BACK: Final = (
    "An older copy of my database was restored, and I have not read yet what this channel has got"
    " since. Try again in a minute."
)


class Subscriptions:
    """Changes and tells standing orders. Every change sets anew when the digest comes next."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        delivery: Delivery,
        config: DigestConfig,
        clock: Clock,
    ) -> None:
        self._database, self._planner, self._delivery = database, planner, delivery
        self._clock = clock
        self.configure(config)

    def configure(self, config: DigestConfig) -> None:
        """Let channels inherit these defaults from now on; `rearm_if_config_changed` goes on."""
        self._config = config

    async def subscribe(
        self, guild_id: int, channel_id: int, topic: Topic
    ) -> tuple[bool, DigestStatus]:
        """Let a channel follow a topic; False where it did already. Raises UsageError."""
        async with self._database.writing() as db:
            digest = await digests.make_digest(db, guild_id, channel_id, self._clock.now())
            _same_server(digest, guild_id)
            if len(digest.topics) >= MAX_TOPICS and topic.topic_id not in digest.topics:
                advice = "unsubscribe from one first, or use another channel"
                raise UsageError(f"A channel can follow {MAX_TOPICS} topics; {advice}.")
            added = await digests.follow(db, digest.digest_id, topic.topic_id)
            if added:
                await self._rearm(db, [digest.digest_id])
            return added, await self._status(db, digest.digest_id)

    async def unsubscribe(
        self, guild_id: int, channel_id: int, topic: Topic
    ) -> tuple[bool, DigestStatus | None]:
        """Let a channel no longer follow a topic; False where it did not."""
        async with self._database.writing() as db:
            digest = await digests.digest_of_channel(db, channel_id)
            if digest is None:
                return False, None
            _same_server(digest, guild_id)
            removed = await digests.unfollow(db, digest.digest_id, topic.topic_id)
            if removed:
                await self._rearm(db, [digest.digest_id])
            return removed, await self._status(db, digest.digest_id)

    async def status(self, guild_id: int, channel_id: int) -> DigestStatus | None:
        """How a channel's digest stands; None where it has none."""
        async with self._database.reading() as db:
            digest = await digests.digest_of_channel(db, channel_id)
            if digest is None or digest.guild_id != guild_id:
                return None
            return await self._status(db, digest.digest_id)

    async def statuses(self, guild_id: int) -> list[DigestStatus]:
        """Every digest of a server that follows something."""
        async with self._database.reading() as db:
            found = await digests.digests_of_server(db, guild_id)
            return [await self._status(db, digest.digest_id) for digest in found]

    async def set_for_server(self, guild_id: int, name: str, text: str | None) -> ServerChange:
        """Set a server's default; None = back to config/. Raises UsageError for a bad value."""
        value = _value(name, text)
        async with self._database.writing() as db:
            await digests.set_for_server(db, guild_id, name, value)
            found = await digests.digests_of_server(db, guild_id)
            inheriting = [digest for digest in found if digest.own[name] is None]
            await self._rearm(db, [digest.digest_id for digest in inheriting])
            statuses = [await self._status(db, digest.digest_id) for digest in found]
            server = await digests.server_settings(db, guild_id)
        ids = {digest.digest_id for digest in inheriting}
        return ServerChange(
            settings_as_known(self._config, server)[0],
            [status for status in statuses if status.digest_id in ids],
            [status for status in statuses if status.digest_id not in ids],
        )

    async def set_for_channel(
        self, guild_id: int, channel_id: int, name: str, text: str | None
    ) -> DigestStatus:
        """Set one channel's own value; None = back to its server's. Raises UsageError."""
        value = _value(name, text)
        async with self._database.writing() as db:
            digest = await digests.make_digest(db, guild_id, channel_id, self._clock.now())
            _same_server(digest, guild_id)
            await digests.set_for_digest(db, digest.digest_id, name, value)
            await self._rearm(db, [digest.digest_id])
            return await self._status(db, digest.digest_id)

    async def post_now(self, guild_id: int, channel_id: int) -> PastEdition:
        """Post an extra edition at once, through the same ledger; what became of it.

        Raises UsageError where the channel follows nothing, or all that is new is on its way.
        """
        now = self._clock.now()
        async with self._database.writing() as db:
            digest = await self._followed(db, guild_id, channel_id)
            if await restored.is_to_be_read_back(db, digest.digest_id):
                raise UsageError(_NOT_READ_BACK)
            settings = settings_for(self._config, digest)
            await self._refuse_while_waiting(db, digest, settings, now)
            today = now.astimezone(settings.timetable.zone).date()
            taken = (await editions.taken_keys(db, [digest.digest_id], today))[digest.digest_id]
            slots = [slot for day, slot in taken if day == today]
            key = (today, min(1, *slots, 1) - 1)
            edition_id = await self._planner.write_edition(db, digest, key, now, now)
        assert edition_id is not None  # noqa: S101 - the key was free in this transaction
        await self._delivery.deliver(edition_id, channel_id)
        async with self._database.reading() as db:
            return await editions.edition_by_id(db, edition_id)

    async def server_of_edition(self, edition_id: int) -> int | None:
        """The id of the server that an edition is of; None = there is no such edition."""
        async with self._database.reading() as db:
            digest = await digests.digest_of_edition(db, edition_id)
        return None if digest is None else digest.guild_id

    async def post_again(self, guild_id: int, edition_id: int) -> tuple[PastEdition, int]:
        """Post what is in doubt of an edition once more; what became of it, and in which channel.

        Raises UsageError where nothing of it is in doubt any more.
        """
        now = self._clock.now()
        async with self._database.writing() as db:
            digest = await digests.digest_of_edition(db, edition_id)
            if digest is None or digest.guild_id != guild_id:
                raise UsageError("That digest does not exist in this server any more.")
            until = now + settings_for(self._config, digest).catch_up
            if not await ledger.post_again(db, edition_id, new_nonce, until):
                raise UsageError("Nothing of that digest is in doubt any more.")
        await self._delivery.deliver(edition_id, digest.channel_id)
        async with self._database.reading() as db:
            return await editions.edition_by_id(db, edition_id), digest.channel_id

    async def preview(self, guild_id: int, channel_id: int, now: datetime) -> Contents | None:
        """What the next edition of this channel would hold now; None = nothing would be posted.

        Its date and slot are those of the next occurrence, today's first where none comes.
        """
        async with self._database.reading() as db:
            digest = await self._followed(db, guild_id, channel_id)
            settings = settings_for(self._config, digest)
            posted = await editions.posted_stories(db, digest.digest_id)
            key = (now.astimezone(settings.timetable.zone).date(), 1)
            if digest.next:
                key = (digest.next.local_date, digest.next.slot)
            return await choose(db, digest.topics, posted, settings.taste, key, now)

    async def server_settings(self, guild_id: int) -> DigestSettings:
        """What a server's channels inherit."""
        async with self._database.reading() as db:
            stored = await digests.server_settings(db, guild_id)
        return settings_as_known(self._config, stored)[0]

    async def set_log_channel(self, guild_id: int, channel_id: int | None) -> None:
        """Set where a server's admins are told of trouble; None = where Discord's own notes go."""
        async with self._database.writing() as db:
            await servers.set_log_channel(db, guild_id, channel_id)

    async def log_channel(self, guild_id: int) -> int | None:
        """Where a server's admins are told of trouble."""
        async with self._database.reading() as db:
            return await servers.log_channel(db, guild_id)

    async def set_tags(self, guild_id: int, channel_id: int, tags: Sequence[int]) -> None:
        """Set the tags of the posts that a forum's digest opens."""
        async with self._database.writing() as db:
            digest = await digests.make_digest(db, guild_id, channel_id, self._clock.now())
            _same_server(digest, guild_id)
            await digests.set_tags(db, digest.digest_id, tags)
            await self._rearm(db, [digest.digest_id])

    async def _followed(self, db: Connection, guild_id: int, channel_id: int) -> DigestRow:
        digest = await digests.digest_of_channel(db, channel_id)
        if digest is None or digest.guild_id != guild_id or not digest.topics:
            raise UsageError("This channel follows no topic yet; use `/subscribe` first.")
        return digest

    async def _refuse_while_waiting(
        self, db: Connection, digest: DigestRow, settings: DigestSettings, now: datetime
    ) -> None:
        """No other edition while one waits with all that is new: not even with an older story."""
        waiting = await editions.waiting_stories(db, digest.digest_id)
        if waiting and not await has_news(db, digest, settings.taste, now):
            many, come = ("story is", "it comes") if waiting == 1 else ("stories are", "they come")
            raise UsageError(
                f"{waiting} {many} already waiting to be posted in <#{digest.channel_id}>; {come}"
                " as soon as Discord takes messages there, and there is no other new one."
            )

    async def try_what_is_set_aside(self) -> None:
        """At a start: another version, or another machine, may know what was unknown before."""
        async with self._database.writing() as db:
            await asides.try_now(db)

    async def rearm_if_config_changed(self) -> None:
        """Set anew when every digest comes next, if config/ changed since that was done last.

        What was missed is planned by the timetable it had; only then may a new one hold.
        """
        config = self._config.model_dump_json()
        async with self._database.reading() as db:
            if await facts.read_fact(db, _ARMED_BY) == config:
                return
        await self._planner.plan_due(self._clock.now())
        await self._planner.rearm_all(self._clock.now())
        async with self._database.writing() as db:
            await facts.write_fact(db, _ARMED_BY, config)

    async def _rearm(self, db: Connection, digest_ids: Collection[int]) -> None:
        """Set anew when digests come next; what is due by now is the tick's, and is not lost."""
        now = self._clock.now()
        found = await digests.digests_by_id(db, digest_ids)
        listed = [digest for digest in found if not self._is_the_ticks(digest, now)]
        for digest in found:
            await asides.try_now(db, digest.digest_id)
        await self._planner.rearm(db, listed, now)

    def _is_the_ticks(self, digest: DigestRow, now: datetime) -> bool:
        due = digest.next is not None and digest.next.due_at <= now
        settings, _ = settings_as_known(self._config, digest.server, digest.own)
        return due and bool(digest.topics) and not settings.paused

    async def _status(self, db: Connection, digest_id: int) -> DigestStatus:
        digest = await digests.digest_by_id(db, digest_id)
        settings, _ = settings_as_known(self._config, digest.server, digest.own)
        aside = await asides.held(db, digest_id)
        held = self._held(digest, aside)
        stored = await editions.past_editions(db, digest_id, _LAST)
        last, unread = _known(stored)
        return DigestStatus(
            digest_id=digest_id,
            guild_id=digest.guild_id,
            channel_id=digest.channel_id,
            topics=tuple(digest.topics.values()),
            settings=settings,
            origin={name: _origin(digest, name) for name in SETTINGS},
            next=None if held else digest.next,
            fault=digest.fault,
            last=last,
            tags=digest.tags,
            gone_at=digest.gone,
            held=held,
            waiting=list(dict.fromkeys([*unread, *_others(aside)])),
        )

    def _held(self, digest: DigestRow, aside: Sequence[Aside]) -> str | None:
        """Why a digest does not come: what is unknown of it now, or what it was set aside for."""
        if faults := faults_of(self._config, digest):
            return words.why(Unreadable(*faults))
        return next((one.reason for one in aside if one.work == Work.PLANNING), None)


def _known(stored: Sequence[Stored[PastEdition]]) -> tuple[list[PastEdition], list[str]]:
    """Editions, and what is unknown of the others."""
    known, unread = list[PastEdition](), list[str]()
    for one in stored:
        try:
            known.append(one.read())
        except Unreadable as error:
            unread.append(words.held_back("edition", words.why(error)))
    return known, unread


def _others(aside: Sequence[Aside]) -> list[str]:
    """What of a digest is held back beside its planning."""
    return [words.held_back(one.work, one.reason) for one in aside if one.work != Work.PLANNING]


def _origin(digest: DigestRow, name: str) -> str:
    if digest.own[name] is not None:
        return "channel"
    return "server" if digest.server[name] is not None else "config"


def _same_server(digest: DigestRow, guild_id: int) -> None:
    if digest.guild_id != guild_id:
        raise UsageError("That channel belongs to another server.")


def _value(name: str, text: str | None) -> object:
    if text is None:
        return None
    try:
        return parsed(name, text)
    except BadValue as error:
        raise BadValue(error.given, f"{error.advice}.") from error
    except ValueError as error:
        raise UsageError(f"{error}.") from error
