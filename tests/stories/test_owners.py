"""An article alone has the owner that it has as the only one of a story."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.model import Article, Provider
from bot.stories.owners import Owners

OWNERS = Owners(
    {"north.example": "House", "news.south.example": "Other House"},
    frozenset({"gather.example", "wire.ledger.example"}),
)
HOSTS = (
    "north.example",
    "www.north.example",
    "news.south.example",
    "south.example",
    "gather.example",
    "wire.ledger.example",
    "ledger.example",
)
NAMES = ("North", "The North on Gather.example", "Ledger via Wire", "on Gather")
AT = datetime(2020, 1, 1, tzinfo=UTC)


@given(st.sampled_from(HOSTS), st.sampled_from(HOSTS), st.sampled_from(NAMES))
def test_an_article_alone_has_the_owner_that_it_has_in_a_story_of_one(
    host: str, domain: str, name: str
):
    url, provider = f"https://{host}/news", Provider(name, domain)
    article = Article(url, "Ferry strike", "", AT, provider, None, None)
    assert OWNERS.of_one(url, provider) == OWNERS.of([article])[url]


@pytest.mark.parametrize(
    ("host", "name", "owner"),
    [
        ("www.north.example", "North", "House"),
        ("gather.example", "The North on Gather.example", "north"),
        ("gather.example", "Gather", "gather.example"),
        ("island.example", "The North on Gather.example", "island.example"),
    ],
)
def test_a_page_alone_belongs_to_the_publisher_of_its_text(host: str, name: str, owner: str):
    assert OWNERS.of_one(f"https://{host}/news", Provider(name, host)) == owner
