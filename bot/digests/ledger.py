"""The ledger's rules: every state of an edition and of its parts, every event, where each leads.

A part is one message. It is `sending` before its request goes out, so that after a crash it is
known what may have been posted; it leaves that state only by proof, or as `uncertain`, which is
never sent again unless an admin asks for it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


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


class EditionEvent(StrEnum):
    """What happens to an edition."""

    CLAIM = "claim"
    """Its delivery begins, or begins again after a crash."""
    WAIT = "wait"
    """Something passes: a rate limit, a fault of Discord, a server with an outage."""
    BLOCK = "block"
    """Discord takes no message there: a permission or the channel is missing."""
    ALL_SENT = "all sent"
    SOME_SENT = "some sent"
    """Nothing more of it can or may be posted."""
    NONE_SENT = "none sent"
    IN_DOUBT = "in doubt"
    """It ends with a part that nobody knows of."""
    AGAIN = "again"
    """An admin has what is in doubt posted again."""


class PartState(StrEnum):
    """Where one message stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"


class PartEvent(StrEnum):
    """What happens to a part."""

    TRY = "try"
    """A request is about to go out."""
    ANSWER = "answer"
    """Discord named the new message's id."""
    NONCE = "nonce"
    """Discord knew the nonce, and that its message is deleted."""
    HISTORY = "history"
    """The message was found in the channel."""
    NO_ANSWER = "no answer"
    """Nobody knows whether it was stored: no answer, or a fault of the server."""
    NOT_STORED = "not stored"
    """Discord's answer proves that this attempt, the only one in doubt, was not stored."""
    ABSENT = "absent"
    """The channel's history proves that it is not there."""
    UNREADABLE = "unreadable"
    """The channel's history cannot be read: nobody will know."""
    UNFIT = "unfit"
    """Discord does not take this body; the next version of it may do."""
    HOPELESS = "hopeless"
    """Discord takes no version of this body."""
    DAMAGED = "damaged"
    """The frozen body is not what its hash says."""
    AGAIN = "again"
    """An admin has it posted again."""


CLOSED: Final = frozenset(
    {
        EditionState.DELIVERED,
        EditionState.PARTIAL,
        EditionState.UNCERTAIN,
        EditionState.SKIPPED,
    }
)
_OPEN: Final = tuple(state for state in EditionState if state not in CLOSED)
_FROM_OPEN: Final = {
    EditionEvent.CLAIM: EditionState.DELIVERING,
    EditionEvent.WAIT: EditionState.WAITING,
    EditionEvent.BLOCK: EditionState.BLOCKED,
    EditionEvent.ALL_SENT: EditionState.DELIVERED,
    EditionEvent.SOME_SENT: EditionState.PARTIAL,
    EditionEvent.NONE_SENT: EditionState.SKIPPED,
    EditionEvent.IN_DOUBT: EditionState.UNCERTAIN,
}
EDITION_MOVES: Final[Mapping[tuple[EditionState, EditionEvent], EditionState]] = {
    **{(state, event): to for state in _OPEN for event, to in _FROM_OPEN.items()},
    (EditionState.UNCERTAIN, EditionEvent.AGAIN): EditionState.READY,
}
"""Every move of an edition there is."""

_P, _E = PartState, PartEvent
PART_MOVES: Final[Mapping[tuple[PartState, PartEvent], PartState]] = {
    (_P.PENDING, _E.TRY): _P.SENDING,
    (_P.PENDING, _E.DAMAGED): _P.REJECTED,
    # Before its first attempt a part is looked for only where the ledger itself is an older copy.
    (_P.PENDING, _E.HISTORY): _P.SENT,
    (_P.PENDING, _E.UNREADABLE): _P.UNCERTAIN,
    (_P.SENDING, _E.TRY): _P.SENDING,
    (_P.SENDING, _E.NO_ANSWER): _P.SENDING,
    (_P.SENDING, _E.ANSWER): _P.SENT,
    (_P.SENDING, _E.NONCE): _P.SENT,
    (_P.SENDING, _E.HISTORY): _P.SENT,
    (_P.SENDING, _E.NOT_STORED): _P.PENDING,
    (_P.SENDING, _E.ABSENT): _P.PENDING,
    (_P.SENDING, _E.UNREADABLE): _P.UNCERTAIN,
    (_P.SENDING, _E.UNFIT): _P.PENDING,
    (_P.SENDING, _E.HOPELESS): _P.REJECTED,
    (_P.UNCERTAIN, _E.AGAIN): _P.PENDING,
    (_P.UNCERTAIN, _E.HISTORY): _P.SENT,  # as above: found in the channel, so not to be sent again
}
"""Every move of a part there is."""


class IllegalMove(Exception):
    """An event that cannot happen in that state: a bug, and nothing is written."""


def moved_part(state: PartState, event: PartEvent) -> PartState:
    """The state a part is in after an event. Raises IllegalMove."""
    try:
        return PART_MOVES[state, event]
    except KeyError:
        raise IllegalMove(f"a part that is {state} cannot have: {event}") from None


def moved_edition(state: EditionState, event: EditionEvent) -> EditionState:
    """The state an edition is in after an event. Raises IllegalMove."""
    try:
        return EDITION_MOVES[state, event]
    except KeyError:
        raise IllegalMove(f"an edition that is {state} cannot have: {event}") from None


def ending(parts: Sequence[PartState]) -> EditionEvent:
    """How an edition ends with its parts as they are."""
    if PartState.UNCERTAIN in parts or PartState.SENDING in parts:
        return EditionEvent.IN_DOUBT
    if PartState.SENT not in parts:
        return EditionEvent.NONE_SENT
    all_sent = set(parts) == {PartState.SENT}
    return EditionEvent.ALL_SENT if all_sent else EditionEvent.SOME_SENT
