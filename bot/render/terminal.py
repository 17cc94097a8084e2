"""Stories and digests as plain text for a terminal."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.digests.edition import Contents, edition_line
from bot.render.embeds import quality
from bot.stories.model import ArchivedStory, RankedSource, Relation, Topic

_ESCAPE = re.compile(r"\\([^\w\s])")
_LINK = re.compile(r"\[([^\]]+)\]\((\S+?)\)")


def edition_text(contents: Contents, sources: int) -> str:
    """An edition as text: what a channel would get, without its boxes."""
    heading = f"{', '.join(contents.topics)}\n{edition_line(contents.local_date, contents.slot, 1)}"
    mark = "From the archive\n" if contents.from_archive else ""
    stories = [mark + story_text(story, sources) for story in contents.stories]
    nothing = [] if stories else ["No new stories."]
    return "\n\n".join((heading, *stories, *nothing))


def story_text(story: ArchivedStory, sources: int) -> str:
    """One story with its best sources."""
    article = story.article
    more = len(story.top(len(story.sources))) - sources
    lines = [
        article.title,
        f"  {article.url}",
        f"  {article.provider.name} · {quality(article.quality)} · heat {story.heat}"
        f" · {_when(article.published_at)} · {', '.join(story.topics)}",
        *([f"  {article.excerpt}"] if article.excerpt else []),
        *(f"  {n}. {_source(s)}" for n, s in enumerate(story.top(sources), start=1)),
        *([f"  +{more} more"] if more > 0 else []),
    ]
    return "\n".join(lines)


def story_with_all_sources(story: ArchivedStory) -> str:
    """One story with every source in rank order, and what each hidden one is."""
    lines = [story_text(story, 0).removesuffix(f"\n  +{len(story.top(10**6))} more")]
    for number, source in enumerate(story.sources, start=1):
        words = "" if source.relation is Relation.ELIGIBLE else f" ({_relation(source)})"
        lines.append(f"  {number}. {_source(source)}{words}")
    return "\n".join(lines)


def topic_lines(topics: Sequence[Topic]) -> str:
    """Topics in a table."""
    width = max((len(topic.name) for topic in topics), default=0)
    return "\n".join(
        f"{t.name:<{width}}  {t.stories:>6} stories  newest {_when(t.newest)}" for t in topics
    )


def message_text(message: Mapping[str, Any]) -> str:
    """A Discord message as a terminal shows it best: no escapes, links as name and address."""
    blocks = [message["content"]]
    for embed in message["embeds"]:
        heading = " ".join(part for part in (embed.get("title"), embed.get("url")) if part)
        ending = embed.get("footer", {}).get("text", "")
        author = embed.get("author", {}).get("name", "")
        parts = (author, heading, embed.get("description", ""), ending)
        blocks.append("\n".join(part for part in parts if part))
    return _LINK.sub(r"\1 \2", _ESCAPE.sub(r"\1", "\n\n".join(blocks)))


def _source(source: RankedSource) -> str:
    article = source.article
    return f"{article.provider.name} · {quality(article.quality)} · {article.url}"


def _relation(source: RankedSource) -> str:
    words = source.relation.replace("_", " ")
    return f"{words}, see {source.of}" if source.of else words


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
