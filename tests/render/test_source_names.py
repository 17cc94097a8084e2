"""The line of a story's publishers: those named and those counted are all of them."""

import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Layout
from bot.digests.edition import Contents
from bot.render import phone
from bot.render.digest import edition_messages
from bot.render.embeds import story_embed
from bot.render.source_names import sources_in, sources_lines
from bot.stories.model import ArchivedStory, Article, Provider, RankedSource, Relation, Story
from bot.stories.owners import Owners
from bot.stories.ranking import Rules, rank
from tests.render.test_messages import WHEN, made_story

NAMES = ("Post", "Herald, Daily", "x.example", "Tribune & Co", "A-Z", "Wire", "Gazette", "Bell")
TEXTS = (
    "Ferry yard hands over the first of twelve ships to Saltmarsh",
    "Ferry yard hands over the first of twelve ships to Saltmarsh after delays",
    "Saltmarsh ferry yard delivers first ship of twelve, a year late",
    "First of twelve ferries leaves the yard for Saltmarsh",
    "Weather: rain, then more of it",
)
articles = st.builds(
    lambda name, title, excerpt, hours, number: Article(
        f"https://{name[0].lower()}{len(name)}.example/{number}",
        title,
        excerpt,
        WHEN + timedelta(hours=hours),
        Provider(name, f"{name[0].lower()}{len(name)}.example"),
        number % 90,
        None,
    ),
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    st.sampled_from(["", *(f"{text}, its owner said on Monday." for text in TEXTS)]),
    st.integers(-60, 60),
    st.integers(1, 10**6),
)
SAME_OWNER = {"p4.example": "One House", "w4.example": "One House", "g7.example": "One House"}


@st.composite
def ranked(draw: st.DrawFn, rules: Rules) -> ArchivedStory:
    """A story ranked by the rules: with copies, siblings, and several pages of one owner."""
    own, *others = draw(st.lists(articles, min_size=1, max_size=14, unique_by=lambda a: a.url))
    story = Story(own, tuple(others), ("Harbours",), None, None, removed=False)
    owned = replace(rules, owners=Owners({**SAME_OWNER}))
    ranking = rank(story, owned)
    return ArchivedStory(
        1, own, story.topics, ranking.heat, None, ranking.publishers, None, ranking.sources
    )


def counted(line: str) -> int:
    """How many publishers a line names or counts."""
    more = re.search(r", \+(\d+) more$", line)
    names = re.sub(r"\[[^\]]+\]\(\S+\)", "x", line[: more.start()] if more else line)
    for name in ("Herald, Daily",):
        names = names.replace(name, "x")
    return names.count(", ") + 1 + int(more[1] if more else 0)


@settings(deadline=None)
@given(st.data(), st.integers(1, 10), st.integers(1, 3))
def test_publishers_that_are_named_and_those_counted_are_all(
    rules: Rules, data: st.DataObject, limit: int, most: int
):
    story = data.draw(ranked(rules))
    few = sources_in(story, limit, most, phone.BESIDE)
    forms = {*sources_lines(story, limit), *sources_lines(story, few)}
    if story.top(1):
        assert {counted(form) for form in forms} == {story.publishers}
    else:
        assert (forms, story.publishers) == ({""}, 1)
    shown = story_embed(story, limit)
    assert ("publishers" in shown["footer"]["text"]) == (story.publishers > 1)


@settings(deadline=None)
@given(st.data(), st.integers(1, 10))
def test_every_layout_shows_the_number_that_its_names_add_up_to(
    rules: Rules, data: st.DataObject, limit: int
):
    story = data.draw(ranked(rules))
    for layout in Layout:
        contents = Contents(("Harbours",), WHEN.date(), 1, (story,), layout=layout)
        (message,) = edition_messages(contents, limit)
        text = message.body["content"]
        told = re.search(r" · (\d+) publishers$", text)
        assert int(told[1] if told else 1) == story.publishers
        (option,) = message.body["components"][0]["components"][0]["options"]
        assert option.get("description", "1 p").split()[0] == str(story.publishers)
        lines = [line for one in message.body["embeds"] for line in one["description"].split("\n")]
        if story.top(1) and layout is not Layout.HEADLINES:
            assert counted(lines[-1].removeprefix("**1.** ")) == story.publishers


def test_an_outlet_of_the_headlines_owner_stands_for_both(seed: bytes, rules: Rules):
    story = made_story(seed, rules)
    first = sources_lines(story, 5)[0]
    assert phone.visible(first) == (
        "Washington Post, Wall Street Journal, CNET, Forbes, New York Times, +7 more"
    )
    assert phone.visible(sources_lines(story, 1)[0]) == "MarketWatch, Washington Post, +10 more"


def test_names_that_do_not_fit_are_counted():
    own = Article("https://a.example/", "x", "", WHEN, Provider("Own", "a.example"), 5, None)
    others = tuple(
        RankedSource(
            replace(own, url=f"https://b.example/{n}", provider=Provider("N" * 60, "b.example")),
            Relation.ELIGIBLE,
            None,
        )
        for n in range(10)
    )
    story = ArchivedStory(1, own, (), 5, None, 15, None, others)
    assert sources_lines(story, 10)[-1].endswith(f"{'N' * 60}, +11 more")
