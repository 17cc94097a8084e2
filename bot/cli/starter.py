"""The starter feeds of the topics that an operator chooses, and a config/feeds.yaml with them."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import yaml

from bot.config import StarterFeed, load_config, load_starter
from bot.errors import UsageError
from bot.stories.feeds import FeedSettings
from bot.stories.text import slug

_NO_FEEDS: Final = re.compile(r"^feeds:[ \t]*(\[[ \t]*\])?[ \t]*(#.*)?$", re.MULTILINE)
Chosen = Mapping[str, Sequence[StarterFeed]]
"""Feeds by the display name of their topic."""


def starter_feeds(config: Path, names: Iterable[str] = ()) -> Chosen:
    """The starter feeds of the topics with these names, or other names that config/topics.yaml has
    for them; without a name, those of every topic.

    Raises ConfigError, and UsageError for a topic without starter feeds.
    """
    listed, wanted = load_starter(config).topics, list(names)
    aliases = load_config(config).topics.aliases
    known = {slug(other): name for name in listed for other in aliases.get(name, ())}
    known |= {slug(name): name for name in listed}
    for name in wanted:
        if slug(name) not in known:
            choice = ", ".join(listed)
            raise UsageError(f"There are no starter feeds for “{name}”. There are for: {choice}.")
    chosen = dict.fromkeys(known[slug(name)] for name in wanted)
    return {name: listed[name] for name in chosen or listed}


def names_in(text: str) -> list[str]:
    """The topics of an option: `ai, security`."""
    return [name.strip() for name in text.split(",") if name.strip()]


def together(chosen: Chosen) -> list[FeedSettings]:
    """Each feed once, with every topic that it was chosen for."""
    found: dict[str, FeedSettings] = {}
    for topic, feeds in chosen.items():
        for feed in feeds:
            new = FeedSettings(feed.url, feed.provider, tier=feed.tier, language=feed.language)
            known = found.get(feed.url, new)
            found[feed.url] = replace(known, topics=(*known.topics, topic))
    return list(found.values())


class _Dumper(yaml.SafeDumper):
    """Keeps texts with characters that end a line in YAML, which would be read as spaces."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    escaped = not {*text}.isdisjoint("\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if escaped else None)


_Dumper.add_representer(str, _text)


def with_feeds(text: str, feeds: Sequence[FeedSettings]) -> str | None:
    """The text of a config/feeds.yaml with these feeds, its comments kept; None if it lists feeds
    already, or has no line `feeds: []`.
    """
    if (yaml.safe_load(text) or {}).get("feeds"):
        return None
    entries = [_entry(feed) for feed in feeds]
    listed = yaml.dump(
        entries,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=1000,
    )
    lines = textwrap.indent(listed, "  ").rstrip()
    filled, times = _NO_FEEDS.subn(lambda _: f"feeds:\n{lines}", text)
    return filled if times == 1 else None


def _entry(feed: FeedSettings) -> dict[str, Any]:
    """What is said of a feed, as it is written in the file."""
    said = {**asdict(feed), "topics": list(feed.topics)}
    return {name: value for name, value in said.items() if value not in (None, [], False)}
