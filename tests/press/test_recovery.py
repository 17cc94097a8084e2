"""An older copy of the database is restored: what was posted since is read back, never repeated."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.digests.ledger import EditionState, PartState
from bot.errors import UsageError
from bot.press import recovery
from tests.press.bench import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    Bench,
    long_stories,
    story,
)
from tests.press.discord import Answer, Killed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FOUND = "found in the channel after a restore"


def take_copy(bench: Bench) -> Path:
    """A copy of the database as it is now, with what a restore notes in it."""
    copy = bench.folder / "copy.db"
    with (
        closing(sqlite3.connect(bench.database.path)) as live,
        closing(sqlite3.connect(copy)) as to,
    ):
        live.backup(to)
        fact = json.dumps({"taken_at": int(bench.clock.now().timestamp())})
        to.execute("INSERT OR REPLACE INTO fact VALUES ('restored', ?)", (fact,))
        to.commit()
    return copy


async def restore(bench: Bench, copy: Path) -> None:
    """The copy in the place of the database, and the bot started over it."""
    await bench.database.close()
    shutil.copy(copy, bench.database.path)
    await bench.restart()


async def begin(bench: Bench) -> None:
    """A channel that gets one new story a day."""
    await bench.restart()
    await bench.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, 8)))
    await bench.follow()


async def test_editions_posted_since_the_copy_are_entered_and_their_stories_count(bench: Bench):
    await begin(bench)
    for day in (0, 1):
        await bench.tick(at=MORNING + day * DAY)
    copy = take_copy(bench)
    for day in (2, 3):
        await bench.tick(at=MORNING + day * DAY)
    shown = bench.shown()
    await restore(bench, copy)
    await bench.tick(after=MINUTE)
    assert bench.shown() == shown
    assert await bench.posted() == set(shown)
    entered = (await bench.editions())[-2:]
    assert [one.local_date for one in entered] == [(MORNING + n * DAY).date() for n in (2, 3)]
    assert {(one.state, one.reason) for one in entered} == {(EditionState.DELIVERED, FOUND)}
    assert bench.discord.told == [], "nothing was missed"
    for day in (4, 5):
        await bench.tick(at=MORNING + day * DAY)
    assert sorted(set(bench.shown())) == sorted(bench.shown()) == [1, 2, 3, 4, 5, 6]


async def test_a_story_whose_address_changed_since_is_found_under_its_former_one(bench: Bench):
    await bench.restart()
    await bench.load(story(1))
    await bench.follow()
    copy = take_copy(bench)
    await bench.tick(at=MORNING)
    assert bench.shown() == [1]
    await restore(bench, copy)
    await bench.load(story(1, webUrl="https://p001.example/story/"))
    await bench.tick(after=MINUTE)
    assert await bench.posted() == {1}
    await bench.tick(at=MORNING + DAY)
    assert bench.shown() == [1]


async def test_an_extra_edition_is_found_too_and_the_next_has_a_slot_of_its_own(bench: Bench):
    await begin(bench)
    copy = take_copy(bench)
    bench.clock.put(MORNING + 1.5 * DAY)
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "paused", "yes")
    await bench.subscriptions.post_now(GUILD, CHANNEL)
    await restore(bench, copy)
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "paused", "yes")
    await bench.tick()
    edition = await bench.subscriptions.post_now(GUILD, CHANNEL)
    assert (edition.slot, edition.state) == (-1, EditionState.SKIPPED), "it has had all there is"
    assert len(bench.discord.messages) == 1


async def test_open_parts_that_were_sent_since_are_found_and_the_others_still_go_out(bench: Bench):
    await bench.restart()
    await bench.load(*long_stories())
    await bench.follow()
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    copy = take_copy(bench)
    bench.discord.answers.extend([Answer.OK, Answer.LOST_KILLED])
    with pytest.raises(Killed):
        await bench.tick(after=SECOND)
    assert len(bench.discord.messages) == 1
    await restore(bench, copy)
    await bench.tick(after=HOUR)
    assert bench.shown() == [1, 2, 3, 4, 5]
    assert (await bench.edition()).state is EditionState.DELIVERED
    first, *rest = await bench.rows("SELECT resolved_by, message_id FROM edition_part")
    assert tuple(first) == ("history", 1000)
    assert {row["resolved_by"] for row in rest} == {"answer"}


async def test_what_was_in_doubt_and_posted_again_since_the_copy_is_found_and_not_posted_once_more(
    bench: Bench,
):
    await begin(bench)
    bench.discord.readable = False
    bench.discord.answers.append(Answer.LOST_UNKNOWN)
    await bench.tick(at=MORNING)
    await bench.tick(after=2 * MINUTE)
    copy = take_copy(bench)
    bench.discord.readable = True
    bench.clock.move(HOUR)
    await bench.subscriptions.post_again(GUILD, 1)
    await restore(bench, copy)
    await bench.tick(after=MINUTE)
    with pytest.raises(UsageError, match="in doubt any more"):
        await bench.subscriptions.post_again(GUILD, 1)
    assert bench.shown() == [1]


async def test_what_came_due_since_the_copy_and_was_never_posted_still_comes(bench: Bench):
    await begin(bench)
    copy = take_copy(bench)
    bench.clock.put(MORNING + HOUR)
    await restore(bench, copy)
    await bench.tick()
    assert bench.shown() == [1]


async def test_what_was_missed_since_the_copy_is_told_without_what_was_found(bench: Bench):
    await begin(bench)
    copy = take_copy(bench)
    await bench.tick(at=MORNING)
    bench.clock.put(MORNING + 2 * DAY + 12 * HOUR)
    await restore(bench, copy)
    await bench.tick()
    ((_, told),) = bench.discord.told
    assert "did not get 2 digests (Tue 5 May to Wed 6 May)" in told["content"]
    assert [one.state for one in await bench.editions()] == [
        EditionState.DELIVERED,
        EditionState.SKIPPED,
    ]


async def test_a_channel_that_cannot_be_read_skips_what_was_due_and_doubts_what_was_open(
    bench: Bench,
):
    await bench.restart()
    await bench.load(*long_stories(), *(story(n, 50, -DAY) for n in (6, 7)))
    await bench.follow()
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    copy = take_copy(bench)
    await bench.tick(after=SECOND)
    for day in (1, 2):
        await bench.tick(at=MORNING + day * DAY)
    shown = bench.shown()
    bench.discord.readable = False
    await restore(bench, copy)
    await bench.tick(after=HOUR)
    assert bench.shown() == shown
    assert {part.state for part in await bench.parts()} == {PartState.UNCERTAIN}
    assert (await bench.edition()).state is EditionState.UNCERTAIN
    ((_, told),) = bench.discord.told
    assert "Nobody knows whether" in told["content"]
    following = (await bench.digest()).next
    assert following is not None
    assert following.due_at == MORNING + 3 * DAY


async def silent_history(bench: Bench) -> None:
    bench.discord.history_answers = False


async def outage(bench: Bench) -> None:
    bench.discord.outages.add(GUILD)


async def obstacle(bench: Bench) -> None:
    bench.discord.obstacles[CHANNEL] = "I lack View Channel"


async def mended(bench: Bench) -> None:
    bench.discord.history_answers = True
    bench.discord.outages.clear()
    bench.discord.obstacles.clear()


@pytest.mark.parametrize("trouble", [silent_history, outage, obstacle])
@pytest.mark.parametrize("away", [2 * MINUTE, DAY])
async def test_a_channel_that_does_not_answer_stays_for_later_and_gets_nothing_meanwhile(
    bench: Bench, trouble: Callable[[Bench], Awaitable[None]], away: timedelta
):
    """Neither what becomes due, nor what the copy had open, nor an edition on demand."""
    await begin(bench)
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    copy = take_copy(bench)
    await bench.tick(after=SECOND)
    bench.clock.move(away)
    await bench.tick()
    shown = bench.shown()
    await restore(bench, copy)
    await trouble(bench)
    for _ in range(3):
        await bench.tick(after=MINUTE)
        assert bench.shown() == shown
        assert len(await bench.editions()) == 1, "nothing is planned"
    with pytest.raises(UsageError, match="older copy"):
        await bench.subscriptions.post_now(GUILD, CHANNEL)
    await mended(bench)
    await bench.tick(after=MINUTE)
    assert bench.shown() == shown
    assert await bench.posted() == set(shown)
    assert {one.state for one in await bench.editions()} == {EditionState.DELIVERED}
    await bench.tick(at=MORNING + 2 * DAY)
    assert sorted(bench.shown()) == [1, 2, 3]


async def test_one_channel_that_does_not_answer_holds_up_no_other(bench: Bench):
    await begin(bench)
    await bench.follow(OTHER_CHANNEL)
    copy = take_copy(bench)
    bench.discord.obstacles[CHANNEL] = "I lack View Channel"
    await restore(bench, copy)
    await bench.tick(at=MORNING)
    assert bench.shown(OTHER_CHANNEL) == [1]
    assert bench.shown() == []


async def run(bench: Bench, span: timedelta, every: timedelta = 15 * SECOND) -> None:
    """Ticks for a while, and beside each the job that publishes."""
    for _ in range(span // every):
        await bench.tick(after=every)
        await bench.press.publishing.publish_open()


async def test_a_channel_that_never_answers_takes_nothing_from_others_and_is_given_up_after_a_day(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    await begin(bench)
    await bench.follow(OTHER_CHANNEL)
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    copy = take_copy(bench)
    await restore(bench, copy)
    bench.discord.silent.add(CHANNEL)
    await run(bench, HOUR, MINUTE)
    assert bench.shown(OTHER_CHANNEL) == [1]
    assert bench.discord.told == []
    tries = await bench.rows("SELECT read_back_tries AS n FROM digest WHERE digest_id = 1")
    assert 60 // 5 <= tries[0]["n"] <= 20, "it is asked more and more seldom"
    await run(bench, DAY, 10 * MINUTE)
    assert bench.shown(OTHER_CHANNEL) == [1, 2]
    assert bench.shown() == []
    assert (await bench.editions())[0].state is EditionState.UNCERTAIN
    told = json.dumps([body for _, body in bench.discord.told])
    for words in (
        f"what <#{CHANNEL}> has had since it was taken cannot",
        "Nobody knows",
        "again:1",
    ):
        assert told.count(words) == 1
    assert f"channel {CHANNEL} cannot be read back" in caplog.text
    bench.discord.silent.clear()
    await bench.tick(at=MORNING + 2 * DAY)
    assert 1 not in bench.shown()
    assert len(bench.shown()) > 0, "digests go on with the next"
    await bench.subscriptions.post_again(GUILD, 1)
    assert 1 in bench.shown()


@pytest.mark.parametrize("silent", [1, 30])
async def test_while_histories_do_not_answer_all_else_goes_out_within_minutes(
    bench: Bench, silent: int
):
    """Recovery goes first in every tick, but it has one of the probes, not all."""
    await begin(bench)
    channels = range(101, 101 + silent)
    for channel in channels:
        await bench.follow(channel)
    copy = take_copy(bench)
    await restore(bench, copy)
    bench.discord.silent.update(channels)
    bench.clock.put(MORNING - HOUR)
    await run(bench, HOUR - MINUTE)
    assert not bench.line._circuit.allows(bench.clock.now()) or silent == 1
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "publish", "yes")
    await run(bench, 4 * MINUTE)
    assert bench.shown() == [1]
    assert len(bench.discord.published) == 1
    bench.discord.obstacles[CHANNEL] = "I lack Send Messages."
    bench.clock.put(MORNING + DAY - MINUTE)
    await run(bench, 4 * MINUTE)
    assert "are paused" in "".join(body["content"] for _, body in bench.discord.told)


@pytest.mark.parametrize(("named", "late"), [(None, 4), (600, 21)])
@pytest.mark.parametrize("halting", [1, 12])
async def test_where_a_history_is_answered_that_all_must_wait_others_get_theirs_all_the_same(
    bench: Bench, named: float | None, late: int, halting: int
):
    """Recovery goes first in every tick, but after a wait another queue has its turn."""
    await begin(bench)
    channels = range(101, 101 + halting)
    for channel in channels:
        await bench.follow(channel)
    copy = take_copy(bench)
    await restore(bench, copy)
    bench.discord.halting.update(channels)
    bench.discord.retry_after = named
    bench.clock.put(MORNING - HOUR / 4)
    await run(bench, HOUR / 4)
    await run(bench, late * MINUTE)
    assert bench.shown() == [1]


async def test_a_channel_that_hangs_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    """Its request may take as long as it likes: what else is due goes out beside it."""
    await begin(bench)
    await bench.follow(OTHER_CHANNEL)
    copy = take_copy(bench)
    await restore(bench, copy)
    answers, own_messages = asyncio.Event(), bench.discord.own_messages

    async def hangs(channel_id: int, *since: object) -> object:
        if channel_id == CHANNEL:
            await answers.wait()
        return await own_messages(channel_id, *since)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.discord, "own_messages", hangs)
    monkeypatch.setattr(recovery, "PATIENCE", 0.05)
    for _ in range(100):
        await bench.tick(at=MORNING)
        if bench.shown(OTHER_CHANNEL):
            break
    assert (bench.shown(OTHER_CHANNEL), bench.shown()) == ([1], [])
    answers.set()
    for _ in range(100):
        await bench.tick(after=SECOND)
        if bench.shown():
            break
    assert bench.shown() == [1]
    await bench.press.recovery.stop()


async def test_a_crash_while_channels_are_read_back_reads_the_rest_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    await begin(bench)
    for channel in range(101, 105):
        await bench.follow(channel)
    copy = take_copy(bench)
    await bench.tick(at=MORNING)
    await restore(bench, copy)
    read, own_messages = [], bench.discord.own_messages

    async def dies_at_the_third(channel_id: int, *since: object) -> object:
        read.append(channel_id)
        if len(read) == 3:
            raise Killed
        return await own_messages(channel_id, *since)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.discord, "own_messages", dies_at_the_third)
    with pytest.raises(Killed):
        await bench.tick(after=MINUTE)
    await bench.restart()
    await bench.tick()
    assert set(read) == {CHANNEL, *range(101, 105)}
    assert await bench.rows("SELECT 1 FROM digest WHERE read_back_since IS NOT NULL") == []
    assert len(bench.discord.messages) == 5, "one in each channel"


async def test_without_a_restore_no_channel_is_read_back(bench: Bench):
    await begin(bench)
    bench.discord.readable = bench.discord.history_answers = False
    await bench.tick(at=MORNING)
    assert bench.shown() == [1]
