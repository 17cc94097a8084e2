"""A page of a topic: headlines are links, junk is labelled, and no story is lost."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.render import limits
from bot.render.colours import colour_of
from bot.render.topic_page import listed_story, told_embed, topic_embed
from bot.stories.junk import Junk
from bot.stories.model import Topic
from bot.stories.ranking import Rules
from tests.render.test_messages import WHEN, made_story

AI = Topic(1, "AI", "ai", 5, WHEN)


@pytest.mark.parametrize(
    ("stories", "total", "before", "place"),
    [
        (5, 10, 0, "1-5 of 10 stories"),
        (5, 10, 5, "6-10 of 10 stories"),
        (1, 11, 10, "11 of 11 stories"),
        (5, 5, 0, "5 stories"),
        (1, 1, 0, "1 story"),
        (5, 10, None, "10 stories"),
        (5, 7, 999_999_999, "7 stories"),
        (0, 10, 10, "10 stories"),
    ],
)
def test_it_begins_with_its_place_and_has_no_footnote(
    seed: bytes, rules: Rules, stories: int, total: int, before: int | None, place: str
):
    shown = [made_story(seed, rules)] * stories
    embed = topic_embed(replace(AI, stories=total), shown, 3, before)
    assert "footer" not in embed
    assert embed["color"] == colour_of("AI"), "as its stories in a digest"
    assert embed["description"].split("\n\n")[0] == f"{place}, newest first"
    numbers = [int(n) for n in re.findall(r"^\*\*(\d+)\.", embed["description"], re.MULTILINE)]
    assert numbers == [(before or 0) + n for n in range(1, stories + 1)]


def test_a_headline_is_a_link_above_who_tells_it(seed: bytes, rules: Rules):
    story = made_story(seed, rules)
    title = "Twitter, Facebook take down global network of fake accounts pushing pro-Trump messages"
    headline, about = listed_story(story, 3, 2).splitlines()
    assert headline == f"**3.** [{title}]({story.article.url})"
    assert re.fullmatch(
        r"MarketWatch · <t:1577028660:d> · also \[Washington Post\]\(\S+\),"
        r" \[Wall Street Journal\]\(\S+\), \+9 more · 12 publishers",
        about,
    )
    few = listed_story(replace(story, publishers=3), 1, 2)
    assert "more" not in few, "the names are the publishers"
    assert listed_story(story, 1, 0).endswith("<t:1577028660:d> · 12 publishers")


@pytest.mark.parametrize(
    ("junk", "label"),
    [
        (Junk.PRESS_RELEASE, "Press release"),
        (Junk.DEAL, "Deal"),
        (Junk.MARKET_RESEARCH, "Market research"),
    ],
)
def test_junk_is_labelled(seed: bytes, rules: Rules, junk: Junk, label: str):
    about = listed_story(replace(made_story(seed, rules), junk=junk), 1, 0).splitlines()[1]
    assert about == f"{label} · MarketWatch · <t:1577028660:d> · 12 publishers"


def test_long_addresses_cost_it_sources_and_no_story(seed: bytes, rules: Rules):
    story = made_story(seed, rules)
    for length in (30, 300, 480, 999):
        url = f"https://x.example/{'x' * length}"
        long = replace(story, article=replace(story.article, url=url, title=".x" * 99))
        text = topic_embed(AI, [long] * 5, 10)["description"]
        assert text.count("\nMarketWatch · <t:") == 5
        assert len(text) <= limits.DESCRIPTION
    empty = topic_embed(Topic(1, "AI", "ai", 0, datetime(2019, 12, 22, tzinfo=UTC)), [], 3)
    assert empty["description"] == "No stories yet."


def test_a_story_that_follows_is_named_above_its_leader(seed: bytes, rules: Rules):
    story = made_story(seed, rules)
    text = told_embed(story)["description"]
    assert text.startswith("[Twitter, Facebook take down")
    assert text.endswith(" (MarketWatch) is one of the reports on this event:")
