"""The status of a channel's digest: its topics, settings, next and last editions, its faults."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.delivery.planning import Planner, unknown_of
from bot.digests.edition import PastEdition
from bot.digests.setting_types import DigestSettings
from bot.digests.settings import SETTINGS, settings_as_known, unread_in
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.errors import Unreadable, UsageError
from bot.render import aside_texts
from bot.store import asides, digests, editions
from bot.store.asides import Aside, Stored, Work
from bot.store.database import Connection, Database
from bot.store.digests import DigestRow

_LAST: Final = 5
"""How many past editions a status shows."""


class Statuses:
    """Gives the status of digests; channels inherit from the planner's config."""

    def __init__(self, database: Database, planner: Planner) -> None:
        self._database, self._planner = database, planner

    async def of_channel(self, target: Channel) -> DigestStatus | None:
        """The status of a channel's digest; None if it has none."""
        async with self._database.reading() as db:
            digest = await digests.digest_of_channel(db, target.channel_id)
            if digest is None or digest.target.guild_id != target.guild_id:
                return None
            return await self.of(db, digest.digest_id)

    async def of_channel_or_new(self, target: Channel) -> DigestStatus:
        """The status of a channel's digest; without one, as a new one's would be."""
        found = await self.of_channel(target)
        if found is not None:
            return found
        set_by = await self.set_by_server(target.guild_id)
        settings = await self.inherited(target.guild_id)
        return DigestStatus(0, target, (), settings, set_by, next=None, fault=None, last=())

    async def set_by_server(self, guild_id: int) -> Mapping[str, str]:
        """Who has set what a server's channels inherit: "server" or "config", by setting."""
        async with self._database.reading() as db:
            server = await digests.server_settings(db, guild_id)
        return {name: "config" if server[name] is None else "server" for name in SETTINGS}

    async def unread_of_server(self, guild_id: int) -> Sequence[str]:
        """The settings of a server itself whose values cannot be read here."""
        async with self._database.reading() as db:
            return unread_in(await digests.server_settings(db, guild_id))

    async def of_server(self, guild_id: int) -> list[DigestStatus]:
        """Every digest of a server that follows a topic."""
        async with self._database.reading() as db:
            found = await digests.digests_of_server(db, guild_id)
            return [await self.of(db, digest.digest_id) for digest in found]

    async def of_all(self) -> list[DigestStatus]:
        """Every digest of every server that follows a topic."""
        async with self._database.reading() as db:
            found = [await self.of(db, one) for one in await digests.all_digest_ids(db)]
        return [status for status in found if status.topics]

    async def inherited(self, guild_id: int) -> DigestSettings:
        """What a server's channels inherit."""
        async with self._database.reading() as db:
            return self.known(await digests.server_settings(db, guild_id))

    async def of_default(self, db: Connection, guild_id: int, name: str) -> ServerChange:
        """A server's default as it is now, with the digests that inherit it and the others."""
        found = await digests.digests_of_server(db, guild_id)
        server = await digests.server_settings(db, guild_id)
        return ServerChange(
            self.known(server),
            [await self.of(db, one.digest_id) for one in found if one.own[name] is None],
            [await self.of(db, one.digest_id) for one in found if one.own[name] is not None],
        )

    def known(self, server: Mapping[str, object]) -> DigestSettings:
        """A server's settings; those that are unset or cannot be read are inherited."""
        return settings_as_known(self._planner.config, server)[0]

    async def of(self, db: Connection, digest_id: int) -> DigestStatus:
        """The status of a digest, as seen in a transaction."""
        digest = await digests.digest_by_id(db, digest_id)
        settings, _ = settings_as_known(self._planner.config, digest.server, digest.own)
        aside = await asides.held(db, digest_id)
        held = self._held(digest, aside)
        stored = await editions.past_editions(db, digest_id, _LAST, empty_tries=False)
        last, unread = _known(stored)
        return DigestStatus(
            digest_id=digest_id,
            target=digest.target,
            topics=tuple(digest.topics.values()),
            settings=settings,
            set_by={name: _set_by(digest, name) for name in SETTINGS},
            next=None if held else digest.next,
            fault=digest.fault,
            last=last,
            gone_at=digest.gone,
            held=held,
            waiting=list(dict.fromkeys([*unread, *_others(aside)])),
            unread=unread_in(digest.own),
        )

    def _held(self, digest: DigestRow, aside: Sequence[Aside]) -> str | None:
        """Why a digest is held back: a value that cannot be read now, or why it was set aside."""
        if unknown := unknown_of(self._planner.config, digest):
            return aside_texts.why(Unreadable(*unknown))
        return next((one.reason for one in aside if one.work == Work.PLANNING), None)


def _known(stored: Sequence[Stored[PastEdition]]) -> tuple[list[PastEdition], list[str]]:
    """The readable editions, and a sentence for each of the others."""
    known, unread = list[PastEdition](), list[str]()
    for one in stored:
        try:
            known.append(one.read())
        except Unreadable as error:
            unread.append(aside_texts.held_back("edition", aside_texts.why(error)))
    return known, unread


def _others(aside: Sequence[Aside]) -> list[str]:
    """The other work on a digest, beside planning, that is held back."""
    return [
        aside_texts.held_back(one.work, one.reason) for one in aside if one.work != Work.PLANNING
    ]


def _set_by(digest: DigestRow, name: str) -> str:
    if digest.own[name] is not None:
        return "channel"
    return "server" if digest.server[name] is not None else "config"


def refuse_other_server(digest: DigestRow, target: Channel) -> None:
    """Raise UsageError for the digest of a channel in another server."""
    if digest.target.guild_id != target.guild_id:
        raise UsageError("That channel belongs to another server.")
