"""Which event is like one that was told before: a later report of it, or the next turn of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.stories.comparison import TOLD, Member, told
from bot.stories.events import REACH
from bot.stories.frequencies import Frequencies
from bot.stories.similarity import Vector, centroid, cosine

FOLD_SIMILARITY: Final = 0.22
"""How similar the centroids of two events are at least (docs/ranking.md has the curve)."""
FOLD_WITHIN: Final = REACH
"""How long after the first story of the one the first of the other comes at most: later, this much
likeness is that of two turns, each of which is news.
"""
FOLD_COPY: Final = 0.45
"""From this on the time does not matter: it is what another publisher carries days later."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as folding sees it; `owners` are those of its stories. `enough`: its text tells
    enough to be compared, which "Weekly roundup" alone does not.
    """

    centroid: Vector
    first_at: int
    owners: frozenset[str]
    enough: bool = True


def told_by(members: Sequence[Member], frequencies: Frequencies) -> Told:
    """The event of these stories, of which there is one at least."""
    return Told(
        centroid([member.vector for member in members]),
        min(member.published_at for member in members),
        frozenset(member.owner for member in members),
        any(told(member.vector, frequencies) >= TOLD for member in members),
    )


def is_like(later: Told, before: Told) -> bool:
    """Whether an event is a line under the next edition, not a story, after the other was told.

    Publishers that told of the one already have news if they tell of the other: two notices of one
    vendor, for example, look alike and tell of different things.
    """
    if later.owners <= before.owners or not (later.enough and before.enough):
        return False
    likeness = cosine(later.centroid, before.centroid)
    soon = 0 <= later.first_at - before.first_at <= FOLD_WITHIN
    return likeness >= (FOLD_SIMILARITY if soon else FOLD_COPY)
