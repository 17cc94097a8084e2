"""The overview of an edition, in every layout: what it shows, what gives way, and to what."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.config import Layout
from bot.digests.edition import Contents
from bot.render import limits
from bot.render.digest import edition_messages
from bot.render.overview import giving_way
from bot.render.posted import stories_of
from bot.stories.junk import Junk
from bot.stories.model import ArchivedStory, Reference
from tests.render.test_messages import WHEN, example, only_message

HEADLINES = (
    "Nordwerft delivers the first of twelve electric ferries to Saltmarsh",
    "City council votes to close the harbour road to cars from June",
    "Three universities agree on one open licence for their climate data",
    "Strike at the northern rail yards ends after nine days with a new contract",
    "Researchers find a slower way to train small models that forgets less",
)


def told(number: int, *, path: int = 60, sources: int = 6) -> ArchivedStory:
    """An invented story of usual length; `path`: the characters of its URLs after the host."""
    headline = HEADLINES[(number - 1) % len(HEADLINES)]
    own = example("Courier", headline, 0).article
    own = replace(own, url=f"https://www.courier{number}.example/{'y' * path}")
    others = [example(f"Publisher {n}", f"View {number} {n}", n) for n in range(1, sources + 1)]
    shown = [
        replace(one, article=replace(one.article, url=f"{one.article.url}/{'z' * path}"))
        for one in others
    ]
    return ArchivedStory(
        number, own, ("Harbours",), 90, None, 1 + sources, None, tuple(shown), event_id=number
    )


def body_of(layout: Layout, *stories: ArchivedStory, **more: Any) -> dict[str, Any]:
    edition = Contents(("Harbours",), date(2026, 5, 4), 1, stories, layout=layout, **more)
    return only_message(edition_messages(edition, 5)).body


def lines(body: dict[str, Any]) -> list[str]:
    return str(body["content"]).splitlines()[2:]


@pytest.mark.parametrize("layout", Layout)
def test_every_layout_begins_with_topics_date_and_a_numbered_link_for_each_story(layout: Layout):
    body = body_of(layout, told(1), told(2, sources=0))
    named = {Layout.CARDS: ("", ""), Layout.COMPACT: ("", " · Courier")}
    first, second = named.get(layout, (" · Courier", " · Courier"))
    assert body["content"].splitlines() == [
        "## Harbours",
        "-# Monday 4 May 2026",
        f"1. [{HEADLINES[0]}](<https://www.courier1.example/{'y' * 60}>){first} · 7 publishers",
        f"2. [{HEADLINES[1]}](<https://www.courier2.example/{'y' * 60}>){second}",
    ]
    assert len(body["components"]) == 1


def test_cards_have_an_embed_for_each_story_compact_one_for_all_and_headlines_none():
    stories = (told(1), told(2, sources=0), told(3))
    cards, compact, headlines = (body_of(layout, *stories)["embeds"] for layout in Layout)
    assert [card["url"] for card in cards] == [story.article.url for story in stories]
    (embed,) = compact
    assert "url" not in embed
    first, third = embed["description"].splitlines()
    assert first.startswith(
        "**1.** Courier, [Publisher 1](https://publisher 1.example/".replace(" 1.", "%201.")
    )
    assert first.endswith(", +1 more")
    assert third.startswith("**3.** ")
    assert headlines == []


def test_an_old_story_and_a_press_release_are_marked_in_the_overview_of_every_layout():
    story = replace(told(1, sources=0), junk=Junk.PRESS_RELEASE)
    for layout in Layout:
        (line,) = lines(body_of(layout, story, from_archive=True))
        named = "" if layout is Layout.CARDS else " · Courier"
        assert line.endswith(f">) · From the archive · Press release{named}")


def test_a_headline_that_cannot_be_a_label_is_text_with_a_link_beside_it():
    story = replace(told(1), article=replace(told(1).article, title="Ferries *at last* 🚢"))
    (line,) = lines(body_of(Layout.HEADLINES, story))
    url = f"https://www.courier1.example/{'y' * 60}"
    assert line.startswith(f"1. Ferries \\*at last\\* 🚢 ([open](<{url}>)) · Courier")


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(("path", "linked"), [(60, 10), (110, 6), (180, 4), (1900, 0)])
def test_ten_stories_are_one_overview_and_links_give_way_before_a_story(
    layout: Layout, path: int, linked: int
):
    if layout is Layout.COMPACT and 0 < linked < 10:
        linked += 1  # its lines are shorter, since publishers stand below
    stories = [told(n, path=path, sources=1) for n in range(1, 11)]
    edition = Contents(("Harbours",), date(2026, 5, 4), 1, tuple(stories), layout=layout)
    messages = edition_messages(edition, 1)
    shown = [line for one in messages for line in one.body["content"].splitlines()[1:]]
    if layout is not Layout.CARDS:
        assert len(messages) == 1
        assert len(messages[0].body["content"]) <= limits.CONTENT
        assert len(messages[0].body["embeds"]) <= limits.EMBEDS
        assert sum("](<" in line for line in shown) == linked
    told_ = [one for message in messages for one in stories_of(message.body)]
    assert [one.url for one in told_] == [story.article.url for story in stories]


@pytest.mark.parametrize("layout", Layout)
def test_the_default_edition_is_one_message_and_every_headline_and_source_a_link(layout: Layout):
    stories = [told(n, path=90) for n in range(1, 6)]
    body = body_of(layout, *stories)
    assert sum("](<" in line for line in lines(body)) == 5
    links = sum(embed.get("description", "").count("](https") for embed in body["embeds"])
    assert links == (0 if layout is Layout.HEADLINES else 25)


def test_ten_headlines_that_are_embeds_leave_the_lines_of_sources_to_the_last_of_them():
    stories = [told(n, path=1950, sources=1) for n in range(1, 11)]
    embeds = body_of(Layout.COMPACT, *stories)["embeds"]
    assert [one["url"] for one in embeds] == [story.article.url for story in stories]
    rows = [line for one in embeds for line in one.get("description", "").splitlines()]
    assert [line.partition(" ")[0] for line in rows] == [f"**{n}.**" for n in range(1, 11)]
    assert len(embeds) == limits.EMBEDS


def test_links_of_sources_give_way_in_the_compact_layout_and_no_name_is_lost():
    stories = [told(n, path=150) for n in range(1, 11)]
    (embed,) = [e for e in body_of(Layout.COMPACT, *stories)["embeds"] if "url" not in e]
    rows = embed["description"].splitlines()
    assert len(rows) == 10
    assert all(f"Publisher {n}" in row for row in rows for n in range(1, 6))
    first = "**{}.** Courier, [Publisher 1]("
    assert all(row.startswith(first.format(n)) for n, row in enumerate(rows, start=1))


def test_what_came_before_stands_on_cards_alone():
    before = Reference(9, "A yard in need", "https://old.example/a", "Old", WHEN)
    story = replace(told(1), before=before)
    shown = {one: str(body_of(one, story)) for one in Layout}
    assert [one for one, text in shown.items() if "Before this: " in text] == [Layout.CARDS]


def test_the_longest_lines_give_way_first_and_each_to_its_next_form():
    forms = [["a" * 9, "a" * 5], ["b" * 20, "b" * 10, "b"], ["c" * 3]]
    assert giving_way(forms, 40) == [0, 0, 0]
    assert giving_way(forms, 34) == [0, 1, 0]
    assert giving_way(forms, 24) == [0, 2, 0]
    assert giving_way(forms, 13) == [1, 2, 0]
    assert giving_way(forms, 0) == [1, 2, 0]


@pytest.mark.parametrize("layout", Layout)
def test_ten_stories_fit_into_the_text_with_everything_that_can_stand_above_them(layout: Layout):
    stories = [told(n, path=1900) for n in range(1, 11)]
    article = replace(stories[0].article, title="W" * 400)
    name = replace(article.provider, name="W" * 90)
    widest = replace(article, provider=name)
    longest = tuple(
        replace(
            one,
            article=replace(widest, url=one.article.url),
            junk=Junk.PRESS_RELEASE,
            publishers=501,
        )
        for one in stories
    )
    edition = Contents(
        ("x" * 400,),
        date(2026, 9, 30),
        -99,
        longest,
        from_archive=True,
        role=2**63 - 1,
        due=WHEN,
        layout=layout,
    )
    for message in edition_messages(edition, 10):
        assert len(message.body["content"]) <= limits.CONTENT
