"""Lists of names and channels that fit into a message."""

from collections.abc import Sequence
from typing import Final

from bot.digests.status import DigestStatus
from bot.render import limits
from bot.render.sanitizer import escaped
from bot.stories.model import Topic

_LIST: Final = 1700
"""How many characters a list may have, so that heading and ending fit into a message's content."""

_NAMES: Final = 800
"""How many characters the topics in one line may have; 25 short names have about 400."""


def channel(status: DigestStatus) -> str:
    """The mention of a digest's channel."""
    return status.target.mention


def where(status: DigestStatus) -> str:
    """A channel in a list; the mention of a deleted channel would name nothing."""
    return "a deleted channel" if status.gone else channel(status)


def topics(found: Sequence[Topic], others: int = 0) -> str:
    """The largest topics with their numbers of stories, and how many `others` there are."""
    if not found:
        return "There are no topics yet: no stories have been loaded."
    ordered = sorted(found, key=lambda t: (-t.stories, t.slug))
    return fitting_lines(
        [f"- **{escaped(t.name, 100)}** · {counted_stories(t.stories)}" for t in ordered], others
    )


def counted_stories(count: int) -> str:
    """`1 story`, `3 stories`."""
    return f"{count} {'story' if count == 1 else 'stories'}"


def names(listed: Sequence[str], room: int = _NAMES) -> str:
    """The names that fit into a line of so many characters, and how many are left out."""
    kept: list[str] = []
    for name in (f"**{escaped(name, 100)}**" for name in listed):
        if sum(len(known) + 2 for known in kept) + len(name) > room:
            return f"{', '.join(kept)} and {len(listed) - len(kept)} more"
        kept.append(name)
    return ", ".join(kept)


def fitting_lines(lines: Sequence[str], others: int = 0) -> str:
    """The lines that fit into one message, and how many, with `others`, are left out."""
    kept: list[str] = []
    for line in lines:
        if sum(len(known) + 1 for known in kept) + len(line) > _LIST:
            break
        kept.append(line)
    left = len(lines) - len(kept) + others
    return "\n".join((*kept, *([f"and {left} more"] if left else [])))[: limits.CONTENT]
