"""The list of feeds, and the starter feeds, as terminal text and as JSON."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from bot.config import StarterFeed
from bot.render.feed_health import health
from bot.stories.feeds import Feed, FeedSettings
from bot.stories.text import slug
from bot.stories.urls import NO_TRACKERS, key_of, link_of

NOT_READ: Final = "not asked yet: the bot reads the file when it starts or reloads"

_STATE: Final = (
    "title",
    "format",
    "asked_url",
    "fault",
    "paused",
    "failures",
    "failing_since",
    "succeeded_at",
    "next_at",
    "newest_at",
    "health",
)


def feed_text(settings: FeedSettings, source: str, feed: Feed | None, now: datetime) -> str:
    """A feed in three lines; `source` is where it was added; without a `feed` no bot has read the
    file yet.
    """
    name = settings.provider or (feed.title if feed else "")
    tier = f"tier {settings.tier}" if settings.tier else ""
    about = (name, ", ".join(settings.topics), tier, settings.language, f"from {source}")
    how = health(feed, now) if feed else NOT_READ
    return f"{settings.url}\n  {' · '.join(part for part in about if part)}\n  {how}"


def feed_record(
    settings: FeedSettings, source: str, feed: Feed | None, now: datetime
) -> dict[str, Any]:
    """A feed as JSON; without a `feed` no bot has read the file yet."""
    settings_given = {
        "url": settings.url,
        "provider": settings.provider,
        "topics": list(settings.topics),
        "tier": settings.tier,
        "language": settings.language,
        "off": settings.off,
        "from": source,
    }
    return settings_given | _state_record(feed, now)


def _state_record(feed: Feed | None, now: datetime) -> dict[str, Any]:
    if feed is None:
        return dict.fromkeys(_STATE) | {"health": NOT_READ}
    state = feed.state
    values = (
        feed.title or None,
        feed.format or None,
        state.url,
        state.fault,
        state.paused,
        state.failures,
        *map(_time, (state.failing_since, state.succeeded_at, state.next_at, state.newest_at)),
        health(feed, now),
    )
    return dict(zip(_STATE, values, strict=True))


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def starter_text(topic: str, feeds: Sequence[StarterFeed], on: Collection[str]) -> str:
    """A topic's starter feeds; those whose keys are `on` are marked."""
    lines = (f"  {'+' if _is_on(one, on) else ' '} {one.provider}  {one.url}" for one in feeds)
    return "\n".join((topic, *lines))


def starter_record(topic: str, feeds: Sequence[StarterFeed], on: Collection[str]) -> dict[str, Any]:
    """A topic's starter feeds as JSON."""
    listed = [{"url": one.url, "provider": one.provider, "on": _is_on(one, on)} for one in feeds]
    return {"name": topic, "slug": slug(topic), "feeds": listed}


def _is_on(feed: StarterFeed, on: Collection[str]) -> bool:
    return key_of(link_of(feed.url, NO_TRACKERS, amp_step=False)) in on
