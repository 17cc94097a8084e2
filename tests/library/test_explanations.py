"""Why a story got its place: recorded with the edition, as it was at that moment."""

import math
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config import DigestConfig
from bot.delivery import planning
from bot.digests.ledger import EditionState
from bot.digests.reasons import RecordedChoice, Why
from bot.digests.selection import Verdict
from bot.store import stories
from bot.stories.owners import Owners
from tests.conftest import plain_rules
from tests.delivery.discord import Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    TARGET,
    Harness,
    listing,
    numbers,
    same_event,
    story,
    url,
)


async def why(harness: Harness, number: int, channel: int | None = CHANNEL) -> Why:
    """The reasons for a story's places, by its number."""
    async with harness.database.reading() as db:
        rows = await db.execute_fetchall("SELECT story_id FROM story WHERE url = ?", [url(number)])
        found = await stories.story_by_id(db, next(iter(rows))["story_id"])
    assert found is not None
    return await harness.reasons.why(found, channel)


async def weighed(harness: Harness, channel: int = CHANNEL) -> list[tuple[int, Verdict]]:
    """The last edition of a channel: numbers of the considered stories, each with its verdict."""
    sql = "SELECT story_id, url FROM story"
    by_id = {row["story_id"]: numbers([row["url"]])[0] for row in await harness.rows(sql)}
    number = next(iter(by_id.values()))
    last = (await why(harness, number, channel)).last
    return [(by_id[c.story_id], c.verdict) for one in last for c in one.choices]


def only(reasons: Why) -> RecordedChoice:
    (place,) = reasons.places
    (choice,) = place.choices
    return choice


async def test_an_edition_records_what_it_took_and_what_it_left_out_with_their_numbers(
    harness: Harness,
):
    await harness.load(
        *(story(n, 100 + n, n * HOUR) for n in range(1, 8)),
        story(8, 60, topics=["Robots"]),
        story(9, 49),
        story(10, 900, 8 * DAY),
    )
    await harness.follow(CHANNEL, "AI", "Robots")
    await harness.tick(at=MORNING)
    best, filled, no_room = Verdict.BEST, Verdict.FILLED, Verdict.NO_ROOM
    assert await weighed(harness) == [
        (1, best), (8, best), (2, filled), (3, filled), (4, filled), (5, no_room), (6, no_room),
        (7, no_room),
    ]  # fmt: skip
    choice = only(await why(harness, 3))
    assert (choice.position, choice.heat, choice.age) == (4, 103, 3 * HOUR)
    assert choice.score == pytest.approx(math.log2(103) - 3 / 18, abs=1e-12)
    assert choice.age_term == pytest.approx(3 / 18, abs=1e-12)
    assert (await why(harness, 9)).places == []


async def test_a_story_of_a_posted_event_names_the_posted_story_and_both_come_last(
    harness: Harness,
):
    await harness.load(story(1, heat=100, quality=50), story(3, 60))
    await harness.follow()
    await harness.tick(at=MORNING)
    await harness.load(story(2, heat=900, age=-HOUR, quality=90, **same_event(1)))
    await harness.load(story(4, 55))
    await harness.tick(at=MORNING + DAY)
    assert await weighed(harness) == [
        (4, Verdict.BEST),
        (2, Verdict.POSTED),
        (3, Verdict.POSTED),
    ]
    assert only(await why(harness, 2)).other == "Headline 001"


async def test_only_the_last_edition_keeps_what_it_left_out(harness: Harness):
    await harness.load(*(story(n, 100 + n) for n in range(1, 30)))
    await harness.follow()
    for day in range(3):
        await harness.tick(at=MORNING + day * DAY)
    rows = await harness.rows(
        "SELECT edition_id, count(*) AS n FROM edition_choice GROUP BY 1 ORDER BY 1"
    )
    assert [row["n"] for row in rows] == [5, 5, 15]
    first, *_ = (await why(harness, 29)).places
    assert (first.local_date, first.choices[0].position) == (MORNING.date(), 1)
    assert first.state is EditionState.DELIVERED


async def test_editions_of_another_channel_are_not_told(harness: Harness):
    await harness.load(story(1), story(2))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.tick(at=MORNING)
    here, everywhere = await why(harness, 1), await why(harness, 1, None)
    assert [one.channel_id for one in here.places] == [CHANNEL]
    assert [one.channel_id for one in here.last] == [CHANNEL]
    assert {one.channel_id for one in everywhere.places} == {CHANNEL, OTHER_CHANNEL}
    nowhere = await why(harness, 1, 999)
    assert (nowhere.places, nowhere.last) == ([], [])


async def test_a_quiet_day_records_the_story_of_the_archive(harness: Harness):
    await harness.load(story(1, 300, 40 * DAY), story(2, 60, 20 * DAY))
    await harness.follow()
    await harness.tick(at=MORNING)
    assert await weighed(harness) == [(1, Verdict.ARCHIVE)]
    choice = only(await why(harness, 1))
    assert (choice.heat, choice.age) == (300, 40 * DAY)


async def test_an_edition_that_took_nothing_still_tells_what_it_left_out(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "quiet_day", "skip", by=1)
    for day in range(2):
        await harness.tick(at=MORNING + day * DAY)
    assert await weighed(harness) == [(1, Verdict.POSTED)]
    (skipped,) = (await why(harness, 1)).last
    assert skipped.state is EditionState.SKIPPED


async def test_the_record_is_written_in_the_transaction_of_its_edition(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await harness.load(story(1))
    await harness.follow()

    async def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(planning, "rearm", die)
        with pytest.raises(Killed):
            await harness.planner.plan_due(MORNING)
    assert await harness.rows("SELECT * FROM edition_choice") == []
    await harness.planner.plan_due(MORNING)
    assert await weighed(harness) == [(1, Verdict.BEST)]


async def test_previews_and_replays_record_nothing(harness: Harness):
    await harness.load(story(1), story(2, age=30 * DAY))
    await harness.follow()
    topics = [await harness.topic()]
    await harness.previews.preview(topics, MORNING)
    await harness.on_demand.preview(TARGET, MORNING)
    span = (MORNING.date(), MORNING.date() + DAY)
    at = (time(8), ZoneInfo("UTC"))
    days = [contents async for _, contents, *_ in harness.previews.replay(topics, *span, *at)]
    assert all(days)
    assert await harness.rows("SELECT * FROM edition_choice") == []


async def test_other_owners_later_do_not_change_what_an_old_edition_says(harness: Harness):
    await harness.load(
        story(1, heat=None, quality=60, related=listing(20, 21)),
        story(2, heat=90),
        story(3, heat=300, related=listing(30)),
    )
    await harness.follow()
    await harness.tick(at=MORNING)
    before = await why(harness, 1)
    assert (before.story.heat, only(before).heat) == (60 + 3 * 20, 120)
    one_owner = {f"p{number:03}.example": "Everything Inc" for number in (1, 20, 21)}
    await harness.load(rules=plain_rules(Owners(one_owner)))
    after = await why(harness, 1)
    assert (after.story.heat, after.story.publishers) == (60 + 20, 1)
    assert after.places == before.places
    assert after.last == before.last
    await harness.tick(at=MORNING + DAY)
    assert (await why(harness, 1)).places[-1].choices[0].score == only(before).score


async def test_a_leader_and_its_followers_are_told_of_each_other(harness: Harness):
    await harness.load(
        story(1, heat=-1, quality=20),
        story(2, heat=80, quality=90, **same_event(1)),
        story(3, heat=70),
    )
    led, leader, alone = [await why(harness, number) for number in (1, 2, 3)]
    assert led.leader is not None
    assert led.leader.article.url == url(2)
    assert [one.article.url for one in leader.followers] == [url(1)]
    assert (leader.leader, led.followers) == (None, [])
    assert (alone.leader, alone.followers) == (None, [])


async def test_sources_keep_their_similarity_their_share_and_the_best_quality(harness: Harness):
    text = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen."
    related = [
        {**one, "excerpt": text, "quality": quality}
        for one, quality in zip(listing(20, 21), (85, 30), strict=True)
    ]
    await harness.load(story(1, heat=None, quality=60, related=related))
    found = (await why(harness, 1)).story
    kept, copy = found.sources
    assert found.best == 85
    assert (copy.of, copy.share) == (kept.article.url, 1.0)
    assert kept.share is None
    assert all(s.similarity is not None and 0 < s.similarity <= 1 for s in found.sources)


async def test_a_story_in_many_editions_tells_of_few(harness: Harness):
    await harness.restart(DigestConfig(stories=1))
    await harness.load(*(story(n, 100 + n) for n in range(1, 3)))
    for channel in range(100, 108):
        await harness.follow(channel)
    await harness.tick(at=MORNING + timedelta(minutes=1))
    reasons = await why(harness, 1, None)
    assert len(reasons.places) == len(reasons.last) == 5
