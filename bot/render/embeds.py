"""A story as a Discord embed: headline, excerpt, what others add, and its best sources."""

import re
from collections.abc import Sequence
from typing import Any, Final

from bot.render import limits
from bot.render.colours import colour_of
from bot.render.sanitizer import address, escaped, headline_link, plain
from bot.render.source_names import fitting_sources
from bot.stories.additions import LONGEST, additions, sentences
from bot.stories.junk import Junk
from bot.stories.model import ArchivedStory, Article, Listed, Reference
from bot.stories.text import with_tail

Embed = dict[str, Any]
"""The JSON of one embed."""

COLOUR: Final = 0x1F4E79
"""The colour of what belongs to no topic."""
_LINES: Final = 2600
"""How many characters lists of links may have, so that one story always fits into a message."""
_LONGEST_LINK: Final = 300
"""A longer link inside a sentence is only a name, so that the sentences always fit."""
_LABELS: Final = {
    Junk.MARKET_RESEARCH: "Market research",
    Junk.DEAL: "Deal",
    Junk.PRESS_RELEASE: "Press release",
}
_EXCERPT: Final = 300
"""How many characters of an excerpt are shown."""
_PRICE: Final = re.compile(r" [A-Z][A-Z.]{0,5}, [+-]\d+(?:\.\d+)?%")
"""Of a share, as some publishers put it after a company's name: ` FB, +0.12%`."""
_SEE_ALSO: Final = 2
"""How many other events a story names that are the same happening."""


def story_embed(story: ArchivedStory, sources: int) -> Embed:
    """One story that stands alone, with its `sources` best sources, and "+N more" for its other
    publishers.
    """
    article = story.article
    above = [*_excerpt(article), *_additions(story)]
    below = [
        reference_line(word, one.headline, one.provider, one.url) for word, one in references(story)
    ]
    room = limits.DESCRIPTION - sum(len(line) + 1 for line in (*above, *below))
    lines = (*above, fitting_sources(story, sources, min(_LINES, room)), *below)
    embed: Embed = {
        **headline_embed(story),
        "description": "\n".join(line for line in lines if line),
        "footer": {"text": " · ".join(_about(story))},
        "timestamp": article.published_at.isoformat(),
    }
    if shown := labels(story.junk):
        embed["author"] = {"name": " · ".join(shown)}
    if article.image:
        embed["thumbnail"] = {"url": article.image}
    return embed


def _excerpt(article: Article) -> list[str]:
    """An excerpt, unless it only repeats the headline."""
    repeats = article.excerpt == article.title
    return [] if repeats else [escaped(beginning(article.excerpt, _EXCERPT), _EXCERPT)]


def beginning(excerpt: str, limit: int) -> str:
    """An excerpt without the prices of shares, ended after a sentence if it would be cut and half
    of the limit is reached.
    """
    excerpt = _PRICE.sub("", excerpt)
    whole = with_tail(excerpt)
    if len(whole) <= limit:
        return whole
    kept = ""
    for sentence in sentences(excerpt):
        if len(kept) + 1 + len(sentence) > limit:
            break
        kept = f"{kept} {sentence}".lstrip()
    return kept if len(kept) >= limit // 2 else whole


def headline_embed(story: ArchivedStory, topics: Sequence[str] = ()) -> Embed:
    """A story's headline alone, in the colour of its first topic, of `topics` if it has one."""
    followed = [topic for topic in topics if topic in story.topics] or story.topics[:1]
    return {
        "title": escaped(story.article.title, limits.TITLE),
        "url": story.article.url,
        "color": colour_of(followed[0]) if followed else COLOUR,
    }


def marks(story: ArchivedStory, *, from_archive: bool) -> list[str]:
    """What a reader is told before anything else about a story in an edition."""
    return [*(["From the archive"] if from_archive else []), *labels(story.junk)]


def labels(junk: str | None) -> list[str]:
    """What a reader is told about the kind of a story that is no news."""
    return [_LABELS[Junk(junk)]] if junk else []


def _additions(story: ArchivedStory) -> list[str]:
    """What other publishers add, each sentence after its publisher; escapes may double it."""
    return [
        f"**{escaped(article.provider.name, 60)}**: {escaped(sentence, 2 * LONGEST)}"
        for sentence, article in additions(story)
    ]


def references(story: ArchivedStory) -> list[tuple[str, Reference]]:
    """Other events that a story names, each with the word before it."""
    before = [("Before this", story.before)] if story.before else []
    return [*before, *(("See also", one) for one in story.see_also[:_SEE_ALSO])]


def reference_line(word: str, headline: str, publisher: str, url: str) -> str:
    """Another story in one line, like `Also: headline (publisher)`; the headline is a link, unless
    its address is very long.
    """
    linked = headline_link(headline, url, 200)
    shown = linked if len(address(url)) <= _LONGEST_LINK else escaped(headline, 200)
    return f"{word}: {shown} ({escaped(publisher, 100)})"


def fitting(lines: Sequence[str], room: int = _LINES) -> list[str]:
    """The lines that fit, from the first on; very long URLs only cost the last lines."""
    kept: list[str] = []
    for line in lines:
        if sum(len(known) + 1 for known in kept) + len(line) > room:
            break
        kept.append(line)
    return kept


def quality(score: int | None) -> str:
    """A quality score in words."""
    return "quality unknown" if score is None else f"quality {score}"


def heat(value: int | None) -> str:
    """A heat in words."""
    return "heat unknown" if value is None else f"heat {value}"


def _about(story: ArchivedStory) -> list[str]:
    """Whose headline it is, its topics, and how many publishers tell it."""
    return [headline_by(story), *topics_of(story), *publishers(story)]


def topics_of(story: ArchivedStory) -> list[str]:
    """A story's topics, if it has any."""
    return [plain(", ".join(story.topics[:6]), 150)] if story.topics else []


def publishers(story: Listed) -> list[str]:
    """How many publishers tell a story's event, if there are several."""
    return [f"{story.publishers} publishers"] if story.publishers > 1 else []


def headline_by(story: ArchivedStory) -> str:
    """The publisher of a story's headline; and why it is not one of a better source, if one is
    named beside it.
    """
    name = plain(story.article.provider.name, 100)
    if is_of_best(story):
        return name
    return f"{'First in this archive' if story.first is story.article else 'Headline'}: {name}"


def is_of_best(story: ArchivedStory) -> bool:
    """Whether no source is better than the article whose headline it is."""
    return all(_worth(story.article) >= _worth(source.article) for source in story.top(1))


def _worth(article: Article) -> int:
    return -1 if article.quality is None else article.quality
