"""Every source of a story: its headline, its publisher, when, and what it is to the others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bot.digests.setting_values import quantity
from bot.render import limits
from bot.render.embeds import COLOUR, Embed, fitting, heat, quality
from bot.render.sanitizer import address, escaped, headline_link
from bot.stories.model import (
    NOT_ON_EVENT,
    ArchivedStory,
    Article,
    RankedSource,
    Reference,
    Relation,
)

_REPEATS: Final[Mapping[Relation, str]] = {
    Relation.COPY: "copy",
    Relation.SIBLING: "same headline",
    Relation.SAME_OWNER: "same owner",
}
_OF: Final[Mapping[Relation, str]] = {
    Relation.COPY: "copy of",
    Relation.SIBLING: "same headline as",
    Relation.SAME_OWNER: "same owner as",
}
"""The same before the name of the publisher whose article it repeats."""
FIRST: Final = "first in this archive"
_PUBLISHERS: Final = (
    "“Publishers” counts independent outlets covering the story; reprints and outlets of the same"
    " owner count once."
)
_EARLIER: Final = "Earlier, on the same subject"
_LATER: Final = "Later, on the same subject"
_NOBODY: Final = "No other publisher has it yet."
LONGEST_ADDRESS: Final = 500
"""A longer one would take the room of several entries."""
_HEADLINES: Final = (150, 100, 70, 40)
"""How many characters the headlines may have: the most with which every source fits, if any."""


class Group(NamedTuple):
    """Sources under one heading, with their numbers; those on-event have no heading. `references`
    are no sources.
    """

    heading: str
    sources: Sequence[tuple[int, RankedSource]]
    references: Sequence[Reference] = ()


def ordered(story: ArchivedStory) -> list[RankedSource]:
    """All sources as they are numbered: on-event ones by rank, background by time, off topic."""
    return sorted(story.sources, key=_place)


def _place(source: RankedSource) -> tuple[int, float]:
    match source.relation:
        case Relation.OFF_TOPIC:
            return 2, 0.0
        case Relation.BACKGROUND:
            return 1, source.article.published_at.timestamp()
        case _:
            return 0, 0.0


def groups(story: ArchivedStory) -> list[Group]:
    """The sources of a story: on-event ones by rank, then background by time."""
    numbered = [*enumerate(ordered(story), start=1)]
    on_event = [one for one in numbered if _place(one[1])[0] == 0]
    background = [one for one in numbered if one[1].relation is Relation.BACKGROUND]
    at = story.article.published_at
    earlier = [one for one in background if one[1].article.published_at < at]
    later = Group(_LATER, background[len(earlier) :], story.later)
    found = (Group("", on_event), Group(_EARLIER, earlier), later)
    return [group for group in found if group.sources or group.references]


def off_topic(story: ArchivedStory) -> list[str]:
    """How many listed pages are about something else; Numbers names each."""
    count = sum(source.relation is Relation.OFF_TOPIC for source in story.sources)
    pages = "1 listed page was" if count == 1 else f"{count} listed pages were"
    return [f"{pages} left out as off topic."] if count else []


def coverage(story: ArchivedStory) -> str:
    """How many publishers have the story, on how many pages; reprints are pages, too."""
    pages = 1 + sum(source.relation not in NOT_ON_EVENT for source in story.sources)
    if pages == 1:
        return _NOBODY
    return f"{quantity(story.publishers, 'publisher')}, {quantity(pages, 'page')} with this one."


def sources_embed(story: ArchivedStory) -> Embed:
    """Every source of a story that fits, on-event ones first, each with the one that it repeats."""
    head, ending = _head(story), _ending(story)
    room = limits.DESCRIPTION - len("\n".join((*head, *ending))) - len("\nand 9999 more\n")
    lines: list[str] = []
    shown: list[str] = []
    for length in _HEADLINES:
        lines = [*_lines(story, length)]
        shown = fitting(lines, room)
        if len(shown) == len(lines):
            break
    more = [f"and {len(lines) - len(shown)} more"] if len(shown) < len(lines) else []
    return {
        "title": escaped(story.article.title, limits.TITLE),
        "url": story.article.url,
        "description": "\n".join((*head, *shown, *more, *ending)),
        "color": COLOUR,
        "footer": {"text": numbers(story)},
    }


def numbers(story: ArchivedStory) -> str:
    """A story's quality and heat."""
    return f"{quality(story.article.quality)} · {heat(story.heat)}"


def _ending(story: ArchivedStory) -> list[str]:
    notes = [*off_topic(story), *([_PUBLISHERS] if story.publishers > 1 else [])]
    return ["", *notes] if notes else []


def _head(story: ArchivedStory) -> list[str]:
    """The story's own article, whose headline is the title, and how many others have it."""
    first = story.first
    parts = [escaped(story.article.provider.name, 100), _time(story.article)]
    own = " · ".join((*parts, *([FIRST] if first is story.article else [])))
    return [own, coverage(story)]


def names_by_url(story: ArchivedStory) -> dict[str, str]:
    """The publishers' names of a story's articles, by URL."""
    articles = (story.article, *(source.article for source in story.sources))
    return {one.url: one.provider.name for one in articles}


def relation_words(source: RankedSource, names: Mapping[str, str]) -> str:
    """What a source is to the others, "" if it is background; `names` maps URLs to publishers."""
    if source.relation is Relation.ELIGIBLE:
        return f"own report{'' if source.independent else ' by the same owner'}"
    name = names.get(source.of or "")
    if name and source.relation in _OF:
        return f"{_OF[source.relation]} {name}"
    return _REPEATS.get(source.relation, "")


def _lines(story: ArchivedStory, headline: int) -> Iterator[str]:
    """One entry for each source; a group's heading stands above its first."""
    names = names_by_url(story)
    for group in groups(story):
        entries = [
            f"{number}. {_source(source, names, headline, story)}"
            for number, source in group.sources
        ]
        entries += [f"- {_reference(one, headline)}" for one in group.references]
        heading = f"**{group.heading}**\n" if group.heading else ""
        yield from (heading + entries[0], *entries[1:])


def _source(
    source: RankedSource, names: Mapping[str, str], headline: int, story: ArchivedStory
) -> str:
    """A source, and the source it repeats; `names` maps URLs to publishers' names."""
    article = source.article
    parts = (
        linked_headline(article.title, article.url, headline),
        escaped(article.provider.name, 60),
        _time(article),
        escaped(relation_words(source, names), 80),
        quality(article.quality),
        FIRST if article is story.first else "",
    )
    return " · ".join(part for part in parts if part)


def _reference(one: Reference, headline: int) -> str:
    at = f"<t:{int(one.published_at.timestamp())}:f>"
    link = linked_headline(one.headline, one.url, headline)
    return f"{link} · {escaped(one.provider, 60)} · {at}"


def linked_headline(headline: str, url: str, most: int, longest: int = LONGEST_ADDRESS) -> str:
    """A headline of a list as a link, in at most `most` characters. One whose address is longer
    than `longest` is only text, so that it costs no other entry.
    """
    if len(address(url)) > longest:
        return escaped(headline, most)
    return headline_link(headline, url, most)


def _time(article: Article) -> str:
    return f"<t:{int(article.published_at.timestamp())}:f>"
