"""Linked stories: leaders and followers, in whatever order they arrive."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.store.database import Database, every
from bot.store.sqlite.database import open_database
from bot.stories.urls import Trackers
from tests.conftest import SetClock, files_at, make_story_file, plain_rules


def url(name: str) -> str:
    return f"https://www.{name}.example/ferries"


def linked_file(name: str, related: str = "", **fields: object) -> bytes:
    """A story named by a letter, which lists those named by the letters `related`."""
    sources = [
        {"title": f"Ferries {other}", "webUrl": url(other), "publishedDateTime": "2019-12-21"}
        for other in related
    ]
    usual = {"title": f"Ferries {name}", "webUrl": url(name), "provider": None, "heat": -1}
    return make_story_file(**{**usual, "topics": [f"Topic {name}"], "related": sources, **fields})


async def load(ingestion: Ingestion, folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        (folder / f"{name}.md").write_bytes(data)
        await ingestion.ingest(files_at(folder / f"{name}.md"))


async def leaders(archive: Database) -> dict[str, str | None]:
    """The leader of each story, both by their letters."""
    sql = """SELECT s.title, l.title AS leader FROM story s
             LEFT JOIN story l ON l.story_id = s.leader_id"""
    async with archive.reading() as db:
        rows = await every(db, sql)
    return {r["title"][-1]: r["leader"] and r["leader"][-1] for r in rows}


async def pages(archive: Database) -> dict[str, list[str]]:
    """The stories that each topic shows, by their letters."""
    sql = """SELECT name, s.title FROM topic_page JOIN topic USING (topic_id)
             JOIN story s USING (story_id) ORDER BY name, s.title"""
    found: dict[str, list[str]] = {}
    async with archive.reading() as db:
        for row in await every(db, sql):
            found.setdefault(row["name"][-1], []).append(row["title"][-1])
    return found


async def test_the_story_that_outranks_leads_and_carries_its_followers_topics(
    ingestion: Ingestion, archive: Database, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, a=linked_file("a", "b", heat=90), b=linked_file("b"))
    assert await leaders(archive) == {"a": None, "b": "a"}
    assert await pages(archive) == {"a": ["a"], "b": ["a"]}
    leader, follower = await queries.story(1), await queries.story(2)
    assert leader is not None
    assert follower is not None
    assert (leader.topics, leader.leader_id) == (("Topic a", "Topic b"), None)
    assert (follower.topics, follower.leader_id) == (("Topic b",), 1)


async def test_links_are_not_followed_further(
    ingestion: Ingestion, archive: Database, folder: Path
) -> None:
    chain = {"a": linked_file("a", "b", heat=90), "b": linked_file("b", "c", quality=9)}
    await load(ingestion, folder, **chain, c=linked_file("c", quality=8))
    assert await leaders(archive) == {"a": None, "b": "a", "c": "b"}
    assert await pages(archive) == {"a": ["a"], "b": ["a"]}


async def test_a_leader_becomes_a_follower_and_back_as_the_files_say(
    ingestion: Ingestion, archive: Database, folder: Path
) -> None:
    await load(ingestion, folder, a=linked_file("a", "b", heat=90), b=linked_file("b"))
    await load(ingestion, folder, b=linked_file("b", heat=10, quality=99))
    assert await leaders(archive) == {"a": "b", "b": None}
    assert await pages(archive) == {"a": ["b"], "b": ["b"]}
    await load(ingestion, folder, b=linked_file("b"))
    assert await leaders(archive) == {"a": None, "b": "a"}


async def test_a_story_that_is_no_longer_listed_leads_itself(
    ingestion: Ingestion, archive: Database, folder: Path
) -> None:
    await load(ingestion, folder, a=linked_file("a", "b", heat=90), b=linked_file("b"))
    await load(ingestion, folder, a=linked_file("a", heat=90))
    assert await leaders(archive) == {"a": None, "b": None}
    assert await pages(archive) == {"a": ["a"], "b": ["b"]}


async def test_a_removed_story_leads_nobody_and_shows_nowhere(
    ingestion: Ingestion, archive: Database, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, a=linked_file("a", "b", heat=90), b=linked_file("b"))
    await load(ingestion, folder, a=linked_file("a", "b", heat=90, removed=True))
    assert (await leaders(archive))["b"] is None
    assert await pages(archive) == {"b": ["b"]}
    assert await queries.story(1) is None
    assert [s.story_id for s in await queries.search("ferries", 10)] == [2]
    assert [s.story_id for s in await queries.suggest_stories("")] == [2]
    assert [topic.name for topic in await queries.topics()] == ["Topic b"]
    await load(ingestion, folder, b=linked_file("b", removed=True), a=linked_file("a", "b"))
    assert await pages(archive) == {"a": ["a"]}


async def test_a_follower_is_found_by_its_text(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    files = {"a": linked_file("a", "b", heat=90), "b": linked_file("b", excerpt="A bridge.")}
    await load(ingestion, folder, **files)
    assert [s.story_id for s in await queries.search("bridge", 10)] == [2]


DERIVED = """
SELECT 'link', a.url, b.url FROM link l
        JOIN story a USING (story_id) JOIN story b ON b.story_id = l.other_id
        UNION ALL SELECT 'leader', a.url, b.url FROM story a
        LEFT JOIN story b ON b.story_id = a.leader_id
        UNION ALL SELECT 'page', slug, url FROM topic_page
        JOIN topic USING (topic_id) JOIN story USING (story_id)
        ORDER BY 1, 2, 3
"""
"""The derived tables by URL instead of id, since ids follow the order of arrival."""


async def grouped(batches: list[list[bytes]]) -> list[tuple[object, ...]]:
    with tempfile.TemporaryDirectory() as name:
        archive = await open_database(Path(name, "broadsheet.db"))
        ingestion = Ingestion(archive, plain_rules(), Trackers(), SetClock(), [])
        for number, batch in enumerate(batches):
            paths = [Path(name, f"{number}-{position}.md") for position in range(len(batch))]
            for path, data in zip(paths, batch, strict=True):
                path.write_bytes(data)
            await ingestion.ingest(files_at(*paths))
        async with archive.reading() as db:
            rows = [tuple(row) for row in await every(db, DERIVED)]
        await archive.close()
        return rows


@st.composite
def groups(draw: st.DrawFn) -> list[bytes]:
    made = []
    for name in "abcd":
        fields = {
            "heat": draw(st.none() | st.sampled_from([-1, 0, 90])),
            "quality": draw(st.none() | st.sampled_from([1, 2])),
            "removed": draw(st.sampled_from([None, None, True])),
        }
        related = draw(st.text(alphabet="abcd", max_size=3))
        made.append(linked_file(name, related, **fields))
    return made


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(groups(), st.permutations(range(4)), st.integers(0, 4))
def test_the_order_of_arrival_makes_no_difference(
    files: list[bytes], order: list[int], cut: int
) -> None:
    shuffled = [files[position] for position in order]
    at_once = asyncio.run(grouped([files]))
    assert asyncio.run(grouped([shuffled[:cut], shuffled[cut:]])) == at_once
