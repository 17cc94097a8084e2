"""Why a story has its places: the figures that were recorded when it got them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.digests.ledger import EditionState
from bot.digests.selection import TAKEN, Verdict, worth
from bot.stories.model import ArchivedStory, TopicReason
from bot.stories.pins import NamedPin


@dataclass(frozen=True, slots=True)
class RecordedChoice:
    """An edition's choice about a story: `position` counts from 1 in the order of choice.

    Heat, age and score are those of that moment. `headline` is the current one, and so is `other`,
    the headline of another story that was posted before, if that is the reason.
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
        """Whether the edition took the story."""
        return self.verdict in TAKEN

    @property
    def age_term(self) -> float:
        """How much its age took off the worth of its heat: its age in half-lives of that time."""
        return worth(self.heat) - self.score


@dataclass(frozen=True, slots=True)
class Weighing:
    """One edition of a channel in its current state, and its choices, in its order."""

    channel_id: int
    local_date: date
    slot: int
    state: EditionState
    choices: Sequence[RecordedChoice]


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons for one story's places.

    `leader` leads it (None = it leads itself), and it leads `followers`. `places` are the editions
    that considered it, newest first, each with only its choice. `last` are the last editions of the
    requested channels, newest first, each with all its recorded choices. `minimum_heat` is the
    lowest heat that an edition accepts now. `pins` are what an editor said of its event's stories.
    `topics` say why items of feeds gave it some of its topics.
    """

    story: ArchivedStory
    leader: ArchivedStory | None
    followers: Sequence[ArchivedStory]
    places: Sequence[Weighing]
    last: Sequence[Weighing]
    minimum_heat: int
    pins: Sequence[NamedPin] = ()
    topics: Sequence[TopicReason] = ()
