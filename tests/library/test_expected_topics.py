"""Topics that have no story yet, but are expected: they may be followed."""

from pathlib import Path

import pytest

from bot.errors import UnknownTopic
from bot.library.feeds import named
from bot.library.ingest import Ingestion
from bot.library.queries import SUGGESTIONS, Queries
from bot.store import feeds
from bot.store.database import Database
from bot.stories.feeds import FeedSettings
from tests.library.test_queries import WHEN, load


@pytest.fixture
async def queries(archive: Database) -> Queries:
    """Look-ups that expect two topics of config/ and one of a feed."""
    about = FeedSettings("https://quay.example/feed", topics=("Harbour life", "climate"))
    async with archive.writing() as db:
        await feeds.save_feeds(db, [named(about)], WHEN, "test", listed=False)
    return Queries(archive, {"AI": ["artificial intelligence"]}, ["Climate", "AI", "!?"])


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("climate", "Climate"),
        (" AI", "AI"),
        ("Artificial  Intelligence", "AI"),
        ("harbour-life", "Harbour life"),
    ],
)
async def test_it_is_found_by_name_slug_or_alias_where_it_is_asked_for(
    queries: Queries, asked: str, name: str
):
    found = await queries.topic(asked, expected=True)
    assert (found.name, found.topic_id, found.stories, found.newest) == (name, 0, 0, None)
    with pytest.raises(UnknownTopic):
        await queries.topic(asked)


async def test_once_it_is_stored_it_is_a_topic_like_any_other(
    queries: Queries, ingestion: Ingestion, folder: Path
):
    await load(ingestion, folder, {"topics": ["CLIMATE"]})
    found = await queries.topic("climate", expected=True)
    assert (found.name, found.stories) == ("CLIMATE", 1)
    assert await queries.suggest_expected("cli") == ["CLIMATE"]


async def test_an_unknown_name_is_refused_with_expected_ones_that_are_near(queries: Queries):
    with pytest.raises(UnknownTopic) as caught:
        await queries.topic("Climat", expected=True)
    assert caught.value.near == ("Climate",)
    with pytest.raises(UnknownTopic) as unsuspecting:
        await queries.topic("Climat")
    assert unsuspecting.value.near == ()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["AI", "Climate", "Harbour life"]),
        ("c", ["Climate"]),
        ("li", ["Climate", "Harbour life"]),
        ("life", ["Harbour life"]),
        ("artificial intelligence", ["AI"]),
        ("zzz", []),
    ],
)
async def test_it_is_completed(queries: Queries, typed: str, offered: list[str]):
    assert await queries.suggest_expected(typed) == offered


async def test_topics_with_stories_are_completed_first_and_no_more_than_fit(
    archive: Database, ingestion: Ingestion, folder: Path
):
    await load(ingestion, folder, {"topics": ["Zeppelins"]})
    queries = Queries(archive, {}, [f"Topic {number:02}" for number in range(40)])
    offered = await queries.suggest_expected("")
    assert (offered[:2], len(offered)) == (["Zeppelins", "Topic 00"], SUGGESTIONS)


async def test_names_of_feeds_topics_are_spelled_as_they_are_known(queries: Queries):
    assert await queries.spelled(["ai", "HARBOUR LIFE", "Bees"]) == ["AI", "Harbour life", "Bees"]
