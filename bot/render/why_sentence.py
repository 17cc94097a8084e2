"""The one plain sentence that Why? begins with."""

from datetime import timedelta
from typing import Final

from bot.digests.reasons import RecordedChoice, Why
from bot.digests.selection import Verdict
from bot.render.heat_words import found_by
from bot.render.moments import span
from bot.render.order_words import Say, beside_others
from bot.stories.junk import NEVER_POSTED, Junk
from bot.stories.model import ArchivedStory
from bot.stories.ranking import STRONG_QUALITY

HEADLINE: Final = 100
_PLACES: Final = (
    *("First", "Second", "Third", "Fourth", "Fifth"),
    *("Sixth", "Seventh", "Eighth", "Ninth", "Tenth"),
)
_OBSTACLES: Final = {
    Verdict.REPUBLISHED: "its publisher had told the same before, under another address",
    Verdict.MUTED: "only publishers that are muted here reported it",
    Verdict.EARLY: "it was published after the edition",
}
_JUNK: Final = {Junk.MARKET_RESEARCH: "market research", Junk.DEAL: "a deal"}


def sentence(why: Why, say: Say) -> str:
    """Why the story stands where it does: in the last edition that told it, or else in the next,
    or else in the last that weighed it; or what keeps it out of every edition.
    """
    coming = next((one for one in why.coming if one.story_id == why.story.story_id), None)
    if coming and not why.was_told:
        return f"{_of_coming(coming, why, say)}."
    if why.place is None:
        return f"{_of_story(why, say)}."
    (choice,) = why.place.choices
    return f"{_of_choice(choice, why, say)}."


def _of_story(why: Why, say: Say) -> str:
    story = why.story
    if why.leader:
        return f"In no edition, because “{say(why.leader.article.title, HEADLINE)}” leads its event"
    if story.junk in NEVER_POSTED:
        return f"In no edition, because it is {_JUNK[Junk(story.junk)]}"
    if not story.topics:
        return "In no edition, because it has no topic"
    if story.heat is not None and story.heat < why.minimum_heat:
        return f"In no edition, because it is still too small: {_strength(story.heat, story)}"
    return f"In no edition so far; {_strength(story.heat, story)}"


def _of_coming(choice: RecordedChoice, why: Why, say: Say) -> str:
    """Its place in the next edition."""
    if choice.verdict is Verdict.ARCHIVE:
        return (
            "It would be in the next edition, from the archive, because nothing is new: the biggest"
            " story that this channel has not had"
        )
    if choice.verdict is Verdict.MUTED:
        return "It would be left out because only publishers that are muted here report it"
    strength = f"{_strength(choice.heat, why.story)} and it is {old(choice.age)}"
    others = beside_others(choice, [one for one in why.coming if one.taken], say)
    place = place_of(choice)
    return (
        f"It would be {place[0].lower()}{place[1:]} in the next edition because {strength}{others}"
    )


def _of_choice(choice: RecordedChoice, why: Why, say: Say) -> str:
    strength = f"{_strength(choice.heat, why.story)} and it was {old(choice.age)}"
    other = f"“{say(choice.other, HEADLINE)}”" if choice.other else "another story"
    match choice.verdict:
        case Verdict.BEST | Verdict.FILLED:
            return f"{place_of(choice)} because {strength}{beside_others(choice, why.beside, say)}"
        case Verdict.ARCHIVE:
            return (
                "From the archive because there was nothing new to tell: the biggest story that"
                " this channel had not had"
            )
        case Verdict.ALSO:
            return f"Only a line because it is like {other}, posted shortly before"
        case Verdict.WAITS:
            return f"Waits to be a line because it is like {other}, posted shortly before"
        case Verdict.NO_ROOM:
            return f"Left out because bigger or newer stories took every place: {strength}"
        case _:
            return f"Left out because {_obstacle(choice, why.story, other)}"


def _obstacle(choice: RecordedChoice, story: ArchivedStory, other: str) -> str:
    match choice.verdict:
        case Verdict.LINKED:
            return f"it is linked with {other}, posted before"
        case Verdict.POSTED:
            return f"{other} had told its event" if choice.other else "it had been posted before"
        case Verdict.COLD:
            return f"it was too small: {_strength(choice.heat, story)}"
        case Verdict.OLD:
            return f"it was {old(choice.age)}"
        case _:
            return _OBSTACLES[choice.verdict]


def place_of(choice: RecordedChoice) -> str:
    """`First`, `Second`, ..., `In place 11`."""
    position = choice.position
    return _PLACES[position - 1] if position <= len(_PLACES) else f"In place {position}"


def _strength(heat: int | None, story: ArchivedStory) -> str:
    """What made it big or small; its publishers only if they gave it that heat already."""
    if heat is None:
        return "only stories of known quality go before it"
    if heat == story.heat:
        if found_by(story) == "coverage" and story.publishers > 1:
            return f"{story.publishers} independent publishers report it"
        if found_by(story) == "quality" and (story.best or 0) < STRONG_QUALITY:
            return "only publishers of little weight report it"
        if found_by(story) in {"quality", "coverage"}:
            return "a publisher of weight reports it"
    return f"it was rated {'highly' if heat >= STRONG_QUALITY else 'low'}"


def old(age: timedelta) -> str:
    """`an hour old`, rounded down."""
    spent = span(age)
    return f"{spent} old" if spent else "just published"
