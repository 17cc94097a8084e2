"""When a feed is asked next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.origins.feeds.document import FeedDocument
from bot.stories.feeds import FeedState

SOONEST: Final = timedelta(minutes=15)
LATEST: Final = timedelta(hours=2)
"""The pauses of a feed whose topics have digests are a quarter of the time between two items, but
not less and not more than these: on 38 real feeds that is 2.3 to 12 questions a day.
"""
UNWANTED: Final = timedelta(hours=6)
"""The pause of a feed whose topics have no digest: enough for look-ups."""
LONGEST_FLOOR: Final = timedelta(days=1)
"""A publisher cannot ask for a longer pause."""
JITTER: Final = 0.1
"""Pauses are longer by up to this share, so that feeds added together do not stay together."""
LONGEST: Final = timedelta(days=3)
"""Longer than any pause that is set here or in health.py."""
RECENT: Final = 10
"""So many of a feed's newest items tell how often it has new ones."""
_NEW_SHARE: Final = 0.3
"""The weight of the last pause between two items, for a feed that gives no dates."""


def with_gap(state: FeedState, document: FeedDocument, now: datetime) -> FeedState:
    """The state with the mean time between items, as the feed's new document tells it.

    The time since the newest item counts too. A feed that gives no dates tells it by changing.
    """
    dates = sorted(min(item.published_at, now) for item in document.items if item.published_at)
    recent = dates[-RECENT:]
    if recent:
        return replace(state, gap=(now - recent[0]) / len(recent), newest_at=recent[-1])
    gap = state.gap
    if state.newest_at:
        last = max(now - state.newest_at, timedelta(0))
        gap = last if gap is None else gap + _NEW_SHARE * (last - gap)
    return replace(state, gap=gap, newest_at=now)


def next_time(
    state: FeedState, now: datetime, max_age: timedelta | None, *, wanted: bool, jitter: float
) -> datetime:
    """When a feed that is well is asked next. `jitter` is a random number from 0 to 1."""
    floor = min(max(max_age or SOONEST, state.floor or SOONEST), LONGEST_FLOOR)
    pause = max(_own_pause(state, now) if wanted else UNWANTED, floor)
    return _outside_skipped(state, now + stretched(pause, jitter))


def _own_pause(state: FeedState, now: datetime) -> timedelta:
    """A quarter of the time between two items; of half the silence if that is longer already."""
    if state.gap is None or state.newest_at is None:
        return LATEST
    gap = max(state.gap, (now - state.newest_at) / 2)
    return min(max(gap / 4, SOONEST), LATEST)


def stretched(pause: timedelta, jitter: float) -> timedelta:
    """A pause with its jitter."""
    return pause * (1 + JITTER * jitter)


def _outside_skipped(state: FeedState, moment: datetime) -> datetime:
    """The moment, or the first one that is hours later and in no hour that the publisher names as
    quiet; at most a day later.
    """
    for _ in range(24):
        if moment.hour not in state.skip_hours and moment.weekday() not in state.skip_days:
            break
        moment += timedelta(hours=1)
    return moment


def corrected(state: FeedState, now: datetime) -> FeedState | None:
    """The state for a clock that was set back since it was written, None if it fits.

    The pause starts again: the feed is neither asked at once, with all others, nor only when the
    clock is where it was.
    """
    if state.next_at is None:
        return None
    if state.asked_at and state.asked_at > now:
        pause = min(max(state.next_at - state.asked_at, timedelta(0)), LONGEST)
        return replace(
            state,
            next_at=now + pause,
            asked_at=now,
            succeeded_at=_past(state.succeeded_at, now),
            failing_since=_past(state.failing_since, now),
            moved_since=_past(state.moved_since, now),
            newest_at=_past(state.newest_at, now),
        )
    return replace(state, next_at=now) if state.next_at > now + LONGEST else None


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return min(moment, now) if moment else None
