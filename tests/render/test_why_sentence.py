"""The plain sentence that Why? begins with: one for each verdict, and for what no edition took."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digests.reasons import RecordedChoice, Weighing, Why
from bot.digests.selection import Verdict
from bot.render.sanitizer import plain
from bot.render.why import why_embed, why_text
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
        (Verdict.BEST, None, "Third, as the best story of a topic, because 12 independent"),
        (Verdict.FILLED, None, "Third because 12 independent publishers report it and it was"),
        (Verdict.ARCHIVE, None, "From the archive because nothing was new: the hottest story"),
        (Verdict.ALSO, "Ferries", "Only a line because it is like “Ferries”, posted shortly"),
        (Verdict.WAITS, "Ferries", "Waits to be a line because it is like “Ferries”, posted"),
        (Verdict.NO_ROOM, None, "Left out because others were stronger or newer: 12 indep"),
        (Verdict.LINKED, "Ferries", "Left out because it is linked with “Ferries”, posted"),
        (Verdict.POSTED, None, "Left out because it had been posted before."),
        (Verdict.POSTED, "Ferries", "Left out because “Ferries” had told its event."),
        (Verdict.COLD, None, "Left out because 12 independent publishers report it: too little"),
        (Verdict.OLD, None, "Left out because it was 2 hours old."),
        (Verdict.EARLY, None, "Left out because it was published after the edition."),
    ],
)
def test_every_verdict_has_a_sentence(verdict: Verdict, other: str | None, words: str):
    text = said(TOLD, choice(verdict, 3, 2 * HOUR, other))
    assert text.startswith(words)
    assert text.endswith(".")


def test_no_verdict_lacks_words_of_its_own():
    texts = {said(TOLD, choice(one, 3, other="Ferries")) for one in Verdict}
    assert len(texts) == len(Verdict)


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
        (replace(TOLD, publishers=1, best=370), "its best report has a quality of 370"),
        (replace(TOLD, heat=450), "its heat was 390"),
        (replace(TOLD, best=None), "its heat was 390"),
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
        (TOLD, "In no edition so far, though 12 independent publishers report it."),
        (replace(TOLD, junk=Junk.DEAL), "In no edition, because it is a deal."),
        (replace(TOLD, junk=Junk.MARKET_RESEARCH), "In no edition, because it is market research."),
        (replace(TOLD, topics=()), "In no edition, because it has no topic."),
        (
            replace(TOLD, heat=30, best=30, publishers=1),
            "In no edition, because its best report has a quality of 30: too little for a place.",
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
        "In no edition, because “\\*\\[x\\]\\(https\\://evil.example\\)\\*” leads its event."
    )
    assert why_text(why).splitlines()[1] == f"    {sentence(why, plain)}"
