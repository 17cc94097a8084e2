"""Stories and digests as plain text for a terminal."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from rich.cells import cell_len

from bot.digests.edition import Contents, edition_line
from bot.render.all_sources import FIRST, first_of, groups, off_topic
from bot.render.embeds import heat, labels, quality
from bot.render.sanitizer import ZERO_WIDTH_SPACE
from bot.stories.additions import additions
from bot.stories.model import ArchivedStory, Article, RankedSource, Relation, Topic
from bot.stories.text import with_tail

_MARKDOWN: Final = re.compile(
    r"\\(?P<sign>[^a-zA-Z0-9\s])|\[(?P<name>[^\]]+)\]\((?P<url>\S+?)\)|\*\*|^(#{1,3}|-#) ",
    re.MULTILINE,
)
"""Escapes, links, bold, and the marks of headings and small text."""
_WIDTH: Final = 96
"""How many characters a line in a box may have."""
_TOPIC_COLUMN: Final = 40
"""The longest topic name, in terminal columns, that widens the table."""
STORIES: Final = ("story", "stories")
FEEDS: Final = ("feed", "feeds")


def edition_text(contents: Contents, sources: int) -> str:
    """An edition as text: what a channel would get, without the boxes."""
    heading = f"{', '.join(contents.topics)}\n{edition_line(contents.local_date, contents.slot, 1)}"
    mark = "From the archive\n" if contents.from_archive else ""
    stories = [mark + story_text(story, sources) for story in contents.stories]
    lines = [f"Also: {line.headline} ({line.publisher})\n  {line.url}" for line in contents.also]
    also = ["\n".join(lines)] if stories and lines else []
    nothing = [] if stories else ["No new stories."]
    return "\n\n".join((heading, *stories, *also, *nothing))


def story_text(story: ArchivedStory, sources: int) -> str:
    """One story with its best sources."""
    more = len(story.top(len(story.sources))) - sources
    lines = [
        *_about(story),
        *(f"  {n}. {_source(s)}" for n, s in enumerate(story.top(sources), start=1)),
        *([f"  +{more} more"] if more > 0 else []),
        *_references(story),
    ]
    return "\n".join(lines)


def _about(story: ArchivedStory) -> list[str]:
    """A story's own lines, and what other publishers add."""
    article = story.article
    numbers = (article.provider.name, quality(article.quality), heat(story.heat))
    return [
        article.title,
        f"  {article.url}",
        "  " + " · ".join((*labels(story), *numbers, _when(article.published_at), *_topics(story))),
        *([f"  {with_tail(article.excerpt)}"] if article.excerpt else []),
        *(f"  {one.article.provider.name}: {one.sentence}" for one in additions(story)),
    ]


def _topics(story: ArchivedStory) -> list[str]:
    return [", ".join(story.topics)] if story.topics else []


def _references(story: ArchivedStory) -> list[str]:
    before = [("Before this", story.before)] if story.before else []
    named = [*before, *(("See also", one) for one in story.see_also)]
    return [f"  {word}: {one.headline} ({one.provider}) {one.url}" for word, one in named]


def story_with_all_sources(story: ArchivedStory) -> str:
    """One story with every source, and the relation of each that repeats one."""
    first, lines = first_of(story), _about(story)
    if first is story.article:
        lines[2] += f" · {FIRST}"
    for group in groups(story):
        lines += [f"  {group.heading}"] if group.heading else []
        for number, source in group.sources:
            lines.append(f"  {number}. {_source(source)}{_marks(source, first)}")
            lines.append(f"     {_when(source.article.published_at)} · {source.article.title}")
        for one in group.references:
            lines.append(f"  - {one.provider} · {one.url}")
            lines.append(f"     {_when(one.published_at)} · {one.headline}")
    lines += [f"  {line}" for line in off_topic(story)]
    return "\n".join((*lines, *_references(story)))


def _marks(source: RankedSource, first: Article | None) -> str:
    unnamed = (Relation.ELIGIBLE, Relation.BACKGROUND)
    words = [] if source.relation in unnamed else [_relation(source)]
    words += [FIRST] if source.article is first else []
    return f" ({'; '.join(words)})" if words else ""


def topic_lines(topics: Sequence[Topic]) -> str:
    """Topics in a table. A character may take two columns; long names widen only their own row."""
    widths = [cell_len(topic.name) for topic in topics]
    column = max((width for width in widths if width <= _TOPIC_COLUMN), default=0)
    return "\n".join(
        f"{t.name}{' ' * (column - width)}  {t.stories:>6} {STORIES[t.stories != 1]:<7}"
        f"  newest {_when(t.newest)}"
        for t, width in zip(topics, widths, strict=True)
    )


def out_of_reach(
    without_topics: int, cold: int, minimum_heat: int, noun: tuple[str, str] = STORIES
) -> list[str]:
    """What it means that this many stories have no topic, or less than the minimum heat."""
    lines = []
    if without_topics:
        lines.append(
            f"{counted(without_topics, noun)} without topics:"
            f" {'it never appears' if without_topics == 1 else 'they never appear'} in a digest;"
            " add topics to the file"
        )
    if cold:
        lines.append(
            f"{counted(cold, noun)} below the minimum heat of {minimum_heat} (minimum_heat in"
            " config/digest.yaml): shown only on quiet days, from the archive"
        )
    return lines


def counted(count: int, noun: tuple[str, str]) -> str:
    """A number with its noun, given in the singular and the plural."""
    return f"{count} {noun[count != 1]}"


def message_text(message: Mapping[str, Any]) -> str:
    """A Discord message for a terminal: each story in a box, links shortened."""
    boxes = [
        _box(embed) if "url" in embed else readable(embed["description"])
        for embed in message["embeds"]
    ]
    return "\n\n".join((readable(message["content"]), *boxes))


def _box(embed: Mapping[str, Any]) -> str:
    """A story's embed: its headline and URL, its description, and its footer."""
    author = embed.get("author", {}).get("name", "")
    title = [
        *([author] if author else []),
        *_wrapped(readable(embed["title"])),
        embed.get("url", ""),
    ]
    lines = [line for text in readable(embed["description"]).split("\n") for line in _wrapped(text)]
    when = _when(datetime.fromisoformat(embed["timestamp"])) if "timestamp" in embed else ""
    ending = " · ".join(part for part in (embed["footer"]["text"], when) if part)
    middle = [*title[1:], *lines]
    return "\n".join((f"┌ {title[0]}", *(f"│ {line}".rstrip() for line in middle), f"└ {ending}"))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]


def readable(text: str) -> str:
    """Discord's text without Markdown: escapes undone, links as a name and a host."""
    return _MARKDOWN.sub(_without_markup, text).replace(ZERO_WIDTH_SPACE, "")


def _without_markup(match: re.Match[str]) -> str:
    if match["url"]:
        host = urlsplit(match["url"]).hostname or ""
        return f"{match['name']} ({host.removeprefix('www.')})"
    return match["sign"] or ""


def _source(source: RankedSource) -> str:
    article = source.article
    return f"{article.provider.name} · {quality(article.quality)} · {article.url}"


def _relation(source: RankedSource) -> str:
    words = source.relation.replace("_", " ")
    return f"{words}, see {source.of}" if source.of else words


def _when(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    minute = moment.replace(tzinfo=None).isoformat(" ", "minutes")  # %Y leaves out zeros of a year
    return f"{minute} UTC"
