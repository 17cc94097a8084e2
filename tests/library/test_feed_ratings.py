"""What feeds' items are worth and about, in an archive: computed, kept, and found again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import DigestConfig
from bot.library.explanations import Reasons
from bot.library.ingest import Ingestion
from bot.library.provider_records import count_if_due
from bot.library.queries import Queries
from bot.origins.files.origin import SeedsFolder
from bot.store import providers
from bot.store.database import Database
from bot.stories.feed_quality import ProviderRecord
from bot.stories.lexicon import Lexicon
from bot.stories.model import Standing, TopicReason
from bot.stories.ranking import Rules
from bot.stories.urls import NO_TRACKERS
from tests.conftest import SetClock, files_at, make_story_file, sentence
from tests.library.feeding import HOUR, Item, Newsstand, newsstand

TEXT = f"{sentence('a')} {sentence('b')}"
URL = "https://gazette.example/story/1"
WEEK = timedelta(days=7)


@pytest.fixture
async def stand(
    archive: Database, clock: SetClock, rules: Rules, seeds: Path
) -> AsyncIterator[Newsstand]:
    lexicon = Lexicon({"Ferries": {1: ["ferry"]}}, {"Harbours": ["ports"]})
    rules = replace(rules, lexicon=lexicon, tiers={"gazette.example": 2})
    ingestion = Ingestion(archive, rules, NO_TRACKERS, clock, [SeedsFolder(seeds)])
    async with newsstand(archive, clock, ingestion) as opened:
        yield opened


async def qualities(stand: Newsstand) -> list[Any]:
    return await stand.rows("SELECT quality, quality_parts IS NULL FROM story ORDER BY story_id")


async def story_file(stand: Newsstand, tmp_path: Path, name: str = "a", **fields: object) -> None:
    path = tmp_path / f"{name}.md"
    at = stand.clock.now() - HOUR * 2
    path.write_bytes(make_story_file(publishedDateTime=at.astimezone(UTC), **fields))
    await stand.ingestion.ingest(files_at(path))


def related(url: str, quality: int, **fields: object) -> dict[str, object]:
    return {
        "title": "A night ferry crosses the bay",
        "excerpt": TEXT,
        "webUrl": url,
        "quality": quality,
        "provider": {"name": "Gazette", "domain": "gazette.example"},
        **fields,
    }


async def test_an_item_has_a_quality_and_the_topics_that_its_words_tell(
    stand: Newsstand, queries: Queries
):
    stand.put(Item(1, "A night ferry crosses the bay", TEXT, at=stand.clock.now() - HOUR))
    await stand.add()
    await stand.run()
    assert await qualities(stand) == [(70, 0)]
    assert await stand.rows("SELECT name FROM topic ORDER BY name") == [("AI",), ("Ferries",)]
    story = await queries.story(1)
    assert story is not None
    why = await Reasons(stand.archive, DigestConfig()).why(story)
    assert why.topics == [TopicReason("AI", "feed"), TopicReason("Ferries", "phrase", "ferry")]
    parts = why.story.article.parts
    assert parts is not None
    assert (parts.standing, parts.told, parts.complete) == (Standing.TIER, 2, 1)


async def test_a_feed_s_own_tier_decides(stand: Newsstand):
    stand.put(Item(1, "A night ferry crosses the bay", TEXT, at=stand.clock.now() - HOUR))
    await stand.add(tier=1)
    await stand.run()
    assert await qualities(stand) == [(83, 0)]


async def test_a_copy_is_worth_less_as_long_as_the_first_is_there(stand: Newsstand):
    title, at = "A night ferry crosses the bay", stand.clock.now() - HOUR
    stand.put(Item(1, title, TEXT, at=at - HOUR), path="/feed")
    stand.put(Item(2, title, TEXT, at=at, url="https://other.example/2"), path="/other")
    await stand.add()
    await stand.add("/other", "other.example", provider="Other")
    await stand.run()
    assert await stand.rows("SELECT count(DISTINCT event_id) FROM story") == [(1,)]
    first, copy = await qualities(stand)
    assert first == (70, 0)
    assert copy[0] < 30
    await stand.feeds.remove(stand.server.url("/feed", "gazette.example"))
    await stand.ingestion.group_left()
    assert (await qualities(stand))[1] == (44, 0)


async def test_the_value_of_a_file_is_never_overwritten(stand: Newsstand, tmp_path: Path):
    await story_file(stand, tmp_path, webUrl=URL, quality=None, heat=None)
    stand.put(Item(1, "A night ferry crosses the bay", TEXT))
    await stand.add()
    await stand.run()
    assert await qualities(stand) == [(None, 1)], "a file without one says that it is unknown"
    await story_file(stand, tmp_path, webUrl=URL, quality=31)
    assert await qualities(stand) == [(31, 1)]


async def test_a_feed_s_story_takes_the_value_of_a_file_that_comes_later(
    stand: Newsstand, tmp_path: Path
):
    stand.put(Item(1, "A night ferry crosses the bay", TEXT))
    await stand.add()
    await stand.run()
    await story_file(stand, tmp_path, webUrl=URL, quality=31)
    assert await qualities(stand) == [(31, 1)]


async def test_a_quality_that_a_file_lists_stays_beside_a_computed_one(
    stand: Newsstand, tmp_path: Path
):
    title, at = "A night ferry crosses the bay", stand.clock.now() - HOUR
    shown = related(URL, 12, publishedDateTime=at)
    own = "https://www.saltmarsh.example/night-ferry"
    await story_file(stand, tmp_path, webUrl=own, title=title, excerpt=TEXT, related=[shown])
    stand.put(Item(1, title, TEXT, at=at))
    await stand.add(tier=1)
    await stand.run()
    assert await stand.rows("SELECT count(DISTINCT event_id) FROM story") == [(1,)]
    listed = "SELECT quality FROM source WHERE key = 'gazette.example/story/1' AND listed = 1"
    assert await stand.rows(listed) == [(12,)]
    assert await stand.rows("SELECT count(*) FROM story WHERE quality_parts IS NOT NULL") == [(1,)]


async def test_publishers_are_known_by_files_alone(
    stand: Newsstand, tmp_path: Path, archive: Database
):
    for number, quality in enumerate((90, 100, 120)):
        fields = related(
            f"https://gazette.example/old/{number}",
            quality,
            title=f"Old headline {number}",
            excerpt=sentence(number),
        )
        await story_file(stand, tmp_path, name=f"old{number}", **fields)
    stand.put(Item(1, "A night ferry crosses the bay", TEXT))
    await stand.add()
    await stand.run()
    async with archive.reading() as db:
        known = await providers.known_providers(db)
    assert known.records["gazette.example"] == ProviderRecord(3, 100, 3, 0)
    assert known.median == 100
    parts = "SELECT quality_parts FROM story WHERE quality_parts IS NOT NULL"
    ((text,),) = await stand.rows(parts)
    assert '"standing": "imported", "told": 3' in text
    assert await count_if_due(archive, stand.clock.now() + timedelta(days=6)) is False
    assert await count_if_due(archive, stand.clock.now() + WEEK) is True
    async with archive.reading() as db:
        later = await providers.known_providers(db)
    assert later.records["gazette.example"] == ProviderRecord(3, 100, 4, 0), (
        "a computed quality is none of them"
    )


async def test_publishers_are_counted_again_after_a_clock_that_was_ahead(archive: Database):
    now = SetClock().now()
    assert await count_if_due(archive, now + timedelta(days=400)) is True
    assert await count_if_due(archive, now) is True
    assert await count_if_due(archive, now) is False


async def test_changed_phrases_and_tiers_hold_for_what_feeds_gave_before(stand: Newsstand):
    stand.put(Item(1, "A night ferry crosses the bay", TEXT, at=stand.clock.now() - HOUR))
    await stand.add()
    await stand.run()
    rules = stand.ingestion.rules
    rules.ranking = replace(
        rules.ranking, lexicon=Lexicon({"Bays": {1: ["bay"]}}), tiers={"gazette.example": 4}
    )
    await stand.run()
    assert await qualities(stand) == [(33, 0)]
    named = "SELECT name FROM topic JOIN story_topic USING (topic_id) ORDER BY name"
    assert await stand.rows(named) == [("AI",), ("Bays",)]


async def test_publishers_that_others_tell_too_have_a_track_record(
    stand: Newsstand, archive: Database
):
    title, at = "A night ferry crosses the bay", stand.clock.now() - HOUR
    other = f"{sentence('a')} {sentence('c')}"
    stand.put(Item(1, title, TEXT, at=at - HOUR), Item(3), path="/feed")
    stand.put(Item(2, title, other, at=at, url="https://other.example/2"), path="/other")
    await stand.add()
    await stand.add("/other", "other.example", provider="Other")
    await stand.run()
    await count_if_due(archive, stand.clock.now() + WEEK)
    async with archive.reading() as db:
        known = (await providers.known_providers(db)).records
    assert known["gazette.example"][2:] == (2, 1)
    assert known["other.example"][2:] == (1, 1)
