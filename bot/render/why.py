"""Why a story has its places, for Discord: a plain sentence, and a few lines of facts."""

from collections.abc import Iterator
from typing import Final

from bot.digests.edition import edition_line
from bot.digests.reasons import Weighing, Why
from bot.digests.selection import Verdict
from bot.render import limits
from bot.render.all_sources import coverage
from bot.render.embeds import COLOUR, Embed
from bot.render.sanitizer import escaped
from bot.render.why_sentence import place_of, sentence
from bot.stories.junk import Junk
from bot.stories.pins import NamedPin

_NAME: Final = 80
_PLACES: Final = 2
"""How many editions are told."""
_JUNK: Final = {
    Junk.MARKET_RESEARCH: "It is market research, which no edition takes.",
    Junk.DEAL: "It is a deal, which no edition takes.",
    Junk.PRESS_RELEASE: "It is a press release; a report on the same event would go before it.",
}
_VERDICTS: Final = {
    Verdict.ARCHIVE: "from the archive",
    Verdict.ALSO: "a line under the stories",
}


def why_embed(why: Why) -> Embed:
    """A sentence, then at most six lines."""
    return {
        "title": escaped(why.story.article.title, limits.TITLE),
        "url": why.story.article.url,
        "description": "\n".join((f"**{sentence(why, escaped)}**", *_lines(why))),
        "color": COLOUR,
    }


def _lines(why: Why) -> Iterator[str]:
    story = why.story
    yield coverage(story)
    if story.junk:
        yield _JUNK[Junk(story.junk)]
    yield from map(_pinned, why.pins[:1])
    yield from map(_told, why.places[:_PLACES])


def _pinned(pin: NamedPin) -> str:
    how = "one event" if pin.together else "two events"
    first, second = escaped(pin.headline, _NAME), escaped(pin.other_headline, _NAME)
    return f"An editor said that “{first}” and “{second}” are {how}."


def _told(one: Weighing) -> str:
    """`Sunday 22 December 2019: first.`"""
    (choice,) = one.choices
    if choice.taken and choice.verdict is not Verdict.ARCHIVE:
        place = place_of(choice).lower()
    else:
        place = _VERDICTS.get(choice.verdict, "left out")
    return f"{edition_line(one.local_date, one.slot, 1)}: {place}."
