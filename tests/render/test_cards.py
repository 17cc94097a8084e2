"""The cards of an edition: what each shows, and what gives way so that a phone shows them low."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.config import Layout
from bot.digests.edition import Contents
from bot.render import limits, phone
from bot.render.cards import HIGHEST
from bot.render.compact import HIGHEST as COMPACT
from bot.render.digest import edition_messages, embed_size
from bot.render.embeds import Embed
from bot.stories.model import ArchivedStory, Relation
from tests.render.editions import ADDED, ALSO, LONG, USUAL, edition
from tests.render.test_messages import WHEN, example, only_message
from tests.render.test_overview import body_of
from tests.render.test_overview import told as courier


def cards_of(contents: Contents) -> list[Embed]:
    embeds = only_message(edition_messages(contents, 5)).body["embeds"]
    return [embed for embed in embeds if "url" in embed]


def height(contents: Contents) -> float:
    body = only_message(edition_messages(contents, 5)).body
    return phone.message_height(body["content"], body["embeds"])


@pytest.mark.parametrize("also", [(), ALSO], ids=["alone", "with lines"])
@pytest.mark.parametrize("headlines", [LONG, USUAL], ids=["long", "usual"])
def test_an_edition_of_five_is_low_enough_for_a_phone(headlines, also):
    assert height(edition(headlines, Layout.CARDS, also)) <= HIGHEST < 1500
    assert height(edition(headlines, Layout.COMPACT, also)) <= COMPACT < 800


@pytest.mark.parametrize("headlines", [LONG, USUAL], ids=["long", "usual"])
def test_every_card_has_a_picture_some_of_its_text_and_its_sources(headlines):
    for card in cards_of(edition(headlines)):
        assert card["thumbnail"]["url"].startswith("https://marketwatch.example/")
        excerpt, sources = card["description"].split("\n")
        assert excerpt.startswith("Facebook Inc. and Twitter Inc. have taken down")
        assert sources.startswith("MarketWatch, [Washington Post](")
        assert card["footer"]["text"] == "AI, Facebook AI"


@pytest.mark.parametrize("many", range(1, 6))
def test_usual_headlines_are_whole_on_their_cards(many: int):
    shown = [card["title"].replace("\\", "") for card in cards_of(edition(USUAL[:many]))]
    assert shown == [*USUAL[:many]]


@pytest.mark.parametrize("headlines", [LONG, USUAL], ids=["long", "usual"])
def test_what_another_publisher_adds_is_whole_or_not_there(headlines):
    shown = [[*cards_of(edition(headlines[:many]))] for many in range(1, 6)]
    footers = [[card["footer"]["text"].split(" · ") for card in cards] for cards in shown]
    adds = {said for cards in footers for footer in cards for said in footer[:-1]}
    assert adds == {f"Mercury News: {ADDED}"}
    counted = [sum(len(footer) == 2 for footer in cards) for cards in footers]
    assert counted[:2] == [1, 2], "there is room for it"


def test_an_excerpt_is_shown_without_the_prices_of_shares():
    given = (
        "Nordwerft AG NWFT, +0.12% and Kiel Yards KYD.B, -10.5% agree on one dock, D1, +2 cranes."
    )
    story = courier(1)
    story = replace(story, article=replace(story.article, excerpt=given))
    (card,) = body_of(Layout.CARDS, story)["embeds"]
    text = card["description"].split("\n")[0].replace("\\", "")
    assert text == "Nordwerft AG and Kiel Yards agree on one dock, D1, +2 cranes."


def test_the_fewer_stories_there_are_the_more_each_card_shows():
    shown = [sum(map(embed_size, cards_of(edition(LONG[:n])))) / n for n in range(1, 6)]
    assert [round(size, -1) for size in shown] == sorted(
        (round(size, -1) for size in shown), reverse=True
    )
    (alone,) = cards_of(edition(LONG[:1]))
    assert alone["title"].replace("\\", "") == LONG[0]
    assert ADDED in alone["footer"]["text"]
    assert alone["description"].count("](https") == 5


def test_the_last_cards_give_way_first():
    shown = [embed_size(card) for card in cards_of(edition())]
    assert shown[0] >= shown[-1]
    excerpts = [len(card["description"].split("\n")[0]) for card in cards_of(edition())]
    assert excerpts == sorted(excerpts, reverse=True)


def test_cards_are_short_before_an_edition_needs_one_message_more():
    own = replace(example("Own", "Ferry yard wins order", 0).article, excerpt="The ferry yard won.")
    said = f"Nordwerft will build 12 electric ferries in Rostock{' and in Kiel' * 11}."
    other = example("Post", "Ferries", 1)
    other = replace(other, article=replace(other.article, excerpt=said))
    long = example("Long", "y" * 1060, 2)
    story = ArchivedStory(1, own, ("AI",), 5, None, 3, None, (other, long))
    gave_way = []
    for count in range(1, 6):
        contents = Contents(("AI",), date(2019, 12, 22), 1, (story,) * count)
        shown = [part.body["embeds"] for part in edition_messages(contents, 5)]
        adds = [said in card["footer"]["text"] for group in shown for card in group]
        assert all(adds) or not any(adds)
        if not any(adds):
            gave_way.append(count)
            room = limits.EMBEDS_TOTAL - sum(map(embed_size, shown[0]))
            assert room < count * len(said)
    assert gave_way == [5]


def test_a_card_names_its_headlines_publisher_once():
    story = courier(1, sources=2)
    own = example("Own", "It begins", 0).article
    alone = replace(story, article=own, sources=(), publishers=1)
    same_owner = replace(story, sources=(replace(story.sources[0], independent=False),))
    for one, line, footer in (
        (story, "Courier, [Publisher 1](", "Harbours"),
        (alone, "", "Own · Harbours"),
        (same_owner, "[Publisher 1](", "Courier · Harbours"),
    ):
        (card,) = body_of(Layout.CARDS, one)["embeds"]
        assert card["description"].split("\n")[-1].startswith(line)
        assert card["footer"]["text"] == footer


def test_a_card_says_why_its_headline_is_not_the_best_sources_where_that_stands_for_both():
    story = courier(1, sources=1)
    best = replace(story.sources[0], independent=False)
    better = replace(best, article=replace(best.article, quality=90))
    for hours, word in ((1, "First in this archive"), (-1, "Headline")):
        at = replace(better.article, published_at=WHEN + timedelta(hours=hours))
        one = replace(story, sources=(replace(better, article=at),))
        (card,) = body_of(Layout.CARDS, one)["embeds"]
        assert card["footer"]["text"] == f"{word}: Courier · Harbours"
    strange = replace(story, sources=(replace(better, relation=Relation.OFF_TOPIC),))
    (card,) = body_of(Layout.CARDS, strange)["embeds"]
    assert card["footer"]["text"] == "Courier · Harbours"


def test_a_card_without_a_topic_has_no_footer_but_its_time():
    (card,) = body_of(Layout.CARDS, replace(courier(1), topics=()))["embeds"]
    assert "footer" not in card
    assert "timestamp" in card
