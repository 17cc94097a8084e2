"""What asking a feed led to, and what that means for its state."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.origins.feeds.client import Answer
from bot.origins.feeds.document import FeedDocument
from bot.origins.feeds.schedule import next_time, stretched, with_gap
from bot.stories.feeds import FaultKind, FeedState

RETRY: Final = timedelta(hours=1)
LONGEST_RETRY: Final = timedelta(hours=6)
"""The pause after a failure, doubled with each: a server that was down for a day is found well
within hours.
"""
PAUSED_AFTER: Final = 10
PAUSED_SINCE: Final = timedelta(days=7)
"""A feed is paused after so many failures in a row, over at least so long."""
PAUSED_RETRY: Final = timedelta(days=1)
"""A paused feed is still asked once a day, so that it heals by itself."""
MOVED_AFTER: Final = 3
MOVED_SINCE: Final = timedelta(days=1)
"""A new address is kept if permanent redirects led there so often in a row, over so long."""
TOLD_AFTER: Final = timedelta(days=1)
"""The owner is told of a feed that has failed for so long, or that is paused."""


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
    if isinstance(outcome, Failed):
        return _after_failure(state, outcome, now, jitter)
    answer = outcome.answer
    state = replace(
        _moved(state, answer.permanent_url, now),
        etag=answer.etag,
        last_modified=answer.last_modified,
        asked_at=now,
        succeeded_at=now,
        failing_since=None,
        failures=0,
        fault=None,
        detail="",
        paused=False,
    )
    if isinstance(outcome, Fresh):
        state = _with_document(state, outcome, now)
    at = next_time(state, now, answer.max_age, wanted=wanted, jitter=jitter)
    return replace(state, next_at=at)


def _with_document(state: FeedState, fresh: Fresh, now: datetime) -> FeedState:
    hints = fresh.document.hints
    return replace(
        with_gap(state, fresh.document, now),
        body_hash=fresh.answer.body_hash,
        floor=hints.floor,
        skip_hours=hints.skip_hours,
        skip_days=hints.skip_days,
    )


def _moved(state: FeedState, to: str | None, now: datetime) -> FeedState:
    """The state after permanent redirects led to an address, or did not (None)."""
    if to is None or to != state.moved_to or state.moved_since is None:
        since, sweeps = (now, 1) if to else (None, 0)
        return replace(state, moved_to=to, moved_since=since, moved_sweeps=sweeps)
    sweeps = state.moved_sweeps + 1
    if sweeps >= MOVED_AFTER and now - state.moved_since >= MOVED_SINCE:
        return replace(state, url=to, moved_to=None, moved_since=None, moved_sweeps=0)
    return replace(state, moved_sweeps=sweeps)


def _after_failure(state: FeedState, failed: Failed, now: datetime, jitter: float) -> FeedState:
    wait = failed.retry_after or timedelta(0)
    if not failed.asked:
        return replace(state, next_at=now + stretched(wait, jitter))
    failures, since = state.failures + 1, state.failing_since or now
    lasting = failures >= PAUSED_AFTER and now - since >= PAUSED_SINCE
    paused = state.paused or lasting or failed.kind is FaultKind.GONE
    doublings = min(state.failures, 10)  # more go over the limit by far
    retry = PAUSED_RETRY if paused else min(RETRY * (1 << doublings), LONGEST_RETRY)
    return replace(
        state,
        next_at=now + stretched(max(retry, wait), jitter),
        asked_at=now,
        failing_since=since,
        failures=failures,
        fault=failed.kind,
        detail=failed.detail,
        paused=paused,
    )


def fault_to_tell(state: FeedState, told: str | None, now: datetime) -> str | None:
    """The fault that the owner should know of: `told` while the feed fails on, a new one after a
    day of failures or a pause, None if the feed is well.
    """
    if state.fault is None or state.failing_since is None:
        return None
    lasting = state.paused or now - state.failing_since >= TOLD_AFTER
    return told or (str(state.fault) if lasting else None)
