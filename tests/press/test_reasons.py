"""Why a story got its place: recorded with the edition, and true of that moment ever after."""

import math
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config import DigestConfig
from bot.digests.ledger import EditionState
from bot.digests.reasons import RecordedChoice, Why
from bot.digests.selection import Verdict
from bot.press import planning
from bot.store import stories
from bot.stories.owners import Owners
from tests.press.bench import (
    CHANNEL,
    DAY,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    Bench,
    listing,
    numbers,
    story,
    url,
)
from tests.press.discord import Killed


async def why(bench: Bench, number: int, channel: int | None = CHANNEL) -> Why:
    """The reasons of a story by its number."""
    async with bench.database.reading() as db:
        rows = await db.execute_fetchall("SELECT story_id FROM story WHERE url = ?", [url(number)])
        found = await stories.story_by_id(db, next(iter(rows))["story_id"])
    assert found is not None
    return await bench.reasons.why(found, channel)


async def weighed(bench: Bench, channel: int = CHANNEL) -> list[tuple[int, Verdict]]:
    """The last edition of a channel: numbers of the stories it weighed, each with its verdict."""
    sql = "SELECT story_id, url FROM story"
    by_id = {row["story_id"]: numbers([row["url"]])[0] for row in await bench.rows(sql)}
    number = next(iter(by_id.values()))
    last = (await why(bench, number, channel)).last
    return [(by_id[c.story_id], c.verdict) for one in last for c in one.choices]


def only(reasons: Why) -> RecordedChoice:
    (place,) = reasons.places
    (choice,) = place.choices
    return choice


async def test_an_edition_records_what_it_took_and_what_it_left_out_with_their_numbers(
    bench: Bench,
):
    await bench.load(
        *(story(n, 100 + n, n * HOUR) for n in range(1, 8)),
        story(8, 60, topics=["Robots"]),
        story(9, 49),
        story(10, 900, 8 * DAY),
    )
    await bench.follow(CHANNEL, "AI", "Robots")
    await bench.tick(at=MORNING)
    best, filled, no_room = Verdict.BEST, Verdict.FILLED, Verdict.NO_ROOM
    assert await weighed(bench) == [
        (1, best), (8, best), (2, filled), (3, filled), (4, filled), (5, no_room), (6, no_room),
        (7, no_room),
    ]  # fmt: skip
    choice = only(await why(bench, 3))
    assert (choice.position, choice.heat, choice.age) == (4, 103, 3 * HOUR)
    assert choice.score == pytest.approx(math.log2(103) - 3 / 18, abs=1e-12)
    assert choice.age_term == pytest.approx(3 / 18, abs=1e-12)
    assert (await why(bench, 9)).places == []


async def test_a_story_linked_with_a_posted_one_names_it_and_posted_ones_come_last(bench: Bench):
    await bench.load(story(1, heat=100, quality=50), story(3, 60))
    await bench.follow()
    await bench.tick(at=MORNING)
    await bench.load(story(2, heat=900, age=-HOUR, quality=90, related=listing(1)))
    await bench.load(story(4, 55))
    await bench.tick(at=MORNING + DAY)
    assert await weighed(bench) == [
        (4, Verdict.BEST),
        (2, Verdict.LINKED),
        (3, Verdict.POSTED),
    ]
    assert only(await why(bench, 2)).other == "Headline 001"


async def test_only_the_last_edition_keeps_what_it_left_out(bench: Bench):
    await bench.load(*(story(n, 100 + n) for n in range(1, 30)))
    await bench.follow()
    for day in range(3):
        await bench.tick(at=MORNING + day * DAY)
    rows = await bench.rows("SELECT edition_id, count(*) AS n FROM edition_choice GROUP BY 1")
    assert [row["n"] for row in rows] == [5, 5, 15]
    first, *_ = (await why(bench, 29)).places
    assert (first.local_date, first.choices[0].position) == (MORNING.date(), 1)
    assert first.state is EditionState.DELIVERED


async def test_editions_of_another_channel_are_not_told(bench: Bench):
    await bench.load(story(1), story(2))
    await bench.follow(CHANNEL)
    await bench.follow(OTHER_CHANNEL)
    await bench.tick(at=MORNING)
    here, everywhere = await why(bench, 1), await why(bench, 1, None)
    assert [one.channel_id for one in here.places] == [CHANNEL]
    assert [one.channel_id for one in here.last] == [CHANNEL]
    assert {one.channel_id for one in everywhere.places} == {CHANNEL, OTHER_CHANNEL}
    nowhere = await why(bench, 1, 999)
    assert (nowhere.places, nowhere.last) == ([], [])


async def test_a_quiet_day_records_the_story_of_the_archive(bench: Bench):
    await bench.load(story(1, 300, 40 * DAY), story(2, 60, 20 * DAY))
    await bench.follow()
    await bench.tick(at=MORNING)
    assert await weighed(bench) == [(1, Verdict.ARCHIVE)]
    choice = only(await why(bench, 1))
    assert (choice.heat, choice.age) == (300, 40 * DAY)


async def test_an_edition_that_took_nothing_still_tells_what_it_left_out(bench: Bench):
    await bench.load(story(1))
    await bench.follow()
    await bench.subscriptions.set_for_channel(1, CHANNEL, "quiet_day", "skip")
    for day in range(2):
        await bench.tick(at=MORNING + day * DAY)
    assert await weighed(bench) == [(1, Verdict.POSTED)]
    (skipped,) = (await why(bench, 1)).last
    assert skipped.state is EditionState.SKIPPED


async def test_the_record_is_written_in_the_transaction_of_its_edition(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    await bench.load(story(1))
    await bench.follow()

    async def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(planning, "rearm", die)
        with pytest.raises(Killed):
            await bench.planner.plan_due(MORNING)
    assert await bench.rows("SELECT * FROM edition_choice") == []
    await bench.planner.plan_due(MORNING)
    assert await weighed(bench) == [(1, Verdict.BEST)]


async def test_previews_and_replays_record_nothing(bench: Bench):
    await bench.load(story(1), story(2, age=30 * DAY))
    await bench.follow()
    topics = [await bench.topic()]
    await bench.previews.preview(topics, MORNING)
    await bench.subscriptions.preview(1, CHANNEL, MORNING)
    span = (MORNING.date(), MORNING.date() + DAY)
    at = (time(8), ZoneInfo("UTC"))
    days = [contents async for _, contents in bench.previews.replay(topics, *span, *at)]
    assert all(days)
    assert await bench.rows("SELECT * FROM edition_choice") == []


async def test_other_owners_later_do_not_change_what_an_old_edition_says(bench: Bench):
    await bench.load(
        story(1, heat=None, quality=60, related=listing(20, 21)),
        story(2, heat=90),
        story(3, heat=300, related=listing(30)),
    )
    await bench.follow()
    await bench.tick(at=MORNING)
    before = await why(bench, 1)
    assert (before.story.heat, only(before).heat) == (60 + 3 * 20, 120)
    one_owner = {f"p{number:03}.example": "Everything Inc" for number in (1, 20, 21)}
    await bench.load(owners=Owners(one_owner))
    after = await why(bench, 1)
    assert (after.story.heat, after.story.publishers) == (60 + 20, 1)
    assert after.places == before.places
    assert after.last == before.last
    await bench.tick(at=MORNING + DAY)
    assert (await why(bench, 1)).places[-1].choices[0].score == only(before).score


async def test_a_leader_and_its_followers_are_told_of_each_other(bench: Bench):
    await bench.load(
        story(1, heat=-1, quality=90),
        story(2, heat=80, quality=20, related=listing(1)),
        story(3, heat=70),
    )
    led, leader, alone = [await why(bench, number) for number in (1, 2, 3)]
    assert led.leader is not None
    assert led.leader.article.url == url(2)
    assert [one.article.url for one in leader.followers] == [url(1)]
    assert (leader.leader, led.followers) == (None, [])
    assert (alone.leader, alone.followers) == (None, [])


async def test_sources_keep_their_similarity_their_share_and_the_best_quality(bench: Bench):
    text = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen."
    related = [
        {**one, "excerpt": text, "quality": quality}
        for one, quality in zip(listing(20, 21), (85, 30), strict=True)
    ]
    await bench.load(story(1, heat=None, quality=60, related=related))
    found = (await why(bench, 1)).story
    kept, copy = found.sources
    assert found.best == 85
    assert (copy.of, copy.share) == (kept.article.url, 1.0)
    assert kept.share is None
    assert all(s.similarity is not None and 0 < s.similarity <= 1 for s in found.sources)


async def test_a_story_in_many_editions_tells_of_few(bench: Bench):
    await bench.restart(DigestConfig(stories=1))
    await bench.load(*(story(n, 100 + n) for n in range(1, 3)))
    for channel in range(100, 108):
        await bench.follow(channel)
    await bench.tick(at=MORNING + timedelta(minutes=1))
    reasons = await why(bench, 1, None)
    assert len(reasons.places) == len(reasons.last) == 5
