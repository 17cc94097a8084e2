"""A story without topics is loaded, and the consequence is logged once."""

import logging
from pathlib import Path

import pytest

from bot.app.housekeeping import rescan
from bot.app.services import open_services
from bot.origins.files.storyfile import parse
from bot.stories.ranking import is_cold, rank
from tests.conftest import START, StoryFile, files_at, places_at, plain_rules


async def test_the_log_counts_loaded_files_without_topics_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, story_file: StoryFile
):
    caplog.set_level(logging.INFO, "bot.app")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    places = places_at(tmp_path, seeds)

    async def said() -> list[str]:
        caplog.clear()
        await rescan(services)
        return [one for one in caplog.messages if "topics" in one]

    for number, topics in enumerate((["AI"], None, [])):
        url = f"https://quay{number}.example/1"
        (seeds / f"{number}.md").write_bytes(story_file(webUrl=url, title=url, topics=topics))
    async with open_services(places) as services:
        assert await said() == [
            "story files without topics, whose stories never appear in a digest: 2"
        ]
        assert await said() == []
        unreached = await services.ingestion.out_of_reach(50)
        assert (unreached.without_topics, unreached.cold) == (2, 0)
        assert (await services.ingestion.totals())["stories"] == 3
    async with open_services(places) as services:
        assert await said() == []


async def test_a_follower_is_out_of_reach_only_as_far_as_its_leader_is(
    tmp_path: Path, story_file: StoryFile
):
    entry = {"title": "x", "publishedDateTime": START, "webUrl": "https://quay.example/2"}
    (tmp_path / "1.md").write_bytes(story_file(related=[entry]))
    (tmp_path / "2.md").write_bytes(
        story_file(webUrl="https://quay.example/2", heat=-1, quality=3, topics=None)
    )
    none = tmp_path / "none"
    places = places_at(tmp_path, none)
    async with open_services(places) as services:
        await services.ingestion.ingest(files_at(tmp_path))
        unreached = await services.ingestion.out_of_reach(50)
        assert (unreached.without_topics, unreached.cold) == (0, 0)
        assert (await services.ingestion.out_of_reach(1000)).cold == 1


async def test_a_story_that_a_broken_off_ingest_left_to_be_grouped_is_not_said_to_have_no_topics(
    tmp_path: Path, story_file: StoryFile
):
    (tmp_path / "1.md").write_bytes(story_file())
    async with open_services(places_at(tmp_path, tmp_path / "none")) as services:
        await services.ingestion.ingest(files_at(tmp_path))
        async with services.database.writing() as db:
            await db.execute("UPDATE story SET grouped = 0")
            await db.execute("DELETE FROM topic_page")
        assert await services.ingestion.out_of_reach(50) == (0, 0)


@pytest.mark.parametrize("heat", [None, -1, 0, 49, 50, 900])
@pytest.mark.parametrize("own", [None, 0, 45, 49, 50, 120])
@pytest.mark.parametrize("other", [None, 10, 60])
def test_what_is_cold_is_what_its_ranking_says(
    heat: int | None, own: int | None, other: int | None, story_file: StoryFile
):
    related = [
        {
            "title": "Ferry town lets a machine write the timetable",
            "publishedDateTime": START,
            "webUrl": "https://quay.example/2",
            **({} if other is None else {"quality": other}),
        }
    ]
    for sources in ([], related):
        story = parse(story_file(heat=heat, quality=own, related=sources), START)
        found = rank(story, plain_rules()).heat
        for minimum in (0, 45, 50, 100):
            expected = found is not None and found < minimum
            assert is_cold(story, plain_rules(), minimum) == expected
