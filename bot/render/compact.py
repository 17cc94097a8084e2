"""The sources of an edition's stories, a row each, together low enough for a phone."""

from collections.abc import Sequence
from typing import Final

from bot.render import phone
from bot.render.overview import giving_way
from bot.render.source_names import sources_in, sources_lines
from bot.stories.model import ArchivedStory

HIGHEST: Final = 795
"""Pixels of an edition of up to five stories on a phone; one of more has as many for each story."""
_FEW: Final = 5
_FRAME: Final = 24
"""What an embed takes beside its lines."""
_LINES: Final = (9, 3, 2, 1)
"""How many lines a row has at most on a phone: the first with which all are low enough."""


def source_rows(
    stories: Sequence[ArchivedStory], first: int, sources: int, above: float, room: int
) -> str:
    """The rows, numbered from `first` on, in `room` characters; links give way before names.

    `above`: the pixels of the rest of the message.
    """
    high = HIGHEST * max(len(stories), _FEW) / _FEW - above - _FRAME
    numbered = [(n, story) for n, story in enumerate(stories, start=first) if story.top(1)]
    forms: list[list[str]] = []
    for most in _LINES:
        forms = [_row(number, story, sources, most) for number, story in numbered]
        text = phone.visible("\n".join(row[0] for row in forms))
        if phone.lines(text, phone.TEXT, phone.WIDE) * phone.TEXT.line <= high:
            break
    return "\n".join(one[at] for one, at in zip(forms, giving_way(forms, room), strict=True))


def _row(number: int, story: ArchivedStory, sources: int, most: int) -> list[str]:
    """The forms of a story's row, from all of it links to none."""
    count = sources_in(story, sources, most, phone.WIDE, f"{number}. ")
    return [f"**{number}.** {names}" for names in sources_lines(story, count)]
