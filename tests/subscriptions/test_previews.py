"""The previews of a new channel, now and day by day."""

import json
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from bot.config import DigestConfig
from bot.render.digest import edition_messages
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    HOUR,
    MORNING,
    TARGET,
    Harness,
    numbers,
    same_event,
    story,
)

TODAY = MORNING.date()
UTC = ZoneInfo("UTC")


async def replayed(harness: Harness, days: int) -> list[tuple[date, list[int], bool]]:
    """Each day of a replay: the numbers of its stories, and whether they are from the archive."""
    last = TODAY + timedelta(days=days - 1)
    topics = [await harness.topic()]
    found = []
    async for day, contents, *_ in harness.previews.replay(topics, TODAY, last, time(8), UTC):
        stories = contents.stories if contents else ()
        urls = [one.article.url for one in stories]
        found.append((day, numbers(urls), bool(contents and contents.from_archive)))
    return found


async def test_a_preview_is_what_the_planner_freezes_for_a_new_channel(harness: Harness):
    await harness.load(
        *(story(n, 100 + n, topics=["AI"]) for n in range(1, 9)),
        story(9, 60, topics=["Robots"]),
        story(10, 999, 8 * DAY),
    )
    topics = [await harness.topic("Robots"), await harness.topic("AI")]
    contents = await harness.previews.preview(topics, MORNING)
    assert contents is not None
    await harness.follow(CHANNEL, "Robots", "AI")
    await harness.planner.plan_due(MORNING)
    bodies = [json.loads(part.body) for part in await harness.parts()]
    assert bodies == [m.body for m in edition_messages(contents, harness.config.sources)]


async def test_a_preview_of_a_quiet_day_is_of_the_archive(harness: Harness):
    await harness.load(story(1, age=30 * DAY), story(2, heat=20, age=40 * DAY))
    contents = await harness.previews.preview([await harness.topic()], MORNING)
    assert contents is not None
    assert contents.from_archive
    assert numbers([one.article.url for one in contents.stories]) == [1]


async def test_a_preview_writes_nothing(harness: Harness):
    await harness.load(story(1))
    topics = [await harness.topic()]
    first = await harness.previews.preview(topics, MORNING)
    assert await harness.previews.preview(topics, MORNING) == first
    assert await harness.rows("SELECT * FROM edition") == []
    assert await harness.rows("SELECT * FROM posted") == []


async def test_a_preview_before_any_story_is_nothing(harness: Harness):
    await harness.load(story(1))
    assert await harness.previews.preview([await harness.topic()], MORNING - DAY) is None


async def test_a_replay_is_what_a_channel_gets_day_by_day(harness: Harness):
    await harness.load(
        *(story(n, 50 + n, -(n % 5) * DAY) for n in range(1, 30)),
        *(story(n, 50 + n, n * DAY) for n in range(30, 36)),
    )
    await harness.follow()
    shown: list[list[int]] = []
    for day in range(18):
        before = len(harness.shown())
        await harness.tick(at=MORNING + day * DAY)
        shown.append(harness.shown()[before:])
    assert [stories for _, stories, _ in await replayed(harness, 18)] == shown


async def test_a_replay_never_repeats_and_never_takes_an_event_twice(harness: Harness):
    await harness.load(
        story(1, 200, quality=50),
        story(2, 150, -DAY, quality=90, **same_event(1)),
        story(3, 120, 10 * DAY, quality=90, **same_event(4)),
        story(4, 110, 11 * DAY),
        story(5, 100, 12 * DAY),
    )
    days = await replayed(harness, 8)
    stories = [number for _, found, _ in days for number in found]
    assert stories == [3, 2, 5], "story 2 leads 1 as the files stand now"
    assert [archive for _, found, archive in days if found] == [True, False, True]


async def test_ordinary_quiet_days_come_from_the_archive_until_it_is_empty(harness: Harness):
    await harness.load(story(1), *(story(n, 50 + n, n * DAY) for n in range(10, 14)))
    days = await replayed(harness, 7)
    assert [found for _, found, _ in days] == [[1], [13], [12], [11], [10], [], []]
    assert [archive for _, _, archive in days] == [False, True, True, True, True, False, False]


async def test_a_replay_has_every_date_of_its_span_at_the_local_time(harness: Harness):
    await harness.load(story(1, age=HOUR))
    zone = ZoneInfo("America/New_York")
    topics = [await harness.topic()]
    days = [
        (day, bool(contents))
        async for day, contents, *_ in harness.previews.replay(
            topics, TODAY - DAY, TODAY + DAY, time(3), zone
        )
    ]
    assert days == [(TODAY - DAY, False), (TODAY, True), (TODAY + DAY, False)]


async def test_a_replay_that_ends_before_it_begins_is_empty(harness: Harness):
    await harness.load(story(1))
    assert await replayed(harness, 0) == []


async def test_a_preview_follows_config(harness: Harness):
    await harness.restart(DigestConfig(stories=2, minimum_heat=102))
    await harness.load(*(story(n, 100 + n) for n in range(1, 5)))
    contents = await harness.previews.preview([await harness.topic()], MORNING)
    assert contents is not None
    assert numbers([one.article.url for one in contents.stories]) == [4, 3]


async def test_a_preview_is_what_the_next_edition_holds_and_writes_nothing(harness: Harness):
    await harness.load(*(story(n, 100 + n) for n in range(1, 9)))
    await harness.follow()
    await harness.tick(at=MORNING)
    contents = await harness.on_demand.preview(TARGET, MORNING + DAY)
    assert contents is not None
    assert len(await harness.editions()) == 1
    await harness.tick(at=MORNING + DAY)
    previewed = [one.article.url for one in contents.stories]
    assert harness.discord.urls(CHANNEL)[5:] == previewed
