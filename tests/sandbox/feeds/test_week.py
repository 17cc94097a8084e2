"""The invented news: what its feeds show, and when."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.config import load_starter
from bot.origins.feeds.parsing import parse
from bot.sandbox.feeds import TOPICS, Fault, Format, InventedFeed, all_feeds, feeds_about
from bot.sandbox.feeds.documents import document
from bot.sandbox.feeds.news import tellings
from tests.conftest import ROOT

MONDAY = datetime(2019, 12, 23, tzinfo=UTC)
EVENING = MONDAY + timedelta(hours=18)
DAYS = [(MONDAY + timedelta(days=n - 1)).date() for n in range(9 * 7)]
FEEDS = all_feeds()


def feed(url: str) -> InventedFeed:
    return next(one for one in FEEDS if one.url == url)


def test_every_feed_and_every_item_is_at_an_invented_host():
    urls = [one.url for one in FEEDS]
    urls += [item.url for one in FEEDS for item in one.items(EVENING)]
    assert all(url.split("/")[2].endswith(".example") for url in urls)


def test_each_starter_topic_has_feeds_in_four_formats():
    assert set(TOPICS) == load_starter(ROOT / "config").topics.keys()
    for topic in TOPICS:
        assert {one.form for one in feeds_about([topic]) if not one.fault} == {*Format}


def test_one_feed_is_dead_and_one_slow():
    assert [one.fault for one in FEEDS if one.fault] == [Fault.DOWN, Fault.SLOW]


@pytest.mark.parametrize("given", FEEDS, ids=lambda one: one.url)
def test_a_reader_finds_in_each_feed_what_was_written(given: InventedFeed):
    items = given.items(EVENING)
    if given.fault:
        return
    found = parse(document(given.form, given.head, items), given.form, given.url, EVENING)
    assert found.problems == ()
    assert [
        (one.url, one.title, one.excerpt, one.published_at, one.categories) for one in found.items
    ] == [(one.url, one.title, one.text, one.published_at, one.categories) for one in items]
    assert [one.publisher and one.publisher.name for one in found.items] == [
        one.publisher and one.publisher.name for one in items
    ]


def test_each_topic_has_an_event_a_day_and_no_text_comes_twice_in_a_week():
    for topic in TOPICS:
        for given in (one for one in FEEDS if topic in one.topics and not one.fault):
            items = given.items(EVENING)
            assert len({one.title for one in items}) == len({one.text for one in items}) == 7
            assert len({one.published_at.date() for one in items}) == 7


@pytest.mark.parametrize("topic", TOPICS)
def test_no_headline_and_no_text_comes_twice_in_nine_weeks(topic: str):
    told = [one for day in DAYS for one in tellings(topic, day)]
    assert len(told) == 3 * len(DAYS)
    assert len({one.title for one in told}) == len({one.text for one in told}) == len(told)


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_told_in_later_weeks_is_filled_in_and_reads_as_english(topic: str):
    for one in (one for day in DAYS for one in tellings(topic, day)):
        assert len(one.title) < 80 < len(one.text) + 40
        assert not re.search(r"[{}|]|\b[Aa] [aeiou]|  ", f"{one.title} {one.text}")
        assert one.title[0].isupper()
        assert one.text.endswith((".", "?"))


def test_what_the_news_of_a_topic_is_does_not_depend_on_where_one_looks_from():
    given = feed("http://harborcourier.example/ai.xml")
    this, next_ = given.items(EVENING), given.items(EVENING + timedelta(days=3))
    assert this[:4] == next_[3:]


def test_nothing_is_shown_before_it_is_published():
    for hour in range(0, 48, 3):
        now = MONDAY + timedelta(hours=hour)
        items = [item for one in FEEDS for item in one.items(now)]
        assert all(item.published_at <= item.shown_at <= now for item in items)


def test_a_copy_has_the_text_of_another_publisher_and_comes_late():
    copied = feed("http://saltmarshgazette.example/space.rdf").items(EVENING)
    original = {
        one.text for one in feed("http://northgatetribune.example/space.atom").items(EVENING)
    }
    assert {one.text for one in copied} <= original
    assert {one.shown_at - one.published_at for one in copied} == {timedelta(hours=5)}


def test_some_items_are_edited_after_two_hours():
    given = feed("http://northgatetribune.example/news.atom")
    hours = [MONDAY + timedelta(hours=hour) for hour in range(48)]
    titles: dict[str, set[str]] = {}
    for now in hours:
        for item in given.items(now):
            titles.setdefault(item.id, set()).add(item.title)
    counts = Counter(len(found) for found in titles.values())
    assert counts.keys() == {1, 2}


def test_daybook_names_the_publishers_of_what_it_passes_on():
    items = feed("http://daybook.example/feed.xml").items(EVENING)
    assert {one.publisher.name for one in items if one.publisher} == {
        "Harbor Courier",
        "Northgate Tribune",
        "Circuit & Signal",
    }
    assert all(one.publisher and one.url.startswith(one.publisher.url) for one in items)
