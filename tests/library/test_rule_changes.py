"""After a change of the rules for words the archive repairs topics, subscriptions and the index."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.digests.target import Channel
from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.store import digests
from bot.store.database import Connection, Database, every
from tests.conftest import files_at
from tests.library.test_queries import load, titles

NOW = datetime(2019, 12, 22, tzinfo=UTC)


async def follow(db: Connection, channel_id: int, topic: str) -> None:
    digest = await digests.make_digest(db, Channel(1, channel_id), NOW)
    (row,) = await every(db, "SELECT topic_id FROM topic WHERE name = :name", {"name": topic})
    await digests.follow(db, digest.digest_id, row["topic_id"])


async def followed(archive: Database) -> Mapping[int, list[str]]:
    """The names of the topics that each channel follows."""
    async with archive.reading() as db:
        found = await digests.digests_of_server(db, 1)
    return {digest.target.channel_id: [*digest.topics.values()] for digest in found}


async def as_an_older_version_left_it(db: Connection, merged: str, gone: str, slug: str) -> None:
    """Two topics are one, whose slug lost a mark."""
    (keep,) = await every(db, "SELECT topic_id FROM topic WHERE name = :name", {"name": merged})
    (lose,) = await every(db, "SELECT topic_id FROM topic WHERE name = :name", {"name": gone})
    ids = {"keep": keep["topic_id"], "lose": lose["topic_id"]}
    await db.execute("UPDATE story_topic SET topic_id = :keep WHERE topic_id = :lose", ids)
    await db.execute(
        """INSERT INTO topic_page
           SELECT :keep, published_at, story_id FROM topic_page WHERE topic_id = :lose""",
        ids,
    )
    await db.execute("DELETE FROM topic_page WHERE topic_id = :lose", ids)
    await db.execute("DELETE FROM topic WHERE topic_id = :lose", ids)
    await db.execute("UPDATE topic SET slug = :slug WHERE topic_id = :keep", {**ids, "slug": slug})
    await db.execute("UPDATE fact SET value = 'older' WHERE name = 'ranked_by'")


@pytest.mark.parametrize(
    ("kept", "gone", "slug"), [("कला", "कल", "कल"), ("عِلم", "عَلَم", "علم"), ("שֵׁם", "שָׁם", "שם")]
)
async def test_topics_that_a_lost_mark_made_one_are_two_again_and_who_followed_keeps_what_was_shown(
    kept: str,
    gone: str,
    slug: str,
    ingestion: Ingestion,
    queries: Queries,
    folder: Path,
    archive: Database,
) -> None:
    await load(
        ingestion, folder, {"title": "A", "topics": [kept]}, {"title": "B", "topics": [gone]}
    )
    before = sorted((t.name, t.slug, t.stories) for t in await queries.topics())
    async with archive.writing() as db:
        await as_an_older_version_left_it(db, kept, gone, slug)
        await follow(db, 7, kept)
    await ingestion.rules.rerank_if_changed()
    assert sorted((t.name, t.slug, t.stories) for t in await queries.topics()) == before
    assert {stories for _, _, stories in before} == {1}
    assert await followed(archive) == {7: [kept]}
    page = await queries.topic_page(await queries.topic(kept), 10)
    assert [story.article.title for story in page.stories] == ["A"]


async def test_topics_that_have_one_key_now_are_one_with_the_followers_of_both(
    ingestion: Ingestion, queries: Queries, folder: Path, archive: Database
) -> None:
    both = {"title": "C", "topics": ["Malmø", "Lodz"]}
    await load(ingestion, folder, {"title": "A", "topics": ["Lodz"]}, {"title": "B"}, both)
    async with archive.writing() as db:
        await db.execute("UPDATE topic SET slug = 'malmø' WHERE name = 'Malmø'")
        await db.execute("INSERT INTO topic (slug, name) VALUES ('łodz', 'Łódź')")
        await db.execute(
            """UPDATE story_topic SET topic_id = (SELECT topic_id FROM topic WHERE slug = 'łodz')
               WHERE story_id = 2"""
        )
        await db.execute("DELETE FROM topic_page WHERE story_id = 2")
        await db.execute(
            """INSERT INTO topic_page SELECT topic_id, published_at, story_id
               FROM story_topic JOIN story USING (story_id) WHERE story_id = 2"""
        )
        await db.execute("UPDATE item SET topics = '[\"Łódź\"]' WHERE story_id = 2")
        await db.execute("UPDATE fact SET value = 'older' WHERE name = 'ranked_by'")
        for channel, topic in ((7, "Lodz"), (8, "Łódź"), (9, "Malmø")):
            await follow(db, channel, topic)
        await follow(db, 7, "Łódź")
    await ingestion.rules.rerank_if_changed()
    assert [(t.name, t.slug, t.stories) for t in await queries.topics()] == [
        ("Lodz", "lodz", 3),
        ("Malmø", "malmo", 1),
    ]
    assert await followed(archive) == {7: ["Lodz"], 8: ["Lodz"], 9: ["Malmø"]}


async def test_slugs_that_change_places_do_not_meet(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"topics": ["A"]}, {"topics": ["B"]})
    async with ingestion._database.writing() as db:
        await db.execute("UPDATE topic SET slug = 'x' WHERE name = 'A'")
        await db.execute("UPDATE topic SET slug = 'a' WHERE name = 'B'")
        await db.execute("UPDATE topic SET slug = 'b' WHERE name = 'A'")
        await db.execute("UPDATE fact SET value = 'older' WHERE name = 'ranked_by'")
    await ingestion.rules.rerank_if_changed()
    assert [(t.name, t.slug) for t in await queries.topics()] == [("A", "a"), ("B", "b")]


async def test_the_index_is_filled_anew_and_forgets_the_words_of_before(
    ingestion: Ingestion, queries: Queries, folder: Path, archive: Database
) -> None:
    await load(ingestion, folder, {"title": "台风逼近台湾"}, {"title": "Łódź"})
    async with archive.writing() as db:
        await db.execute("UPDATE story_text SET title = '台风逼近台湾' WHERE title LIKE '台风%'")
        await db.execute("UPDATE story_text SET title = 'łodz' WHERE title = 'lodz'")
        await db.execute("INSERT INTO word VALUES ('台风逼近台湾', 9)")
        await db.execute("UPDATE fact SET value = 'older' WHERE name = 'ranked_by'")
    assert await titles(queries, "逼近") == []
    await ingestion.ingest(files_at(folder))
    assert await titles(queries, "逼近") == ["台风逼近台湾"]
    assert await titles(queries, "lodz") == ["Łódź"]
    async with archive.reading() as db:
        assert await every(db, "SELECT * FROM word WHERE length(word) > 2 AND word > '一'") == []


async def test_files_that_another_version_read_otherwise_are_read_again(
    ingestion: Ingestion, queries: Queries, folder: Path, archive: Database
) -> None:
    await load(ingestion, folder, {"title": "Release"})
    path = folder / "000.md"
    path.write_bytes(path.read_bytes().replace(b"Release", b"3.10"))
    await ingestion.ingest(files_at(folder))
    async with archive.writing() as db:  # as a version left it that read a number
        await db.execute("UPDATE story SET title = '3.1'")
        await db.execute("UPDATE item SET content = ?", (b"\0",))
        await db.execute("UPDATE origin SET read_by = NULL")
    report = await ingestion.ingest(files_at(folder))
    assert report.changed == 1
    assert [s.article.title for s in await queries.find("3", 5)] == ["3.10"]
    assert (await ingestion.ingest(files_at(folder))).unchanged == 1
