"""How a feed is, in plain words."""

from datetime import datetime
from typing import Final

from bot.digests.setting_values import quantity
from bot.render.moments import away
from bot.stories.feeds import FaultKind, Feed, FeedState

_FAULTS: Final = {
    FaultKind.UNREACHABLE: "the site cannot be reached",
    FaultKind.SLOW: "the site answers too slowly",
    FaultKind.REFUSED: "the site does not let programs read it",
    FaultKind.MISSING: "there is nothing at this address",
    FaultKind.GONE: "the site says that it is gone for good",
    FaultKind.BUSY: "the site asks to be left alone for a while",
    FaultKind.BROKEN: "the site answers with an error",
    FaultKind.TOO_LARGE: "it is too large",
    FaultKind.NO_FEED: "it is no feed",
    FaultKind.FORBIDDEN: "it is no public address",
}


def health(feed: Feed, now: datetime) -> str:
    """Whether it answers, why not, when it last did, and when it is asked next."""
    state = feed.state
    if feed.settings.off:
        return "off"
    if state.paused:
        return f"paused{_since(state)}: {fault(state)}; {_again(state, now)}"
    if state.fault:
        times = quantity(state.failures, "failure")
        return f"{times}{_since(state)}: {fault(state)}; {_last(state)}, {_next(state, now)}"
    if state.succeeded_at is None:
        return f"not asked yet, {_next(state, now)}"
    return f"fine: {_last(state)}, {_next(state, now)}"


def fault(state: FeedState) -> str:
    """Why it gave nothing the last time; "" if it did."""
    if state.fault is None:
        return ""
    detail = f" ({state.detail})" if state.detail else ""
    return f"{_FAULTS[state.fault]}{detail}"


def _since(state: FeedState) -> str:
    return f" since {_minute(state.failing_since)}" if state.failing_since else ""


def _last(state: FeedState) -> str:
    return f"last answer {_minute(state.succeeded_at)}" if state.succeeded_at else "never answered"


def _next(state: FeedState, now: datetime) -> str:
    if state.next_at is None:
        return "not asked"
    return f"next {away(state.next_at - now)}" if state.next_at > now else "due now"


def _again(state: FeedState, now: datetime) -> str:
    again = "is tried again now and then, and goes on by itself once it answers"
    return f"{again}, {_next(state, now)}"


def _minute(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"
