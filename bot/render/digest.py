"""An edition as Discord messages: pure, and exactly as sent. Split only between stories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bot.digests.edition import AlsoLine, Contents, edition_line
from bot.render import limits
from bot.render.embeds import COLOUR, Embed, reference_line, story_embed
from bot.render.sanitizer import escaped, plain
from bot.stories.additions import MOST
from bot.stories.model import ArchivedStory, Listed

Body = dict[str, Any]
"""The JSON of `POST /channels/{id}/messages`, without a nonce."""

SOURCES_ID: Final = "sources"
"""custom_id of the select that opens a story's sources; its values are story ids."""


STORY_ID: Final = "story"
"""custom_id of the select that shows another story; its values are story ids."""
Row = dict[str, Any]
"""The JSON of a row of components."""
_LINE = re.compile(r"^Also: .* \(\[[^\]]*\]\((?P<url>\S+)\)\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """One part of an edition: its body, its marker, the ids of the stories in it, and of those that
    are only a line under it.
    """

    body: Body
    marker: str
    story_ids: tuple[int, ...]
    also_ids: tuple[int, ...] = ()


def edition_messages(contents: Contents, sources: int) -> list[Message]:
    """The messages of an edition, each within every limit of Discord, in order.

    What other publishers add to the stories gives way if it needed one message more.
    """
    fewest = len(_parts(contents, sources, 0))
    every = (_parts(contents, sources, added) for added in range(MOST, -1, -1))
    groups = next(parts for parts in every if len(parts) == fewest)
    return [_message(contents, number, group) for number, group in enumerate(groups, start=1)]


class _Item(NamedTuple):
    """An embed and its story; None = it has the lines under the edition."""

    embed: Embed
    story: ArchivedStory | None = None


def _parts(contents: Contents, sources: int, added: int) -> list[list[_Item]]:
    """The embeds of each message, with at most `added` sentences of others in each story's."""
    from_archive = contents.from_archive
    items = [
        _Item(story_embed(story, sources, from_archive=from_archive, added=added), story)
        for story in contents.stories
    ]
    if items and contents.also:
        items.append(_Item(_also_embed(contents.also)))
    return _split(items) or [[]]


def _message(contents: Contents, number: int, group: Sequence[_Item]) -> Message:
    marker = edition_line(contents.local_date, contents.slot, number)
    names = escaped(", ".join(contents.topics), 300)
    heading = [*_ping(contents), f"## {names}"] if number == 1 else []
    late = [f"-# Late: it was due at {contents.due:%H:%M}."] if contents.due and heading else []
    note = [] if group else [f"No new stories about {names} today."]
    body: Body = {
        "content": "\n".join((*heading, f"-# {marker}", *late, *note)),
        "embeds": [item.embed for item in group],
        "allowed_mentions": _allowed(contents if number == 1 else None),
    }
    stories = [item.story for item in group if item.story]
    if stories:
        body["components"] = [sources_select(stories)]
    also = contents.also if len(stories) < len(group) else ()
    ids = tuple(story.story_id for story in stories)
    return Message(body, marker, ids, tuple(line.story_id for line in also))


def _also_embed(lines: Sequence[AlsoLine]) -> Embed:
    """The lines under an edition: reports that are similar to what its channel has just had.

    It has no title and no URL, which tells it from a story's.
    """
    shown = (reference_line("Also", *line[1:]) for line in lines)
    return {"description": "\n".join(shown), "color": COLOUR}


def also_urls(embed: Embed) -> list[str]:
    """The URLs of the lines that a posted embed has; none in a story's."""
    if "url" in embed:
        return []
    return [match["url"] for match in _LINE.finditer(embed.get("description", ""))]


def _ping(contents: Contents) -> list[str]:
    return [f"<@&{contents.role}>"] if contents.role else []


def _allowed(contents: Contents | None) -> dict[str, Any]:
    """Nobody is ever pinged except the one role that an admin set, once per edition."""
    roles = {"roles": [str(contents.role)]} if contents and contents.role else {}
    return {"parse": [], **roles}


def edition_title(contents: Contents) -> str:
    """The name of the post that an edition opens; no two in one channel are the same."""
    line = edition_line(contents.local_date, contents.slot, 1)
    room = limits.POST_NAME - len(line) - 3
    return f"{plain(', '.join(contents.topics), room)} · {line}"


def sources_select(stories: Sequence[Listed]) -> Row:
    """A row with a select of stories that opens all sources of one."""
    return _story_select(SOURCES_ID, "All sources of a story", stories)


def stories_select(stories: Sequence[Listed]) -> Row:
    """A row with a select of stories that shows another story instead."""
    return _story_select(STORY_ID, "Other stories that match", stories)


def _story_select(custom_id: str, placeholder: str, stories: Sequence[Listed]) -> Row:
    options = [_option(story) for story in stories[: limits.OPTIONS]]
    select = {"custom_id": custom_id, "placeholder": placeholder, "options": options}
    return {"type": 1, "components": [{"type": 3, **select}]}


def _option(story: Listed) -> dict[str, str]:
    """A story in a select, with the number of its sources if it has any."""
    title, count = plain(story.article.title, limits.OPTION_TEXT), story.source_count
    counted = {"description": f"{count} source{'s' if count != 1 else ''}"} if count else {}
    return {"label": title, "value": str(story.story_id), **counted}


def _split(items: Sequence[_Item]) -> list[list[_Item]]:
    """As few messages as possible for the items, in order."""
    groups: list[list[_Item]] = []
    room = 0
    for item in items:
        size = embed_size(item.embed)
        if not groups or size > room or len(groups[-1]) == limits.EMBEDS:
            groups.append([])
            room = limits.EMBEDS_TOTAL
        groups[-1].append(item)
        room -= size
    return groups


def embed_size(embed: Embed) -> int:
    """The characters of an embed that Discord counts towards a message's total."""
    texts = (
        embed.get("title", ""),
        embed.get("description", ""),
        embed.get("footer", {}).get("text", ""),
        embed.get("author", {}).get("name", ""),
    )
    return sum(map(len, texts))
