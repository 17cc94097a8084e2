"""The plain sentence that Why? begins with: one for each verdict, and for what no edition took."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digests.reasons import RecordedChoice, Weighing, Why
from bot.digests.selection import Verdict
from bot.render.sanitizer import plain
from bot.render.why import why_embed
from bot.render.why_numbers import why_text
from bot.render.why_sentence import sentence
from bot.stories.junk import Junk
from bot.stories.model import ArchivedStory
from tests.render.test_why import article, reasons, story, weighing

HOUR = timedelta(hours=1)
TOLD = replace(story(best=150, publishers=12), heat=390)


def choice(
    verdict: Verdict, position: int = 1, age: timedelta = HOUR, other: str | None = None
) -> RecordedChoice:
    return RecordedChoice(1, "Ferry", position, verdict, 390, age, 8.5, other)


def said(one: ArchivedStory, *choices: RecordedChoice) -> str:
    """The sentence about a story with these choices, the newest first."""
    places: list[Weighing] = [weighing(each) for each in choices]
    return sentence(replace(reasons(one), places=places), plain)


def test_a_story_in_the_first_place_is_told_by_its_publishers_and_its_age():
    assert said(TOLD, choice(Verdict.BEST)) == (
        "First because 12 independent publishers report it and it was an hour old."
    )


@pytest.mark.parametrize(
    ("verdict", "other", "words"),
    [
        (Verdict.BEST, None, "Third because 12 independent publishers report it and it was 2"),
        (Verdict.FILLED, None, "Third because 12 independent publishers report it and it was"),
        (Verdict.ARCHIVE, None, "From the archive because there was nothing new to tell: the"),
        (Verdict.ALSO, "Ferries", "Only a line because it is like “Ferries”, posted shortly"),
        (Verdict.WAITS, "Ferries", "Waits to be a line because it is like “Ferries”, posted"),
        (Verdict.NO_ROOM, None, "Left out because bigger or newer stories took every place"),
        (Verdict.LINKED, "Ferries", "Left out because it is linked with “Ferries”, posted"),
        (Verdict.POSTED, None, "Left out because it had been posted before."),
        (Verdict.POSTED, "Ferries", "Left out because “Ferries” had told its event."),
        (Verdict.COLD, None, "Left out because it was too small: 12 independent"),
        (Verdict.OLD, None, "Left out because it was 2 hours old."),
        (Verdict.MUTED, None, "Left out because only publishers that are muted here reported it."),
        (Verdict.EARLY, None, "Left out because it was published after the edition."),
    ],
)
def test_every_verdict_has_a_sentence(verdict: Verdict, other: str | None, words: str):
    text = said(TOLD, choice(verdict, 3, 2 * HOUR, other))
    assert text.startswith(words)
    assert text.endswith(".")


def test_no_verdict_lacks_words_of_its_own():
    texts = {said(TOLD, choice(one, 3, other="Ferries")) for one in Verdict}
    assert len(texts) == len(Verdict) - 1, "the best of a topic is told only where it decides"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "just published"),
        (timedelta(seconds=-9), "just published"),
        (timedelta(minutes=1), "a minute old"),
        (timedelta(minutes=59), "59 minutes old"),
        (HOUR * 1.9, "an hour old"),
        (HOUR * 23.9, "23 hours old"),
        (HOUR * 24, "a day old"),
        (HOUR * 60, "2 days old"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age: timedelta, words: str):
    assert said(TOLD, choice(Verdict.BEST, age=age)).endswith(f" and it was {words}.")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(TOLD, publishers=1, best=370), "a publisher of weight reports it"),
        (replace(TOLD, heat=450), "it was rated highly"),
        (replace(TOLD, best=None), "it was rated highly"),
    ],
)
def test_publishers_are_the_reason_only_if_they_gave_it_the_heat_of_then(
    one: ArchivedStory, words: str
):
    assert said(one, choice(Verdict.BEST)) == f"First because {words} and it was an hour old."


def test_an_unknown_quality_is_told_as_that():
    unknown = replace(choice(Verdict.FILLED, 4), heat=None)
    assert said(replace(TOLD, heat=None), unknown) == (
        "Fourth because only stories of known quality go before it and it was an hour old."
    )


def test_a_place_beyond_the_tenth_is_a_number():
    assert said(TOLD, choice(Verdict.FILLED, 11)).startswith("In place 11 because ")


def test_the_edition_that_told_it_goes_before_newer_ones_that_did_not():
    text = said(TOLD, choice(Verdict.POSTED), choice(Verdict.FILLED, 2), choice(Verdict.NO_ROOM))
    assert text.startswith("Second because ")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (TOLD, "In no edition so far; 12 independent publishers report it."),
        (replace(TOLD, junk=Junk.DEAL), "In no edition, because it is a deal."),
        (replace(TOLD, junk=Junk.MARKET_RESEARCH), "In no edition, because it is market research."),
        (replace(TOLD, topics=()), "In no edition, because it has no topic."),
        (
            replace(TOLD, heat=30, best=30, publishers=1),
            "In no edition, because it is still too small: only publishers of little weight report"
            " it.",
        ),
    ],
)
def test_a_story_of_no_edition_is_told_by_what_keeps_it_out(one: ArchivedStory, words: str):
    assert said(one) == words


def test_a_story_that_follows_is_told_by_its_leader():
    led = Why(replace(TOLD, story_id=2, leader_id=1), TOLD, (), (), (), 50)
    assert sentence(led, plain) == "In no edition, because “Headline 1” leads its event."


def test_it_stands_first_in_discord_and_in_a_terminal_and_others_text_is_escaped():
    hostile = replace(article(3), title="*[x](https://evil.example)*")
    why = replace(reasons(TOLD), leader=replace(TOLD, article=hostile))
    assert why_embed(why)["description"].splitlines()[0] == (
        "**In no edition, because “\\*\\[x\\]\\(https\\://evil.example\\)\\*” leads its event.**"
    )
    assert why_text(why).splitlines()[1] == f"    {sentence(why, plain)}"


def placed(
    position: int, heat: int | None, hours: int, verdict: Verdict = Verdict.BEST
) -> RecordedChoice:
    """A choice with the score of its heat and age, as an edition records it."""
    score = math.log2(heat or 1) - hours / 18
    name = f"Story {position}"
    return RecordedChoice(position, name, position, verdict, heat, hours * HOUR, score, None)


FIRST = "First because 12 independent publishers report it and it was an hour old"
SECOND = "Second because 12 independent publishers report it and it was an hour old"


@pytest.mark.parametrize(
    ("edition", "words"),
    [
        ([placed(1, 390, 1)], f"{FIRST}."),
        (
            [placed(1, 390, 1), placed(2, 200, 1), placed(3, 100, 0)],
            f"{FIRST}; no story in this edition is bigger.",
        ),
        (
            [placed(1, 390, 1), placed(2, 200, 1), placed(3, 500, 49), placed(4, 450, 60)],
            f"{FIRST}; “Story 3” is bigger, but 2 days older.",
        ),
        (
            [placed(1, 390, 1), placed(2, 900, 1, Verdict.FILLED)],
            f"{FIRST}; as the best story of its topic it goes before “Story 2”, which is bigger or"
            " newer.",
        ),
        (
            [placed(1, 900, 1), placed(2, 390, 1)],
            f"{SECOND}; “Story 1” goes before it, because it is bigger.",
        ),
        (
            [placed(1, 380, 0), placed(2, 390, 1)],
            f"{SECOND}; “Story 1” goes before it, because it is an hour newer.",
        ),
        (
            [placed(1, 900, 0), placed(2, 390, 1)],
            f"{SECOND}; “Story 1” goes before it, because it is bigger and an hour newer.",
        ),
        (
            [placed(1, 60, 9), placed(2, 390, 1, Verdict.FILLED)],
            f"{SECOND}; “Story 1” goes before it as the best story of a topic.",
        ),
        (
            [placed(1, 390, 1), placed(2, None, 1)],
            f"{FIRST}; no story in this edition is bigger.",
        ),
    ],
)
def test_the_order_of_an_edition_is_told_by_what_decided_it(
    edition: list[RecordedChoice], words: str
):
    own = next(one for one in edition if one.heat == 390)
    why = replace(reasons(TOLD), places=[weighing(own)], beside=edition)
    assert sentence(why, plain) == words


def test_a_story_of_no_edition_is_told_by_its_place_in_the_next():
    coming = [replace(placed(1, 900, 1), story_id=2), replace(placed(2, 390, 1), story_id=1)]
    why = replace(reasons(TOLD), coming=coming)
    said_ = (
        "It would be second in the next edition because 12 independent publishers report it and it"
        " is an hour old; “Story 1” goes before it, because it is bigger."
    )
    assert sentence(why, plain) == said_
    left_out = replace(why, places=[weighing(choice(Verdict.NO_ROOM, 6))])
    assert sentence(left_out, plain) == said_, "what the next takes matters more"
    was_told = replace(why, places=[weighing(choice(Verdict.FILLED, 2))])
    assert sentence(was_told, plain).startswith("Second because ")
    older = replace(why, coming=[replace(coming[1], verdict=Verdict.ARCHIVE)])
    assert sentence(older, plain).startswith("It would be in the next edition, from the archive,")
    other = replace(why, coming=coming[:1])
    assert sentence(other, plain).startswith("In no edition so far; ")
