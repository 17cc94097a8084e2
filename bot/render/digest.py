"""An edition as Discord messages: pure, and exactly as sent. Split only between stories."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.digests.edition import Contents, edition_line
from bot.render import limits
from bot.render.embeds import Embed, story_embed
from bot.render.sanitizer import escaped, plain
from bot.stories.model import ArchivedStory, Listed

Body = dict[str, Any]
"""The JSON of `POST /channels/{id}/messages`, without a nonce."""

SOURCES_ID: Final = "sources"
"""custom_id of the select that opens a story's sources; its values are story ids."""


STORY_ID: Final = "story"
"""custom_id of the select that shows another story; its values are story ids."""
Row = dict[str, Any]
"""The JSON of a row of components."""


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
    """The messages of an edition, each within every limit of Discord, in order."""
    embedded = [
        (story, story_embed(story, sources, from_archive=contents.from_archive))
        for story in contents.stories
    ]
    groups = _split(embedded) or [[]]
    return [_message(contents, number, group) for number, group in enumerate(groups, start=1)]


def _message(
    contents: Contents, number: int, group: Sequence[tuple[ArchivedStory, Embed]]
) -> Message:
    marker = edition_line(contents.local_date, contents.slot, number)
    names = escaped(", ".join(contents.topics), 300)
    heading = [*_ping(contents), f"## {names}"] if number == 1 else []
    late = [f"-# Late: it was due at {contents.due:%H:%M}."] if contents.due and heading else []
    note = [] if group else [f"No new stories about {names} today."]
    body: Body = {
        "content": "\n".join((*heading, f"-# {marker}", *late, *note)),
        "embeds": [embed for _, embed in group],
        "allowed_mentions": _allowed(contents if number == 1 else None),
    }
    if group:
        body["components"] = [sources_select([story for story, _ in group])]
    return Message(body, marker, tuple(story.story_id for story, _ in group))


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
    options = [
        {
            "label": plain(story.article.title, limits.OPTION_TEXT),
            "value": str(story.story_id),
            "description": _sources(story.source_count),
        }
        for story in stories[: limits.OPTIONS]
    ]
    select = {"custom_id": custom_id, "placeholder": placeholder, "options": options}
    return {"type": 1, "components": [{"type": 3, **select}]}


def _sources(count: int) -> str:
    return f"{count} source{'s' if count != 1 else ''}"


def _split(
    embedded: Sequence[tuple[ArchivedStory, Embed]],
) -> list[list[tuple[ArchivedStory, Embed]]]:
    """As few messages as possible for the stories, in order."""
    groups: list[list[tuple[ArchivedStory, Embed]]] = []
    room = 0
    for item in embedded:
        size = embed_size(item[1])
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
