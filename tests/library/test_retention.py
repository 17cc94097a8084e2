"""Old stories are pruned, and stay away; one that an edition names is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.library.retention import AT_ONCE, Retention
from bot.origins.files.origin import SeedsFolder
from bot.store.database import Database
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.conftest import START, SetClock, StoryFile
from tests.library.conftest import WithTrackers, contents

SITE = "https://www.saltmarsh.example"
KEEP = timedelta(days=30)


@pytest.fixture
def retention(archive: Database, clock: SetClock, rules: Rules) -> Retention:
    return Retention(archive, clock, KEEP, rules)


@pytest.fixture
def put(seeds: Path, story_file: StoryFile):
    """Write a seed that is this many days old."""

    def write(name: str, days: float, *related: str, **fields: object) -> Path:
        path = seeds / f"{name}.md"
        when = START - timedelta(days=days)
        links = [
            {"title": one, "publishedDateTime": when, "webUrl": f"{SITE}/{one}"} for one in related
        ]
        values = {"webUrl": f"{SITE}/{name}", "title": name, "publishedDateTime": when, **fields}
        path.write_bytes(story_file(**values, related=links or None))
        return path

    return write


async def shown(queries: Queries) -> list[str]:
    return sorted(story.article.title for story in await queries.suggest_stories(""))


async def test_a_story_that_is_too_old_goes_with_all_that_is_derived_from_it(
    put, ingestion: Ingestion, retention: Retention, archive: Database, queries: Queries
):
    put("young", 0)
    await ingestion.rescan()
    before = await contents(archive)
    put("old", 40, "elsewhere", topics=["AI", "Ferries"])
    await ingestion.rescan()
    assert await retention.prune() == 1
    after = await contents(archive)
    for table in ("story", "source", "story_topic", "topic_page", "event", "edge", "story_text"):
        assert after[table] == before[table], table
    assert await queries.search("old", 5) == []
    assert await retention.prune() == 0


async def test_a_story_that_took_others_in_is_pruned_with_their_ids(
    put,
    archive: Database,
    clock: SetClock,
    queries: Queries,
    with_trackers: WithTrackers,
    rules: Rules,
):
    put("young", 0)
    for number in (1, 2):
        put(f"old {number}", 40, webUrl=f"{SITE}/old?from={number}")
    await with_trackers().rescan()
    await with_trackers("from").rescan()
    both = {story_id: await queries.story(story_id) for story_id in range(1, 4)}
    assert None not in both.values()
    assert await Retention(archive, clock, KEEP, rules).prune() == 1
    assert [id_ for id_ in both if await queries.story(id_)] == [
        id_ for id_, one in both.items() if one and one.article.title == "young"
    ]
    assert (await contents(archive))["merged_story"] == []


async def test_a_pruned_story_does_not_come_back_with_its_file(
    put, ingestion: Ingestion, retention: Retention, queries: Queries
):
    put("young", 0)
    old = put("old", 40)
    await ingestion.rescan()
    await retention.prune()
    assert (await ingestion.rescan()).unchanged == 2
    old.write_bytes(old.read_bytes().replace(b"old", b"old", 1) + b"\n")
    await ingestion.rescan()
    assert await shown(queries) == ["young"]


async def test_a_new_file_with_an_old_story_is_passed_over_until_more_is_kept(
    put, archive: Database, rules: Rules, clock: SetClock, seeds: Path, queries: Queries
):
    keeping = Ingestion(archive, rules, Trackers(), clock, [SeedsFolder(seeds)], KEEP)
    put("young", 0)
    await keeping.rescan()
    put("old", 40)
    assert (await keeping.rescan()).new == 1
    assert (await keeping.rescan()).unchanged == 2
    assert await shown(queries) == ["young"]
    await Ingestion(archive, rules, Trackers(), clock, [SeedsFolder(seeds)], 2 * KEEP).rescan()
    assert await shown(queries) == ["old", "young"]


async def test_a_story_that_an_edition_names_is_kept(
    put, ingestion: Ingestion, retention: Retention, archive: Database, queries: Queries
):
    put("young", 0)
    put("old", 40)
    put("older", 50)
    await ingestion.rescan()
    (named,) = await queries.search("old", 1)
    async with archive.writing() as db:
        await db.execute("INSERT INTO server (guild_id) VALUES (1)")
        await db.execute(
            "INSERT INTO digest (digest_id, guild_id, channel_id, created_at) VALUES (1, 1, 1, 0)"
        )
        await db.execute(
            """
            INSERT INTO edition (edition_id, digest_id, local_date, slot, due_at, planned_at, state)
            VALUES (1, 1, '2019-12-22', 1, 0, 0, 'delivered')
            """
        )
        await db.execute(
            """
            INSERT INTO posted (digest_id, event_id, story_id, edition_id, part)
            VALUES (1, ?, ?, 1, 1)
            """,
            (named.event_id, named.story_id),
        )
    assert await retention.prune() == 1
    assert await shown(queries) == ["old", "young"]


async def test_the_group_follows_when_its_leader_is_pruned(
    put, ingestion: Ingestion, retention: Retention, queries: Queries
):
    put("young", 0)
    said = "Ferrow harbour pilots agree to night ferries after the lighthouse strike"
    for days, quality in ((30.5, 90), (29.5, 40)):
        site = f"harbour{quality}.example"
        link, provider = f"https://{site}/pilots", {"name": site, "domain": site}
        put(site, days, webUrl=link, title=said, provider=provider, quality=quality)
    await ingestion.rescan()
    leader, follower = await queries.search("pilots", 2)
    if leader.leader_id:
        leader, follower = follower, leader
    assert (leader.leader_id, follower.leader_id) == (None, leader.story_id)
    assert leader.article.quality == 90
    assert await retention.prune() == 1
    (left,) = await queries.search("pilots", 2)
    assert (left.story_id, left.leader_id) == (follower.story_id, None)
    assert (left.event_id, left.publishers) == (follower.event_id, 1)


@pytest.mark.parametrize("years", [-80, 80])
async def test_a_clock_that_has_gone_wrong_prunes_nothing(
    years: int, put, ingestion: Ingestion, archive: Database, rules: Rules
):
    put("young", 0)
    put("younger", 29)
    await ingestion.rescan()
    wrong = SetClock(datetime(2019 + years, 12, 22, tzinfo=UTC))
    assert await Retention(archive, wrong, KEEP, rules).prune() == 0


async def test_without_a_limit_everything_is_kept(
    put, ingestion: Ingestion, archive: Database, rules: Rules
):
    put("young", 0)
    put("old", 3000)
    await ingestion.rescan()
    assert await Retention(archive, SetClock(), None, rules).prune() == 0


async def test_more_than_a_chunk_is_pruned(
    put, ingestion: Ingestion, retention: Retention, queries: Queries
):
    put("young", 0)
    for number in range(AT_ONCE + 5):
        put(f"old {number}", 40)
    await ingestion.rescan()
    assert await retention.prune() == AT_ONCE + 5
    assert await shown(queries) == ["young"]
