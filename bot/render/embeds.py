"""A story as a Discord embed: headline, topics, excerpt, what others add, and its best sources."""

from collections.abc import Sequence
from typing import Any, Final

from bot.render import limits
from bot.render.sanitizer import escaped, link, plain
from bot.stories.additions import LONGEST, MOST, additions
from bot.stories.junk import Junk
from bot.stories.model import ArchivedStory, RankedSource
from bot.stories.text import with_tail

Embed = dict[str, Any]
"""The JSON of one embed."""

COLOUR: Final = 0x1F4E79
EXCERPT: Final = 300
"""How many characters of an excerpt are shown: about three lines on a phone."""
_LINES: Final = 2600
"""How many characters lists of links may have, so that one story always fits into a message."""
_LONGEST_LINK: Final = 300
"""A longer link inside a sentence is only a name, so that the sentences always fit."""
_LABELS: Final = {
    Junk.MARKET_RESEARCH: "Market research",
    Junk.DEAL: "Deal",
    Junk.PRESS_RELEASE: "Press release",
}
_SEE_ALSO: Final = 2
"""How many other events a story names that are the same happening."""


def story_embed(
    story: ArchivedStory, sources: int, *, from_archive: bool = False, added: int = MOST
) -> Embed:
    """One story with its `sources` best sources, and "+N more" for the other eligible ones; and
    with at most `added` sentences of other publishers.
    """
    article = story.article
    above = (
        " · ".join(f"**{escaped(name, 60)}**" for name in story.topics[:6]),
        escaped(with_tail(article.excerpt), EXCERPT) if article.excerpt != article.title else "",
        "\n".join(_additions(story, added)),
    )
    below = "\n".join(_references(story))
    room = limits.DESCRIPTION - sum(len(block) + 2 for block in (*above, below))
    blocks = (*above, _best(story, sources, min(_LINES, room)), below)
    embed: Embed = {
        "title": escaped(article.title, limits.TITLE),
        "url": article.url,
        "description": "\n\n".join(block for block in blocks if block),
        "color": COLOUR,
        "footer": {"text": footer(story)},
        "timestamp": article.published_at.isoformat(),
    }
    marks = [*(["From the archive"] if from_archive else []), *labels(story.junk)]
    if marks:
        embed["author"] = {"name": " · ".join(marks)}
    if article.image:
        embed["thumbnail"] = {"url": article.image}
    return embed


def labels(junk: str | None) -> list[str]:
    """What a reader is told about the kind of a story that is no news."""
    return [_LABELS[Junk(junk)]] if junk else []


def _additions(story: ArchivedStory, most: int) -> list[str]:
    """What other publishers add, each sentence after its publisher; escapes may double it."""
    return [
        f"**{escaped(article.provider.name, 60)}**: {escaped(sentence, 2 * LONGEST)}"
        for sentence, article in additions(story)[:most]
    ]


def _references(story: ArchivedStory) -> list[str]:
    before = [("Before this", story.before)] if story.before else []
    named = [*before, *(("See also", one) for one in story.see_also[:_SEE_ALSO])]
    return [reference_line(word, one.headline, one.provider, one.url) for word, one in named]


def reference_line(word: str, headline: str, publisher: str, url: str) -> str:
    """Another story in one line, like `Also: headline (publisher)`.

    The headline is text, not a link: only an embed's title is safe as its link.
    """
    return f"{word}: {escaped(headline, 200)} ({_short_link(publisher, url)})"


def _short_link(name: str, url: str) -> str:
    short = link(name, url)
    return short if len(short) <= _LONGEST_LINK else escaped(name, 100)


def _best(story: ArchivedStory, limit: int, room: int) -> str:
    heading, ending = "**Best sources**", "+{} more"
    lines = [f"{n}. {source_line(s)}" for n, s in enumerate(story.top(limit), start=1)]
    shown = fitting(lines, room - len(heading) - len(ending) - 8)
    more = len(story.top(len(story.sources))) - len(shown)
    above = [heading] if shown else []
    return "\n".join((*above, *shown, *([ending.format(more)] if more else [])))


def fitting(lines: Sequence[str], room: int = _LINES) -> list[str]:
    """The lines that fit, from the first on; very long URLs only cost the last lines."""
    kept: list[str] = []
    for line in lines:
        if sum(len(known) + 1 for known in kept) + len(line) > room:
            break
        kept.append(line)
    return kept


def source_line(source: RankedSource) -> str:
    """A source as a link with its publisher's name and its quality."""
    article = source.article
    return f"{link(article.provider.name, article.url)} · {quality(article.quality)}"


def quality(score: int | None) -> str:
    """A quality score in words."""
    return "quality unknown" if score is None else f"quality {score}"


def heat(value: int | None) -> str:
    """A heat in words."""
    return "heat unknown" if value is None else f"heat {value}"


def footer(story: ArchivedStory) -> str:
    """Who published a story, its numbers, and how many publishers tell its event, if others do."""
    provider = plain(story.article.provider.name, 100)
    count = f" · {story.publishers} publishers" if story.publishers > 1 else ""
    return f"{provider} · {quality(story.article.quality)} · {heat(story.heat)}{count}"
