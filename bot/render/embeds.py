"""A story as a Discord embed: headline, topics, excerpt, and its best sources with quality."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.render import limits
from bot.render.sanitizer import escaped, link, plain
from bot.stories.model import ArchivedStory, Listed, RankedSource, Relation, Topic

Embed = dict[str, Any]
"""The JSON of one embed."""

COLOUR: Final = 0x1F4E79
EXCERPT: Final = 300
"""How many characters of an excerpt are shown: about three lines on a phone."""
_LINES: Final = 2600
"""How many characters lists of links may have, so that one story always fits into a message."""

_RELATION_WORDS: Final[Mapping[Relation, tuple[str, str]]] = {
    Relation.COPY: ("copy", "copy of"),
    Relation.SIBLING: ("same headline", "same headline as"),
    Relation.SAME_OWNER: ("same owner", "same owner as"),
    Relation.OFF_TOPIC: ("off topic", "off topic as"),
}
"""What a hidden source is called: alone, and before the name of the source that it repeats."""
_PUBLISHERS: Final = (
    "“Publishers” counts independent ones: copies and pages off topic do not count, nor does a "
    "second page of one owner."
)


def story_embed(story: ArchivedStory, sources: int, *, from_archive: bool = False) -> Embed:
    """One story with its `sources` best sources, and "+N more" for the other eligible ones."""
    article = story.article
    blocks = [
        " · ".join(f"**{escaped(name, 60)}**" for name in story.topics[:6]),
        escaped(article.excerpt, EXCERPT) if article.excerpt != article.title else "",
        _best(story, sources),
    ]
    embed: Embed = {
        "title": escaped(article.title, limits.TITLE),
        "url": article.url,
        "description": "\n\n".join(block for block in blocks if block),
        "color": COLOUR,
        "footer": {"text": _footer(story)},
        "timestamp": article.published_at.isoformat(),
    }
    if from_archive:
        embed["author"] = {"name": "From the archive"}
    if article.image:
        embed["thumbnail"] = {"url": article.image}
    return embed


def _best(story: ArchivedStory, limit: int) -> str:
    shown = _fitting([f"{n}. {source_line(s)}" for n, s in enumerate(story.top(limit), start=1)])
    more = len(story.top(len(story.sources))) - len(shown)
    heading = ["**Best sources**"] if shown else []
    return "\n".join((*heading, *shown, *([f"+{more} more"] if more else [])))


def _fitting(lines: Sequence[str]) -> list[str]:
    """The lines that fit, from the first on; very long URLs only cost the last lines."""
    kept: list[str] = []
    for line in lines:
        if sum(len(known) + 1 for known in kept) + len(line) > _LINES:
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


def _footer(story: ArchivedStory) -> str:
    provider = plain(story.article.provider.name, 100)
    count = f"{story.publishers} publisher{'s' if story.publishers != 1 else ''}"
    return f"{provider} · {quality(story.article.quality)} · {heat(story.heat)} · {count}"


def sources_embed(story: ArchivedStory) -> Embed:
    """Every source of a story that fits, in rank order, each with the source it repeats."""
    names = {a.url: a.provider.name for a in (story.article, *(s.article for s in story.sources))}
    lines = [f"{n}. {_full_line(s, names)}" for n, s in enumerate(story.sources, start=1)]
    shown = _fitting(lines)
    left = len(lines) - len(shown)
    ending = [f"and {left} more"] if left else []
    nothing = ["No other publisher has it yet."] if not lines else []
    return {
        "title": escaped(story.article.title, limits.TITLE),
        "url": story.article.url,
        "description": "\n".join((*shown, *ending, *nothing, "", _PUBLISHERS)),
        "color": COLOUR,
        "footer": {"text": _footer(story)},
    }


def _full_line(source: RankedSource, names: Mapping[str, str]) -> str:
    """A source, and the source it repeats; `names` maps URLs to publishers' names."""
    words, name = _RELATION_WORDS.get(source.relation, ()), names.get(source.of or "")
    if not words:
        return source_line(source)
    told = f"{words[1]} {escaped(name, 60)}" if name else words[0]
    return f"{source_line(source)} · {told}"


def listed_story(story: Listed, number: int, sources: int) -> str:
    """A story as two lines of a list: its headline, and its best sources.

    The headline is text, not a link: only an embed's title is safe as its link.
    """
    when = f"<t:{int(story.article.published_at.timestamp())}:d>"
    best = ", ".join(link(one.provider, one.url) for one in story.mentions(sources))
    own = f"{link(story.article.provider.name, story.article.url)} {_score(story.article.quality)}"
    return (
        f"**{number}. {escaped(story.article.title, 200)}**\n"
        f"{when} · {own}{f' · also {best}' if best else ''}"
    )


def _score(value: int | None) -> str:
    return "(quality unknown)" if value is None else str(value)


def topic_embed(
    topic: Topic, stories: Sequence[Listed], sources: int, before: int | None = 0
) -> Embed:
    """A page of a topic: its stories, newest first, each with its best sources.

    Sources give way to stories: a story that the page skipped would never be shown. `before`: how
    many stories the pages before have; if it is None, numbers begin at 1 and are not positions.
    """
    first = (before or 0) + 1
    for shown in range(sources, -1, -1):
        lines = [listed_story(story, n, shown) for n, story in enumerate(stories, start=first)]
        if len(_fitting(lines)) == len(lines):
            break
    count = f"{topic.stories} {'story' if topic.stories == 1 else 'stories'}"
    last = first + len(stories) - 1
    if before is not None and len(stories) < topic.stories and first <= last <= topic.stories:
        count = f"{first if first == last else f'{first}-{last}'} of {count}"
    return {
        "title": escaped(topic.name, limits.TITLE),
        "description": "\n\n".join(_fitting(lines)) or "No stories yet.",
        "color": COLOUR,
        "footer": {"text": f"{count}, newest first · numbers are quality"},
    }
