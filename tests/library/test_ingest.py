"""Loading story files: whole or not at all, and loading twice changes nothing."""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from bot.library.report import IngestReport
from bot.origins.files import examination, reading
from bot.origins.files.examination import examine
from bot.origins.files.folders import read
from bot.origins.files.reading import CHUNK
from bot.origins.files.storyfile import parse
from bot.origins.outcomes import Reader
from bot.store.database import Database, every
from bot.stories.model import Article, Story
from bot.stories.owners import Owners
from bot.stories.ranking import Rules
from bot.stories.urls import NO_TRACKERS, Trackers
from tests.conftest import ROOT, START, SetClock, StoryFile, files_at, plain_rules
from tests.library.conftest import contents


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.rejections)


def touch(path: Path) -> None:
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))


async def test_the_seed_and_the_sandboxs_stories_are_loaded(ingestion: Ingestion) -> None:
    report = await ingestion.ingest(files_at(ROOT / "seeds", ROOT / "bot/sandbox/stories"))
    assert counts(report) == (13, 0, 0, 0)
    assert (report.read, (await ingestion.totals())["stories"]) == (13, 13)


async def test_the_totals_count_distinct_articles(ingestion: Ingestion) -> None:
    await ingestion.ingest(files_at(ROOT / "seeds"))
    assert await ingestion.totals() == {"stories": 1, "articles": 16, "topics": 2}


async def test_loading_twice_changes_nothing(ingestion: Ingestion, archive: Database) -> None:
    await ingestion.ingest(files_at(ROOT / "seeds", ROOT / "bot/sandbox/stories"))
    before = await contents(archive)
    report = await ingestion.ingest(files_at(ROOT / "seeds", ROOT / "bot/sandbox/stories"))
    assert counts(report) == (0, 0, 13, 0)
    assert await contents(archive) == before


async def test_stories_that_come_together_have_ids_in_order_of_publication(
    ingestion: Ingestion, archive: Database, folder: Path, story_file: StoryFile
) -> None:
    for number, day in enumerate((9, 3, 7, 1)):
        url, at = f"https://www.saltmarsh.example/{number}", f"2019-12-{day:02}T10:00:00Z"
        (folder / f"{number}.md").write_bytes(story_file(webUrl=url, publishedDateTime=at))
    await ingestion.ingest(files_at(folder))
    async with archive.reading() as db:
        rows = await every(db, "SELECT url FROM story ORDER BY story_id")
    assert [row["url"].rpartition("/")[2] for row in rows] == ["3", "1", "2", "0"]


async def test_a_folder_without_stories_loads_nothing(ingestion: Ingestion, folder: Path) -> None:
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 0, 0, 0)


async def test_a_missing_path_is_wrong_use_and_loads_nothing(
    ingestion: Ingestion, archive: Database, folder: Path, story_file: StoryFile
) -> None:
    (folder / "a.md").write_bytes(story_file())
    with pytest.raises(UsageError):
        await ingestion.ingest(files_at(folder, folder / "missing"))
    assert (await contents(archive))["story"] == []


async def test_more_files_than_a_batch_are_loaded_and_progress_is_told(
    ingestion: Ingestion, folder: Path, story_file: StoryFile
) -> None:
    for number in range(CHUNK + 5):
        url = f"https://www.saltmarsh.example/{number}"
        (folder / f"{number:04}.md").write_bytes(story_file(webUrl=url))
    (folder / "link.md").symlink_to("/etc/hostname")
    told: list[tuple[int, int]] = []
    report = await ingestion.ingest(
        files_at(folder), lambda done, total: told.append((done, total))
    )
    assert counts(report) == (CHUNK + 5, 0, 0, 1)
    assert told == [(CHUNK + 1, CHUNK + 6), (CHUNK + 6, CHUNK + 6)]


HALVES = """---
title: "Game \\ud83c\\udfae"
date: 2019-11-20
topics: [a]
---
"""


async def test_a_file_with_the_halves_of_a_character_and_a_fault_is_rejected_alone(
    ingestion: Ingestion, folder: Path, story_file: StoryFile
) -> None:
    (folder / "1.md").write_text(HALVES)
    (folder / "2.md").write_bytes(story_file())
    report = await ingestion.ingest(files_at(folder))
    assert counts(report) == (1, 0, 0, 1)
    assert report.rejections[0].reason == "missing: give the article's URL"


async def test_a_file_on_which_the_program_itself_fails_is_rejected_alone(
    ingestion: Ingestion,
    folder: Path,
    story_file: StoryFile,
    rules: Rules,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(data: bytes, now: datetime, trackers: Trackers) -> Story:
        if b"Unlucky" in data:
            raise IndexError
        return parse(data, now, trackers)

    (folder / "1.md").write_bytes(story_file(title="Unlucky"))
    (folder / "2.md").write_bytes(story_file())
    for module in (reading, examination):
        monkeypatch.setattr(module, "parse", failing)
    report = await ingestion.ingest(files_at(folder))
    assert counts(report) == (1, 0, 0, 1)
    (rejection,) = report.rejections
    assert rejection.file == str(folder / "1.md")
    assert re.fullmatch(
        r"a fault of Broadsheet, not of the file \(IndexError in test_ingest.py, line \d+\);"
        " please report it, with the file",
        rejection.reason,
    )
    examined = examine([folder], Reader(rules, NO_TRACKERS, START), 50)
    assert examined.rejections == [rejection]


async def test_bad_files_are_named_and_the_good_ones_among_them_are_loaded(
    ingestion: Ingestion, archive: Database, folder: Path, story_file: StoryFile
) -> None:
    (folder / "a.md").write_text("no front matter")
    (folder / "b.md").write_bytes(story_file())
    (folder / "c.md").write_bytes(story_file(webUrl="https://x.example/", quality="high"))
    os.mkfifo(folder / "d.md")
    (folder / "e.md").write_bytes(story_file(related=[{"title": "half"}]))
    report = await ingestion.ingest(files_at(folder))
    assert counts(report) == (1, 0, 0, 4)
    named = [(Path(r.file).name, r.line, r.field) for r in report.rejections]
    assert named == [
        ("a.md", 1, None),
        ("c.md", 7, "quality"),
        ("d.md", None, None),
        ("e.md", 16, "related[0].webUrl"),
    ]
    assert all(Path(r.file).is_absolute() and r.reason for r in report.rejections)
    loaded = await contents(archive)
    assert (len(loaded["story"]), len(loaded["item"]), loaded["source"]) == (1, 1, [])


async def test_a_good_file_that_turns_bad_keeps_its_old_story(
    ingestion: Ingestion, archive: Database, folder: Path, story_file: StoryFile
) -> None:
    path = folder / "a.md"
    path.write_bytes(story_file())
    await ingestion.ingest(files_at(folder))
    before = await contents(archive)
    path.write_text("---\ntitle: broken\n")
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 0, 0, 1)
    assert await contents(archive) == before
    path.write_bytes(story_file())
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 0, 1, 0)


async def test_a_deleted_file_keeps_its_story(
    ingestion: Ingestion, archive: Database, folder: Path, story_file: StoryFile
) -> None:
    (folder / "a.md").write_bytes(story_file())
    await ingestion.ingest(files_at(folder))
    before = await contents(archive)
    (folder / "a.md").unlink()
    await ingestion.ingest(files_at(folder))
    assert await contents(archive) == before


async def test_a_touched_file_with_the_same_content_is_unchanged(
    ingestion: Ingestion, archive: Database, folder: Path, story_file: StoryFile
) -> None:
    path = folder / "a.md"
    path.write_bytes(story_file())
    await ingestion.ingest(files_at(folder))
    before = await contents(archive)
    touch(path)
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 0, 1, 0)
    after = await contents(archive)
    assert after.pop("item") != before.pop("item")  # the new stamp, and nothing else
    assert after == before


async def test_a_rewritten_secured_blob_changes_nothing(
    ingestion: Ingestion, folder: Path, story_file: StoryFile
) -> None:
    path = folder / "a.md"
    path.write_bytes(story_file(secured="one"))
    await ingestion.ingest(files_at(folder))
    path.write_bytes(story_file(secured="another", body="<p>and a body</p>"))
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 0, 1, 0)


CHANGES: dict[str, object] = {
    "title": "Another headline",
    "excerpt": "Another excerpt.",
    "quality": 61,
    "heat": -1,
    "published": False,
    "removed": True,
    "topics": ["AI", "Ferries"],
    "provider": {"name": "Saltmarsh", "domain": "saltmarsh.example"},
    "images": [{"url": "https://i.example/a.jpg"}],
    "related": [
        {"title": "x", "publishedDateTime": "2019-12-22", "webUrl": "https://ferrow.example/"}
    ],
}


@pytest.mark.parametrize("field", CHANGES)
async def test_a_change_of_any_field_is_taken_and_the_story_keeps_its_id(
    field: str,
    ingestion: Ingestion,
    archive: Database,
    folder: Path,
    story_file: StoryFile,
    clock: SetClock,
) -> None:
    path = folder / "a.md"
    path.write_bytes(story_file())
    await ingestion.ingest(files_at(folder))
    before = await contents(archive)
    clock.move(timedelta(hours=1))
    path.write_bytes(story_file(**{field: CHANGES[field]}))
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 1, 0, 0)
    after = await contents(archive)
    assert after != before
    (old,), (new,) = before["story"], after["story"]
    assert (old[0], old[-1]) == (new[0], new[-1])  # id and time of arrival


async def test_the_same_url_in_two_files_is_one_story_with_the_topics_of_both(
    ingestion: Ingestion, queries: Queries, folder: Path, story_file: StoryFile
) -> None:
    (folder / "a.md").write_bytes(story_file(topics=["AI", "Ferries"]))
    (folder / "b.md").write_bytes(
        story_file(topics=["Towns", "ferries"], webUrl="http://saltmarsh.example/ferries#comments")
    )
    report = await ingestion.ingest(files_at(folder))
    assert report.new == 2
    assert await ingestion.totals() == {"stories": 1, "articles": 1, "topics": 3}
    story = await queries.story(1)
    assert story is not None
    assert story.topics == ("AI", "Ferries", "Towns")


async def test_a_date_in_the_future_is_taken_once_the_clock_has_come_near(
    ingestion: Ingestion, folder: Path, clock: SetClock, story_file: StoryFile
) -> None:
    (folder / "a.md").write_bytes(story_file(publishedDateTime="2019-12-31"))
    assert counts(await ingestion.ingest(files_at(folder))) == (0, 0, 0, 1)
    clock.move(timedelta(days=8))
    assert counts(await ingestion.ingest(files_at(folder))) == (1, 0, 0, 0)


async def test_stories_are_ranked_anew_when_the_owners_change(
    ingestion: Ingestion, archive: Database, trackers: Trackers, clock: SetClock, queries: Queries
) -> None:
    await ingestion.ingest(files_at(ROOT / "seeds"))
    before = await contents(archive)
    merged = plain_rules(Owners({"forbes.com": "House", "nytimes.com": "House"}))
    await Ingestion(archive, merged, trackers, clock, []).rules.rerank_if_changed()
    story = await queries.story(1)
    assert story is not None
    assert "New York Times" not in [s.article.provider.name for s in story.top(5)]
    await ingestion.rules.rerank_if_changed()
    assert await contents(archive) == before


async def test_a_file_that_is_written_while_it_is_read_is_read_whole_or_next_time(
    ingestion: Ingestion,
    queries: Queries,
    folder: Path,
    story_file: StoryFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = folder / "a.md"
    path.write_bytes(story_file(title="half"))
    titles = iter(["whole", "one", "two", "three", "four"])

    def read_slowly(path: Path) -> bytes:
        data = read(path)
        if title := next(titles, None):
            path.write_bytes(story_file(title=title))
        return data if title != "whole" else data[:100]

    monkeypatch.setattr(reading, "read", read_slowly)
    report = await ingestion.ingest(files_at(folder))
    assert [(r.file, r.reason) for r in report.rejections] == [
        (str(path), "it is being written; it is read again next time")
    ]
    assert await ingestion.totals() == {"stories": 0, "articles": 0, "topics": 0}
    monkeypatch.setattr(reading, "read", read)
    assert counts(await ingestion.ingest(files_at(folder))) == (1, 0, 0, 0)
    (story,) = await queries.suggest_stories("")
    assert story.article.title == "one"


async def test_an_excerpt_that_many_stories_of_a_site_have_is_not_shown(
    ingestion: Ingestion, queries: Queries, folder: Path, story_file: StoryFile
) -> None:
    ours = "Before it is here, it is on the terminal that we sell."
    for number, excerpt in enumerate((ours, ours, "The ferries of Saltbay run again."), start=1):
        url, title = f"https://saltmarsh.example/{number}", f"Story {number} of something else"
        file = story_file(webUrl=url, title=title, excerpt=excerpt, topics=["AI"])
        (folder / f"{number}.md").write_bytes(file)
    await ingestion.ingest(files_at(folder))
    assert [(await shown(queries, number)).excerpt for number in (1, 2)] == [ours, ours]
    third = {"webUrl": "https://saltmarsh.example/4", "title": "Leeks are cheaper"}
    (folder / "4.md").write_bytes(story_file(excerpt=ours, topics=["AI"], **third))
    await ingestion.ingest(files_at(folder))
    excerpts = [(await shown(queries, number)).excerpt for number in (1, 2, 3, 4)]
    assert excerpts == ["", "", "The ferries of Saltbay run again.", ""]


async def shown(queries: Queries, number: int) -> Article:
    story = await queries.story(number)
    assert story is not None
    return story.article
