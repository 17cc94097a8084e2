"""Editions on demand: an extra one now, one posted again, or a preview of the next."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.freezing import DueEdition, freeze_editions
from bot.delivery.nonces import new_nonce
from bot.delivery.planning import Planner, settings_for
from bot.digests.edition import Contents, PastEdition
from bot.digests.reasons import RecordedChoice
from bot.digests.selection import TAKEN, Choice, Verdict
from bot.digests.setting_types import DigestSettings
from bot.digests.settings import CATCH_UP, LAYOUT
from bot.digests.target import Channel
from bot.errors import DatabaseError, DatabaseMoved, UsageError
from bot.store import digests, editions, ledger, recovery
from bot.store.database import Connection, Database
from bot.store.digests import DigestRow
from bot.store.stories import listed_by_id

logger = logging.getLogger(__name__)

_NOT_READ_BACK: Final = (
    "An older copy of my database was restored, and I have not yet read what this channel got since"
    " then. Try again in a minute."
)
_COMES_LATER: Final = (
    "The digest is ready, but my database has just gone away: it is posted by itself as soon as"
    " that answers again, so there is nothing more to do."
)
_NO_EDITION: Final = "That digest does not exist in this server any more."


class OnDemand:
    """Posts and shows editions outside their schedule, through the same ledger."""

    def __init__(
        self, database: Database, planner: Planner, dispatcher: Dispatcher, clock: Clock
    ) -> None:
        self._database, self._planner = database, planner
        self._dispatcher, self._clock = dispatcher, clock

    async def post_now(self, target: Channel) -> PastEdition:
        """Post an extra edition at once, through the same ledger; returns its outcome.

        Raises UsageError if the channel follows nothing, if all new stories are on their way, or if
        the edition was planned but the database fails from then on: it comes by itself.
        DatabaseMoved if it is no longer the database that was opened.
        """
        now = self._clock.now()
        async with self._database.writing() as db:
            digest = await self._followed(db, target)
            if await recovery.is_to_be_read_back(db, digest.digest_id):
                raise UsageError(_NOT_READ_BACK)
            settings = settings_for(self._planner.config, digest)
            await self._refuse_while_waiting(db, digest, settings, now)
            today = now.astimezone(settings.timetable.zone).date()
            taken = (await editions.taken_keys(db, [digest.digest_id], today))[digest.digest_id]
            slots = [slot for day, slot in taken if day == today]
            key = (today, min(1, *slots, 1) - 1)
            edition = DueEdition(digest, settings, key, now)
            (edition_id,) = await freeze_editions(db, self._planner.weighing, [edition], now)
        assert edition_id is not None  # noqa: S101 - the key was free in this transaction
        try:
            await self._dispatcher.deliver(edition_id, digest.digest_id)
            async with self._database.reading() as db:
                return await editions.edition_by_id(db, edition_id)
        except DatabaseMoved:  # what was planned is in the former one
            raise
        except DatabaseError as error:
            logger.warning("edition %d is planned but not posted yet: %s", edition_id, error)
            raise UsageError(_COMES_LATER) from error

    async def post_again(self, guild_id: int, edition_id: int) -> tuple[PastEdition, Channel]:
        """Post the parts of an edition in doubt again; returns its outcome and the channel's id.

        Raises UsageError if no part is in doubt any more.
        """
        now = self._clock.now()
        async with self._database.writing() as db:
            digest = await digests.digest_of_edition(db, edition_id)
            if digest is None or digest.target.guild_id != guild_id:
                raise UsageError(_NO_EDITION)
            until = now + settings_for(self._planner.config, digest)[CATCH_UP]
            if not await ledger.post_again(db, edition_id, new_nonce, until):
                raise UsageError("Nothing of that digest is in doubt any more.")
        await self._dispatcher.deliver(edition_id, digest.digest_id)
        async with self._database.reading() as db:
            return await editions.edition_by_id(db, edition_id), digest.target

    async def target_of_edition(self, edition_id: int) -> Channel:
        """The channel that an edition is for. Raises UsageError if there is no such edition."""
        async with self._database.reading() as db:
            digest = await digests.digest_of_edition(db, edition_id)
        if digest is None:
            raise UsageError(_NO_EDITION)
        return digest.target

    async def preview(self, target: Channel, now: datetime) -> Contents | None:
        """What the next edition of this channel would contain now; None = nothing would be posted.

        Its date and slot are those of the next occurrence, or today's first if there is none.
        """
        async with self._database.reading() as db:
            digest = await self._followed(db, target)
            settings = settings_for(self._planner.config, digest)
            had = await editions.posted_to(db, digest.digest_id, now)
            key = (now.astimezone(settings.timetable.zone).date(), 1)
            if digest.next:
                key = (digest.next.local_date, digest.next.slot)
            weighing = self._planner.weighing
            found = await weighing.choose(db, digest.topics, had, settings.rules, key, now)
            return found and replace(found, layout=settings[LAYOUT])

    async def coming(self, target: Channel, now: datetime) -> list[RecordedChoice]:
        """What the next edition of this channel would take if it came now, in its order, and then
        what it would leave out as muted; empty if the channel follows nothing.
        """
        async with self._database.reading() as db:
            digest = await digests.digest_of_channel(db, target.channel_id)
            if digest is None or digest.target.guild_id != target.guild_id:
                return []
            rules = settings_for(self._planner.config, digest).rules
            had = await editions.posted_to(db, digest.digest_id, now)
            weighed = await self._planner.weighing.weigh(db, digest.topics, had, rules, now)
            told = [choice for choice in weighed if choice.verdict in {*TAKEN, Verdict.MUTED}]
            ids = [choice.candidate.story_id for choice in told]
            titles = {one.story_id: one.article.title for one in await listed_by_id(db, ids)}
        return [_recorded(choice, at, titles) for at, choice in enumerate(told, start=1)]

    async def _followed(self, db: Connection, target: Channel) -> DigestRow:
        digest = await digests.digest_of_channel(db, target.channel_id)
        here = digest is not None and digest.target.guild_id == target.guild_id
        if digest is None or not here or not digest.topics:
            raise UsageError("This channel follows no topic yet; use `/subscribe` first.")
        return digest

    async def _refuse_while_waiting(
        self, db: Connection, digest: DigestRow, settings: DigestSettings, now: datetime
    ) -> None:
        """Raise UsageError while an edition waits with all that is new: nothing older goes now."""
        waiting = await editions.waiting_stories(db, digest.digest_id)
        news = self._planner.weighing.has_news
        if waiting and not await news(db, digest, settings.rules, now):
            many, come = ("story is", "it comes") if waiting == 1 else ("stories are", "they come")
            raise UsageError(
                f"{waiting} {many} already waiting to be posted in {digest.target.mention}; {come}"
                " as soon as Discord accepts messages there, and there is no other new one."
            )


def _recorded(choice: Choice, position: int, titles: Mapping[int, str]) -> RecordedChoice:
    """A choice as an edition would record it."""
    one = choice.candidate
    return RecordedChoice(
        story_id=one.story_id,
        headline=titles.get(one.story_id, ""),
        position=position,
        verdict=choice.verdict,
        heat=one.heat,
        age=choice.age,
        score=choice.score,
        other=None,
    )
