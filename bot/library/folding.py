"""Which events are like one that a channel had of late: those become a line, not a story."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from bot.library.members import member_of
from bot.store import events
from bot.store.database import Connection
from bot.store.events import StoryText
from bot.stories.comparison import Member
from bot.stories.folding import Told, is_like, told_by
from bot.stories.ranking import Rules
from bot.stories.similarity import cosine
from bot.threads import aside_if_many

_MOST_PAIRS: Final = 200_000
"""How many pairs of events are remembered: about 20 MB."""

_Remembered = tuple[dict[int, Told], dict[tuple[int, int], bool]]
"""Events, by id; and of each pair whether the first is like the second."""


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
        told, pairs = await self._remembered(db, {*new, *recent})

        def like(later: int) -> frozenset[int]:
            return frozenset(one for one in recent if _is_like(told, pairs, later, one))

        return await aside_if_many(new, lambda: {one: like(one) for one in new})

    async def similarities(
        self, db: Connection, pairs: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], float]:
        """How similar the centroids of each pair of events are, by pair; without unknown events."""
        wanted = [*pairs]
        told, _ = await self._remembered(db, {one for pair in wanted for one in pair})
        return {
            (one, other): cosine(told[one].centroid, told[other].centroid)
            for one, other in wanted
            if one in told and other in told
        }

    async def _remembered(self, db: Connection, wanted: Collection[int]) -> _Remembered:
        """What is remembered of events as they are now, with these; others may begin anew while it
        is used.
        """
        revision = (await events.revision(db), self.rules)
        if revision != self._revision or len(self._pairs) > _MOST_PAIRS:
            self._revision, self._told, self._pairs = revision, {}, {}
        told, pairs = self._told, self._pairs
        if missing := {*wanted}.difference(told):
            found = await events.grouped_in(db, missing)
            # Outside the event loop: after a start thousands of stories may be compared anew.
            told |= await asyncio.to_thread(_told, found, self.rules)
        return told, pairs


def _is_like(
    told: Mapping[int, Told], pairs: dict[tuple[int, int], bool], one: int, other: int
) -> bool:
    pair = one, other
    if pair not in pairs:
        later, before = told.get(one), told.get(other)
        pairs[pair] = bool(later and before and one != other and is_like(later, before))
    return pairs[pair]


def _told(stories: Sequence[StoryText], rules: Rules) -> dict[int, Told]:
    """The events of these stories, by id."""
    found: defaultdict[int, list[Member]] = defaultdict(list)
    for story in stories:
        found[story.event_id].append(member_of(story, rules))
    return {event: told_by(members, rules.frequencies) for event, members in found.items()}
