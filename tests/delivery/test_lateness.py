"""Time that is late, popular or wrong: catching up, spreading, and clocks that jump."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.config import DeliveryConfig
from bot.delivery.planning import SET_BACK, spread_of
from bot.digests.edition import LATE
from bot.digests.ledger import EditionState, PartState
from bot.digests.schedule import Occurrence
from bot.store import digests
from bot.store.sqlite.connection import SqliteConnection
from tests.delivery.discord import Answer
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    SECOND,
    TARGET,
    Harness,
    story,
)

FAR = MORNING.replace(year=2099)
SPREAD = 90


async def begin(harness: Harness, stories: int = 40) -> None:
    """A channel with a new story every day."""
    await harness.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, stories + 1)))
    await harness.follow()


async def due(harness: Harness) -> datetime:
    following = (await harness.digest()).next
    assert following is not None
    return following.due_at


def first_lines(harness: Harness) -> list[str]:
    return [message.body["content"] for message in harness.discord.messages]


# Late.


@pytest.mark.parametrize("late", [timedelta(), LATE - SECOND, LATE, 3 * HOUR])
async def test_an_edition_says_that_it_is_late_from_ten_minutes_on(
    harness: Harness, late: timedelta
):
    await begin(harness)
    await harness.tick(at=MORNING + late)
    (content,) = first_lines(harness)
    assert ("-# Late: it was due at 08:00." in content.splitlines()) is (late >= LATE)


async def test_a_server_has_its_own_time_to_catch_up(harness: Harness):
    await begin(harness)
    await harness.follow(OTHER_CHANNEL, guild=2)
    await harness.settings.set_for_server(2, "catch_up", "6", by=1)
    await harness.tick(at=MORNING + 5 * HOUR)
    assert (harness.shown(CHANNEL), harness.shown(OTHER_CHANNEL)) == ([], [1])
    assert [guild for guild, _ in harness.discord.told] == [GUILD]


async def test_of_several_missed_the_last_comes_and_the_others_are_told_once(harness: Harness):
    await begin(harness)
    await harness.tick(at=MORNING + 3 * DAY + HOUR)
    (edition,) = await harness.editions()
    assert (edition.local_date, edition.state) == (
        (MORNING + 3 * DAY).date(),
        EditionState.DELIVERED,
    )
    ((_, told),) = harness.discord.told
    assert "3 digests" in told["content"]
    await harness.tick(after=MINUTE)
    assert len(harness.discord.told) == 1


# Popular times.


def test_a_channel_always_has_the_same_place_and_all_places_are_used():
    places = [spread_of(number, timedelta(seconds=SPREAD)) for number in range(10_000)]
    assert places == [spread_of(number, timedelta(seconds=SPREAD)) for number in range(10_000)]
    counted = Counter(place.total_seconds() for place in places)
    assert set(counted) == set(range(SPREAD))
    assert max(counted.values()) < 2 * len(places) / SPREAD
    assert spread_of(1, timedelta()) == timedelta()


@pytest.mark.parametrize(("channels", "spread"), [(3, False), (4, True)])
async def test_only_what_does_not_go_out_in_a_second_is_spread(
    tmp_path: Path, channels: int, spread: bool
):
    pace = DeliveryConfig(messages_per_second=3, spread_seconds=SPREAD)
    async with Harness(tmp_path, pace=pace) as harness:
        await harness.load(story(1))
        places = range(100, 100 + channels)
        for channel in places:
            await harness.follow(channel)
        came: dict[int, timedelta] = {}
        harness.clock.put(MORNING)
        for _ in range(SPREAD + 1):
            await harness.tick()
            late = harness.clock.now() - MORNING
            came.update({c: late for c in places if harness.shown(c) and c not in came})
            harness.clock.move(SECOND)
        expected = timedelta(seconds=SPREAD if spread else 0)
        assert came == {channel: spread_of(channel, expected) for channel in places}


async def test_without_a_pace_of_its_own_a_single_digest_comes_at_its_time(tmp_path: Path):
    pace = DeliveryConfig(messages_per_second=None, spread_seconds=SPREAD)
    async with Harness(tmp_path, pace=pace) as harness:
        await begin(harness)
        await harness.tick(at=MORNING)
        assert harness.shown() == [1]


# Clocks that jump.


async def days_of_life(harness: Harness, start: datetime, days: int) -> None:
    """Tick every quarter of an hour."""
    for quarter in range(days * 96 + 1):
        await harness.tick(at=start + quarter * 15 * MINUTE)


async def posted_days(harness: Harness) -> list[str]:
    """The local dates of the posted editions, each as often as it was posted."""
    return sorted(
        str(one.local_date)
        for one in await harness.editions()
        if one.state is EditionState.DELIVERED
    )


@pytest.mark.parametrize("back", [HOUR, 23 * HOUR, DAY, 400 * DAY])
async def test_a_clock_that_is_put_back_repeats_nothing_and_starves_nobody(
    harness: Harness, back: timedelta
):
    await begin(harness)
    await days_of_life(harness, MORNING - HOUR, 2)
    first = await posted_days(harness)
    assert len(first) == 2
    # Far back no story is new, and no older story is in the archive.
    await days_of_life(harness, harness.clock.now() - back, 2)
    counted = Counter((one.local_date, one.slot) for one in await harness.editions())
    assert set(counted.values()) == {1}
    assert await due(harness) - harness.clock.now() <= DAY, "it is not waited for a time far away"
    assert len(harness.shown()) == len(set(harness.shown()))


@pytest.mark.slow
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("ahead", [FAR, MORNING + DAY - HOUR, MORNING + 40 * DAY])
async def test_a_clock_that_ran_ahead_for_a_while_costs_no_later_edition(
    harness: Harness, ahead: datetime, restarted: bool
):
    await begin(harness)
    before = MORNING - HOUR
    await harness.tick(at=before)
    for minutes in range(3):
        await harness.tick(at=ahead + minutes * MINUTE)
    requests = len(harness.discord.requests)
    assert requests <= 1, "no flood"
    if restarted:
        await harness.restart()
    await days_of_life(harness, before + 5 * MINUTE, 4)
    days = [str((MORNING + n * DAY).date()) for n in range(4)]
    assert [day for day in await posted_days(harness) if day < "2026-05-08"] == days


async def test_a_clock_that_is_only_corrected_halts_nothing(harness: Harness):
    await begin(harness)
    await harness.tick(at=MORNING - SECOND)
    assert await harness.planner.plan_due(MORNING - SET_BACK) == 0
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]


async def test_in_the_tick_that_finds_the_clock_put_back_nothing_is_planned(
    harness: Harness, caplog: pytest.LogCaptureFixture
):
    await begin(harness)
    await harness.tick(at=MORNING + 2 * HOUR)
    await harness.settings.set_for_channel(TARGET, "time", "08:00, 09:00", by=1)
    assert await harness.planner.plan_due(MORNING + HOUR + MINUTE) == 0
    assert "the clock was set back" in caplog.text


async def test_what_is_due_when_the_clock_is_found_put_back_is_not_passed_over(harness: Harness):
    # As when a process takes over from one whose clock is ahead, and which planned a part.
    await begin(harness)
    await harness.tick(at=MORNING + 10 * MINUTE)
    other = await harness.follow(OTHER_CHANNEL)
    async with harness.database.writing() as db:
        is_due = Occurrence(MORNING, MORNING.date(), 1)
        await digests.set_next(db, {other.digest_id: is_due})
    for at in (MORNING + MINUTE, MORNING + 2 * MINUTE):
        await harness.tick(at=at)
    assert harness.shown(OTHER_CHANNEL) == [1]


@pytest.mark.sqlite
async def test_a_hundred_digests_are_armed_by_one_statement(harness: Harness):
    await harness.load(story(1))
    for channel in range(100, 200):
        await harness.follow(channel)
    statements: list[str] = []
    async with harness.database.writing() as db:
        assert isinstance(db, SqliteConnection)
        await db.set_trace_callback(statements.append)
    await harness.settings.set_for_server(GUILD, "time", "21:00", by=1)
    async with harness.database.writing() as db:
        assert isinstance(db, SqliteConnection)
        await db.set_trace_callback(None)  # type: ignore[arg-type]
    updates = [one for one in statements if one.lstrip().startswith("UPDATE digest")]
    assert len(updates) == 1
    rows = await harness.rows("SELECT DISTINCT next_due_at FROM digest")
    assert len(rows) == 1


async def test_what_was_posted_while_the_clock_ran_ahead_is_found_and_not_repeated(
    harness: Harness,
):
    await begin(harness)
    harness.clock.put(FAR)
    harness.discord.answers.append(Answer.KEPT_UNKNOWN)
    await harness.on_demand.post_now(TARGET)
    harness.discord.messages[0].at = MORNING - 2 * HOUR  # by Discord's own clock
    await harness.tick(at=MORNING - HOUR)
    await harness.tick(after=MINUTE)
    assert len(harness.discord.requests) == 1
    assert {part.state for part in await harness.parts()} == {PartState.SENT}


async def test_what_was_put_off_by_a_clock_that_ran_ahead_comes_after_a_restart_too(
    harness: Harness,
):
    await begin(harness)
    harness.discord.outages.add(GUILD)
    await harness.tick(at=MORNING)
    await harness.execute("UPDATE edition SET retry_at = 4070908800")
    harness.discord.outages.clear()
    await harness.restart()
    await harness.tick(after=MINUTE)
    assert harness.shown() == [1]
