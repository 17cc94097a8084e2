"""Parsing feeds, with the guard, dates and text, against feedparser as it comes."""

import feedparser
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bot.origins.feeds.dates import instant_of
from bot.origins.feeds.parsing import parse
from tests.benchmarks.feedfiles import ITEMS, NEWEST, make_feeds
from tests.benchmarks.table import Row, note, p50
from tests.benchmarks.timing import interleaved

pytestmark = pytest.mark.benchmark

ROUNDS = 5
OF_EACH_FORMAT = 4
TIMES_PARSING = 15


def test_feeds_are_parsed_much_faster_than_by_feedparser(benchmark: BenchmarkFixture):
    feeds = make_feeds(OF_EACH_FORMAT)
    items = len(feeds) * ITEMS

    def ours() -> None:
        instant_of.cache_clear()
        found = [parse(feed, None, "https://news.example/feed", NEWEST) for feed in feeds]
        assert sum(len(one.items) for one in found) == items
        assert not any(one.problems for one in found)
        assert all(item.published_at for one in found for item in one.items)

    def plain() -> None:
        assert sum(len(feedparser.parse(feed).entries) for feed in feeds) == items

    times = interleaved(benchmark, ours, {"plain": plain}, ROUNDS)
    ratio = p50(times["plain"]) / p50(times["ours"])
    note(
        Row(
            f"parsing {len(feeds)} feeds with {items:,} items",
            "feedparser",
            f"≥ {TIMES_PARSING} times",
            f"**{ratio:.1f} times** ({items / p50(times['ours']):,.0f} against"
            f" {items / p50(times['plain']):,.0f} items/s)",
            ratio >= TIMES_PARSING,
        )
    )
