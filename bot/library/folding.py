"""Which events are like one that a channel had of late: those become a line, not a story."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from bot.library.members import member_of
from bot.store import events
from bot.store.database import Connection
from bot.store.events import StoryText
from bot.stories.comparison import Member
from bot.stories.folding import Told, is_like, told_by
from bot.stories.ranking import Rules
from bot.stories.similarity import cosine

_MOST_PAIRS: Final = 200_000
"""How many pairs of events are remembered: about 20 MB."""


class Folding:
    """Compares events by the rules of the moment, and remembers the results until events change."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._revision: object = None
        self._told: dict[int, Told] = {}
        self._pairs: dict[tuple[int, int], bool] = {}

    async def like(
        self, db: Connection, new: Collection[int], recent: Collection[int]
    ) -> dict[int, frozenset[int]]:
        """For each of the `new` events those of the `recent` ones that it is like."""
        if not new or not recent:
            return {}
        await self._forget_if_changed(db)
        await self._read(db, {*new, *recent}.difference(self._told))
        return {
            one: frozenset(other for other in recent if self._is_like(one, other)) for one in new
        }

    async def similarities(
        self, db: Connection, pairs: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], float]:
        """How similar the centroids of each pair of events are, by pair; without unknown events."""
        wanted = [*pairs]
        await self._forget_if_changed(db)
        await self._read(db, {one for pair in wanted for one in pair}.difference(self._told))
        return {
            (one, other): cosine(self._told[one].centroid, self._told[other].centroid)
            for one, other in wanted
            if one in self._told and other in self._told
        }

    async def _forget_if_changed(self, db: Connection) -> None:
        revision = (await events.revision(db), self.rules)
        if revision != self._revision or len(self._pairs) > _MOST_PAIRS:
            self._revision, self._told, self._pairs = revision, {}, {}

    async def _read(self, db: Connection, wanted: Collection[int]) -> None:
        """Outside the event loop: after a start thousands of stories may be compared anew."""
        if wanted:
            found = await events.grouped_in(db, wanted)
            self._told |= await asyncio.to_thread(_told, found, self.rules)

    def _is_like(self, one: int, other: int) -> bool:
        pair = one, other
        if pair not in self._pairs:
            told, before = self._told.get(one), self._told.get(other)
            self._pairs[pair] = bool(told and before and one != other and is_like(told, before))
        return self._pairs[pair]


def _told(stories: Sequence[StoryText], rules: Rules) -> dict[int, Told]:
    """The events of these stories, by id."""
    found: defaultdict[int, list[Member]] = defaultdict(list)
    for story in stories:
        found[story.event_id].append(member_of(story, rules))
    return {event: told_by(members, rules.frequencies) for event, members in found.items()}
