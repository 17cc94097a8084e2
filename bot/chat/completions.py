"""Autocompletion of options. The submitted values are checked all the same."""

from collections.abc import Sequence
from datetime import datetime

from discord.app_commands import Choice

from bot.chat.replies import Interaction
from bot.clock import SystemClock
from bot.library.queries import Queries
from bot.render import limits
from bot.render.sanitizer import plain
from bot.zones import zones_meant

STORY_PREFIX = "#"
"""A query of this and digits is a story's id, as completions submit it."""


async def topic_choices(queries: Queries, typed: str) -> list[Choice[str]]:
    """Topics that match the typed text."""
    return [_choice(topic.name, topic.name) for topic in await queries.suggest_topics(typed)]


async def story_choices(queries: Queries, typed: str) -> list[Choice[str]]:
    """Headlines that match the typed text."""
    found = await queries.suggest_stories(typed)
    return [_choice(story.article.title, f"{STORY_PREFIX}{story.story_id}") for story in found]


def timezone_choices(
    typed: str, words: Sequence[str], now: datetime | None = None
) -> list[Choice[str]]:
    """Fixed words, and time zones that may be meant at the time `now`, by default the present."""
    names = zones_meant(typed, now or SystemClock().now())
    zones = [_choice(name, name) for name in names if name not in words]
    return [*word_choices(words, typed), *zones][: limits.OPTIONS]


def word_choices(words: Sequence[str], typed: str) -> list[Choice[str]]:
    """Fixed words that contain the typed text."""
    return [_choice(word, word) for word in words if typed.strip().lower() in word.lower()]


def may_type(interaction: Interaction, right: str) -> bool:
    """Whether an admin's option is completed for this user at all."""
    mine = interaction.permissions
    return mine.administrator or bool(getattr(mine, right))


def _choice(name: str, value: str) -> Choice[str]:
    return Choice(name=plain(name, limits.OPTION_TEXT), value=value[: limits.OPTION_TEXT])
