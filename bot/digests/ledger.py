"""The ledger's rules: every state of an edition and of its parts, and where every event leads.

A part is one message. It is `sending` before its request is sent, so that after a crash it is known
what may have been posted; it leaves that state only by proof, or as `uncertain`, and is then never
sent again unless an admin asks for it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class EditionState(StrEnum):
    """The states of an edition; the last four are closed."""

    READY = "ready"
    DELIVERING = "delivering"
    WAITING = "waiting"
    BLOCKED = "blocked"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


class EditionEvent(StrEnum):
    """The events of an edition."""

    CLAIM = "claim"
    """Its delivery begins, also again after a crash."""
    WAIT = "wait"
    """A temporary obstacle: a rate limit, a fault of Discord, an outage of the server."""
    BLOCK = "block"
    """Discord refuses messages there: a permission or the channel is missing."""
    ALL_SENT = "all sent"
    SOME_SENT = "some sent"
    """Nothing more of it can or may be posted."""
    NONE_SENT = "none sent"
    IN_DOUBT = "in doubt"
    """It ends with a part in doubt."""
    AGAIN = "again"
    """An admin has the parts in doubt posted again."""


class PartState(StrEnum):
    """The states of a message."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"


class PartEvent(StrEnum):
    """The events of a part."""

    TRY = "try"
    """A request is about to be sent."""
    ANSWER = "answer"
    """Discord returned the new message's id."""
    NONCE = "nonce"
    """Discord knew the nonce, but its message is deleted."""
    HISTORY = "history"
    """The message was found in the channel."""
    NO_ANSWER = "no answer"
    """It is unknown whether it was stored: no answer, or a fault of Discord's server."""
    NOT_STORED = "not stored"
    """Discord's answer proves that this attempt, the only one in doubt, was not stored."""
    ABSENT = "absent"
    """The channel's history proves that it is not there."""
    UNREADABLE = "unreadable"
    """The channel's history cannot be read: the outcome stays unknown."""
    UNFIT = "unfit"
    """Discord refuses this body; the next version of it may do."""
    HOPELESS = "hopeless"
    """Discord refuses every version of this body."""
    DAMAGED = "damaged"
    """The frozen body does not match its hash."""
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
"""All moves of an edition."""

_P, _E = PartState, PartEvent
PART_MOVES: Final[Mapping[tuple[PartState, PartEvent], PartState]] = {
    (_P.PENDING, _E.TRY): _P.SENDING,
    (_P.PENDING, _E.DAMAGED): _P.REJECTED,
    # Before its first attempt a part is looked for only if the ledger itself is an older copy.
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
"""All moves of a part."""


class IllegalMove(Exception):
    """An event that cannot happen in this state: it is a bug, and nothing is written."""


def moved_part(state: PartState, event: PartEvent) -> PartState:
    """The state of a part after an event. Raises IllegalMove."""
    try:
        return PART_MOVES[state, event]
    except KeyError:
        raise IllegalMove(f"a part that is {state} cannot have: {event}") from None


def moved_edition(state: EditionState, event: EditionEvent) -> EditionState:
    """The state of an edition after an event. Raises IllegalMove."""
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
