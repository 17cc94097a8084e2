"""The feeds that are asked for news: their settings, and what is remembered of asking them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class FaultKind(StrEnum):
    """Why a feed gave nothing the last time it was asked."""

    UNREACHABLE = "unreachable"  # no such host, no connection, a broken answer
    SLOW = "slow"
    REFUSED = "refused"  # 401, 403, or its robots.txt
    MISSING = "missing"  # 404
    GONE = "gone"  # 410
    BUSY = "busy"  # 429, 503
    BROKEN = "broken"  # other answers than these
    TOO_LARGE = "too_large"
    NO_FEED = "no_feed"
    FORBIDDEN = "forbidden"  # an address that the bot must not ask, such as a private one


@dataclass(frozen=True, slots=True)
class FeedState:
    """The state of one feed.

    `url` is where it is asked. `next_at` is when it is asked next, None = never, since it is off.
    `failures` are those in a row, since `failing_since`; `fault` is the kind of the last one, and
    `detail` says more of it, for people. A `paused` feed is still asked now and then, so that it
    heals. `moved_to` is where permanent redirects led the last `moved_sweeps` times. `gap` is the
    mean time between its items, `newest_at` the date of the newest. `floor` is the shortest pause
    that it asks for, `skip_hours` (0 to 23, UTC) and `skip_days` (0 = Monday) when not to ask it.
    """

    url: str
    next_at: datetime | None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None
    asked_at: datetime | None = None
    succeeded_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    fault: FaultKind | None = None
    detail: str = ""
    paused: bool = False
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_sweeps: int = 0
    gap: timedelta | None = None
    newest_at: datetime | None = None
    floor: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """A feed as it was added. `url` is its address as given; None = not said."""

    url: str
    provider: str | None = None
    topics: tuple[str, ...] = ()
    tier: int | None = None
    language: str | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with the state of asking it.

    `listed`: it stands in config/feeds.yaml. `settings.off` is what holds: a command's word goes
    before the file's. `title` and `format` are what the feed says of itself, "" before it was read.
    """

    feed_id: int
    key: str
    settings: FeedSettings
    listed: bool
    added_at: datetime
    added_by: str
    title: str
    format: str
    state: FeedState
    told: str | None


@dataclass(frozen=True, slots=True)
class HostState:
    """What is remembered of a host that serves feeds.

    Until `waits_until` it asked not to be asked. `robots` are the rules of its robots.txt for this
    bot, one a line, as of `robots_at`.
    """

    waits_until: datetime | None = None
    robots: str = ""
    robots_at: datetime | None = None
