"""Planning: due digests become editions, chosen and frozen in one commit each."""

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Final

from bot.config import DeliveryConfig, DigestConfig
from bot.delivery.bulkhead import Bulkhead, Failure, apart, set_aside
from bot.delivery.freezing import DueEdition, freeze_editions
from bot.delivery.pacer import RATE
from bot.delivery.weighing import Weighing
from bot.digests.ledger import EditionState
from bot.digests.schedule import Key, Occurrence, next_occurrence, occurrences
from bot.digests.setting_types import DigestSettings
from bot.digests.settings import CATCH_UP, PAUSED, settings_as_known
from bot.errors import DatabaseError, UnknownValue, Unreadable
from bot.render import notice_texts as words
from bot.store import asides, digests, editions, ledger
from bot.store.database import Connection, Database
from bot.store.digests import DigestRow
from bot.store.editions import NewEdition
from bot.store.notices import add_notice

logger = logging.getLogger(__name__)

CHUNK: Final = 50
"""How many digests are planned in one transaction."""
REARM_CHUNK: Final = 500
"""How many digests are rearmed in one transaction, at about 50 us each."""
SET_BACK: Final = timedelta(minutes=2)
"""A clock that goes back by more than this was set; by less, it was only corrected."""
FORGOTTEN: Final = timedelta(days=31)
"""Editions missed earlier than this are not counted: a clock may say 2099."""
AWAY: Final = "the bot was not running at the time"


class Planner:
    """Plans editions. `config` holds the defaults that servers and channels inherit."""

    def __init__(
        self,
        database: Database,
        weighing: Weighing,
        config: DigestConfig,
        delivery: DeliveryConfig,
    ) -> None:
        self._database, self.weighing = database, weighing
        self._bulkhead = Bulkhead(database)
        self._seen: datetime | None = None
        self.configure(config, delivery)

    def configure(self, config: DigestConfig, delivery: DeliveryConfig) -> None:
        """Plan by these defaults from now on; this does not rearm digests."""
        self.config = config
        self._spread = timedelta(seconds=delivery.spread_seconds)
        self._many = int(delivery.messages_per_second or RATE)

    async def plan_due(self, now: datetime) -> int:
        """Plan an edition for every digest that is due; returns how many digests were due.

        A digest is advanced in the transaction that writes its edition, so a crash repeats or loses
        none. An edition that was missed by more than the catch-up time is noted as skipped. If the
        clock was set back, nothing is planned this time: all digests are rearmed first.
        """
        if await self._was_put_back(now):
            await self._start_over(now)
            return 0
        async with self._database.reading() as db:
            count = await digests.count_due(db, now, self._many + 1)
        spread = self._spread if count > self._many else timedelta()
        planned = 0
        while count:
            some = await self._plan_some(now, spread)
            planned += some
            if some < CHUNK:
                break
        return planned

    async def _plan_some(self, now: datetime, spread: timedelta) -> int:
        """Plan CHUNK digests in one transaction, or each in its own if one of them fails."""
        try:
            async with self._database.writing(archive=False) as db:
                due = await digests.due_digests(db, now, CHUNK)
                await self._plan_each(db, due, now, spread)
                return len(due)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again below, for one digest
            logger.warning("up to %d digests are planned one by one: %r", CHUNK, error)
            return await self._plan_apart(now, spread)

    async def _plan_apart(self, now: datetime, spread: timedelta) -> int:
        async with self._database.reading() as db:
            due = await digests.due_digests(db, now, CHUNK)
        for digest in due:
            async with (
                self._bulkhead.around(now, digest.ref),
                self._database.writing(archive=False) as db,
            ):
                still_due = await digests.due_digests(db, now, 1, digest.digest_id)
                await self._plan_each(db, still_due, now, spread)
        return len(due)

    async def _plan_each(
        self, db: Connection, due: Sequence[DigestRow], now: datetime, spread: timedelta
    ) -> None:
        taken = await editions.taken_keys(db, [one.digest_id for one in due], _since(due, now))
        found = [await self._plan(db, one, taken[one.digest_id], now, spread) for one in due]
        await freeze_editions(db, self.weighing, [one for one in found if one], now)
        await self.rearm(db, due, now)

    async def _was_put_back(self, now: datetime) -> bool:
        """Whether the clock is behind its value when it was last checked or last used."""
        if self._seen is None:
            async with self._database.reading() as db:
                self._seen = await editions.newest_edition_at(db)
        seen, self._seen = self._seen, now
        return seen is not None and seen - now > SET_BACK

    async def _start_over(self, now: datetime) -> None:
        logger.warning("the clock was set back: every digest is rescheduled")
        async with self._database.writing() as db:
            await ledger.forget_missed(db, now)
        await self._rearm_all_but(_is_due, now)  # what is due waited for a process with this clock

    async def rearm_all(self, now: datetime) -> None:
        """Recompute when every digest is next due, except those that are set aside while due."""
        await self._rearm_all_but(_is_held, now)

    async def _rearm_all_but(
        self, kept: Callable[[DigestRow, datetime], bool], now: datetime
    ) -> None:
        async with self._database.reading() as db:
            ids = await digests.to_rearm(db, now)
        for first in range(0, len(ids), REARM_CHUNK):
            async with self._database.writing() as db:
                some = await digests.digests_by_id(db, ids[first : first + REARM_CHUNK])
                await self.rearm(db, [one for one in some if not kept(one, now)], now)

    async def rearm(self, db: Connection, listed: Sequence[DigestRow], now: datetime) -> None:
        """Recompute when some digests are next due."""
        await rearm(db, listed, self.config, now)

    async def _plan(
        self,
        db: Connection,
        digest: DigestRow,
        taken: Collection[Key],
        now: datetime,
        spread: timedelta,
    ) -> DueEdition | None:
        """The edition at the last of the occurrences that have become due; None = that is too late
        too, or found in the channel after an older copy of the database was restored.
        """
        settings = settings_for(self.config, digest)
        passed = _passed(digest, settings, taken, now)
        if not passed:
            return None
        last, why = passed[-1], _why_missed(digest)
        missed = now - last.due_at > settings[CATCH_UP]
        if missed:
            edition = NewEdition(
                digest.digest_id, _key(last), last.due_at, now, EditionState.SKIPPED, why
            )
            await editions.add_edition(db, edition, now)
        if away := passed if missed else passed[:-1]:
            await self._tell_missed(db, digest, away, why, now)
        ready_at = last.due_at + spread_of(digest.target.channel_id, spread)
        return None if missed else DueEdition(digest, settings, _key(last), last.due_at, ready_at)

    async def _tell_missed(
        self,
        db: Connection,
        digest: DigestRow,
        away: Sequence[Occurrence],
        why: str,
        now: datetime,
    ) -> None:
        first, last = away[0].local_date, away[-1].local_date
        logger.warning("%s, editions missed: %d: %s", digest.target, len(away), why)
        line = words.missed_many(digest.target, len(away), first, last, why)
        await add_notice(db, digest.target.guild_id, line, now)


def spread_of(channel_id: int, over: timedelta) -> timedelta:
    """How long after its time a channel has its turn when many are due at once; always the same for
    a channel, in whole seconds below `over`.
    """
    seconds = int(over.total_seconds())
    digest = hashlib.blake2b(str(channel_id).encode(), digest_size=8).digest()
    return timedelta(seconds=int.from_bytes(digest) % seconds if seconds else 0)


def _key(occurrence: Occurrence) -> Key:
    return occurrence.local_date, occurrence.slot


def _since(due: Sequence[DigestRow], now: datetime) -> date:
    """From which local date on keys of due digests count."""
    armed = min((one.next.local_date for one in due if one.next), default=now.date())
    return max(armed, (now - FORGOTTEN).date()) - timedelta(days=1)


def _passed(
    digest: DigestRow, settings: DigestSettings, taken: Collection[Key], now: datetime
) -> Sequence[Occurrence]:
    """The occurrences that have become due and whose keys are free, oldest first: the one the
    digest was armed for and every one after it. The schedule may have changed since, with config/.
    """
    assert digest.next is not None  # noqa: S101 - it is due
    first = digest.next
    since_then = occurrences(settings.timetable, _since([digest], now))
    passed = takewhile(lambda o: o.due_at <= now, since_then)
    later = [o for o in passed if o.due_at > first.due_at]
    return [o for o in (first, *later) if _key(o) not in taken]


async def rearm(
    db: Connection, listed: Sequence[DigestRow], config: DigestConfig, now: datetime
) -> None:
    """Recompute when some digests are next due, all in one statement. A digest that cannot be read
    keeps its due time and is set aside.

    A digest is not due while it is paused or follows no topic, its channel is deleted or the bot is
    not in its server.
    """
    since = now.date() - timedelta(days=2)  # the local date may be a day behind, and yesterday's
    taken = await editions.taken_keys(db, [digest.digest_id for digest in listed], since)
    coming: dict[int, Occurrence | None] = {}
    failed: list[Failure] = []
    for digest in listed:
        with apart(failed, digest.ref):
            mine = taken[digest.digest_id]
            coming[digest.digest_id] = _coming(digest, config, now, mine)
    await digests.set_next(db, coming)
    for digest in listed:
        if digest.aside is not None and digest.digest_id in coming:
            await asides.end(db, digest.ref)
    for ref, error in failed:
        await set_aside(db, ref, error, now)


def _coming(
    digest: DigestRow, config: DigestConfig, now: datetime, taken: Collection[Key]
) -> Occurrence | None:
    settings, unknown = _known(config, digest)
    if digest.gone or digest.left or not digest.topics or settings[PAUSED]:
        return None
    if unknown:
        raise Unreadable(*unknown)
    return next_occurrence(settings.timetable, now, taken)


def settings_for(config: DigestConfig, digest: DigestRow) -> DigestSettings:
    """The settings in effect for a digest. Raises Unreadable if one of them cannot be read."""
    settings, unknown = _known(config, digest)
    if unknown:
        raise Unreadable(*unknown)
    return settings


def unknown_of(config: DigestConfig, digest: DigestRow) -> Sequence[UnknownValue]:
    """The values of a digest that this version or machine cannot read."""
    return _known(config, digest)[1]


def _known(
    config: DigestConfig, digest: DigestRow
) -> tuple[DigestSettings, Sequence[UnknownValue]]:
    settings, unknown = settings_as_known(config, digest.server, digest.own)
    return settings, [*unknown, *digest.unknown]


def _is_held(digest: DigestRow, now: datetime) -> bool:
    """Whether a digest is set aside while it is due: its due edition must not be lost."""
    return digest.aside is not None and _is_due(digest, now)


def _is_due(digest: DigestRow, now: datetime) -> bool:
    return digest.next is not None and digest.next.due_at <= now


def _why_missed(digest: DigestRow) -> str:
    return AWAY if digest.aside is None else words.held_until_then(digest.aside)
