"""A story as a Discord embed: headline, excerpt, what others add, and its best sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.render import limits
from bot.render.colours import colour_of
from bot.render.sanitizer import escaped, link, plain, shortened
from bot.stories.additions import LONGEST, MOST, additions, sentences
from bot.stories.junk import Junk
from bot.stories.model import ArchivedStory, Article
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
_NAMES: Final = 200
"""How many characters publishers' names may have when none is a link."""
_SEE_ALSO: Final = 2
"""How many other events a story names that are the same happening."""


@dataclass(frozen=True, slots=True)
class Form:
    """How much of a story an embed shows: sentences of other publishers and characters of its
    excerpt, both at most; its picture; and how many publishers tell it, if `counted`.
    """

    added: int = MOST
    excerpt: int = 300
    picture: bool = True
    counted: bool = True


WHOLE: Final = Form()
"""A story that stands alone."""


def story_embed(
    story: ArchivedStory,
    sources: int,
    form: Form = WHOLE,
    topics: Sequence[str] = (),
    *,
    from_archive: bool = False,
) -> Embed:
    """One story with its `sources` best sources, and "+N more" for the other eligible ones.
    `topics`: those that its channel follows, if it stands in one.
    """
    article = story.article
    above = [*_excerpt(article, form.excerpt), *_additions(story, form.added)]
    below = _references(story)
    room = limits.DESCRIPTION - sum(len(line) + 1 for line in (*above, *below))
    lines = (*above, fitting_sources(story, sources, min(_LINES, room)), *below)
    embed: Embed = {
        **headline_embed(story, topics),
        "description": "\n".join(line for line in lines if line),
        "footer": {"text": _about(story, publishers(story) if form.counted else ())},
        "timestamp": article.published_at.isoformat(),
    }
    if shown := marks(story, from_archive=from_archive):
        embed["author"] = {"name": " · ".join(shown)}
    if form.picture and article.image:
        embed["thumbnail"] = {"url": article.image}
    return embed


def _excerpt(article: Article, limit: int) -> list[str]:
    """An excerpt, unless it only repeats the headline."""
    repeats = article.excerpt == article.title
    return [] if repeats else [escaped(_beginning(article.excerpt, limit), limit)]


def _beginning(excerpt: str, limit: int) -> str:
    """An excerpt, ended after a sentence if it would be cut and half of the limit is reached."""
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


def _additions(story: ArchivedStory, most: int) -> list[str]:
    """What other publishers add, each sentence after its publisher; escapes may double it."""
    return [
        f"**{escaped(article.provider.name, 60)}**: {escaped(sentence, 2 * LONGEST)}"
        for sentence, article in (additions(story)[:most] if most else ())
    ]


def _references(story: ArchivedStory) -> list[str]:
    before = [("Before this", story.before)] if story.before else []
    named = [*before, *(("See also", one) for one in story.see_also[:_SEE_ALSO])]
    return [reference_line(word, one.headline, one.provider, one.url) for word, one in named]


def reference_line(word: str, headline: str, publisher: str, url: str) -> str:
    """Another story in one line, like `Also: headline (publisher)`.

    The headline is text, not a link: only an embed's title is safe as its link.
    """
    return f"{word}: {escaped(headline, 200)} ({_short_link(publisher, url)})"


def _short_link(name: str, url: str) -> str:
    short = link(name, url)
    return short if len(short) <= _LONGEST_LINK else escaped(name, 100)


def fitting_sources(story: ArchivedStory, limit: int, room: int) -> str:
    """A story's `limit` best sources in one line, as many of them links as there is room for."""
    forms = sources_lines(story, limit)
    return next((line for line in forms if len(line) <= room), forms[-1])


def sources_lines(story: ArchivedStory, limit: int) -> list[str]:
    """The forms of the line of a story's `limit` best sources: from all of them links to none."""
    best = [source.article for source in story.top(limit)]
    more = len(story.top(len(story.sources))) - len(best)
    ending = [f"+{more} more"] if more else []
    links = [link(article.provider.name, article.url) for article in best]
    names = [escaped(article.provider.name, 60) for article in best]
    return [
        *(
            ", ".join((*links[:count], *names[count:], *ending))
            for count in range(len(best), 0, -1)
        ),
        ", ".join((shortened(", ".join(names), _NAMES), *ending)),
    ]


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


def _about(story: ArchivedStory, count: Sequence[str]) -> str:
    """Whose headline it is, its topics, and a count."""
    topics = [plain(", ".join(story.topics[:6]), 150)] if story.topics else []
    return " · ".join((headline_by(story), *topics, *count))


def publishers(story: ArchivedStory) -> list[str]:
    """How many publishers tell a story's event, if there are several."""
    return [f"{story.publishers} publishers"] if story.publishers > 1 else []


def headline_by(story: ArchivedStory) -> str:
    """The publisher of a story's headline; and why it is not one of a better source, if one is
    named beside it.
    """
    name = plain(story.article.provider.name, 100)
    if all(_worth(story.article) >= _worth(source.article) for source in story.top(1)):
        return name
    return f"{'First in this archive' if story.first is story.article else 'Headline'}: {name}"


def _worth(article: Article) -> int:
    return -1 if article.quality is None else article.quality
