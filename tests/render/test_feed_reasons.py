"""Why what a feed brought has its quality and its topics, in plain words."""

from dataclasses import replace

import pytest

from bot.render import limits
from bot.render.why_numbers import numbers_embed, why_text
from bot.render.why_record import why_record
from bot.stories.feed_quality import quality_of
from bot.stories.model import QualityParts, Standing, TopicReason
from tests.render.test_why import reasons, story

PARTS = QualityParts(0.47, Standing.TIER, 2, complete=1.0, track=0.4)
TOPICS = (
    TopicReason("AI", "phrase", "language model"),
    TopicReason("Cloud", "category", "Cloud_Computing"),
    TopicReason("News", "feed"),
)


def computed(parts: QualityParts = PARTS):
    one = story()
    return replace(one, article=replace(one.article, quality=quality_of(parts), parts=parts))


def test_the_parts_of_a_computed_quality_are_told():
    lines = [
        "Publisher: 42.3 of 90.0, for tier 2 of config/tiers.yaml",
        "Original: 30.0 of 30.0, for being no copy",
        "Complete: 22.5 of 22.5, for a date, a text and a headline of usual length",
        "Shared: 3.0 of 7.5, for how often others tell what its publisher tells",
        "Together 97.8: 90 on the scale of story files' qualities",
    ]
    heading = "Its quality is computed, since a feed gives none"
    assert why_text(reasons(computed())).splitlines()[-6:] == [
        f"  {heading}",
        *(f"    {line}" for line in lines),
    ]
    shown = numbers_embed(reasons(computed()))["description"]
    assert shown.split("\n\n")[-1] == "\n".join((f"**{heading}**", *lines)), "below all else"


@pytest.mark.parametrize(
    ("standing", "told", "words"),
    [
        (Standing.PRESS_RELEASE, 5, "a press release, wherever it is printed"),
        (Standing.FEED, 1, "tier 1, as its feed says"),
        (Standing.IMPORTED, 12, "the median of 12 qualities from story files"),
        (Standing.UNKNOWN, 0, "one that is not rated"),
    ],
)
def test_it_is_told_where_a_publisher_s_part_comes_from(standing: Standing, told: int, words: str):
    one = computed(replace(PARTS, standing=standing, told=told))
    assert f"Publisher: 42.3 of 90.0, for {words}" in why_text(reasons(one))


def test_a_copy_is_told_as_one():
    text = why_text(reasons(computed(replace(PARTS, original=0.5))))
    assert "Original: 15.0 of 30.0, for a copy, or a page of a site that republishes others" in text


def test_an_imported_quality_has_no_parts():
    assert "computed" not in why_text(reasons(story()))
    assert why_record(reasons(story()))["quality_parts"] is None


def test_what_gave_a_topic_is_told():
    why = replace(reasons(story()), topics=TOPICS)
    assert (
        "Topics from feeds: AI (the words “language model”), Cloud (its feed's category"
        " “Cloud_Computing”), News (its feed's own)"
    ) in why_text(why)
    assert "“Cloud\\_Computing”" in numbers_embed(why)["description"], (
        "a feed's text is never markup"
    )
    assert why_record(why)["topics"][0] == {
        "topic": "AI",
        "by": "phrase",
        "found": "language model",
    }


def test_the_parts_are_numbers_in_json():
    record = why_record(reasons(computed()))["quality_parts"]
    assert record == {
        "source": 0.47,
        "standing": "tier",
        "told": 2,
        "complete": 1.0,
        "track": 0.4,
        "original": 1.0,
        "sum": 97.8,
    }


def test_long_reasons_fit_into_a_message():
    many = tuple(TopicReason("*" * 100, "category", "_" * 300) for _ in range(50))
    why = replace(reasons(computed()), topics=many)
    assert len(numbers_embed(why)["description"]) <= limits.DESCRIPTION
