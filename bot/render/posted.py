"""What a message that the bot has posted says, in the words of every version: the lines that may
name an edition, its stories, and the lines under them. Pure: made from a message's JSON.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bot.render.overview import headline_in, is_line
from bot.render.sanitizer import address

Json = Mapping[str, Any]
ALSO: Final = "Also"
"""The word before a line under an edition."""
_ALSO: Final = re.compile(r"^Also: .*\]\((?P<url>[^\s()]+)\)", re.MULTILINE)
"""A line with one link: its headline, or `open` beside it, or before that its publisher."""


class PostedStory(NamedTuple):
    """A story in a message: its headline, escaped, and its URL, or None if it has none there."""

    headline: str
    url: str | None


def lines_of(content: str) -> list[str]:
    """The lines of a message without the mark of small text; one of them may name an edition."""
    return [line.removeprefix("-# ") for line in content.splitlines()]


def stories_of(message: Json) -> list[PostedStory]:
    """The stories of a message, in order.

    With an overview each has a line there, and if that is no link, an embed. Without one each has
    an embed, or, in a plainer version, a line with its URL.
    """
    embeds: Sequence[Json] = message.get("embeds", ())
    cards = [PostedStory(one.get("title", ""), one["url"]) for one in embeds if "url" in one]
    told = [headline_in(line) for line in message["content"].splitlines() if is_line(line)]
    found = []
    for headline, url in told:
        own = cards and url in (None, address(cards[0].url or ""))
        found.append(cards.pop(0) if own else PostedStory(headline, url))
    return [*found, *cards]


def urls_of(message: Json) -> list[str]:
    """The URLs of a message's stories, whatever version and form it has."""
    lines = [line.strip() for line in str(message["content"]).splitlines()]
    plain = [line[1:-1] for line in lines if line.startswith("<http")]
    return [*(story.url for story in stories_of(message) if story.url), *plain]


def also_urls(embed: Json) -> list[str]:
    """The URLs of the lines under an edition that an embed has; none in a story's."""
    if "url" in embed:
        return []
    return [match["url"] for match in _ALSO.finditer(embed.get("description", ""))]


def has_also_lines(embed: Json) -> bool:
    """Whether an embed has lines under an edition."""
    return "url" not in embed and str(embed.get("description", "")).startswith(f"{ALSO}: ")
