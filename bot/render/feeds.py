"""Feeds as Discord text: the list, what adding or trying one led to, and what their owner is told.

Everybody may read the list. Addresses are shown to those who operate the bot only: some hold keys.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bot.digests.setting_values import quantity
from bot.render import limits
from bot.render.digest import embed_size
from bot.render.embeds import COLOUR, Embed, fitting
from bot.render.feed_health import fault, health
from bot.render.sanitizer import code, escaped, plain
from bot.stories.feeds import FaultKind, Feed, FeedState

NEWEST: Final = 3
"""How many stories of a feed that was added are shown."""
_PAGE: Final = 10
"""How many feeds a page of the list shows at most."""
_NAME: Final = 80
_AROUND: Final = 500
"""How many characters of a message to the owner stand around the feeds in it."""
_MANY: Final = 5
"""From how many feeds on that fail together their common cause is looked for nearer by."""
_ON_THE_WAY: Final = (FaultKind.UNREACHABLE, FaultKind.SLOW)


def in_order(feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds with those that are not fine first, then by name."""
    return sorted(feeds, key=lambda one: (_rank(one), feed_name(one).casefold(), one.feed_id))


def _rank(feed: Feed) -> int:
    if feed.settings.off:
        return 3
    return 0 if feed.state.paused else 1 if feed.state.fault else 2


def feed_name(feed: Feed) -> str:
    """The name of a feed, for people: its publisher, its own title, or its host."""
    name = feed.settings.provider or feed.title or urlsplit(feed.settings.url).hostname
    return plain(name or "a feed", _NAME)


def list_embed(
    feeds: Sequence[Feed], first: int, now: datetime, *, for_operator: bool
) -> tuple[Embed, int]:
    """A page of the list, whose feeds are in order, from number `first` (from 0) on; and the number
    of the feed after it.
    """
    shown = feeds[first : first + _PAGE]
    lines = fitting(
        [_listed(one, now, for_operator=for_operator) for one in shown], limits.DESCRIPTION
    )
    after = first + max(len(lines), min(len(shown), 1))
    embed: Embed = {
        "title": quantity(len(feeds), "feed"),
        "description": "\n".join(lines) or "There are no feeds.",
        "color": COLOUR,
        "footer": {"text": _standing(feeds)},
    }
    if len(lines) < len(feeds) and lines:
        embed["title"] = f"{first + 1} to {after} of {embed['title']}"
    return embed, after


def _listed(feed: Feed, now: datetime, *, for_operator: bool) -> str:
    topics = ", ".join(feed.settings.topics)
    about = f" · {escaped(topics, 100)}" if topics else ""
    lines = [f"**{escaped(feed_name(feed), 2 * _NAME)}**{about}", escaped(health(feed, now), 400)]
    if for_operator:
        source = "config/feeds.yaml" if feed.listed else f"added by {feed.added_by}"
        lines.append(f"{code(feed.settings.url, 200)} {escaped(source, 100)}")
    return "\n".join(lines) + "\n"


def _standing(feeds: Sequence[Feed]) -> str:
    """How many feeds are well and how many are not: `70 fine, 3 failing, 1 off`."""
    words = ("paused", "failing", "fine", "off")
    counts = Counter(words[_rank(one)] for one in feeds)
    found = [f"{counts[word]} {word}" for word in ("fine", "failing", "paused", "off")]
    return ", ".join(one for one in found if not one.startswith("0 ")) or "none"


ADDED: Final = "is added"
CHANGED: Final = "is changed"
KNOWN: Final = "is in the list already"


def added(feed: Feed, stories: int, now: datetime, *, done: str) -> str:
    """A feed was added and asked; `stories` of it are shown below. `done` is ADDED, CHANGED or
    KNOWN.
    """
    lines = [f"**{escaped(feed_name(feed), 2 * _NAME)}** {done}."]
    if feed.state.url != feed.settings.url:
        lines.append(f"What is asked is {code(feed.state.url, 300)}.")
    if feed.state.fault:
        lines.append(f"⚠️ {escaped(health(feed, now), 500)}.")
    elif stories:
        lines.append("Its newest stories, as they would look:")
    elif feed.state.succeeded_at:
        lines.append("It answers, but has no story so far; they come as soon as there are some.")
    return "\n".join(lines)


def still_asking(feed: Feed) -> str:
    """A feed was added, and its answer takes longer than a command may wait."""
    name = escaped(feed_name(feed), 2 * _NAME)
    return f"**{name}** is added and being asked; `/feeds list` shows what came of it."


def not_added(feed: Feed) -> str:
    """Nothing that can be asked again is at an address, so it was not kept."""
    why = escaped(fault(feed.state), 400)
    return f"{code(feed.settings.url, 300)} was not added: {why}."


def removed(feed: Feed) -> str:
    """A feed was removed."""
    name = escaped(feed_name(feed), 2 * _NAME)
    return f"**{name}** is removed. Stories that nothing else gave are no longer shown."


def trial(url: str, sentences: Sequence[str]) -> str:
    """What an address gives, in sentences."""
    lines = [code(url, 300), *(escaped(one, 500) for one in sentences)]
    return "\n".join(fitting(lines, limits.CONTENT - 100))


def failed_trial(url: str, kind: FaultKind, detail: str) -> str:
    """An address that gives no answer that can be used."""
    why = fault(FeedState(url, None, fault=kind, detail=detail))
    return f"{code(url, 300)} gives nothing: {escaped(why, 400)}."


def embeds_that_fit(embeds: Sequence[Embed]) -> list[Embed]:
    """As many as one message holds, from the first on."""
    kept: list[Embed] = []
    for one in embeds[: limits.EMBEDS]:
        if sum(map(embed_size, (*kept, one))) > limits.EMBEDS_TOTAL:
            break
        kept.append(one)
    return kept


def owner_text(failing: Sequence[Feed], healed: Sequence[Feed], feeds: int) -> str:
    """What the bot's owner is told: feeds that fail for long, of so many `feeds` that are asked,
    and feeds that answer again after they were told of.
    """
    lines = (*(_failing(failing, feeds) if failing else ()), *_healed(healed))
    return "\n".join(lines)[: limits.CONTENT]


def plain_body(text: str) -> dict[str, Any]:
    """The JSON of a message of a text; it pings nobody."""
    return {"content": text, "embeds": [], "allowed_mentions": {"parse": []}}


def _failing(failing: Sequence[Feed], feeds: int) -> list[str]:
    lines = fitting([_fails(one) for one in failing], limits.CONTENT - _AROUND)
    left = len(failing) - len(lines)
    some = f"{len(failing)} of {quantity(feeds, 'feed')} {'gives' if len(failing) == 1 else 'give'}"
    return [
        f"⚠️ {some} nothing. I go on trying, and tell you when that ends.",
        *([_NEARER] if _is_nearer(failing, feeds) else []),
        *lines,
        *([f"and {left} more"] if left else []),
        "`/feeds list` in a server shows how they are.",
    ]


_NEARER: Final = (
    "So many at once: look first at the network of the machine that I run on, and its name server."
)


def _is_nearer(failing: Sequence[Feed], feeds: int) -> bool:
    """Whether the cause is probably here, not at the sites."""
    on_the_way = sum(one.state.fault in _ON_THE_WAY for one in failing)
    return on_the_way >= _MANY and 2 * on_the_way > feeds


def _fails(feed: Feed) -> str:
    since = feed.state.failing_since
    when = f" since <t:{int(since.timestamp())}:f>" if since else ""
    why = escaped(fault(feed.state), 200)
    return (
        f"- **{escaped(feed_name(feed), 2 * _NAME)}** {code(feed.settings.url, 100)}{when}: {why}"
    )


def _healed(healed: Sequence[Feed]) -> list[str]:
    if not healed:
        return []
    names = fitting([f"**{escaped(feed_name(one), 2 * _NAME)}**" for one in healed], 300)
    more = f" and {len(healed) - len(names)} more" if len(names) < len(healed) else ""
    return [f"✅ {'Answers' if len(healed) == 1 else 'Answer'} again: {', '.join(names)}{more}."]
