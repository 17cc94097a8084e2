"""The states of an edition and of its parts, and what follows from each attempt to post one.

An edition is planned and frozen in one commit (`ready`); a part is `sending` in a commit of its
own before its request, so that after a crash it is known what may have been posted.

    edition  ready -> delivering -> delivered | partial | uncertain
             ready | delivering -> waiting -> delivering        (a fault that passes)
             ready | delivering | waiting -> blocked -> ready   (no permission, no channel)
             ready | waiting | blocked -> skipped | partial     (too late)
    part     pending -> sending -> sent | uncertain | rejected
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.stories.model import ArchivedStory

NONCE_WINDOW: Final = timedelta(seconds=60)
"""For so long the same nonce is sent again; Discord remembers one for "the past few minutes"."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)


class EditionState(StrEnum):
    """Where an edition stands; the last four are closed."""

    READY = "ready"
    DELIVERING = "delivering"
    WAITING = "waiting"
    BLOCKED = "blocked"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


CLOSED: Final = frozenset(
    {
        EditionState.DELIVERED,
        EditionState.PARTIAL,
        EditionState.UNCERTAIN,
        EditionState.SKIPPED,
    }
)


class PartState(StrEnum):
    """Where one message stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"


class Step(StrEnum):
    """What to do with a part that is not closed."""

    POST = "post"
    LOOK_BACK = "look_back"


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in an edition: the followed topics' names, and stories in their order.

    `from_archive`: a quiet day, and the one story is an older one. No story = a one-line note.
    """

    topics: tuple[str, ...]
    local_date: date
    slot: int
    stories: tuple[ArchivedStory, ...]
    from_archive: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One frozen message: `body` is its JSON, `marker` the line no other message there has."""

    edition_id: int
    part: int
    body: str
    sha256: bytes
    marker: str
    nonce: str
    state: PartState
    attempts: int
    first_tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastEdition:
    """An edition as it stands: its state, why, how many stories it holds."""

    local_date: date
    slot: int
    due_at: datetime
    state: EditionState
    reason: str | None
    stories: int


def next_step(part: Part, now: datetime) -> Step:
    """Post, or first look whether an earlier attempt of unknown outcome was posted after all.

    A first attempt far in the future means that the clock was put back: nobody knows its age.
    """
    if part.state is PartState.SENDING and part.first_tried_at is not None:
        young = abs(now - part.first_tried_at) < NONCE_WINDOW
        return Step.POST if young else Step.LOOK_BACK
    return Step.POST


def closed_state(parts: list[PartState]) -> EditionState:
    """The state in which an edition ends with its parts as they are."""
    if PartState.UNCERTAIN in parts:
        return EditionState.UNCERTAIN
    if PartState.SENT not in parts:
        return EditionState.SKIPPED
    return EditionState.DELIVERED if set(parts) == {PartState.SENT} else EditionState.PARTIAL


def wait_before(attempts: int, named: float | None = None) -> timedelta:
    """How long to wait after so many attempts: doubling, and at least what Discord named."""
    wait = min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)
    return max(wait, timedelta(seconds=named)) if named is not None else wait


def edition_line(local_date: date, slot: int, part: int) -> str:
    """The marker: names an edition and part in words that no other message of its channel has."""
    kind = f"edition {slot}" if slot > 0 else f"extra edition {1 - slot}"
    more = f", part {part}" if part > 1 else ""
    return f"{local_date:%A} {local_date.day} {local_date:%B %Y}, {kind}{more}"
