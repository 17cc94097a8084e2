"""Steps are never edited, and a database of every earlier program opens, or is refused in words.

databases/ holds one database for each commit that changed the schema: made by an ingest of one of
the sandbox's stories with that commit's program, since febbb3d also of a story given by hand, with
a server, a digest and its first edition. databases/make.py makes them.
"""

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.digests.target import Server
from bot.errors import DatabaseError
from bot.store import changes, digests
from bot.store.database import every
from bot.store.sqlite.database import open_database
from bot.store.sqlite.faults import find_damage
from bot.store.sqlite.looking import schema_of
from bot.store.sqlite.restoring import restore
from bot.store.sqlite.schema import STEPS
from tests.store.sqlite.databases import COMMITS, unpacked

pytestmark = pytest.mark.sqlite


STEP_HASHES = (
    "1244b4249c",
    "883c37d737",
    "f9fc404bae",
    "70484b3ebd",
    "ddc1bb6aa6",
    "a966500b56",
    "4dfabc47e1",
    "67af59e3ea",
    "85fee5f7d8",
    "975a346bc9",
    "98bde22b92",
    "bcadb82357",
)
"""The beginning of each step's SHA-256."""
UNRELEASED = {"cbc2406", "5f7efc6", "c2d577a"}
"""Commits of one afternoon, whose step 3 was edited before it was complete."""


def test_no_step_of_the_schema_was_edited():
    found = tuple(hashlib.sha256(step.encode()).hexdigest()[:10] for step in STEPS)
    for number, frozen in enumerate(STEP_HASHES):
        assert found[number : number + 1] == (frozen,), (
            f"Schema step {number + 1} is not what it was, but databases are out there that had it:"
            " put it back as it was, and append the change to STEPS as a step of its own."
        )
    assert found[len(STEP_HASHES) :] == (), (
        "A schema step was appended. From now on it is frozen: append its hash to STEP_HASHES (of"
        f" steps {len(STEP_HASHES) + 1} on they are {found[len(STEP_HASHES) :]})."
    )


def test_each_former_schema_has_a_database_here(tmp_path: Path):
    found = set()
    for commit in COMMITS - UNRELEASED:
        with closing(sqlite3.connect(unpacked(commit, tmp_path))) as db:
            found |= set(db.execute("PRAGMA user_version").fetchone())
    first = 2  # steps 1 and 2 came in one commit
    missing = {*range(first, len(STEPS))} - found
    assert not missing, f"Make one with databases/make.py for the schemas {missing}."


@pytest.mark.parametrize("commit", sorted(COMMITS - UNRELEASED))
async def test_a_database_of_every_former_schema_opens_and_keeps_its_rows(
    commit: str, tmp_path: Path
):
    path = unpacked(commit, tmp_path)
    opened = await open_database(path)
    async with opened.reading() as db:
        assert [tuple(row) for row in await every(db, ROWS)] == [KEPT]
    await opened.close()
    assert find_damage(path) is None
    assert schema_of(path) == len(STEPS)


@pytest.mark.parametrize("commit", sorted(COMMITS - UNRELEASED))
async def test_in_a_database_of_every_former_schema_settings_are_inherited_and_changes_noted(
    commit: str, tmp_path: Path
):
    opened, now = await open_database(unpacked(commit, tmp_path)), datetime(2026, 5, 4, tzinfo=UTC)
    async with opened.writing() as db:
        server = await digests.server_settings(db, 81)
        assert server["timezone"] == "Europe/Berlin"
        assert {server[name] for name in ("layout", "stories", "minimum", "thread")} == {None}
        await digests.set_for_server(db, 81, "layout", "compact")
        await changes.note(db, Server(81), "layout", None, "compact", 7, now)
    async with opened.reading() as db:
        (noted,) = await changes.newest(db, 81, None, 9)
        found = await digests.digest_of_channel(db, 811)
    await opened.close()
    assert (noted.name, noted.old, noted.new, noted.at) == ("layout", None, "compact", now)
    assert found is not None
    assert (found.server["layout"], found.own["layout"]) == ("compact", None)


ROWS = """
SELECT story.provider, (SELECT count(*) FROM source WHERE source.story_id = 1),
    server.timezone, digest.channel_id, digest.days, topic.name, edition.local_date,
    edition_part.message_id
FROM story JOIN posted USING (story_id) JOIN digest USING (digest_id) JOIN server USING (guild_id)
JOIN subscription USING (digest_id) JOIN topic USING (topic_id) JOIN edition USING (edition_id)
JOIN edition_part USING (edition_id)
"""
KEPT = ("Harbor Courier", 4, "Europe/Berlin", 811, "mon, fri", "AI", "2019-12-20", 8111)


@pytest.mark.parametrize("commit", sorted(UNRELEASED))
def test_a_database_of_an_unfinished_schema_is_refused_in_words_and_left_alone(
    commit: str, tmp_path: Path
):
    path = unpacked(commit, tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(DatabaseError) as caught:
            asyncio.run(open_database(path))
        assert caught.value.reason.startswith("its schema 3 does not match any release: ")
        assert caught.value.advice.startswith("Restore a backup, or ")
        with pytest.raises(DatabaseError, match="does not match any release"):
            schema_of(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def say_schema(path: Path, schema: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA user_version = {schema}")


OTHERS = [-(1 << 31), -1, *range(len(STEPS))]


@pytest.mark.parametrize("said", OTHERS)
async def test_a_schema_that_is_not_the_files_own_is_refused_in_words_and_left_alone(
    said: int, tmp_path: Path
):
    """By somebody's mistake, or another tool's."""
    path, other = tmp_path / "broadsheet.db", tmp_path / "other.db"
    await (await open_database(path)).close()
    say_schema(path, said)
    before = path.read_bytes()
    refused = f"its schema {said} does not match any release: "
    with pytest.raises(DatabaseError, match=refused):
        schema_of(path)
    with pytest.raises(DatabaseError, match=refused):
        await open_database(path)
    with pytest.raises(DatabaseError, match=refused):
        restore(other, path, datetime(2026, 11, 25, tzinfo=UTC))
    assert path.read_bytes() == before
    assert not other.exists()


@pytest.mark.parametrize("said", [schema for schema in OTHERS if schema != 0])
async def test_an_empty_database_that_says_it_has_a_schema_is_refused(said: int, tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    say_schema(path, said)
    refused = f"its schema {said} does not match any release: "
    with pytest.raises(DatabaseError, match=refused):
        schema_of(path)
    with pytest.raises(DatabaseError, match=refused):
        await open_database(path)


async def test_what_an_operator_adds_is_no_fault(tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    await (await open_database(path)).close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE mine (a); CREATE INDEX i ON story (title); ANALYZE")
    await (await open_database(path)).close()
