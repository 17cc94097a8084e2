"""The one plain sentence that Why? begins with."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bot.digests.reasons import RecordedChoice, Why
from bot.digests.selection import TOLD, Verdict
from bot.digests.setting_values import quantity
from bot.render.heat_words import found_by
from bot.stories.junk import NEVER_POSTED, Junk
from bot.stories.model import ArchivedStory

Say = Callable[[str, int], str]
"""Cleans third-party text and cuts it to a number of characters."""

_HEADLINE: Final = 100
_PLACES: Final = (
    *("First", "Second", "Third", "Fourth", "Fifth"),
    *("Sixth", "Seventh", "Eighth", "Ninth", "Tenth"),
)
_UNITS: Final = (
    (timedelta(days=1), "day", "a day"),
    (timedelta(hours=1), "hour", "an hour"),
    (timedelta(minutes=1), "minute", "a minute"),
)
_JUNK: Final = {Junk.MARKET_RESEARCH: "market research", Junk.DEAL: "a deal"}


def sentence(why: Why, say: Say) -> str:
    """Why the story stands where it does, by the last edition that told it, or else by the last
    that weighed it, or else by what keeps it out of every edition.
    """
    choices = [choice for place in why.places for choice in place.choices]
    told = [choice for choice in choices if choice.verdict in TOLD]
    last = next(iter((*told, *choices)), None)
    return f"{_of_story(why, say) if last is None else _of_choice(last, why.story, say)}."


def _of_story(why: Why, say: Say) -> str:
    story = why.story
    if why.leader:
        return (
            f"In no edition, because “{say(why.leader.article.title, _HEADLINE)}” leads its event"
        )
    if story.junk in NEVER_POSTED:
        return f"In no edition, because it is {_JUNK[Junk(story.junk)]}"
    if not story.topics:
        return "In no edition, because it has no topic"
    if story.heat is not None and story.heat < why.minimum_heat:
        return f"In no edition, because {_strength(story.heat, story)}: too little for a place"
    return f"In no edition so far, though {_strength(story.heat, story)}"


def _of_choice(choice: RecordedChoice, story: ArchivedStory, say: Say) -> str:
    strength = f"{_strength(choice.heat, story)} and it was {_old(choice.age)}"
    other = f"“{say(choice.other, _HEADLINE)}”" if choice.other else "another story"
    match choice.verdict:
        case Verdict.BEST | Verdict.FILLED:
            return f"{_place(choice)} because {strength}"
        case Verdict.ARCHIVE:
            return "From the archive because nothing was new: the hottest story not posted before"
        case Verdict.ALSO:
            return f"Only a line because it is like {other}, posted shortly before"
        case Verdict.WAITS:
            return f"Waits to be a line because it is like {other}, posted shortly before"
        case Verdict.NO_ROOM:
            return f"Left out because others were stronger or newer: {strength}"
        case _:
            return f"Left out because {_obstacle(choice, story, other)}"


def _obstacle(choice: RecordedChoice, story: ArchivedStory, other: str) -> str:
    match choice.verdict:
        case Verdict.LINKED:
            return f"it is linked with {other}, posted before"
        case Verdict.POSTED:
            return f"{other} had told its event" if choice.other else "it had been posted before"
        case Verdict.COLD:
            return f"{_strength(choice.heat, story)}: too little for a place"
        case Verdict.OLD:
            return f"it was {_old(choice.age)}"
        case _:
            return "it was published after the edition"


def _place(choice: RecordedChoice) -> str:
    position = choice.position
    place = _PLACES[position - 1] if position <= len(_PLACES) else f"In place {position}"
    is_best = choice.verdict is Verdict.BEST and position > 1
    return f"{place}, as the best story of a topic," if is_best else place


def _strength(heat: int | None, story: ArchivedStory) -> str:
    """What gave it its heat; by its publishers only if that was so at that heat already."""
    if heat is None:
        return "only stories of known quality go before it"
    if heat != story.heat:
        return f"its heat was {heat}"
    match found_by(story):
        case "coverage" if story.publishers > 1:
            return f"{story.publishers} independent publishers report it"
        case "coverage" | "quality":
            return f"its best report has a quality of {story.best}"
        case _:
            return f"its heat was {heat}"


def _old(age: timedelta) -> str:
    """`an hour old`, rounded down."""
    for size, unit, single in _UNITS:
        if age >= size:
            count = age // size
            return f"{single if count == 1 else quantity(count, unit)} old"
    return "just published"
