"""Which stories an edition takes, and why it leaves the rest: pure choices among candidates."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.digests.setting_types import SelectionRules


@dataclass(frozen=True, slots=True)
class Candidate:
    """A leader of a followed topic: `topics` are the ids of the followed topics that show it,
    `linked` the ids of the stories directly linked with it, `heat` is effective (None = unknown).
    """

    story_id: int
    key: str
    heat: int | None
    published_at: datetime
    topics: frozenset[int]
    linked: frozenset[int]


class Verdict(StrEnum):
    """Why an edition took a story, or did not."""

    BEST = "best"  # of a followed topic
    FILLED = "filled"
    ARCHIVE = "archive"
    NO_ROOM = "no_room"
    LINKED = "linked"
    POSTED = "posted"
    COLD = "cold"
    OLD = "old"
    EARLY = "early"  # published after the edition


TAKEN: Final = frozenset({Verdict.BEST, Verdict.FILLED, Verdict.ARCHIVE})


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate and its verdict, with the figures of that moment.

    `other` is the id of a linked story that was posted before, if that is the reason.
    """

    candidate: Candidate
    verdict: Verdict
    age: timedelta
    score: float
    other: int | None = None


def select(
    candidates: Sequence[Candidate], posted: Collection[int], rules: SelectionRules, now: datetime
) -> list[Choice]:
    """Every candidate with its verdict: first the stories of the edition, in its order.

    A story can be taken if it is hot enough (or of unknown heat), within the age limit, not from
    the future, and neither posted in this channel nor linked to a posted story. Every topic with
    such a candidate gets its best one first, in order of score; the rest fill up to
    `rules.stories`. The stories left out follow in order of score, and last those posted before: an
    earlier edition shows each of them.
    """
    ordered = sorted(candidates, key=lambda c: order(c, rules, now))
    refusals = {c.story_id: _refusal(c, posted, rules, now) for c in ordered}
    free = [c for c in ordered if refusals[c.story_id] is None]
    best = _best_of_topics(free)
    chosen = [c for c in free if c.story_id in best][: rules.stories]
    rest = [c for c in free if c.story_id not in best]
    chosen += rest[: rules.stories - len(chosen)]
    taken = {c.story_id for c in chosen}
    left = [
        _choice(c, refusals[c.story_id] or Verdict.NO_ROOM, posted, rules, now)
        for c in ordered
        if c.story_id not in taken
    ]
    return [
        *(_choice(c, _place(c, best), posted, rules, now) for c in chosen),
        *sorted(left, key=lambda choice: choice.verdict is Verdict.POSTED),
    ]


def _best_of_topics(ordered: Sequence[Candidate]) -> set[int]:
    firsts: dict[int, int] = {}
    for candidate in ordered:
        for topic in candidate.topics:
            firsts.setdefault(topic, candidate.story_id)
    return set(firsts.values())


def _place(candidate: Candidate, best: Collection[int]) -> Verdict:
    return Verdict.BEST if candidate.story_id in best else Verdict.FILLED


def _refusal(
    candidate: Candidate, posted: Collection[int], rules: SelectionRules, now: datetime
) -> Verdict | None:
    """Why a candidate cannot be taken, regardless of the others; None = it can."""
    if candidate.story_id in posted:
        return Verdict.POSTED
    if not candidate.linked.isdisjoint(posted):
        return Verdict.LINKED
    if candidate.heat is not None and candidate.heat < rules.minimum_heat:
        return Verdict.COLD
    if candidate.published_at <= now - rules.age:
        return Verdict.OLD
    return Verdict.EARLY if candidate.published_at > now else None


def _choice(
    candidate: Candidate,
    verdict: Verdict,
    posted: Collection[int],
    rules: SelectionRules,
    now: datetime,
) -> Choice:
    linked = candidate.linked.intersection(posted) if verdict is Verdict.LINKED else ()
    age = now - candidate.published_at
    return Choice(candidate, verdict, age, score(candidate, rules, now), min(linked, default=None))


def archived(candidate: Candidate, rules: SelectionRules, now: datetime) -> Choice:
    """The one story of a quiet day."""
    return _choice(candidate, Verdict.ARCHIVE, (), rules, now)


def score(candidate: Candidate, rules: SelectionRules, now: datetime) -> float:
    """The score of a candidate at `now`: the worth of its heat minus its age in half-lives."""
    return worth(candidate.heat) - (now - candidate.published_at) / rules.half_life


def worth(heat: int | None) -> float:
    """The worth of a heat without age: twice the heat is worth 1 more; an unknown heat nothing."""
    return math.log2(max(heat or 1, 1))


def order(
    candidate: Candidate, rules: SelectionRules, now: datetime
) -> tuple[bool, float, float, str]:
    """A sort key, best first: `log2(heat) - age / half-life`, then newest, then strict key.

    Candidates of unknown heat follow all others.
    """
    value = score(candidate, rules, now)
    unknown = candidate.heat is None
    return unknown, -value, -candidate.published_at.timestamp(), candidate.key
