"""An edition as Discord messages: pure, and exactly as sent. Split only between stories."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from bot.config import Layout
from bot.digests.edition import Contents, edition_line
from bot.render import limits, phone
from bot.render.cards import cards, low_reference, shortest_cards
from bot.render.colours import colour_of
from bot.render.compact import source_rows
from bot.render.embeds import COLOUR, Embed, headline_embed, publishers
from bot.render.overview import Line, overview
from bot.render.sanitizer import escaped, plain
from bot.render.source_names import names_own
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


class _Part(NamedTuple):
    """The stories of a message, the lines of its overview, its embeds, and whether one of them has
    the lines under the edition.
    """

    stories: Sequence[ArchivedStory] = ()
    lines: Sequence[str] = ()
    embeds: Sequence[Embed] = ()
    also: bool = False


def edition_messages(contents: Contents, sources: int) -> list[Message]:
    """The messages of an edition, each within every limit of Discord, in order; of a story at most
    `sources` are named.
    """
    parts = [*_parts(contents, sources)] or [_Part()]
    return [
        _message(contents, number, part)
        for number, part in enumerate(_with_also(contents, parts), start=1)
    ]


def _parts(contents: Contents, sources: int) -> Iterator[_Part]:
    """The parts with stories; without cards, ten stories go into one."""
    stories, shown = contents.stories, _cards(contents, sources)
    sizes = [len(group) for group in _split(shown)]
    sizes = sizes or [limits.EMBEDS] * -(-len(stories) // limits.EMBEDS)
    first = 0
    for number, size in enumerate(sizes, start=1):
        chosen = stories[first : first + size]
        lines = _overview(contents, number, chosen, first + 1, sources)
        told = [*zip(chosen, lines, strict=True)]
        embeds = shown[first : first + size] or _without_cards(contents, told, first + 1, sources)
        yield _Part(chosen, [line.text for line in lines], embeds)
        first += size


def _overview(
    contents: Contents, number: int, stories: Sequence[ArchivedStory], first: int, sources: int
) -> list[Line]:
    """The overview of a part's stories, with publishers of headlines that nothing below names."""

    def named(story: ArchivedStory) -> bool:
        match contents.layout:
            case Layout.CARDS:
                return False
            case Layout.COMPACT:
                return not names_own(story, sources)
            case Layout.HEADLINES:
                return True

    room = limits.CONTENT - len("\n".join(_heading(contents, number)))
    return overview(stories, first, room, named=named, from_archive=contents.from_archive)


def _cards(contents: Contents, sources: int) -> list[Embed]:
    """A card for each story, if the layout has any; the shortest if others need more messages."""
    if contents.layout is not Layout.CARDS:
        return []
    also = _also_embeds(contents)
    lines = _overview(contents, 1, contents.stories, 1, sources)
    text = "\n".join((*_heading(contents, 1), *(line.text for line in lines)))
    fitted = cards(contents, sources, text, also)
    if (needed := len(_split([*fitted, *also]))) == 1:
        return fitted
    shortest = shortest_cards(contents, sources)
    return shortest if len(_split([*shortest, *also])) < needed else fitted


def _without_cards(
    contents: Contents, told: Sequence[tuple[ArchivedStory, Line]], first: int, sources: int
) -> list[Embed]:
    """The headlines that are no links in the overview as embeds that are; and in the compact
    layout, the sources of every story under its number.
    """
    bare = [headline_embed(story, contents.topics) for story, line in told if not line.linked]
    if contents.layout is not Layout.COMPACT:
        return bare
    stories = [story for story, _ in told]
    text = "\n".join((*_heading(contents, 1), *(line.text for _, line in told)))
    above = phone.message_height(text, _also_embeds(contents))
    room = min(limits.DESCRIPTION, limits.EMBEDS_TOTAL - sum(map(embed_size, bare)))
    lines = source_rows(stories, first, sources, above, room)
    colour = colour_of(contents.topics[0])
    if len(bare) == limits.EMBEDS:  # no room for one more: they stand in the last one
        return [*bare[:-1], {**bare[-1], "description": lines}]
    return [*bare, {"description": lines, "color": colour}] if lines else bare


def _message(contents: Contents, number: int, part: _Part) -> Message:
    note = [] if part.embeds or part.lines else [f"No new stories about {_names(contents)} today."]
    body: Body = {
        "content": "\n".join((*_heading(contents, number), *part.lines, *note)),
        "embeds": [*part.embeds],
        "allowed_mentions": _allowed(contents if number == 1 else None),
    }
    if part.stories:
        body["components"] = [sources_select(part.stories)]
    ids = tuple(story.story_id for story in part.stories)
    also = tuple(line.story_id for line in contents.also) if part.also else ()
    return Message(body, _marker(contents, number), ids, also)


def _heading(contents: Contents, number: int) -> list[str]:
    """The lines above a part's stories: the ping and the topics in the first, the marker in all."""
    marker = f"-# {_marker(contents, number)}"
    if number > 1:
        return [marker]
    late = [f"-# Late: it was due at {contents.due:%H:%M}."] if contents.due else []
    return [*_ping(contents), f"## {_names(contents)}", marker, *late]


def _marker(contents: Contents, number: int) -> str:
    return edition_line(contents.local_date, contents.slot, number)


def _names(contents: Contents) -> str:
    return escaped(", ".join(contents.topics), 300)


def _with_also(contents: Contents, parts: Sequence[_Part]) -> Sequence[_Part]:
    """The parts with the lines under the edition: in the last, or in one of their own."""
    also, (*before, last) = _also_embeds(contents), parts
    if not also or not contents.stories:
        return parts
    embeds = [*last.embeds, *also]
    if len(_split(embeds)) == 1:
        return [*before, last._replace(embeds=embeds, also=True)]
    return [*parts, _Part(embeds=also, also=True)]


def _also_embeds(contents: Contents) -> list[Embed]:
    """The lines under an edition, if any: reports similar to what its channel has just had.

    The embed has no title and no URL, which tells it from a story's.
    """
    if not contents.also:
        return []
    shown = (low_reference("Also", *line[1:], phone.WIDE) for line in contents.also)
    return [{"description": "\n".join(shown), "color": COLOUR}]


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
    return _select(SOURCES_ID, "All sources of a story", map(_option, stories))


def stories_select(stories: Sequence[Listed]) -> Row:
    """A row with a select of stories that shows another story instead."""
    options = [{**_option(story), "description": _dated(story)} for story in stories]
    return _select(STORY_ID, "Other stories that match", options)


def _dated(story: Listed) -> str:
    """`23 Dec 2019 · 3 publishers`."""
    at = story.article.published_at
    return " · ".join((f"{at.day} {at:%b %Y}", *publishers(story)))


def _select(custom_id: str, placeholder: str, options: Iterable[dict[str, str]]) -> Row:
    shown = [*islice(options, limits.OPTIONS)]
    select = {"custom_id": custom_id, "placeholder": placeholder, "options": shown}
    return {"type": 1, "components": [{"type": 3, **select}]}


def _option(story: Listed) -> dict[str, str]:
    """A story in a select, with how many publishers tell it if there are several."""
    title = plain(story.article.title, limits.OPTION_TEXT)
    option = {"label": title, "value": str(story.story_id)}
    counted = publishers(story)
    return {**option, "description": counted[0]} if counted else option


def _split(embeds: Sequence[Embed]) -> list[list[Embed]]:
    """As few messages as possible for the embeds, in order."""
    groups: list[list[Embed]] = []
    room = 0
    for embed in embeds:
        size = embed_size(embed)
        if not groups or size > room or len(groups[-1]) == limits.EMBEDS:
            groups.append([])
            room = limits.EMBEDS_TOTAL
        groups[-1].append(embed)
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
