"""What asking a feed led to, and what that means for its state."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.origins.feeds.client import Answer
from bot.origins.feeds.document import FeedDocument
from bot.stories.feeds import FaultKind, FeedState


@dataclass(frozen=True, slots=True)
class Fresh:
    """The feed gave a document that is not known yet."""

    document: FeedDocument
    answer: Answer


@dataclass(frozen=True, slots=True)
class Same:
    """The feed is as before: it said so (304), or its body has the same hash."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """The feed gave nothing; the fields are those of FetchFailed."""

    kind: FaultKind
    detail: str
    retry_after: timedelta | None = None
    asked: bool = True


Outcome = Fresh | Same | Failed


def is_same(state: FeedState, answer: Answer) -> bool:
    """Whether an answer gives what is known already."""
    return answer.body is None or answer.body_hash == state.body_hash


def after(
    state: FeedState, outcome: Outcome, now: datetime, *, wanted: bool, jitter: float
) -> FeedState:
    """The state after asking: what is remembered, and when the feed is asked next.

    `wanted`: a topic of the feed has a digest. `jitter` is a random number from 0 to 1.
    """
    raise NotImplementedError


def fault_to_tell(state: FeedState, told: str | None, now: datetime) -> str | None:
    """The fault that the owner should know of: `told` if it is still the one of which they were
    told, a new one after a day of failures or a pause, None if the feed is well.
    """
    raise NotImplementedError
