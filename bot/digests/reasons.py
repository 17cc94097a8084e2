"""Why a story stands where it stands: the numbers that were recorded when its places were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.digests.ledger import EditionState
from bot.digests.selection import TAKEN, Verdict, worth
from bot.stories.model import ArchivedStory


@dataclass(frozen=True, slots=True)
class RecordedChoice:
    """What an edition made of a story: `position` from 1 on in its order of choice.

    Heat, age and score are those of that moment. `headline` is today's, and so is `other`, the
    headline of the story posted before that it is linked with, where that is why.
    """

    story_id: int
    headline: str
    position: int
    verdict: Verdict
    heat: int | None
    age: timedelta
    score: float
    other: str | None

    @property
    def taken(self) -> bool:
        """Whether the edition took it."""
        return self.verdict in TAKEN

    @property
    def age_term(self) -> float:
        """What its age took off the worth of its heat: its age in half-lives of that time."""
        return worth(self.heat) - self.score


@dataclass(frozen=True, slots=True)
class Weighing:
    """One edition of a channel as it stands, and choices of it, in its order."""

    channel_id: int
    local_date: date
    slot: int
    state: EditionState
    choices: Sequence[RecordedChoice]


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons of one story's places.

    `leader` leads it (None = it leads itself), it leads `followers`. `places` are editions that
    weighed it, newest first, each with its choice alone. `last` are the last editions of the
    channels asked about, newest first, each with all that is recorded of it. `minimum_heat` is
    the least that an edition takes now.
    """

    story: ArchivedStory
    leader: ArchivedStory | None
    followers: Sequence[ArchivedStory]
    places: Sequence[Weighing]
    last: Sequence[Weighing]
    minimum_heat: int
