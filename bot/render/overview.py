"""The overview at the head of an edition: a numbered line for each story, written and read back."""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from bot.render import limits
from bot.render.embeds import marks, publishers
from bot.render.sanitizer import ZERO_WIDTH_SPACE, escaped, headline_link
from bot.stories.model import ArchivedStory

HEADLINE: Final = 150
"""How many characters of a headline a line shows: hardly one is longer."""
_SHORT: Final = 60
"""The same if the lines do not fit: ten of them always do."""
_PROVIDER: Final = 30
_LINE: Final = re.compile(r"^\d{1,3}\. ")
_LINK: Final = re.compile(r"(?P<before>.*?)\[(?P<label>[^\[\]]+)\]\(<(?P<url>[^\s<>]+)>\)")


class Line(NamedTuple):
    """A line of an overview. `linked`: it links to its story."""

    text: str
    linked: bool


class Headline(NamedTuple):
    """What a line of an overview says: a headline, escaped, and its URL if it is a link."""

    text: str
    url: str | None


def overview(
    stories: Sequence[ArchivedStory],
    first: int,
    room: int,
    *,
    named: Callable[[ArchivedStory], bool],
    from_archive: bool = False,
) -> list[Line]:
    """A line for each of up to ten stories, numbered from `first` on, in `room` characters.

    `named`: whether with the headline's publisher, which otherwise stands below. If they do not
    fit, the longest lose their links, then the end of their headlines.
    """
    forms = [
        _forms(story, number, from_archive=from_archive, named=named(story))
        for number, story in enumerate(stories, start=first)
    ]
    chosen = giving_way([[form.text for form in one] for one in forms], room)
    return [one[at] for one, at in zip(forms, chosen, strict=True)]


def _forms(story: ArchivedStory, number: int, *, from_archive: bool, named: bool) -> list[Line]:
    """The forms of a story's line, the best first."""
    article = story.article
    parts = (
        *marks(story, from_archive=from_archive),
        *([escaped(article.provider.name, _PROVIDER)] if named else []),
        *publishers(story),
    )
    beside = "".join(f" · {part}" for part in parts)
    link = headline_link(article.title, article.url, HEADLINE, quiet=True)
    texts = (escaped(article.title, length) for length in (HEADLINE, _SHORT))
    return [
        Line(f"{number}. {link}{beside}", linked=True),
        *(Line(f"{number}. {text}{beside}", linked=False) for text in texts),
    ]


def giving_way(forms: Sequence[Sequence[str]], room: int) -> list[int]:
    """Which form of each line to take, so that all fit into `room` with their line ends.

    A line's forms go from the best to the shortest. The longest lines give way first; if even the
    shortest forms do not fit, they are taken.
    """
    chosen = [0] * len(forms)
    while sum(len(one[at]) + 1 for one, at in zip(forms, chosen, strict=True)) > room:
        can = [n for n, one in enumerate(forms) if chosen[n] + 1 < len(one)]
        if not can:
            break
        chosen[max(can, key=lambda n: len(forms[n][chosen[n]]))] += 1
    return chosen


def is_line(line: str) -> bool:
    """Whether a line of a message's content belongs to an overview."""
    return _LINE.match(line) is not None


def headline_in(line: str) -> Headline:
    """What a line of an overview says. Of one without a link, the text is not parted from what
    stands beside it: its story has a card.
    """
    text = _LINE.sub("", line)
    match = _LINK.match(text)
    if match is None:
        return Headline(text, None)
    beside = match["before"].removesuffix(" (")
    if beside:  # a headline that cannot be a label
        return Headline(beside, match["url"])
    return Headline(
        escaped(match["label"].replace(ZERO_WIDTH_SPACE, ""), limits.TITLE), match["url"]
    )
