"""Why a story has its places: the figures that were recorded when it got them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.digests.ledger import EditionState
from bot.digests.selection import TAKEN, TOLD, Verdict, worth
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
    `topics` say why items of feeds gave it some of its topics. `beside` is what the edition of
    `place` took, in its order. `coming` is what the channel's next edition would take if it came
    now, and then what it would leave out as muted, for a story that none told.
    """

    story: ArchivedStory
    leader: ArchivedStory | None
    followers: Sequence[ArchivedStory]
    places: Sequence[Weighing]
    last: Sequence[Weighing]
    minimum_heat: int
    pins: Sequence[NamedPin] = ()
    topics: Sequence[TopicReason] = ()
    beside: Sequence[RecordedChoice] = ()
    coming: Sequence[RecordedChoice] = ()

    @property
    def place(self) -> Weighing | None:
        """The last edition that told of the story, or else the last that weighed it."""
        return place_in(self.places)

    @property
    def was_told(self) -> bool:
        """Whether one of `places` told of the story."""
        return any(_is_told(place) for place in self.places)


def place_in(places: Sequence[Weighing]) -> Weighing | None:
    """The newest of a story's places where it was told, or else the newest."""
    return next((one for one in places if _is_told(one)), next(iter(places), None))


def _is_told(place: Weighing) -> bool:
    return any(choice.verdict in TOLD for choice in place.choices)
