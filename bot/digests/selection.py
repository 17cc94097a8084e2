"""Which stories an edition takes, and why it leaves the rest: pure choices among candidates."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.digests.setting_types import SelectionRules


@dataclass(frozen=True, slots=True)
class Candidate:
    """The leader of an event in a followed topic: `topics` are the ids of the followed topics that
    show it, `heat` is effective (None = unknown). `like` are events that its own event resembles,
    of those that the channel was sent as full stories of late; `repeats` is the story that was told
    with the same headline and text by the same publisher. `publishers` are the keys of those that
    report its event, copies aside; they are read only if the headline's is muted.
    """

    story_id: int
    key: str
    heat: int | None
    published_at: datetime
    topics: frozenset[int]
    event_id: int
    like: frozenset[int] = frozenset()
    repeats: int | None = None
    publishers: frozenset[str] = frozenset()


class Verdict(StrEnum):
    """Why an edition took a story, or did not."""

    BEST = "best"  # of a followed topic
    FILLED = "filled"
    ARCHIVE = "archive"
    ALSO = "also"  # one line under the edition
    WAITS = "waits"  # for such a line
    NO_ROOM = "no_room"
    LINKED = "linked"  # given before there were events: linked with a story posted before
    POSTED = "posted"
    REPUBLISHED = "republished"  # told before, under another address
    MUTED = "muted"  # only publishers report it that the channel muted
    COLD = "cold"
    OLD = "old"
    EARLY = "early"  # published after the edition


TAKEN: Final = frozenset({Verdict.BEST, Verdict.FILLED, Verdict.ARCHIVE})
TOLD: Final = TAKEN | {Verdict.ALSO}
"""The verdicts by which a channel is told of an event."""
ALSO_LINES: Final = 3
"""The most lines under an edition."""
FOLDED_FOR: Final = timedelta(days=4)
"""How long events like a full story become lines (facts of 424 posts: docs/ranking.md)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate and its verdict, with the figures of that moment.

    `other` is the id of another story that was posted before, if that is the reason.
    """

    candidate: Candidate
    verdict: Verdict
    age: timedelta
    score: float
    other: int | None = None


@dataclass(frozen=True, slots=True)
class Had:
    """What a channel has had, or is about to have: `shown` is the story that stood for each event,
    by the event's id; `recent` are the events sent as full stories in the last FOLDED_FOR.
    """

    shown: Mapping[int, int] = field(default_factory=dict)
    recent: frozenset[int] = frozenset()

    def has(self, candidate: Candidate) -> bool:
        """Whether the channel has had its event, or has had the story for another event."""
        return candidate.event_id in self.shown or candidate.story_id in self.shown.values()


NOTHING_YET: Final = Had()


def select(
    candidates: Sequence[Candidate], had: Had, rules: SelectionRules, now: datetime
) -> list[Choice]:
    """Every candidate with its verdict: first the stories of the edition, in its order.

    A story can be taken if it is hot enough (or of unknown heat), within the age limit, not from
    the future, of no event that this channel has had, no repeat, and not reported by muted
    publishers alone. One that is like a story of the last days becomes a line under the edition, if
    that has a story: the first ALSO_LINES by order, and the rest wait. Every topic with another
    candidate gets its best one first, in order of score; the rest fill up to `rules.stories`. The
    lines follow, then the stories left out in order of score, and last those posted before: an
    earlier edition shows each of them.
    """
    ordered = sorted(candidates, key=lambda c: order(c, rules, now))
    verdicts = {c.story_id: _refusal(c, had, rules, now) for c in ordered}
    free = [c for c in ordered if verdicts[c.story_id] is None and not c.like]
    alike = [c for c in ordered if verdicts[c.story_id] is None and c.like]
    best = _best_of_topics(free)
    chosen = [c for c in free if c.story_id in best][: rules.stories]
    rest = [c for c in free if c.story_id not in best]
    chosen += rest[: rules.stories - len(chosen)]
    lines = alike[:ALSO_LINES] if chosen else []
    verdicts |= {c.story_id: _place(c, best) for c in chosen}
    verdicts |= {c.story_id: Verdict.WAITS for c in alike}
    verdicts |= {c.story_id: Verdict.ALSO for c in lines}
    told = [*chosen, *lines]
    ids = {c.story_id for c in told}
    left = [c for c in ordered if c.story_id not in ids]
    left.sort(key=lambda c: verdicts[c.story_id] is Verdict.POSTED)
    return [
        _choice(c, verdicts[c.story_id] or Verdict.NO_ROOM, had, rules, now) for c in (*told, *left)
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
    candidate: Candidate, had: Had, rules: SelectionRules, now: datetime
) -> Verdict | None:
    """Why a candidate cannot be taken, regardless of the others; None = it can."""
    if had.has(candidate):
        return Verdict.POSTED
    if candidate.repeats is not None:
        return Verdict.REPUBLISHED
    if is_muted(candidate, rules):
        return Verdict.MUTED
    if candidate.heat is not None and candidate.heat < rules.minimum_heat:
        return Verdict.COLD
    if candidate.published_at <= now - rules.age:
        return Verdict.OLD
    return Verdict.EARLY if candidate.published_at > now else None


def is_muted(candidate: Candidate, rules: SelectionRules) -> bool:
    """Whether only muted publishers report it."""
    return bool(candidate.publishers) and candidate.publishers <= rules.muted


def _choice(
    candidate: Candidate, verdict: Verdict, had: Had, rules: SelectionRules, now: datetime
) -> Choice:
    age = now - candidate.published_at
    other = _other(candidate, verdict, had)
    return Choice(candidate, verdict, age, score(candidate, rules, now), other)


def _other(candidate: Candidate, verdict: Verdict, had: Had) -> int | None:
    """The story posted before because of which the candidate is not taken, if it is another one."""
    if verdict is Verdict.POSTED:
        shown = had.shown.get(candidate.event_id, candidate.story_id)
        return None if shown == candidate.story_id else shown
    if verdict is Verdict.REPUBLISHED:
        return candidate.repeats
    if verdict in (Verdict.ALSO, Verdict.WAITS):
        return min(
            (had.shown[event] for event in candidate.like if event in had.shown), default=None
        )
    return None


def archived(candidate: Candidate, rules: SelectionRules, now: datetime) -> Choice:
    """The one story of a quiet day."""
    return _choice(candidate, Verdict.ARCHIVE, NOTHING_YET, rules, now)


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
