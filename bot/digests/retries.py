"""After an attempt: whether a part is sent again, under which nonce, and how long to wait."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.digests.edition import Part
from bot.digests.ledger import PartState

NONCE_WINDOW: Final = timedelta(seconds=60)
"""How long the same nonce is used again; Discord remembers a nonce for "the past few minutes"."""
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(minutes=5)


class Step(StrEnum):
    """What to do with a part that is not closed."""

    POST = "post"
    LOOK_BACK = "look_back"
    WAIT = "wait"


def next_step(part: Part, now: datetime, *, again: bool = True) -> Step:
    """Post, or first check whether an earlier attempt of unknown outcome was posted after all.

    A first attempt far in the future means that the clock was set back: its age is unknown.
    `again`: whether it may be posted again while its nonce is known; some targets have no nonces,
    and after its time nothing is posted. If not, it is looked for only after NONCE_WINDOW, since a
    message that is not there yet may still arrive.
    """
    if part.state is PartState.SENDING and part.first_tried_at is not None:
        if abs(now - part.first_tried_at) >= NONCE_WINDOW:
            return Step.LOOK_BACK
        return Step.POST if again else Step.WAIT
    return Step.POST


def wait_before(attempts: int, named: float | None = None, spread: float = 0) -> timedelta:
    """How long to wait after this many attempts: doubling, and at least as long as Discord asked.

    `spread` (0 to 1) shortens the wait by up to a fifth, so that requests that failed together are
    not repeated together.
    """
    wait = min(FIRST_WAIT * (1 << max(0, min(attempts, 10))), LONGEST_WAIT) * (1 - spread / 5)
    return max(wait, timedelta(seconds=named)) if named is not None else wait
