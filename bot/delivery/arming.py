"""Recomputes when digests are next due, after a change of the settings that decide it."""

from collections.abc import Collection
from typing import Final

from bot.clock import Clock
from bot.delivery.planning import Planner
from bot.digests.settings import PAUSED, settings_as_known
from bot.store import asides, digests, facts
from bot.store.database import Connection, Database
from bot.store.digests import DigestRow

_ARMED_BY: Final = "armed_by"


class Arming:
    """Sets the next occurrence of digests after a change of their settings or of config/."""

    def __init__(self, database: Database, planner: Planner, clock: Clock) -> None:
        self._database, self._planner, self._clock = database, planner, clock

    async def rearm_if_config_changed(self) -> None:
        """Recompute when every digest is next due, if config/ changed since the last time.

        Editions already due are planned by the old schedule first; then the new one applies.
        """
        config = self._planner.config.model_dump_json()
        async with self._database.reading() as db:
            if await facts.read_fact(db, _ARMED_BY) == config:
                return
        await self._planner.plan_due(self._clock.now())
        await self._planner.rearm_all(self._clock.now())
        async with self._database.writing() as db:
            await facts.write_fact(db, _ARMED_BY, config)

    async def rearm(self, db: Connection, digest_ids: Collection[int]) -> None:
        """Recompute when digests are next due; those already due are left to the tick."""
        now = self._clock.now()
        found = await digests.digests_by_id(db, digest_ids)
        listed = [digest for digest in found if not self._is_the_ticks(digest)]
        for digest in found:
            await asides.try_now(db, digest.digest_id)
        await self._planner.rearm(db, listed, now)

    async def try_what_is_set_aside(self) -> None:
        """At startup, try rows that are set aside: this version or machine may read them."""
        async with self._database.writing() as db:
            await asides.try_now(db)

    def _is_the_ticks(self, digest: DigestRow) -> bool:
        due = digest.next is not None and digest.next.due_at <= self._clock.now()
        settings, _ = settings_as_known(self._planner.config, digest.server, digest.own)
        return due and bool(digest.topics) and not settings[PAUSED]
