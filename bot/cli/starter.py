"""The starter feeds of the topics that an operator chooses, by name, slug or other name."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.config import StarterFeed, load_config, load_starter
from bot.errors import UsageError
from bot.stories.text import slug

Chosen = Mapping[str, Sequence[StarterFeed]]
"""Feeds by the display name of their topic."""


def starter_feeds(config: Path, names: Sequence[str] = ()) -> Chosen:
    """The starter feeds of the topics with these names; without a name, those of every topic.

    Raises ConfigError, and UsageError for a topic without starter feeds.
    """
    listed = load_starter(config).topics
    if not names:
        return listed
    aliases = load_config(config).topics.aliases
    known = {slug(alias): name for name in listed for alias in aliases.get(name, ())}
    known |= {slug(name): name for name in listed}
    unknown = [name for name in names if slug(name) not in known]
    if unknown:
        raise UsageError(
            f"There are no starter feeds for “{unknown[0]}”. There are for: {', '.join(listed)}."
        )
    chosen = dict.fromkeys(known[slug(name)] for name in names)
    return {name: listed[name] for name in chosen}
