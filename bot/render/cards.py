"""The cards of an edition: a story each, all together low enough for a phone."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from bot.digests.edition import Contents
from bot.render import limits, phone
from bot.render.embeds import (
    Embed,
    beginning,
    headline_by,
    headline_embed,
    marks,
    reference_line,
    references,
    topics_of,
)
from bot.render.sanitizer import escaped, plain
from bot.render.source_names import fitting_sources, names_own, sources_in
from bot.stories.additions import Addition, additions
from bot.stories.model import ArchivedStory, Article

HIGHEST: Final = 1495
"""Pixels of an edition of up to five stories on a phone; one of more has as many for each story."""
_FEW: Final = 5
_SOURCES: Final = 2600
"""How many characters the line of sources may have, so that one card always fits into a message."""
_SEPARATOR: Final = " · "
_LONGEST: Final = 500
"""No card shows more characters of a text."""


class Form(NamedTuple):
    """The most lines on a phone of a card's headline, excerpt, footer with what another publisher
    adds (it is whole, or not there), and sources.
    """

    headline: int
    excerpt: int
    added: int
    sources: int


FORMS: Final = (
    Form(6, 9, 6, 9), Form(6, 6, 5, 9), Form(5, 5, 5, 9), Form(4, 5, 4, 9), Form(4, 4, 3, 9),
    Form(4, 4, 0, 9), Form(4, 3, 0, 9), Form(3, 3, 0, 9), Form(3, 3, 0, 3), Form(3, 3, 0, 2),
    Form(3, 2, 0, 2), Form(2, 2, 0, 2), Form(2, 1, 0, 2),
)  # fmt: skip
"""From the fullest to the shortest: a headline and some of its text go before all else."""
_AHEAD: Final = 2
"""By how many forms the first card is fuller than the others."""


def cards(
    contents: Contents, sources: int, overview: str, below: Sequence[Embed] = ()
) -> list[Embed]:
    """A card for each story, as full as there is room for on a phone; the last give way first.

    `overview` stands above them, and `below` are the embeds under them.
    """
    stories = contents.stories
    room = HIGHEST * max(len(stories), _FEW) / _FEW - phone.message_height(overview, below)
    added = [additions(story)[:1] for story in stories]

    @cache
    def card(at: int, form: int) -> tuple[Embed, int]:
        made = _card(contents, stories[at], sources, FORMS[form], added[at])
        return made, phone.embed_height(made)

    def lowered(steps: int) -> list[tuple[Embed, int]]:
        """After so many steps, each to the next form of one card: in turn, the last one first."""
        rounds, more = divmod(steps, len(stories))
        first = len(stories) - more
        forms = [rounds + (at >= first) for at in range(len(stories))]
        forms[0] = max(0, forms[0] - _AHEAD)
        return [card(at, min(form, len(FORMS) - 1)) for at, form in enumerate(forms)]

    if not stories:
        return []
    steps = range(len(stories) * (len(FORMS) - 1 + _AHEAD))
    enough = bisect_left(steps, True, key=lambda n: sum(high for _, high in lowered(n)) <= room)
    return [made for made, _ in lowered(enough)]


def shortest_cards(contents: Contents, sources: int) -> list[Embed]:
    """A card for each story in its shortest form."""
    return [_card(contents, story, sources, FORMS[-1], ()) for story in contents.stories]


def _card(
    contents: Contents,
    story: ArchivedStory,
    sources: int,
    form: Form,
    added: Sequence[Addition],
) -> Embed:
    article = story.article
    width = phone.BESIDE if article.image else phone.WIDE
    sources = sources_in(story, sources, form.sources, width)
    footer = _footer(story, sources, form, added)
    text = (
        _excerpt(article, form.excerpt, width),
        fitting_sources(story, sources, _SOURCES),
        *(
            low_reference(word, one.headline, one.provider, one.url, width)
            for word, one in references(story)
        ),
    )
    above = marks(story, from_archive=contents.from_archive)
    return {
        **headline_embed(story, contents.topics),
        "title": escaped(_cut(article.title, form.headline, phone.TITLE, width), limits.TITLE),
        "description": "\n".join(line for line in text if line),
        "timestamp": article.published_at.isoformat(),
        **({"footer": {"text": footer}} if footer else {}),
        **({"author": {"name": _SEPARATOR.join(above)}} if above else {}),
        **({"thumbnail": {"url": article.image}} if article.image else {}),
    }


def _cut(text: str, most: int, font: phone.Font, width: int) -> str:
    return phone.cut_to(plain(text, _LONGEST), most, font, width)


def _excerpt(article: Article, most: int, width: int) -> str:
    """An excerpt in so many lines, unless it only repeats the headline."""
    if article.excerpt == article.title:
        return ""
    room = len(_cut(beginning(article.excerpt, _LONGEST), most, phone.TEXT, width))
    shown = _cut(beginning(article.excerpt, room), most, phone.TEXT, width)
    return escaped(shown, 2 * len(shown))


def low_reference(word: str, headline: str, publisher: str, url: str, width: int) -> str:
    """Another story in about two lines."""
    room = 2 * width - len(f"{word}:  ({publisher})") * phone.TEXT.size // 2
    shown = _cut(headline, 1, phone.TEXT, max(room, width))
    return reference_line(word, shown, publisher, url)


def _footer(story: ArchivedStory, sources: int, form: Form, added: Sequence[Addition]) -> str:
    """What another publisher adds, whose headline it is, and topics; it has no Markdown."""
    about = _about(story, sources)
    for one in added:
        said = plain(f"{one.article.provider.name}: {one.sentence}", _LONGEST)
        shown = _SEPARATOR.join(filter(None, (said, about)))
        if phone.lines(shown + phone.TIME, phone.FOOTER, phone.WIDE) <= form.added:
            return shown
    return about


def _about(story: ArchivedStory, sources: int) -> str:
    """Whose headline it is, unless the line of sources says so, and its topics."""
    own = [] if names_own(story, sources) else [headline_by(story)]
    return _SEPARATOR.join((*own, *topics_of(story)))
