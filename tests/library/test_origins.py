"""Another kind of origin than files is loaded as they are, and keeps apart from them."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import MassWithdrawal, StoryFileError
from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.origins.files.origin import SeedsFolder
from bot.origins.files.storyfile import parse
from bot.origins.origin import Claim
from bot.origins.outcomes import Asked, Outcome, Reader, Rejection, Stamp
from bot.store.database import Database, every
from bot.store.opening import open_database
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.archives import database_at
from tests.conftest import SetClock, StoryFile, files_at

SITE = "https://www.saltmarsh.example"


@dataclass
class Shelf:
    """An origin in memory: story files by key. One that is not `whole` shows only its newest."""

    key: str
    files: dict[str, bytes] = field(default_factory=dict)
    whole: bool = False
    more: bool = False
    kind, version = "shelf", 1
    rejections: Sequence[Rejection] = ()
    claims: Claim | None = None

    @property
    def name(self) -> str:
        return f"shelf {self.key}"

    @property
    def keys(self) -> Sequence[str]:
        return [*self.files]

    async def look(self) -> "Shelf":
        return self

    def gone(self, known: set[str]) -> set[str]:
        return known.difference(self.files)

    async def changed(self, asked: Sequence[Asked]) -> list[Asked]:
        return [one for one in asked if not one.known or one.known.stamp != self._stamp(one).text]

    async def read(
        self, asked: Sequence[Asked], reader: Reader
    ) -> AsyncGenerator[Sequence[Outcome], None]:
        for one in asked:
            yield [self._outcome(one, reader)]

    def _outcome(self, one: Asked, reader: Reader) -> Outcome:
        try:
            story = parse(self.files[one.key], reader.now, reader.trackers)
        except StoryFileError as error:
            return Rejection.of(one.key, error)
        return reader.outcome(one, self._stamp(one), story)

    def _stamp(self, one: Asked) -> Stamp:
        return Stamp(str(hash(self.files[one.key])), 0)


@pytest.fixture
def articles(story_file: StoryFile) -> Mapping[str, bytes]:
    return {n: story_file(webUrl=f"{SITE}/{n}", title=f"story {n}") for n in "abcdefgh"}


@pytest.fixture
def watching(archive: Database, rules: Rules, trackers: Trackers, clock: SetClock, seeds: Path):
    """An ingestion that watches the seeds folder and shelves."""

    def made(*shelves: Shelf) -> Ingestion:
        return Ingestion(archive, rules, trackers, clock, [SeedsFolder(seeds), *shelves])

    return made


async def shown(queries: Queries) -> list[str]:
    return sorted(story.article.title[-1] for story in await queries.suggest_stories(""))


async def test_a_rescan_loads_all_origins_and_what_is_new_and_changed_of_each(
    watching, articles: Mapping[str, bytes], seeds: Path, queries: Queries, story_file: StoryFile
):
    (seeds / "a.md").write_bytes(articles["a"])
    shelf = Shelf("one", {"1": articles["b"], "2": b"no story"})
    told: list[tuple[int, int]] = []
    ingestion = watching(shelf)
    report = await ingestion.rescan(lambda done, total: told.append((done, total)))
    assert (report.new, [one.file for one in report.rejections]) == (2, ["2"])
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert await shown(queries) == ["a", "b"]
    shelf.files["1"] = story_file(webUrl=f"{SITE}/b", title="story B")
    report = await ingestion.rescan()
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    assert await shown(queries) == ["B", "a"]


async def test_the_same_key_in_two_origins_is_two_items(
    watching, articles: Mapping[str, bytes], seeds: Path, queries: Queries, archive: Database
):
    (seeds / "a.md").write_bytes(articles["a"])
    one, other = Shelf("one", {"a.md": articles["b"]}), Shelf("other", {"a.md": articles["c"]})
    assert (await watching(one, other).rescan()).new == 3
    assert (await watching(one, other).rescan()).unchanged == 3
    assert await shown(queries) == ["a", "b", "c"]
    async with archive.reading() as db:
        rows = await every(db, "SELECT kind, key FROM origin ORDER BY origin_id")
    assert sorted(tuple(row) for row in rows) == [
        ("paths", ""),
        ("seeds", ""),
        ("shelf", "one"),
        ("shelf", "other"),
    ]


async def test_what_an_origin_no_longer_shows_is_gone_only_if_it_shows_all_it_has(
    watching, articles: Mapping[str, bytes], queries: Queries
):
    newest, whole = Shelf("newest"), Shelf("whole", whole=True)
    newest.files = {n: articles[n] for n in "abc"}
    whole.files = {n: articles[n] for n in "defgh"}
    await watching(newest, whole).rescan()
    del newest.files["a"], whole.files["d"]
    assert (await watching(newest, whole).rescan()).withdrawn == 1
    assert await shown(queries) == [*"abcefgh"]
    whole.files.clear()
    with pytest.raises(MassWithdrawal, match="shelf whole: 4 of 7 stories"):
        await watching(newest, whole).rescan()


async def test_a_story_stays_while_an_item_of_any_origin_carries_it(
    watching, articles: Mapping[str, bytes], seeds: Path, queries: Queries
):
    shelf = Shelf("one", {"1": articles["a"]})
    (seeds / "a.md").write_bytes(articles["a"])
    await watching(shelf).rescan()
    (seeds / "a.md").unlink()
    assert (await watching(shelf).rescan()).withdrawn == 0
    assert await shown(queries) == ["a"]


async def test_another_version_of_a_reader_reads_only_its_own_items_again(
    watching, articles: Mapping[str, bytes], archive: Database
):
    shelf, other = Shelf("one", {"1": articles["a"]}), Shelf("other", {"1": articles["b"]})
    await watching(shelf, other).rescan()
    shelf.version = 2
    async with archive.writing() as db:
        await db.execute("UPDATE item SET content = :none", {"none": b""})
    report = await watching(shelf, other).rescan()
    assert (report.changed, report.unchanged) == (1, 1)


async def test_files_given_by_hand_whose_folder_becomes_the_seeds_folder_are_its_files(
    watching, articles: Mapping[str, bytes], seeds: Path, queries: Queries
):
    for name in "abcdef":
        (seeds / f"{name}.md").write_bytes(articles[name])
    await watching().ingest(files_at(seeds))
    assert (await watching().rescan()).unchanged == 6
    (seeds / "a.md").unlink()
    assert (await watching().rescan()).withdrawn == 1
    assert await shown(queries) == [*"bcdef"]


async def test_of_files_given_by_hand_those_in_the_seeds_folder_are_its_files(
    watching, articles: Mapping[str, bytes], seeds: Path, archive: Database
):
    (seeds / "a.md").write_bytes(articles["a"])
    (seeds.parent / "b.md").write_bytes(articles["b"])
    report = await watching().ingest(files_at(seeds.parent, seeds=seeds))
    assert report.new == 2
    async with archive.reading() as db:
        rows = await every(db, "SELECT kind, i.key FROM item i JOIN origin USING (origin_id)")
    assert sorted(tuple(row) for row in rows) == [
        ("paths", str(seeds.parent.resolve() / "b.md")),
        ("seeds", "a.md"),
    ]


async def test_an_ingest_by_hand_with_another_seeds_folder_takes_no_file_from_anyone(
    watching, articles: Mapping[str, bytes], seeds: Path, queries: Queries
):
    other = seeds.parent / "other"
    other.mkdir()
    for folder, names in ((seeds, "cdefgh"), (other, "ab")):
        for name in names:
            (folder / f"{name}.md").write_bytes(articles[name])
    await watching().ingest(files_at(other, seeds=seeds))
    await watching().rescan()
    await watching().ingest(files_at(seeds / "c.md", seeds=other))
    assert (await watching().rescan()).withdrawn == 0
    assert (await watching().ingest(files_at(other, seeds=seeds))).unchanged == 2
    assert await shown(queries) == [*"abcdefgh"]


async def test_an_ingest_of_unchanged_files_waits_for_no_other_process_that_writes(
    watching, articles: Mapping[str, bytes], seeds: Path, tmp_path: Path
):
    (seeds / "a.md").write_bytes(articles["a"])
    await watching().ingest(files_at(seeds, seeds=seeds))
    database = await open_database(database_at(tmp_path / "archive" / "broadsheet.db"))
    try:
        async with database.writing():
            report = await watching().ingest(files_at(seeds, seeds=seeds))
    finally:
        await database.close()
    assert report.unchanged == 1


async def test_a_seeds_folder_whose_path_is_not_utf_8_keeps_no_other_file_from_being_loaded(
    watching, articles: Mapping[str, bytes], seeds: Path
):
    (seeds / "a.md").write_bytes(articles["a"])
    folder = Path(os.fsdecode(bytes(seeds.parent) + b"/\xff"))
    report = await watching().ingest(files_at(seeds / "a.md", seeds=folder))
    assert report.new == 1
    await asyncio.to_thread(folder.mkdir)
    assert (await SeedsFolder(folder).look()).claims is None
