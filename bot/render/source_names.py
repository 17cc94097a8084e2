"""A story's publishers in one line: names, and how many more, which together are all of them.

Publishers are independent outlets. The headline's own is named first, unless an outlet of the same
owner is among the sources: that one stands for both.
"""

from collections.abc import Sequence
from typing import Final

from bot.render import phone
from bot.render.sanitizer import escaped, link, plain
from bot.stories.model import ArchivedStory

_NAMES: Final = 200
"""How many characters publishers' names may have when none is a link."""


def names_own(story: ArchivedStory, limit: int) -> bool:
    """Whether the line of a story's `limit` best sources names its headline's publisher."""
    best = story.top(limit)
    return bool(best) and all(source.independent for source in best)


def sources_in(story: ArchivedStory, limit: int, most: int, width: int, before: str = "") -> int:
    """How many of a story's `limit` best sources a line names that takes at most so many lines on a
    phone with what stands `before` it; at least one.
    """
    for count in range(len(story.top(limit)), 1, -1):
        names = [plain(source.article.provider.name, 60) for source in story.top(count)]
        shown = before + _joined(story, [*_own(story, count), *names])
        if phone.lines(shown, phone.TEXT, width) <= most:
            return count
    return 1


def fitting_sources(story: ArchivedStory, limit: int, room: int) -> str:
    """A story's publishers in one line, as many of them links as there is room for."""
    forms = sources_lines(story, limit)
    return next((line for line in forms if len(line) <= room), forms[-1])


def sources_lines(story: ArchivedStory, limit: int) -> list[str]:
    """The forms of the line of a story's `limit` best sources: from all of them links to none; ""
    if it has none.
    """
    best = [source.article for source in story.top(limit)]
    if not best:
        return [""]
    own = [escaped(name, 60) for name in _own(story, limit)]
    links = [link(article.provider.name, article.url) for article in best]
    names = [escaped(article.provider.name, 60) for article in best]
    forms = [[*own, *links[:count], *names[count:]] for count in range(len(best), 0, -1)]
    return [_joined(story, form) for form in (*forms, _fitting([*own, *names]))]


def _own(story: ArchivedStory, limit: int) -> list[str]:
    return [story.article.provider.name] if names_own(story, limit) else []


def _fitting(names: Sequence[str]) -> list[str]:
    """The names that fit, at least one."""
    kept = [*names]
    while len(kept) > 1 and len(", ".join(kept)) > _NAMES:
        kept.pop()
    return kept


def _joined(story: ArchivedStory, names: Sequence[str]) -> str:
    more = story.publishers - len(names)
    return ", ".join((*names, *([f"+{more} more"] if more > 0 else [])))
