"""What an edition takes: pure choices among candidates."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.digests.settings import Taste


@dataclass(frozen=True, slots=True)
class Candidate:
    """A leader of a followed topic: `topics` are the ids of the followed ones that show it,
    `linked` the ids of the stories directly linked with it, `heat` effective.
    """

    story_id: int
    url: str
    heat: int
    published_at: datetime
    topics: frozenset[int]
    linked: frozenset[int]


def select(
    candidates: Sequence[Candidate], posted: Collection[int], taste: Taste, now: datetime
) -> list[Candidate]:
    """The stories of an edition, in the order in which they stand in it.

    Candidates are hot enough, inside the age limit, not from the future, and neither posted
    in this channel nor linked to a story that was. Every topic with a candidate gets its best
    one first, in order of score; the rest fill up to `taste.stories`.
    """
    fresh = [c for c in candidates if _is_fresh(c, taste, now) and not _is_known(c, posted)]
    ordered = sorted(fresh, key=lambda c: order(c, taste, now))
    firsts: dict[int, Candidate] = {}
    for candidate in ordered:
        for topic in candidate.topics:
            firsts.setdefault(topic, candidate)
    best = {candidate.story_id for candidate in firsts.values()}
    chosen = [c for c in ordered if c.story_id in best][: taste.stories]
    rest = [c for c in ordered if c.story_id not in best]
    return chosen + rest[: taste.stories - len(chosen)]


def order(candidate: Candidate, taste: Taste, now: datetime) -> tuple[float, float, str]:
    """Sorts the best first: `log2(heat) - age / half-life`, then newest, then URL."""
    age = (now - candidate.published_at) / taste.half_life
    score = math.log2(max(candidate.heat, 1)) - age
    return -score, -candidate.published_at.timestamp(), candidate.url


def _is_fresh(candidate: Candidate, taste: Taste, now: datetime) -> bool:
    hot = candidate.heat >= taste.minimum_heat
    return hot and now - taste.age < candidate.published_at <= now


def _is_known(candidate: Candidate, posted: Collection[int]) -> bool:
    return candidate.story_id in posted or not candidate.linked.isdisjoint(posted)
