"""What channels follow, as answers of /subscribe, /unsubscribe and /subscriptions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.render.coming import coming, next_digest
from bot.render.lists import channel, fitting_lines, names, where
from bot.render.sanitizer import escaped
from bot.stories.model import Topic

_SHORTER: Final = 300
"""The same if there are more lists of them."""


def subscribed(
    status: DigestStatus, added: Sequence[str], asked: Sequence[Topic], now: datetime
) -> str:
    """Which topics a channel follows now (none `added`: it did already), all its topics, and when
    its digest is due.
    """
    word = "now follows" if added else "already follows"
    shown = added or [topic.name for topic in asked]
    parts = [f"{channel(status)} {word} {names(shown, _SHORTER)}."]
    if len(status.topics) > len(shown):
        parts.append(f"All its topics: {names(status.topics)}.")
    empty = [topic.name for topic in asked if not topic.stories and topic.name in shown]
    if empty:
        about = f" about {names(empty, _SHORTER)}" if len(asked) > 1 else ""
        parts.append(f"Nothing so far{about}; it comes as soon as there is something.")
    return f"{' '.join(parts)}\n{coming(status, now)}"


def unsubscribed(status: DigestStatus, gone: Sequence[str], now: datetime) -> str:
    """Which topics a channel no longer follows, and what it still follows."""
    left = f"It still follows {names(status.topics)}." if status.topics else _NO_TOPICS
    return f"{channel(status)} no longer follows {names(gone)}. {left}\n{coming(status, now)}"


def not_followed(target: Channel, given: str, near: Sequence[str]) -> str:
    """A channel does not follow a topic, and those of its topics that may have been meant."""
    meant = f" Did you mean {names(near)}?" if near else ""
    return f"{target.mention} does not follow **{escaped(given, 100)}**.{meant}"


def all_followed(topics: Sequence[str]) -> str:
    """All that a channel follows."""
    return f"It follows {names(topics)}." if topics else _NO_TOPICS


def left_out(topics: int, most: int) -> str:
    """How many topics "all" left out, since a channel follows only so many."""
    more = "topic is" if topics == 1 else "topics are"
    return f"{topics} more {more} left out, those with the fewest stories: {most} is the most."


_NO_TOPICS: Final = "It follows no topics now."


def follows(status: DigestStatus, now: datetime) -> str:
    """What a channel follows, and when its digest is due."""
    return f"{channel(status)} follows {names(status.topics) or 'nothing'}.\n{coming(status, now)}"


def subscriptions(statuses: Sequence[DigestStatus], now: datetime) -> str:
    """What the channels of a server follow."""
    if not statuses:
        return "No channel follows a topic yet. A moderator can use `/subscribe`."
    return fitting_lines([line_of(status, now) for status in statuses])


def line_of(status: DigestStatus, now: datetime, *, advice: bool = False) -> str:
    """A channel's line in a list; `advice`: see `next_digest`."""
    coming = next_digest(status, now, advice=advice)
    return f"- {where(status)}: {names(status.topics)}; {coming}"
