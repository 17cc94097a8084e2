"""Look-ups: topics by any name, a topic's pages, stories by text."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UnknownTopic
from bot.library.ingest import Ingestion
from bot.library.queries import MAX_QUERY, Queries
from bot.store.topics import PageKey
from tests.conftest import ROOT, files_at, make_story_file

WHEN = datetime(2019, 12, 1, tzinfo=UTC)


async def load(ingestion: Ingestion, folder: Path, *stories: Mapping[str, object]) -> None:
    """Stories with these fields, each with its own URL."""
    for number, fields in enumerate(stories):
        site = f"saltmarsh{number}.example"
        usual = {
            "webUrl": f"https://www.{site}/{number}",
            "title": f"Story {number}",
            "heat": 90,
            "provider": {"name": "Saltmarsh Gazette", "domain": site},
        }
        (folder / f"{number:03}.md").write_bytes(make_story_file(**{**usual, **fields}))
    await ingestion.ingest(files_at(folder))


async def titles(queries: Queries, query: str) -> list[str]:
    return [story.article.title for story in await queries.search(query, 10)]


@pytest.mark.parametrize(
    "name", ["Power Apps", "power apps", "power-apps", "POWERAPPS", "canvas", " Power  Apps "]
)
async def test_a_topic_is_found_by_name_slug_or_alias(
    name: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"topics": ["Power Apps"]})
    assert (await queries.topic(name)).name == "Power Apps"


async def test_an_unknown_topic_suggests_near_ones(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"topics": ["Power Apps", "Azure"]})
    with pytest.raises(UnknownTopic, match="Did you mean Power Apps") as near:
        await queries.topic("Pwer Aps")
    assert near.value.near == ("Power Apps",)
    for name in ("zzz", "", "!?", "x" * 5000, "\udcff\x00"):
        with pytest.raises(UnknownTopic, match="broadsheet topics") as caught:
            await queries.topic(name)
        assert len(caught.value.name) <= MAX_QUERY
        assert str(caught.value).isprintable()


async def test_topics_are_listed_with_their_stories_and_the_newest(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    new = {"topics": ["Ferries", "AI"], "publishedDateTime": WHEN + timedelta(days=1)}
    gone: dict[str, object] = {"topics": ["Gone"], "removed": True}
    await load(ingestion, folder, {"topics": ["AI"], "publishedDateTime": WHEN}, new, gone)
    listed = [(t.name, t.stories, t.newest) for t in await queries.topics()]
    assert listed == [("AI", 2, WHEN + timedelta(days=1)), ("Ferries", 1, WHEN + timedelta(days=1))]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_the_pages_of_a_topic_hold_every_story_once_newest_first(
    size: int, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    times = [WHEN + timedelta(hours=hours // 3) for hours in range(10)]  # three at each time
    await load(ingestion, folder, *[{"publishedDateTime": time} for time in times])
    topic = await queries.topic("AI")
    seen: list[int] = []
    place: PageKey | None = None
    while True:
        page = await queries.topic_page(topic, size, place)
        seen += [story.story_id for story in page.stories]
        place = page.older
        if place is None:
            break
        assert len(page.stories) == size
    assert sorted(seen) == list(range(1, 11))
    assert [times[id_ - 1] for id_ in seen] == sorted(times, reverse=True)


async def test_a_topic_suggestion_begins_with_or_holds_what_was_typed(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"topics": ["AI", "Facebook AI", "Power Apps", "Air"]})
    assert [t.name for t in await queries.suggest_topics("ai")] == ["AI", "Air", "Facebook AI"]
    assert [t.name for t in await queries.suggest_topics("canvas")] == ["Power Apps"]
    assert [t.name for t in await queries.suggest_topics("")] == (
        ["AI", "Air", "Facebook AI", "Power Apps"]
    )
    assert await queries.suggest_topics("zzz") == []


@pytest.mark.parametrize(
    "query",
    [
        "café",
        "CAFE",
        "cafe\u0301",
        "caf",
        "bay café",
        "straße",
        "STRASSE bay",
        "Ferries in the bay",
    ],
)
async def test_accents_case_and_an_unfinished_last_word_do_not_matter(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    title = "Ferries in the bay: a café in the Straße of the Strasse"
    await load(ingestion, folder, {"title": title})
    assert await titles(queries, query) == [title]


@pytest.mark.parametrize("query", ["tunnel", "afé", "", "  ", "?!", '"', "*", "-"])
async def test_what_no_story_holds_finds_nothing_and_so_does_nothing(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "A café by the bay", "topics": ["Ferries"]})
    assert await titles(queries, query) == []


@pytest.mark.parametrize(
    "query",
    [
        'bay"',
        '"bay',
        "bay*",
        "*bay",
        "(bay",
        "NEAR(bay",
        "near AND bay",
        "title:bay",
        "bay - title",
        "^bay",
        "{bay",
        "bay' --",
        "bay;",
        "bay\x00",
        "bay\udcff",
        "bay " * 100,
    ],
)
async def test_signs_of_query_syntax_are_harmless(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "Near the bay and a title"})
    assert await titles(queries, query) == ["Near the bay and a title"]


async def test_a_headline_is_a_better_match_than_an_excerpt(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    said: dict[str, object] = {"title": "A council meets", "excerpt": "It spoke of tunnels."}
    await load(ingestion, folder, said, {"title": "Tunnels under the bay", "excerpt": ""})
    assert await titles(queries, "tunnels") == ["Tunnels under the bay", "A council meets"]


async def test_a_topics_name_finds_its_stories_first_newest_first(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    named: dict[str, object] = {"title": "Canvas for painters", "topics": ["Art"]}
    old: dict[str, object] = {"title": "Old", "topics": ["Power Apps"], "publishedDateTime": WHEN}
    await load(ingestion, folder, named, old, {"title": "New", "topics": ["Power Apps"]})
    assert await titles(queries, "canvas") == ["New", "Old", "Canvas for painters"]
    assert await titles(queries, "power apps") == ["New", "Old"]


async def test_ids_that_no_story_or_topic_has_find_nothing(queries: Queries) -> None:
    for unknown in (0, -1, 7, 2**63, 10**30):
        assert await queries.story(unknown) is None
        assert await queries.topic_by_id(unknown) is None


async def test_the_seed_is_read_back_whole(ingestion: Ingestion, queries: Queries) -> None:
    await ingestion.ingest(files_at(ROOT / "seeds"))
    (story,) = await queries.search("pro-trump fake accounts", 5)
    assert (story.heat, story.heat_imported, story.publishers) == (390, -1, 12)
    assert story.topics == ("AI", "Facebook AI")
    assert len(story.sources) == 15
    assert [s.article.quality for s in story.top(5)] == [150, 88, 85, 81, 74]
    assert story.article.published_at == datetime(2019, 12, 22, 15, 31, tzinfo=UTC)
