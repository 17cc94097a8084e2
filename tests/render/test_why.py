"""Why a story has its places, in words: every reason has a text, and no limit is broken."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.ledger import EditionState
from bot.digests.reasons import RecordedChoice, Weighing, Why
from bot.digests.selection import TAKEN, Verdict
from bot.origins.files.fields import MAX_SCORE
from bot.render import limits
from bot.render.digest import embed_size
from bot.render.why import why_embed
from bot.render.why_numbers import left_out_text, numbers_embed, why_text
from bot.render.why_record import why_record
from bot.sandbox.rules.body_schema import check
from bot.sandbox.rules.message_rules import ANSWER
from bot.stories.junk import Junk
from bot.stories.model import (
    MAX_NAME,
    MAX_TITLE,
    ArchivedStory,
    Article,
    Provider,
    RankedSource,
    Relation,
)
from tests.render.test_messages import archived, texts

WHEN = datetime(2019, 12, 22, 9, 0, tzinfo=UTC)


def article(number: int, quality: int | None = 60, when: datetime = WHEN) -> Article:
    url = f"https://a{number}.example/"
    provider = Provider(f"Paper {number}", f"a{number}.example")
    return Article(url, f"Headline {number}", "", when, provider, quality, None)


def story(
    number: int = 1,
    *sources: RankedSource,
    imported: int | None = None,
    best: int | None = 60,
    publishers: int = 3,
    quality: int | None = 60,
    when: datetime = WHEN,
) -> ArchivedStory:
    return ArchivedStory(
        story_id=number,
        article=article(number, quality, when),
        topics=("AI",),
        heat=120,
        heat_imported=imported,
        publishers=publishers,
        leader_id=None,
        sources=sources,
        best=best,
    )


def reasons(
    one: ArchivedStory, leader: ArchivedStory | None = None, *followers: ArchivedStory
) -> Why:
    return Why(one, leader, followers, (), (), 50)


def choice(
    verdict: Verdict, position: int = 1, headline: str = "Ferry", other: str | None = None
) -> RecordedChoice:
    return RecordedChoice(7, headline, position, verdict, 256, timedelta(hours=9), 7.5, other)


def weighing(*choices: RecordedChoice, state: EditionState = EditionState.DELIVERED) -> Weighing:
    return Weighing(11, date(2019, 12, 22), 1, state, choices)


LISTED = RankedSource(article(9), Relation.OFF_TOPIC, None, 0.1)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (story(imported=120), "given by its file"),
        (story(imported=0), "given by its file"),
        (story(1, LISTED, imported=900), "best quality 60 + 20 x 3 publishers"),
        (story(imported=-1), "best quality 60 + 20 x 3 publishers"),
        (story(publishers=1), "best quality 60 + 20 x 1 publisher"),
        (story(best=50), "best quality 50 + 20 x 3 publishers"),
        (
            story(best=49, publishers=2),
            "best quality 49, and below 50 fewer than 3 publishers add nothing",
        ),
        (story(best=None), "how it was found was not recorded"),
    ],
)
def test_it_is_told_how_heat_was_found(one: ArchivedStory, words: str):
    assert why_text(reasons(one)).splitlines()[2] == f"    Quality 60 · heat 120: {words}"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (story(), "Passes the minimum heat of 50"),
        (replace(story(), heat=50), "Passes the minimum heat of 50"),
        (
            replace(story(), heat=49),
            "Below the minimum heat of 50: editions take it only on a quiet day, from the archive",
        ),
        (
            replace(story(), heat=None),
            "Passes the minimum heat of 50, because its heat is unknown,"
            " and comes after every story with a known heat",
        ),
    ],
)
def test_the_minimum_heat_is_told_and_what_it_means_for_the_story(one: ArchivedStory, words: str):
    assert f"    {words}" in why_text(reasons(one)).splitlines()
    assert words in numbers_embed(reasons(one))["description"]
    assert why_record(reasons(one))["heat"]["minimum"] == 50


def test_an_unknown_heat_is_told_as_unknown_and_is_a_number_in_json():
    one = replace(story(quality=None), heat=None, best=45, publishers=1)
    heading = "Quality unknown · heat unknown: no quality is known, nor a heat in its file"
    assert why_text(reasons(one)).splitlines()[2] == f"    {heading}"
    record = why_record(reasons(one))["heat"]
    assert (record["value"], record["found_by"], record["best_quality"]) == (50, "unknown", 45)
    past = replace(choice(Verdict.FILLED), heat=None, score=-0.5)
    told = why_text(replace(reasons(one), places=[weighing(past)]))
    assert "score -0.50 = 0.00 for heat unknown - 0.50 for an age of 9.0 h" in told


def test_a_quality_that_is_only_assumed_is_told_as_that():
    one = replace(story(quality=None, best=45, publishers=3), heat=105)
    assert why_text(reasons(one)).splitlines()[2] == (
        "    Quality unknown · heat 105: best quality 45 (for an unknown one) + 20 x 3 publishers"
    )


@pytest.mark.parametrize(
    ("junk", "words"),
    [
        (None, "the best claim: quality 60, and 20 for each publisher with a story like it"),
        ("press_release", "the other is a press release"),
    ],
)
def test_it_is_told_by_what_a_story_leads_another(junk: str | None, words: str):
    better, worse = story(1), replace(story(2), junk=junk)
    led = why_text(reasons(worse, better)).splitlines()
    leads = why_text(reasons(better, None, worse)).splitlines()
    assert f"    Led by “Headline 1”: {words}" in led
    assert f"    Leads “Headline 2”: {words}" in leads
    assert why_record(reasons(worse, better))["leader"]["by"] == words
    assert why_record(reasons(better, None, worse))["followers"][0]["by"] == words


def test_the_stories_that_it_leads_are_told_in_one_line_each_headline_once():
    same = replace(story(4), article=article(2))
    lines = why_text(reasons(story(), None, story(2), story(3), same)).splitlines()
    claim = "the best claim: quality 60, and 20 for each publisher with a story like it"
    leads = [line for line in lines if "Leads" in line]
    assert leads == [f"    Leads “Headline 2”, “Headline 3”: {claim}"]
    said = why_embed(reasons(story(1, LISTED), None, story(2)))["description"]
    assert "stands for" not in said, "the pages say it"


@pytest.mark.parametrize(("score", "hours"), [(4.694, 46.5), (4.666, 47), (-0.004, 9.001)])
def test_the_numbers_of_a_score_add_up_as_they_are_shown(score: float, hours: float):
    one = replace(choice(Verdict.FILLED), score=score, age=timedelta(hours=hours))
    told = why_text(replace(reasons(story()), places=[weighing(one)]))
    sum_, worth, lost = re.findall(r"score (\S+) = (\S+) for heat 256 - (\S+) for", told)[0]
    assert Decimal(sum_) == Decimal(worth) - Decimal(lost)
    assert float(sum_) == pytest.approx(score, abs=0.011)


@pytest.mark.parametrize("kind", Junk)
def test_junk_is_told_with_the_rule_that_says_so(kind: Junk):
    lines = why_text(reasons(replace(story(), junk=kind.value))).splitlines()
    assert lines[3].endswith(f"(config/editorial.yaml: {kind.value})")


def test_it_is_told_where_the_heat_was_halved():
    whole = replace(story(), junk="press_release")
    halves = [
        replace(whole, heat=60),
        replace(story(imported=120), junk="press_release", heat=60),
    ]
    assert all(
        why_text(reasons(one))
        .splitlines()[2]
        .endswith(", halved, because only press releases tell it")
        for one in halves
    )
    assert "halved" not in why_text(reasons(whole))


def test_every_relation_is_told_with_its_numbers():
    kept = article(2).url
    sources = [
        RankedSource(article(2), Relation.ELIGIBLE, None, 0.5),
        RankedSource(article(3), Relation.COPY, kept, 0.91, 0.9091),
        RankedSource(article(4), Relation.COPY, kept, 0.6, 0.41),
        RankedSource(article(5), Relation.SIBLING, kept, 0.7, 5 / 6),
        RankedSource(article(6), Relation.SAME_OWNER, kept, 0.2, 1.0),
        RankedSource(article(7, None), Relation.OFF_TOPIC, None, 0.0899),
        RankedSource(article(8), Relation.ELIGIBLE, None),
        RankedSource(article(9), Relation.COPY, kept),
        RankedSource(article(10), Relation.BACKGROUND, None, 0.4),
    ]
    lines = why_text(reasons(story(1, *sources))).splitlines()[5:15]
    assert lines == [
        "  Sources by quality; off topic below similarity 0.18",
        "    1. Paper 2 · quality 60 · similarity 0.500",
        "    2. Paper 3 · quality 60 · similarity 0.910 · copy of 1: 91 % of the shorter excerpt",
        "    3. Paper 4 · quality 60 · similarity 0.600 · copy of 1: 41 % of the shorter excerpt,"
        " 20 words in a row",
        "    4. Paper 5 · quality 60 · similarity 0.700 · same headline as 1: 83 % of the words",
        "    5. Paper 6 · quality 60 · similarity 0.200 · same owner as 1",
        "    6. Paper 8 · quality 60 · similarity not recorded",
        "    7. Paper 9 · quality 60 · similarity not recorded · copy of 1: most of the shorter"
        " excerpt",
        "    8. Paper 10 · quality 60 · similarity 0.400 · background",
        "    9. Paper 7 · quality unknown · similarity 0.090 · off topic",
    ]


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_told_with_the_numbers_of_its_score(verdict: Verdict):
    why = replace(reasons(story()), places=[weighing(choice(verdict, 3))])
    line = why_text(why).splitlines()[-1]
    place = "place 3, " if verdict in TAKEN else "left out: "
    assert line.startswith(f"    channel 11, Sunday 22 December 2019: {place}")
    assert line.endswith(" · score 7.50 = 8.00 for heat 256 - 0.50 for an age of 9.0 h")
    assert numbers_embed(why)["description"].count("score 7.50") == 1


def test_no_two_verdicts_have_the_same_words():
    lines = {left_out_text([weighing(choice(one))]) for one in Verdict if one not in TAKEN}
    assert len(lines) == len(Verdict) - len(TAKEN)


def test_what_the_last_edition_left_out_stands_below_how_many_it_took():
    last = weighing(
        choice(Verdict.BEST),
        choice(Verdict.FILLED, 2),
        choice(Verdict.NO_ROOM, 3, "*Late*"),
        choice(Verdict.LINKED, 4, "Twin", "Posted"),
    )
    numbers = "score 7.50 = 8.00 for heat 256 - 0.50 for an age of 9.0 h"
    assert left_out_text([last]).splitlines() == [
        "  Channel 11: Sunday 22 December 2019 took 2 and left out",
        f"    - *Late*: scored too low for a place · {numbers}",
        f"    - Twin: linked with a story posted before (“Posted”) · {numbers}",
    ]
    shown = numbers_embed(replace(reasons(story()), last=[last]))["description"]
    assert "- \\*Late\\*: scored too low" in shown
    nothing = left_out_text([weighing(choice(Verdict.BEST))])
    assert nothing.splitlines()[1] == "    nothing that it weighed"


def test_an_edition_that_was_not_delivered_says_how_it_stands():
    one = weighing(choice(Verdict.BEST), state=EditionState.UNCERTAIN)
    assert "December 2019 (uncertain): place 1" in why_text(replace(reasons(story()), places=[one]))


def test_json_has_the_numbers_unrounded():
    source = RankedSource(article(2), Relation.SIBLING, article(3).url, 1 / 3, 5 / 6)
    one = weighing(choice(Verdict.LINKED, 4, other="Posted"))
    record = why_record(replace(reasons(story(1, source)), places=[one], last=[one]))
    assert record["sources"] == [{"url": article(2).url, "similarity": 1 / 3, "share": 5 / 6}]
    assert record["editions"] == record["last_editions"] == [
        {
            "channel": "11",
            "date": "2019-12-22",
            "slot": 1,
            "state": "delivered",
            "choices": [
                {
                    "id": 7,
                    "headline": "Ferry",
                    "position": 4,
                    "taken": False,
                    "verdict": "linked",
                    "heat": 256,
                    "age_seconds": 9 * 3600,
                    "age_term": 0.5,
                    "score": 7.5,
                    "linked_with": "Posted",
                }
            ],
        }
    ]  # fmt: skip


choices = st.builds(
    RecordedChoice,
    story_id=st.integers(1, 2**63 - 1),
    headline=texts(MAX_TITLE),
    position=st.integers(1, 20),
    verdict=st.sampled_from(Verdict),
    heat=st.integers(-1, MAX_SCORE),
    age=st.timedeltas(timedelta(days=-3), timedelta(days=20_000)),
    score=st.floats(-30_000, 30),
    other=st.none() | texts(MAX_TITLE),
)
weighings = st.builds(
    Weighing,
    channel_id=st.integers(1, 2**63 - 1),
    local_date=st.dates(),
    slot=st.integers(-20, 6),
    state=st.sampled_from(EditionState),
    choices=st.lists(choices, min_size=1, max_size=20),
)
places = weighings.map(lambda one: replace(one, choices=one.choices[:1]))
whys = st.builds(
    Why,
    story=archived,
    leader=st.none() | archived,
    followers=st.lists(archived, max_size=6),
    places=st.lists(places, max_size=5),
    last=st.lists(weighings, max_size=2),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(whys, texts(MAX_NAME), st.sampled_from([0, 500]))
def test_the_answer_breaks_no_limit_and_keeps_every_part(why: Why, name: str, more: int):
    source = RankedSource(article(2), Relation.COPY, article(2).url, 0.5, 0.9)
    long = replace(source, article=replace(source.article, provider=Provider(name, "a.example")))
    why = replace(why, story=replace(why.story, sources=(*why.story.sources, *[long] * more)))
    for embed in (why_embed(why), numbers_embed(why)):
        check(ANSWER, {"embeds": [embed]})
        assert len(embed["description"]) <= limits.DESCRIPTION
        assert embed_size(embed) <= limits.EMBEDS_TOTAL
    first, *lines = why_embed(why)["description"].splitlines()
    assert first.endswith(".**")
    assert 1 <= len(lines) <= 6
    text = numbers_embed(why)["description"]
    assert " · heat " in text.splitlines()[0]
    assert ("**Sources by quality" in text) == bool(why.story.sources)
    assert "**In this channel**\n" in text
    assert (" and left out**\n" in text) == bool(why.last)
    if more:
        assert "1. " in text
        assert "\nand " in text


def test_what_does_not_fit_is_counted():
    sources = [
        RankedSource(
            replace(article(2), provider=Provider("N" * 80, "a.example")),
            Relation.ELIGIBLE,
            None,
            0.5,
        )
        for _ in range(100)
    ]
    text = numbers_embed(reasons(story(1, *sources)))["description"]
    block = text.split("\n\n")[1].splitlines()
    assert block[-1] == f"and {100 - (len(block) - 2)} more"
    assert len(block) > 20
