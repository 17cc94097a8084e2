"""Due digests become editions, once each, and frozen content stays as it is."""

import hashlib
import json
from datetime import date, timedelta

import pytest

from bot import threads
from bot.config import DigestConfig, Layout
from bot.delivery import planning
from bot.delivery.freezing import DueEdition, freeze_editions
from bot.delivery.planning import settings_for
from bot.digests.ledger import EditionState, PartState
from bot.render.digest import edition_messages
from bot.store import editions
from bot.store.database import Connection
from tests.delivery.discord import Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    OTHER_TARGET,
    TARGET,
    Harness,
    listing,
    long_stories,
    numbers,
    same_event,
    story,
    url,
)

TODAY = MORNING.date()


async def test_a_due_digest_makes_exactly_one_edition(harness: Harness):
    await harness.load(story(1), story(2))
    await harness.follow()
    assert await harness.planner.plan_due(MORNING - timedelta(seconds=1)) == 0
    assert await harness.planner.plan_due(MORNING) == 1
    assert await harness.planner.plan_due(MORNING) == 0
    edition = await harness.edition()
    assert (edition.local_date, edition.slot, edition.due_at) == (TODAY, 1, MORNING)
    assert (edition.state, edition.stories) == (EditionState.READY, 2)


async def test_of_two_events_that_are_alike_an_edition_takes_one_and_gives_the_other_a_line(
    harness: Harness,
):
    apart = 4 * DAY  # too far apart to be one event
    await harness.load(story(1), story(2, age=apart, **same_event(1)), story(3, age=apart))
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    rows = await harness.rows("SELECT url, also FROM posted JOIN story USING (story_id)")
    assert {row["url"]: row["also"] for row in rows} == {url(1): 0, url(2): 1, url(3): 0}


@pytest.mark.parametrize("many", [0, threads.MANY])
async def test_many_candidates_are_weighed_as_few_are(
    harness: Harness, many: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(threads, "MANY", many)
    await harness.load(*(story(n, age=n * HOUR) for n in range(1, 9)))
    await harness.load(story(9, **same_event(1)), story(10, heat=10), story(11, age=9 * DAY))
    await harness.follow()
    for day in range(3):
        await harness.planner.plan_due(MORNING + day * DAY)
    rows = await harness.rows("SELECT url, also FROM posted JOIN story USING (story_id)")
    # One event with the first is the ninth; the tenth is too cold, the last from the archive.
    assert sorted(numbers([row["url"] for row in rows])) == [*range(1, 9), 11]


async def test_the_digest_is_advanced_to_its_next_day(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    following = (await harness.digest()).next
    assert following is not None
    assert (following.due_at, following.local_date) == (MORNING + DAY, TODAY + DAY)


async def test_an_edition_and_the_advance_of_its_digest_are_one_transaction(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await harness.load(story(1))
    await harness.follow()
    before = await harness.digest()

    async def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(planning, "rearm", die)
        with pytest.raises(Killed):
            await harness.planner.plan_due(MORNING)
    await harness.restart()
    assert await harness.editions() == []
    assert await harness.parts() == []
    assert await harness.posted() == set()
    assert await harness.digest() == before
    await harness.planner.plan_due(MORNING)
    assert (await harness.edition()).stories == 1


async def test_more_digests_than_a_chunk_are_all_planned_in_one_go(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(planning, "CHUNK", 3)
    await harness.load(story(1))
    channels = range(100, 107)
    for channel in channels:
        await harness.follow(channel)
    assert await harness.planner.plan_due(MORNING) == len(channels)
    assert [(await harness.edition(channel)).stories for channel in channels] == [1] * len(channels)


async def test_two_channels_may_carry_the_same_story(harness: Harness):
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.tick(at=MORNING)
    assert harness.shown(CHANNEL) == harness.shown(OTHER_CHANNEL) == [1]


@pytest.mark.parametrize("late", [timedelta(0), HOUR, 3 * HOUR])
async def test_an_edition_missed_by_up_to_three_hours_is_still_posted(
    harness: Harness, late: timedelta
):
    await harness.load(story(1))
    await harness.follow()
    await harness.tick(at=MORNING + late)
    assert harness.shown() == [1]
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_one_missed_by_more_is_noted_as_skipped_with_the_reason(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.tick(at=MORNING + 3 * HOUR + timedelta(seconds=1))
    edition = await harness.edition()
    assert edition.state is EditionState.SKIPPED
    assert edition.reason == "the bot was not running at the time"
    assert edition.stories == 0
    following = (await harness.digest()).next
    assert following is not None
    assert following.due_at == MORNING + DAY
    assert harness.discord.requests == []


async def test_several_missed_editions_come_as_the_last_one(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "time", "06:00, 08:00, 09:00, 18:00", by=1)
    await harness.tick(at=MORNING + 5 * DAY + 2 * HOUR)
    edition = await harness.edition()
    assert (edition.local_date, edition.slot) == (TODAY + 5 * DAY, 3)
    assert harness.shown() == [1]


async def test_a_missed_edition_is_not_lost_to_a_key_that_a_new_timetable_shares(harness: Harness):
    """Slot 2 of the old times is due; slot 1 of the new ones is taken since the morning."""
    await harness.restart(DigestConfig(time="08:00, 18:00"))
    await harness.load(story(1), story(2, age=-9 * HOUR))
    await harness.follow()
    await harness.tick(at=MORNING)
    harness.clock.put(MORNING + 13 * HOUR)
    await harness.restart(DigestConfig(time="20:00"))
    await harness.tick()
    keys = [(one.local_date, one.slot, one.state) for one in await harness.editions()]
    assert keys == [(TODAY, 1, EditionState.DELIVERED), (TODAY, 2, EditionState.DELIVERED)]
    assert harness.shown() == [1, 2]


async def test_a_paused_digest_and_one_without_topics_never_come_due(harness: Harness):
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_channel(TARGET, "paused", "yes", by=1)
    await harness.subscriptions.change(OTHER_TARGET, (), [await harness.topic()], by=1)
    for channel in (CHANNEL, OTHER_CHANNEL):
        assert (await harness.digest(channel)).next is None
    assert await harness.planner.plan_due(MORNING + 30 * DAY) == 0


async def test_bodies_are_frozen_with_their_hash_and_stories_count_as_posted(harness: Harness):
    await harness.load(*(story(n, 100 + n) for n in range(1, 8)))
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    (part,) = await harness.parts()
    assert hashlib.sha256(part.body.encode()).digest() == part.sha256
    assert part.state is PartState.PENDING
    assert len(part.nonce) <= 25
    assert part.marker == "Monday 4 May 2026"
    assert f"-# {part.marker}" in json.loads(part.body)["content"].splitlines()
    assert await harness.posted() == {3, 4, 5, 6, 7}


async def test_a_story_that_changes_later_does_not_change_a_frozen_body(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    before = await harness.parts()
    await harness.load(story(1, title="Another headline", removed=True))
    await harness.tick(at=MORNING)
    assert [part.body for part in await harness.parts()] == [part.body for part in before]
    (message,) = harness.discord.shown(CHANNEL)
    assert message.body == json.loads(before[0].body)


async def test_a_removed_story_is_never_in_an_edition(harness: Harness):
    await harness.load(story(1, removed=True), story(2, removed=True, age=30 * DAY), story(3))
    await harness.follow()
    for day in range(3):
        await harness.tick(at=MORNING + day * DAY)
    assert harness.shown() == [3]


async def test_a_story_of_a_posted_event_never_comes(harness: Harness):
    await harness.load(story(1, heat=100, quality=50))
    await harness.follow()
    await harness.tick(at=MORNING)
    await harness.load(story(2, heat=900, age=-HOUR, quality=90, **same_event(1)))
    for day in range(1, 4):
        await harness.tick(at=MORNING + day * DAY)
    assert harness.shown() == [1]


async def test_no_more_sources_are_shown_than_asked_for(harness: Harness):
    await harness.restart(DigestConfig(sources=2))
    await harness.load(story(1, related=listing(*range(20, 26))))
    await harness.follow()
    await harness.tick(at=MORNING)
    (message,) = harness.discord.shown(CHANNEL)
    text = message.body["embeds"][0]["description"]
    assert sum(f"Paper 0{n}" in text for n in range(20, 26)) == 2
    assert "+4 more" in text


async def test_on_quiet_days_the_archive_comes_hottest_first_and_stops_when_it_is_empty(
    harness: Harness,
):
    await harness.load(
        story(1, 60, 20 * DAY), story(2, 300, 40 * DAY), story(3, 60, 19 * DAY), story(4, 10)
    )
    await harness.follow()
    for day in range(6):
        await harness.tick(at=MORNING + day * DAY)
    assert harness.shown() == [2, 3, 1, 4]
    for message in harness.discord.shown(CHANNEL):
        assert message.body["embeds"][0]["author"] == {"name": "From the archive"}
    last = (await harness.editions())[-2:]
    assert {(one.state, one.reason) for one in last} == {(EditionState.SKIPPED, "no new story")}


async def test_on_quiet_days_a_note_is_one_line(harness: Harness):
    await harness.load(story(1, age=30 * DAY))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "quiet_day", "note", by=1)
    await harness.tick(at=MORNING)
    (message,) = harness.discord.shown(CHANNEL)
    assert message.body["content"].endswith("No new stories about AI today.")
    assert message.body["embeds"] == []
    edition = await harness.edition()
    assert (edition.state, edition.stories) == (EditionState.DELIVERED, 0)


async def test_on_quiet_days_skip_posts_nothing_and_keeps_the_key(harness: Harness):
    await harness.load(story(1, age=30 * DAY))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "quiet_day", "skip", by=1)
    await harness.tick(at=MORNING)
    edition = await harness.edition()
    assert (edition.state, edition.reason) == (EditionState.SKIPPED, "no new story")
    assert harness.discord.requests == []


async def test_a_key_that_is_taken_is_not_planned_again(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    digest = await harness.digest()
    async with harness.database.writing() as db:
        settings = settings_for(harness.planner.config, digest)
        edition = DueEdition(digest, settings, (TODAY, 1), MORNING)
        assert await freeze_editions(db, harness.planner.weighing, [edition], MORNING) == [None]
    assert len(await harness.parts()) == 1


async def test_an_edition_too_long_for_one_message_is_split_between_stories(harness: Harness):
    await harness.load(*long_stories())
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    parts = await harness.parts()
    assert len(parts) > 1
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    assert len({part.marker for part in parts}) == len(parts)
    assert len({part.nonce for part in parts}) == len(parts)


async def test_the_frozen_bodies_are_what_the_renderer_makes(harness: Harness):
    await harness.load(*long_stories())
    await harness.follow()
    contents = await harness.previews.preview([await harness.topic()], MORNING)
    await harness.planner.plan_due(MORNING)
    assert contents is not None
    expected = [message.body for message in edition_messages(contents, harness.config.sources)]
    assert [json.loads(part.body) for part in await harness.parts()] == expected


async def failing_freeze(db: Connection, *_: object) -> None:
    await db.execute("UPDATE digest SET fault = 'half'")
    raise Killed


async def test_of_a_chunk_that_dies_nothing_is_left(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await harness.load(story(1))
    for channel in (CHANNEL, OTHER_CHANNEL):
        await harness.follow(channel)
    with monkeypatch.context() as patch:
        patch.setattr(editions, "freeze", failing_freeze)
        with pytest.raises(Killed):
            await harness.planner.plan_due(MORNING)
    for channel in (CHANNEL, OTHER_CHANNEL):
        assert await harness.editions(channel) == []
        assert (await harness.digest(channel)).fault is None


async def test_local_dates_are_those_of_the_digests_zone(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "timezone", "Pacific/Kiritimati", by=1)
    following = (await harness.digest()).next
    assert following is not None
    assert following.local_date == date(2026, 5, 5)
    assert following.due_at == MORNING + 10 * HOUR


async def test_a_plain_story_is_in_the_edition_after_all_of_known_heat(harness: Harness):
    await harness.load(story(1, None, quality=None), story(2, 50, 5 * DAY), story(3, 49))
    await harness.follow()
    await harness.tick(at=MORNING)
    assert harness.shown() == [2, 1]
    (part,) = await harness.parts()
    footer = json.loads(part.body)["embeds"][1]["footer"]["text"]
    assert footer == "Paper 001 · AI", "numbers are told by Why"


async def test_the_minimum_may_rise_and_a_plain_story_still_comes(harness: Harness):
    await harness.load(story(1, quality=None, heat=None), story(2, 99))
    await harness.restart(DigestConfig(minimum_heat=100))
    await harness.follow()
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]


async def test_a_quiet_day_takes_one_of_unknown_heat_only_if_nothing_else_is_left(harness: Harness):
    old = 30 * DAY
    await harness.load(story(1, None, old, quality=None), story(2, 3, old), story(3, 0, old + DAY))
    await harness.follow()
    for day in range(3):
        await harness.tick(at=MORNING + day * DAY)
    assert harness.shown() == [2, 3, 1]


async def test_an_edition_has_its_channels_layout_and_a_frozen_one_keeps_its_own(harness: Harness):
    await harness.load(story(1), story(2))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "layout", "headlines", by=1)
    preview = await harness.on_demand.preview(TARGET, MORNING)
    assert preview is not None
    assert preview.layout is Layout.HEADLINES
    await harness.planner.plan_due(MORNING)
    await harness.settings.set_for_channel(TARGET, "layout", "cards", by=1)
    await harness.tick(at=MORNING)
    (message,) = harness.discord.shown(CHANNEL)
    assert message.body["embeds"] == []
    assert harness.shown() == [1, 2]
