"""Autocompletion of options. The submitted values are checked all the same."""

from collections.abc import Sequence
from datetime import datetime

from discord.app_commands import Choice

from bot.clock import SystemClock
from bot.library.queries import Queries
from bot.render import limits
from bot.render.feeds import feed_name
from bot.render.sanitizer import plain
from bot.stories.feeds import Feed
from bot.zones import now_there, zones_meant

STORY_PREFIX = "#"
"""An option of this and digits is the id of a story or feed, as completions submit it."""


async def topic_choices(queries: Queries, typed: str) -> list[Choice[str]]:
    """Topics that match the typed text."""
    return [_choice(topic.name, topic.name) for topic in await queries.suggest_topics(typed)]


def named_choices(names: Sequence[str]) -> list[Choice[str]]:
    """Names as they are."""
    return [_choice(name, name) for name in names]


async def story_choices(queries: Queries, typed: str) -> list[Choice[str]]:
    """Headlines that match the typed text."""
    found = await queries.suggest_stories(typed)
    return [_choice(story.article.title, f"{STORY_PREFIX}{story.story_id}") for story in found]


def feed_choices(feeds: Sequence[Feed], typed: str) -> list[Choice[str]]:
    """Feeds whose name or address contains the typed text, those that can be removed first. Each is
    submitted as its number, since an address may be longer than a choice.
    """
    asked = typed.strip().casefold()
    found = [
        one
        for one in sorted(feeds, key=lambda one: (one.listed, one.settings.url))
        if asked in f"{feed_name(one)} {one.settings.url}".casefold()
    ]
    return [
        _choice(f"{feed_name(one)}: {one.settings.url}", f"{STORY_PREFIX}{one.feed_id}")
        for one in found[: limits.OPTIONS]
    ]


def timezone_choices(
    typed: str, words: Sequence[str], now: datetime | None = None
) -> list[Choice[str]]:
    """Fixed words, and time zones that may be meant at the time `now`, by default the present."""
    now = now or SystemClock().now()
    found = {zone: place for zone, place in zones_meant(typed, now).items() if zone not in words}
    zones = [
        _choice(f"{place} ({'' if zone in place else f'{zone}, '}{now_there(zone, now)})", zone)
        for zone, place in [*found.items()][: limits.OPTIONS]
    ]
    return [*word_choices(words, typed), *zones][: limits.OPTIONS]


def word_choices(words: Sequence[str], typed: str) -> list[Choice[str]]:
    """Fixed words that contain the typed text."""
    fitting = [word for word in words if typed.strip().lower() in word.lower()]
    return [_choice(word, word) for word in fitting[: limits.OPTIONS]]


def begun(typed: str) -> tuple[str, str]:
    """What is typed of a list: the names that are whole, and the last one."""
    done, comma, last = typed.rpartition(",")
    return f"{done}{comma} " if comma else "", last.strip()


def continued(done: str, names: Sequence[str]) -> list[str]:
    """A list with each of the names at its end; the longest cannot be submitted."""
    lists = [f"{done}{name}" for name in names if name.lower() not in done.lower().split(", ")]
    return [one for one in lists if len(one) <= limits.OPTION_TEXT][: limits.OPTIONS]


def _choice(name: str, value: str) -> Choice[str]:
    return Choice(name=plain(name, limits.OPTION_TEXT), value=value[: limits.OPTION_TEXT])
