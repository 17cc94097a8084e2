"""Plainer versions of a message that Discord refused: first its stories as text, without lines
under them; then without one of the stories, too. Pure: made from the frozen body, so that nothing
else needs to be stored.
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.render import limits
from bot.render.overview import is_line
from bot.render.posted import PostedStory, has_also_lines, stories_of
from bot.render.sanitizer import address, shortened

_TITLE: Final = 150
_SHORTEST: Final = 40
"""The fewest characters for a headline with its Markdown; a URL that leaves less is dropped."""
_LEFT_OUT: Final = "-# One story is left out: Discord does not accept it here."
_NO_LINES: Final = "-# Similar reports are left out."


def version_of(body: Mapping[str, Any], version: int) -> Mapping[str, Any] | None:
    """A version of a body: 0 = itself, 1 = its stories as text, 2 and up = that without the first
    story, the second and so on; None = there are no more versions.
    """
    if version == 0:
        return body
    stories = stories_of(body)
    lines_lost = any(map(has_also_lines, body.get("embeds", ())))
    several = len(stories) if len(stories) > 1 else 0
    if not (stories or lines_lost) or version - 1 > several:
        return None
    left_out = left_out_by(version)
    kept = [one for number, one in enumerate(stories) if number != left_out]
    head = [line for line in body["content"].splitlines() if not is_line(line)]
    note = [*([_NO_LINES] if lines_lost else []), *([] if left_out is None else [_LEFT_OUT])]
    room = (limits.CONTENT - len("\n".join((*head, *note)))) // max(1, len(kept))
    return {
        "content": "\n".join((*head, *(_lines(one, room) for one in kept), *note)),
        "embeds": [],
        "allowed_mentions": body["allowed_mentions"],
    }


def left_out_by(version: int) -> int | None:
    """The place (from 0) of the story that a version leaves out; None = none."""
    return version - 2 if version > 1 else None


def _lines(story: PostedStory, room: int) -> str:
    """A story's headline, and its URL without a preview if there is room for both."""
    url = f"\n  <{address(story.url)}>" if story.url else ""
    if room - len(url) < _SHORTEST:
        url = ""
    length = min(_TITLE, room - len(url) - len("\n- ****"))
    return f"- **{shortened(story.headline, length)}**{url}"
