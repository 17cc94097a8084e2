"""Which file carries which story: stories come, go and return with the seeds' files."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from bot.errors import MassWithdrawal
from bot.newsroom.desk import Desk
from bot.newsroom.intake import IngestReport, Intake
from bot.newsroom.reading import PROCESSES_FROM
from bot.store.database import Database
from tests.conftest import ROOT, StoryFile
from tests.newsroom.conftest import contents

SITE = "https://www.saltmarsh.example"


@pytest.fixture
def put(seeds: Path, story_file: StoryFile):
    """Write a seed that holds the article of a name; a later one is younger."""
    moment = iter(range(1_600_000_000, 1_700_000_000, 60))

    def write(name: str, article: str, **fields: object) -> Path:
        path = seeds / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(story_file(**{"webUrl": f"{SITE}/{article}", "title": article, **fields}))
        now = next(moment)
        os.utime(path, (now, now))
        return path

    return write


async def shown(desk: Desk) -> list[str]:
    """The headlines of the stories that look-ups show."""
    return sorted(story.article.title for story in await desk.suggest_stories(""))


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.withdrawn


def empty(folder: Path) -> None:
    """As a mount point is without its disk."""
    shutil.rmtree(folder)
    folder.mkdir()


def move_inside(folder: Path, name: str) -> None:
    """Move every file into a new folder below."""
    inner = folder / name
    inner.mkdir()
    for path in folder.glob("*.md"):
        path.rename(inner / path.name)


async def many(put, intake: Intake, count: int = 10) -> list[Path]:
    paths = [put(f"{n}.md", f"story {n}") for n in range(count)]
    await intake.rescan()
    return paths


async def test_a_story_goes_with_its_file_and_comes_back_with_it(put, intake: Intake, desk: Desk):
    paths = await many(put, intake)
    kept = paths[3].read_bytes()
    paths[3].unlink()
    assert counts(await intake.rescan()) == (0, 0, 9, 1)
    assert "story 3" not in await shown(desk)
    assert await desk.search("story 3", 5) == []
    assert await desk.story(4) is None
    assert (await desk.topic("AI")).stories == 9
    paths[3].write_bytes(kept)
    assert counts(await intake.rescan()) == (1, 0, 9, 0)
    returned = await desk.story(4)
    assert returned is not None
    assert returned.article.title == "story 3"
    assert (await desk.topic("AI")).stories == 10


async def test_a_withdrawn_story_is_kept(put, intake: Intake, archive: Database):
    paths = await many(put, intake)
    before = await contents(archive)
    paths[3].unlink()
    await intake.rescan()
    after = await contents(archive)
    assert len(after["story"]) == len(before["story"])
    assert after["source"] == before["source"]


async def test_a_file_that_flips_between_two_articles_shows_the_one_it_holds(
    put, intake: Intake, desk: Desk
):
    await many(put, intake)
    for article in ("bridges", "story 0", "bridges"):
        put("0.md", article)
        assert counts(await intake.rescan()) == (0, 1, 9, 0)
        assert await shown(desk) == sorted([article, *(f"story {n}" for n in range(1, 10))])


async def test_a_story_stays_while_any_file_carries_it(put, intake: Intake, desk: Desk):
    await many(put, intake)
    copy = put("copy.md", "story 0", topics=["Towns"])
    await intake.rescan()
    put("0.md", "bridges", topics=["Bridges"])
    await intake.rescan()
    (story,) = await desk.search("story 0", 1)
    assert (story.article.title, story.topics) == ("story 0", ("Towns",))
    copy.unlink()
    assert (await intake.rescan()).withdrawn == 1
    assert "story 0" not in await shown(desk)


async def test_of_two_files_with_one_url_the_one_written_last_has_the_values(
    put, intake: Intake, desk: Desk
):
    put("b.md", "ferries", quality=10, topics=["Ferries"])
    put("a.md", "ferries", quality=20, topics=["Towns"])
    await intake.rescan()
    story = await desk.story(1)
    assert story is not None
    assert (story.article.quality, story.topics) == (20, ("Towns", "Ferries"))
    put("b.md", "ferries", quality=30, topics=["Ferries"])
    await intake.rescan()
    story = await desk.story(1)
    assert story is not None
    assert story.article.quality == 30


async def test_when_the_younger_of_two_files_goes_the_older_ones_values_hold(
    put, intake: Intake, desk: Desk
):
    await many(put, intake)
    younger = put("z.md", "story 1", quality=77)
    await intake.rescan()
    assert (await desk.search("story 1", 1))[0].article.quality == 77
    younger.unlink()
    assert counts(await intake.rescan()) == (0, 0, 10, 0)
    assert (await desk.search("story 1", 1))[0].article.quality == 60


async def test_a_rescan_that_would_withdraw_too_much_changes_nothing_and_says_so(
    put, intake: Intake, archive: Database
):
    paths = await many(put, intake)
    for path in paths[:3]:
        path.unlink()
    put("new.md", "bridges")
    before = await contents(archive)
    with pytest.raises(MassWithdrawal, match=r"3 of 10 stories .* broadsheet ingest --withdraw"):
        await intake.rescan()
    assert await contents(archive) == before
    assert counts(await intake.rescan(withdraw=True)) == (1, 0, 7, 3)
    assert counts(await intake.rescan()) == (0, 0, 8, 0)


async def test_an_empty_folder_withdraws_nothing(put, intake: Intake, seeds: Path, desk: Desk):
    await many(put, intake, 3)
    empty(seeds)
    with pytest.raises(MassWithdrawal, match="3 of 3 stories"):
        await intake.rescan()
    assert len(await shown(desk)) == 3


async def test_files_that_only_moved_withdraw_nothing(put, intake: Intake, seeds: Path, desk: Desk):
    await many(put, intake)
    move_inside(seeds, "2020")
    assert counts(await intake.rescan()) == (10, 0, 0, 0)
    assert len(await shown(desk)) == 10
    assert counts(await intake.rescan()) == (0, 0, 10, 0)


async def test_the_whole_folder_can_be_moved_and_nothing_is_read_again(
    put, archive: Database, intake: Intake, seeds: Path, tmp_path: Path
):
    await many(put, intake)
    before = await contents(archive)
    moved = Path(shutil.move(seeds, tmp_path / "elsewhere"))
    other = Intake(archive, intake._owners, intake._trackers, intake._clock, moved)
    assert counts(await other.rescan()) == (0, 0, 10, 0)
    assert await contents(archive) == before


async def test_files_from_another_path_are_not_withdrawn_by_a_rescan(
    put, intake: Intake, folder: Path, story_file: StoryFile, desk: Desk
):
    await many(put, intake)
    (folder / "other.md").write_bytes(story_file(title="elsewhere"))
    await intake.ingest([folder])
    shutil.rmtree(folder)
    assert counts(await intake.rescan()) == (0, 0, 10, 0)
    assert "elsewhere" in await shown(desk)


async def test_a_seed_that_was_loaded_by_its_path_is_the_seed(put, intake: Intake):
    path = put("a.md", "ferries")
    await intake.ingest([path])
    assert counts(await intake.rescan()) == (0, 0, 1, 0)
    path.unlink()
    assert counts(await intake.rescan(withdraw=True)) == (0, 0, 0, 1)


async def test_a_bad_file_withdraws_nothing(put, intake: Intake, desk: Desk):
    paths = await many(put, intake)
    paths[2].write_text("no story any more")
    report = await intake.rescan()
    assert (report.withdrawn, len(report.rejections)) == (0, 1)
    assert "story 2" in await shown(desk)


async def test_the_group_follows_when_its_leader_is_withdrawn_and_returns(
    put, intake: Intake, desk: Desk
):
    await many(put, intake)
    related = [{"title": "x", "publishedDateTime": "2019-12-22", "webUrl": f"{SITE}/follower"}]
    leader = put("leader.md", "leader", quality=80, related=related)
    put("follower.md", "follower")
    await intake.rescan()
    (found,) = await desk.search("follower", 1)
    assert found.leader_id is not None
    kept = leader.read_bytes()
    leader.unlink()
    assert (await intake.rescan()).withdrawn == 1
    assert (await desk.search("follower", 1))[0].leader_id is None
    leader.write_bytes(kept)
    await intake.rescan()
    assert (await desk.search("follower", 1))[0].leader_id is not None


@pytest.mark.slow
async def test_many_files_are_read_by_several_processes_to_the_same_end(
    put, intake: Intake, archive: Database, tmp_path: Path
):
    seed = next((ROOT / "seeds").glob("*.md")).read_text(encoding="utf-8")
    for number in range(PROCESSES_FROM):
        put(f"{number:04}.md", f"story {number}", quality=number % 90)
    (tmp_path / "seeds" / "seed.md").write_text(seed, encoding="utf-8")
    (tmp_path / "seeds" / "bad.md").write_text("no story")
    report = await intake.rescan()
    assert (report.new, len(report.rejections)) == (PROCESSES_FROM + 1, 1)
    at_once = await contents(archive)
    assert len(at_once["story"]) == PROCESSES_FROM + 1
    assert counts(await intake.rescan()) == (0, 0, PROCESSES_FROM + 1, 0)
    assert await contents(archive) == at_once


@pytest.mark.slow
async def test_look_ups_are_answered_while_many_files_load(put, intake: Intake, desk: Desk):
    for number in range(PROCESSES_FROM):
        put(f"{number:04}.md", f"story {number}")
    told: list[int] = []
    loading = asyncio.create_task(intake.rescan(lambda done, total: told.append(done)))
    answered_while: list[int] = []
    while not loading.done():
        await desk.search("story", 5)
        answered_while.append(len(told))
        await asyncio.sleep(0)
    await loading
    assert set(answered_while) >= {0, 1, 2, 3}
