"""JSON Feed, and what is wrong with some."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.document import FeedDocument, FeedItem, NotAFeed
from bot.origins.feeds.parsing import parse

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def read(feed: Any) -> FeedDocument:
    content = feed if isinstance(feed, bytes) else json.dumps(feed).encode()
    return parse(content, "application/feed+json", "https://news.example/feed.json", NOW)


def item(**values: Any) -> FeedItem:
    """The one item of a feed with these values."""
    (found,) = read({"version": "https://jsonfeed.org/version/1.1", "items": [values]}).items
    return found


def test_an_item_has_all_that_it_gives():
    found = item(
        id="1", url="/1", title="A &amp; B <T>", content_text="Text", image="/i.png",
        tags=["Ferries", 7, None, "ferries"], authors=[{"url": "x"}, {"name": "Ann"}],
        date_published="2026-02-28T10:00:00+01:00", date_modified="2026-03-01T10:00:00Z",
    )  # fmt: skip
    assert found == FeedItem(
        id="1",
        url="https://news.example/1",
        title="A & B <T>",
        excerpt="Text",
        published_at=datetime(2026, 2, 28, 9, 0, tzinfo=UTC),
        categories=("Ferries", "7"),
        author="Ann",
        image="https://news.example/i.png",
    )


def test_version_1_has_one_author_and_ids_may_be_numbers():
    assert item(id=7, url="/7", title="A", author={"name": "Ann"}).author == "Ann"
    assert item(id=7, url="/7", title="A").id == "7"
    assert item(id="https://news.example/7", title="A").url == "https://news.example/7"
    assert item(id="7", external_url="https://other.example/", title="A").url.startswith(
        "https://o"
    )


@pytest.mark.parametrize("wrong", [None, 1, True, [], {}, [[]], {"name": 1}])
def test_values_of_other_types_are_left_out(wrong: object):
    names = ("title", "summary", "content_html", "image", "tags", "authors", "author")
    found = item(id="1", url="/1", **dict.fromkeys((*names, "date_published"), wrong))
    assert found.url == "https://news.example/1"
    assert found.published_at is None


def test_what_is_no_item_is_left_out():
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1",
        "items": [None, 1, "a", [], {"url": "/1"}],
    }
    assert len(read(feed).items) == 1


def test_half_characters_and_control_characters_do_no_harm():
    content = (
        b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"\\ud83d","title":"a\tb\\u0000'
    )
    found = read(content + b'","url":"https://news.example/\\udc00"}]}')
    assert [one.title for one in found.items] == ["a b"]
    json.dumps([one.url for one in found.items]).encode()
    assert all(one.id.encode() and one.url.encode() for one in found.items)


@pytest.mark.parametrize("cut", range(60, 200, 7))
def test_a_feed_that_is_cut_off_gives_its_whole_items(cut: int):
    items = [{"id": str(n), "url": f"/{n}", "title": f"T{n}"} for n in range(4)]
    content = json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode()
    if b"[" not in content[:cut]:
        with pytest.raises(NotAFeed):
            read(content[:cut])
        return
    found = read(content[:cut])
    assert len(found.items) == content[:cut].count(b"}")
    assert "It is broken" in found.problems[0]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
KEYS = "id url title summary content_html content_text image tags authors author date_published"


@given(st.dictionaries(st.sampled_from(KEYS.split()), values))
def test_any_values_are_read(given_: dict[str, Any]):
    read({"version": "https://jsonfeed.org/version/1", "items": [given_]})
    read({"rss": {"channel": {"item": given_}}})
