"""Which file carries which story: stories come, go and return with their files."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from bot.errors import MassWithdrawal
from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.library.report import IngestReport
from bot.origins.files.origin import SeedsFolder
from bot.origins.files.reading import PROCESSES_FROM
from bot.store.database import Database
from tests.conftest import ROOT, StoryFile, files_at, sentence
from tests.library.conftest import contents

SITE = "https://www.saltmarsh.example"


@pytest.fixture
def put(seeds: Path, story_file: StoryFile):
    """Write a seed with the article of a name; each is younger than the last."""
    moment = iter(range(1_600_000_000, 1_700_000_000, 60))

    def write(name: str, article: str, **fields: object) -> Path:
        path = seeds / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(story_file(**{"webUrl": f"{SITE}/{article}", "title": article, **fields}))
        now = next(moment)
        os.utime(path, (now, now))
        return path

    return write


async def shown(queries: Queries) -> list[str]:
    """The headlines of the stories that look-ups show."""
    return sorted(story.article.title for story in await queries.suggest_stories(""))


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.withdrawn


def empty(folder: Path) -> None:
    """As a mount point without its disk."""
    shutil.rmtree(folder)
    folder.mkdir()


def move_inside(folder: Path, name: str) -> None:
    """Move every file into a new folder below."""
    inner = folder / name
    inner.mkdir()
    for path in folder.glob("*.md"):
        path.rename(inner / path.name)


async def many(put, ingestion: Ingestion, count: int = 10) -> list[Path]:
    paths = [put(f"{n}.md", f"story {n}") for n in range(count)]
    await ingestion.rescan()
    return paths


async def test_a_story_goes_with_its_file_and_comes_back_with_it(
    put, ingestion: Ingestion, queries: Queries
):
    paths = await many(put, ingestion)
    kept = paths[3].read_bytes()
    paths[3].unlink()
    assert counts(await ingestion.rescan()) == (0, 0, 9, 1)
    assert "story 3" not in await shown(queries)
    assert await queries.search("story 3", 5) == []
    assert await queries.story(4) is None
    assert (await queries.topic("AI")).stories == 9
    paths[3].write_bytes(kept)
    assert counts(await ingestion.rescan()) == (1, 0, 9, 0)
    returned = await queries.story(4)
    assert returned is not None
    assert returned.article.title == "story 3"
    assert (await queries.topic("AI")).stories == 10


async def test_a_withdrawn_story_is_kept(put, ingestion: Ingestion, archive: Database):
    paths = await many(put, ingestion)
    before = await contents(archive)
    paths[3].unlink()
    await ingestion.rescan()
    after = await contents(archive)
    assert len(after["story"]) == len(before["story"])
    assert after["source"] == before["source"]


async def test_a_file_that_flips_between_two_articles_shows_the_one_it_holds(
    put, ingestion: Ingestion, queries: Queries
):
    await many(put, ingestion)
    for article in ("bridges", "story 0", "bridges"):
        put("0.md", article)
        assert counts(await ingestion.rescan()) == (0, 1, 9, 0)
        assert await shown(queries) == sorted([article, *(f"story {n}" for n in range(1, 10))])


async def test_a_story_stays_while_any_file_carries_it(put, ingestion: Ingestion, queries: Queries):
    await many(put, ingestion)
    copy = put("copy.md", "story 0", topics=["Towns"])
    await ingestion.rescan()
    put("0.md", "bridges", topics=["Bridges"])
    await ingestion.rescan()
    (story,) = await queries.search("story 0", 1)
    assert (story.article.title, story.topics) == ("story 0", ("Towns",))
    copy.unlink()
    assert (await ingestion.rescan()).withdrawn == 1
    assert "story 0" not in await shown(queries)


async def test_of_two_files_with_one_url_the_one_written_last_has_the_values(
    put, ingestion: Ingestion, queries: Queries
):
    put("b.md", "ferries", quality=10, topics=["Ferries"])
    put("a.md", "ferries", quality=20, topics=["Towns"])
    await ingestion.rescan()
    story = await queries.story(1)
    assert story is not None
    assert (story.article.quality, story.topics) == (20, ("Towns", "Ferries"))
    put("b.md", "ferries", quality=30, topics=["Ferries"])
    await ingestion.rescan()
    story = await queries.story(1)
    assert story is not None
    assert story.article.quality == 30


async def test_when_the_younger_of_two_files_goes_the_older_ones_values_hold(
    put, ingestion: Ingestion, queries: Queries
):
    await many(put, ingestion)
    younger = put("z.md", "story 1", quality=77)
    await ingestion.rescan()
    assert (await queries.search("story 1", 1))[0].article.quality == 77
    younger.unlink()
    assert counts(await ingestion.rescan()) == (0, 0, 10, 0)
    assert (await queries.search("story 1", 1))[0].article.quality == 60


async def test_a_rescan_that_would_withdraw_too_much_changes_nothing_and_says_so(
    put, ingestion: Ingestion, archive: Database
):
    paths = await many(put, ingestion)
    for path in paths[:3]:
        path.unlink()
    put("new.md", "bridges")
    before = await contents(archive)
    with pytest.raises(MassWithdrawal, match=r"3 of 10 stories .* broadsheet ingest --withdraw"):
        await ingestion.rescan()
    assert await contents(archive) == before
    assert counts(await ingestion.rescan(withdraw=True)) == (1, 0, 7, 3)
    assert counts(await ingestion.rescan()) == (0, 0, 8, 0)


async def test_an_empty_folder_withdraws_nothing(
    put, ingestion: Ingestion, seeds: Path, queries: Queries
):
    await many(put, ingestion, 3)
    empty(seeds)
    with pytest.raises(MassWithdrawal, match="3 of 3 stories"):
        await ingestion.rescan()
    assert len(await shown(queries)) == 3


async def test_files_that_only_moved_withdraw_nothing(
    put, ingestion: Ingestion, seeds: Path, queries: Queries
):
    await many(put, ingestion)
    move_inside(seeds, "2020")
    assert counts(await ingestion.rescan()) == (10, 0, 0, 0)
    assert len(await shown(queries)) == 10
    assert counts(await ingestion.rescan()) == (0, 0, 10, 0)


async def test_the_whole_folder_can_be_moved_and_nothing_is_read_again(
    put, archive: Database, ingestion: Ingestion, seeds: Path, tmp_path: Path
):
    await many(put, ingestion)
    before = await contents(archive)
    moved = Path(shutil.move(seeds, tmp_path / "elsewhere"))
    other = Ingestion(
        archive,
        ingestion.rules.ranking,
        ingestion.rules.trackers,
        ingestion._clock,
        [SeedsFolder(moved)],
    )
    assert counts(await other.rescan()) == (0, 0, 10, 0)
    assert await contents(archive) == before


async def test_files_from_another_path_are_not_withdrawn_by_a_rescan(
    put, ingestion: Ingestion, folder: Path, story_file: StoryFile, queries: Queries
):
    await many(put, ingestion)
    (folder / "other.md").write_bytes(story_file(title="elsewhere"))
    await ingestion.ingest(files_at(folder))
    shutil.rmtree(folder)
    assert counts(await ingestion.rescan()) == (0, 0, 10, 0)
    assert "elsewhere" in await shown(queries)


async def test_a_seed_that_was_loaded_by_its_path_is_the_seed(put, ingestion: Ingestion):
    path = put("a.md", "ferries")
    await ingestion.ingest(files_at(path, seeds=path.parent))
    assert counts(await ingestion.rescan()) == (0, 0, 1, 0)
    path.unlink()
    assert counts(await ingestion.rescan(withdraw=True)) == (0, 0, 0, 1)


async def test_a_bad_file_withdraws_nothing(put, ingestion: Ingestion, queries: Queries):
    paths = await many(put, ingestion)
    paths[2].write_text("no story any more")
    report = await ingestion.rescan()
    assert (report.withdrawn, len(report.rejections)) == (0, 1)
    assert "story 2" in await shown(queries)


async def test_the_group_follows_when_its_leader_is_withdrawn_and_returns(
    put, ingestion: Ingestion, queries: Queries
):
    await many(put, ingestion)
    said = sentence("one event")
    leader = put("leader.md", "leader", quality=80, excerpt=said)
    other = {"name": "Ferrow", "domain": "ferrow.example"}
    put("follower.md", "follower", excerpt=said, provider=other)
    await ingestion.rescan()
    (found,) = await queries.search("follower", 1)
    assert found.leader_id is not None
    kept = leader.read_bytes()
    leader.unlink()
    assert (await ingestion.rescan()).withdrawn == 1
    assert (await queries.search("follower", 1))[0].leader_id is None
    leader.write_bytes(kept)
    await ingestion.rescan()
    assert (await queries.search("follower", 1))[0].leader_id is not None


@pytest.mark.slow
async def test_many_files_are_read_by_several_processes_to_the_same_end(
    put, ingestion: Ingestion, archive: Database, tmp_path: Path
):
    seed = next((ROOT / "seeds").glob("*.md")).read_text(encoding="utf-8")
    for number in range(PROCESSES_FROM):
        put(f"{number:04}.md", f"story {number}", quality=number % 90)
    (tmp_path / "seeds" / "seed.md").write_text(seed, encoding="utf-8")
    (tmp_path / "seeds" / "bad.md").write_text("no story")
    report = await ingestion.rescan()
    assert (report.new, len(report.rejections)) == (PROCESSES_FROM + 1, 1)
    at_once = await contents(archive)
    assert len(at_once["story"]) == PROCESSES_FROM + 1
    assert counts(await ingestion.rescan()) == (0, 0, PROCESSES_FROM + 1, 0)
    assert await contents(archive) == at_once


@pytest.mark.slow
async def test_look_ups_are_answered_while_many_files_load(
    put, ingestion: Ingestion, queries: Queries
):
    for number in range(PROCESSES_FROM):
        put(f"{number:04}.md", f"story {number}")
    told: list[int] = []
    loading = asyncio.create_task(ingestion.rescan(lambda done, total: told.append(done)))
    answered_while: list[int] = []
    while not loading.done():
        await queries.search("story", 5)
        answered_while.append(len(told))
        await asyncio.sleep(0)
    await loading
    assert set(answered_while) >= {0, 1, 2, 3}
