"""Words are counted once a week, and only the latest stories are ranked by new counts."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.library import snapshot
from bot.library.ingest import SMALL, Ingestion
from bot.store import frequencies
from bot.store.database import Database, every
from bot.store.frequencies import NONE_TAKEN
from bot.stories.frequencies import shipped
from bot.stories.ranking import Rules
from tests.conftest import START, SetClock, make_story_file

DAY = timedelta(days=1)


def write(seeds: Path, number: int, **fields: object) -> None:
    usual = {"webUrl": f"https://quay{number}.example/1", "title": f"Saltmarsh quay {number}"}
    (seeds / f"{number}.md").write_bytes(make_story_file(**{**usual, **fields}))


async def test_without_a_snapshot_the_shipped_counts_hold(archive: Database) -> None:
    async with archive.reading() as db:
        assert await snapshot.current_frequencies(db) is shipped()
        assert await frequencies.last_snapshot(db) == NONE_TAKEN


async def test_a_snapshot_adds_the_archives_own_counts_as_a_new_version(
    ingestion: Ingestion, seeds: Path, archive: Database
) -> None:
    for number in range(4):
        write(seeds, number)
    await ingestion.rescan()
    for version in (1, 2):
        found = await snapshot.take(archive, START)
        assert found.version == version
        assert found.articles == shipped().articles + 4
        assert found.found_in["saltmarsh"] == shipped().found_in.get("saltmarsh", 0) + 4
    async with archive.reading() as db:
        assert await snapshot.current_frequencies(db) == found


async def test_words_are_due_after_a_week_or_when_the_archive_has_doubled(
    ingestion: Ingestion, seeds: Path, archive: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "LEAST_STORIES", 2)

    async def due(days: float) -> bool:
        async with archive.reading() as db:
            return await snapshot.is_due(db, START + days * DAY)

    write(seeds, 1)
    await ingestion.rescan()
    assert not await due(100), "too few stories"
    write(seeds, 2)
    await ingestion.rescan()
    assert await due(0)
    await snapshot.take(archive, START)
    assert [await due(days) for days in (0, 6.9, 7, -6, -8)] == [False, False, True, False, True]
    for number in (3, 4):
        write(seeds, number)
    await ingestion.rescan()
    assert await due(1)


async def test_an_empty_archive_and_a_note_that_cannot_be_read_are_none(archive: Database) -> None:
    assert (await snapshot.take(archive, START)).found_in == shipped().found_in
    for note in ("", "[]", "[1, 2]", '{"a": 1}', "[1, 2, 1e99]", "no"):
        async with archive.writing() as db:
            await db.execute("UPDATE fact SET value = ? WHERE name = 'word_counts'", (note,))
            assert await frequencies.last_snapshot(db) == NONE_TAKEN


async def test_new_counts_rank_only_the_stories_of_the_last_week_again(
    ingestion: Ingestion, seeds: Path, archive: Database, rules: Rules, clock: SetClock
) -> None:
    for number, age in ((1, 2), (2, 30)):
        write(seeds, number, publishedDateTime=START - age * DAY, quality=60)
    await ingestion.rescan()
    async with archive.writing() as db:
        await db.execute("UPDATE story SET heat = 7")
    await snapshot.rank_latest(archive, rules, clock.now())
    async with archive.reading() as db:
        rows = await every(db, "SELECT url, heat FROM story ORDER BY url")
    assert [(row["url"][12], row["heat"] == 7) for row in rows] == [("1", False), ("2", True)]


@pytest.mark.parametrize("known", [True, False])
async def test_many_stories_of_unknown_words_have_them_counted_before_they_are_grouped(
    known: bool, ingestion: Ingestion, seeds: Path, archive: Database
) -> None:
    words = sorted(shipped().found_in)
    for number in range(SMALL + 1):
        text = " ".join(words[number * 10 : number * 10 + 10])
        write(seeds, number, **({"excerpt": text} if known else {}))
    await ingestion.rescan()
    assert ingestion.rules.ranking.frequencies.version == (0 if known else 1)
    async with archive.reading() as db:
        assert await snapshot.current_frequencies(db) == ingestion.rules.ranking.frequencies


async def test_counts_that_another_process_took_are_used_from_the_next_load_on(
    ingestion: Ingestion, archive: Database
) -> None:
    taken = await snapshot.take(archive, START)
    assert ingestion.rules.ranking.frequencies.version == 0
    await ingestion.rescan()
    assert ingestion.rules.ranking.frequencies == taken
