"""Stories and digests as plain text for a terminal."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from rich.cells import cell_len

from bot.render.all_sources import (
    FIRST,
    groups,
    names_by_url,
    numbers,
    off_topic,
    relation_words,
)
from bot.render.embeds import labels, publishers, quality
from bot.render.sanitizer import ZERO_WIDTH_SPACE
from bot.stories.additions import additions
from bot.stories.model import ArchivedStory, Topic
from bot.stories.text import with_tail

_MARKDOWN: Final = re.compile(
    r"\\(?P<sign>[^a-zA-Z0-9\s])|\[(?P<name>[^\]]+)\]\(<?(?P<url>[^\s<>]+?)>?\)|\*\*|^(#{1,3}|-#) "
    r"|<t:(?P<at>-?\d{1,11})(?::[a-zA-Z])?>",
    re.MULTILINE,
)
"""Escapes, links, bold, the marks of headings and small text, and times."""
_BULLET: Final = re.compile(r"(?: *(?:\d+\.|-) )? *")
"""What a line of a list begins with."""
_WIDTH: Final = 96
"""How many characters a line in a box may have."""
_TOPIC_COLUMN: Final = 40
"""The longest topic name, in terminal columns, that widens the table."""
STORIES: Final = ("story", "stories")
FEEDS: Final = ("feed", "feeds")


def story_text(story: ArchivedStory, told: Sequence[ArchivedStory] = ()) -> str:
    """One story in a box, with every source and what it is to the others. `told` are stories that
    it leads, and that were asked for.
    """
    article = story.article
    first = [FIRST] if story.first is article else []
    marks = labels(story.junk)
    blocks = (
        [
            f"{one.article.title} ({one.article.provider.name}) is one of its reports"
            for one in told
        ],
        [", ".join(story.topics)],
        [with_tail(article.excerpt)] if article.excerpt != article.title else [],
        [f"{one.article.provider.name}: {one.sentence}" for one in additions(story)],
        _sources(story),
        _references(story),
    )
    kept = [lines for lines in ([line for line in block if line] for block in blocks) if lines]
    return _boxed(
        [*([" · ".join(marks)] if marks else []), *_wrapped(article.title), article.url],
        "\n\n".join("\n".join(lines) for lines in kept),
        " · ".join(
            (
                article.provider.name,
                numbers(story),
                *publishers(story),
                *first,
                _when(article.published_at),
            )
        ),
    )


def _sources(story: ArchivedStory) -> list[str]:
    """Every source in three lines, and what the file lists that is about something else."""
    names, first = names_by_url(story), story.first
    lines = list[str]()
    for group in groups(story):
        lines += [group.heading]
        for number, source in group.sources:
            one = source.article
            about = (
                one.provider.name,
                _when(one.published_at),
                relation_words(source, names),
                quality(one.quality),
                FIRST if one is first else "",
            )
            lines += [f"{number}. {one.title}", _joined(about), f"   {one.url}"]
        for other in group.references:
            later = (other.provider, _when(other.published_at))
            lines += [f"- {other.headline}", _joined(later), f"   {other.url}"]
    return [*lines, *off_topic(story)]


def _joined(parts: Sequence[str]) -> str:
    return f"   {' · '.join(part for part in parts if part)}"


def _references(story: ArchivedStory) -> list[str]:
    before = [("Before this", story.before)] if story.before else []
    named = [*before, *(("See also", one) for one in story.see_also)]
    return [f"{word}: {one.headline} ({one.provider}) {one.url}" for word, one in named]


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
    content = "\n".join(_lines(readable(message.get("content", ""))))
    return "\n\n".join(filter(None, (content, *map(embed_text, message["embeds"]))))


def embed_text(embed: Mapping[str, Any]) -> str:
    """An embed for a terminal: in a box, unless it has no title."""
    text = readable(embed.get("description", ""))
    if "title" not in embed:
        return "\n".join(_lines(text))
    author = embed.get("author", {}).get("name", "")
    url = embed.get("url", "")
    title = [*([author] if author else []), *_wrapped(readable(embed["title"]))]
    when = _when(datetime.fromisoformat(embed["timestamp"])) if "timestamp" in embed else ""
    footer = embed.get("footer", {}).get("text", "")
    *more, last = _wrapped(footer) or [""]
    ending = " · ".join(filter(None, (last, when)))
    return _boxed([*title, *([url] if url else [])], "\n".join((text, *more)), ending)


def _boxed(title: Sequence[str], text: str, ending: str) -> str:
    """A box: the lines of its title, a text that is wrapped, and its last line."""
    middle = [f"│ {line}".rstrip() for line in (*title[1:], *_lines(text))]
    return "\n".join((f"┌ {title[0]}", *middle, f"└ {ending}".rstrip()))


def _lines(text: str) -> list[str]:
    """A text as lines, each of them wrapped."""
    return [line for part in text.split("\n") for line in _wrapped(part)]


def _wrapped(text: str) -> list[str]:
    """A line as several; those after the first begin below the text of the first."""
    if " " not in text.strip():  # an address keeps its indent, however long it is
        return [text.rstrip()]
    bullet = _BULLET.match(text)
    indent = " " * (len(bullet[0]) if bullet else 0)
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def readable(text: str) -> str:
    """Discord's text without Markdown: escapes undone, links as a name and a host, times in UTC."""
    return _MARKDOWN.sub(_without_markup, text).replace(ZERO_WIDTH_SPACE, "")


def _without_markup(match: re.Match[str]) -> str:
    if match["url"]:
        host = urlsplit(match["url"]).hostname or ""
        return f"{match['name']} ({host.removeprefix('www.')})"
    if match["at"]:
        return _when(datetime.fromtimestamp(int(match["at"]), UTC))
    return match["sign"] or ""


def _when(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    minute = moment.replace(tzinfo=None).isoformat(" ", "minutes")  # %Y leaves out zeros of a year
    return f"{minute} UTC"
