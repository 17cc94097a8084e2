"""What a feed gives, in plain words and as JSON."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.origins.feeds.description import as_json, sentences
from bot.origins.feeds.document import FeedDocument, FeedItem, Hints, NotAFeed

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NO_HINTS = Hints()
ITEM = FeedItem("n1", "https://news.example/1", "Ferry late", "Again.", NOW - timedelta(hours=3))


def feed(*items: FeedItem, problems: tuple[str, ...] = (), hints: Hints = NO_HINTS) -> FeedDocument:
    return FeedDocument("RSS 2.0", "Harbour News", "en", items, hints, problems)


def every(gap: timedelta, count: int) -> tuple[FeedItem, ...]:
    """Items that came at this distance."""
    start = ITEM.published_at or NOW
    return tuple(replace(ITEM, id=str(n), published_at=start - n * gap) for n in range(count))


def test_a_feed_is_described_in_plain_words():
    assert sentences(feed(*every(timedelta(hours=5), 4)), NOW) == [
        "RSS 2.0 “Harbour News” with 4 items.",
        "The newest is 3 hours old; a new one comes about every 5 hours.",
        "All items have an excerpt, mostly of about 6 characters.",
    ]


def test_what_is_missing_is_said():
    bare = replace(ITEM, excerpt="", published_at=None)
    assert sentences(feed(bare, problems=("Items without a date: 1.",)), NOW) == [
        "RSS 2.0 “Harbour News” with 1 item.",
        "No item has a date, so each counts as published when it is first seen.",
        "No item has an excerpt: such stories are grouped only if their headlines agree well.",
        "Items without a date: 1.",
    ]
    assert sentences(feed(problems=("It has no items.",)), NOW) == [
        "RSS 2.0 “Harbour News” with 0 items.",
        "It has no items.",
    ]


def test_some_excerpts_and_a_wish_are_said():
    items = (ITEM, replace(ITEM, id="n2", excerpt="", published_at=None))
    said = sentences(feed(*items, hints=Hints(timedelta(minutes=90))), NOW)
    assert said[1:] == [
        "The newest is 3 hours old.",
        "1 item has an excerpt, mostly of about 6 characters.",
        "It asks to be asked no sooner than after 90 minutes.",
    ]


def test_spans_are_in_their_largest_unit():
    for gap, words in (
        (timedelta(days=3), "3 days"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=1), "1 minute"),
    ):
        assert f"every {words}." in sentences(feed(*every(gap, 3)), NOW)[1]
    assert "all have the same date" in sentences(feed(*every(timedelta(), 3)), NOW)[1]
    ahead = replace(ITEM, published_at=NOW + timedelta(hours=5))
    assert sentences(feed(ahead), NOW)[1] == "The newest is 1 minute old."


def test_what_is_no_feed_says_why_and_which_the_page_names():
    refused = NotAFeed("it is a web page", ("https://news.example/feed",))
    assert sentences(refused, NOW) == [
        "This is no feed: it is a web page.",
        "The page names a feed: https://news.example/feed",
    ]
    assert as_json(refused, "https://news.example/") == {
        "url": "https://news.example/",
        "format": None,
        "title": None,
        "items": [],
        "problems": sentences(refused, NOW),
    }


def test_the_json_has_the_fields_that_were_agreed():
    items = (ITEM, replace(ITEM, id="n2", published_at=None))
    assert as_json(feed(*items, problems=("P.",)), "https://news.example/feed") == {
        "url": "https://news.example/feed",
        "format": "RSS 2.0",
        "title": "Harbour News",
        "items": [
            {
                "id": "n1",
                "title": "Ferry late",
                "url": "https://news.example/1",
                "published_at": "2026-03-01T09:00:00+00:00",
                "excerpt": "Again.",
            },
            {
                "id": "n2",
                "title": "Ferry late",
                "url": "https://news.example/1",
                "published_at": None,
                "excerpt": "Again.",
            },
        ],
        "problems": ["P."],
    }
