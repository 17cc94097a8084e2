"""How long stories are kept: older ones are pruned, unless an edition still names them."""

from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.library.leading import lead
from bot.store import events, search, stories, story_rows
from bot.store.database import Connection, Database
from bot.stories.ranking import Rules

AT_ONCE: Final = 200
"""How many stories are pruned in one transaction."""


class Retention:
    """Prunes the archive. `keep`: None = everything is kept. By `rules` events are ranked again."""

    def __init__(
        self, database: Database, clock: Clock, keep: timedelta | None, rules: Rules
    ) -> None:
        self._database, self._clock, self.keep, self.rules = database, clock, keep, rules

    async def prune(self) -> int:
        """Delete the stories that are too old, with their sources; returns how many.

        Their files are remembered, so that the stories do not come back. Raises DatabaseError.
        """
        pruned = 0
        while True:
            async with self._database.writing() as db:
                before = await oldest_kept(db, self.keep, self._clock.now())
                old = [] if before is None else await story_rows.stories_before(db, before, AT_ONCE)
                await _forget(db, old, self.rules)
            pruned += len(old)
            if len(old) < AT_ONCE:
                return pruned


async def oldest_kept(db: Connection, keep: timedelta | None, now: datetime) -> datetime | None:
    """The date from which stories are kept; None = all are kept.

    Age counts from the newest story, or from now if that is earlier, so that a wrong clock does not
    empty the archive.
    """
    newest = await stories.newest_story_at(db)
    return None if keep is None or newest is None else min(now, newest) - keep


async def _forget(db: Connection, story_ids: list[int], rules: Rules) -> None:
    left = await events.events_of(db, story_ids)
    await search.unindex_stories(db, story_ids)
    await story_rows.delete_stories(db, story_ids)
    await lead(db, left, rules)
