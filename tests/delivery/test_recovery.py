"""An older copy of the database is restored: what was posted since is read back, not repeated."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import DigestConfig, Layout
from bot.delivery import recovery
from bot.digests.ledger import EditionState, PartState
from bot.digests.target import Channel, Target
from bot.errors import Refused, UsageError
from bot.store.opening import file_of
from tests.delivery.discord import Answer, Killed
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
    long_stories,
    story,
)

pytestmark = pytest.mark.sqlite  # a copy of the file is put in its place

FOUND = "found in the channel after a restore"


def take_copy(harness: Harness) -> Path:
    """A copy of the database as it is now, with a restore's note in it."""
    copy = harness.folder / "copy.db"
    with (
        closing(sqlite3.connect(file_of(harness.address))) as live,
        closing(sqlite3.connect(copy)) as to,
    ):
        live.backup(to)
        fact = json.dumps({"taken_at": int(harness.clock.now().timestamp())})
        to.execute("INSERT OR REPLACE INTO fact VALUES ('restored', ?)", (fact,))
        to.commit()
    return copy


async def restore(harness: Harness, copy: Path) -> None:
    """Put the copy in place of the database, and start the bot on it."""
    await harness.database.close()
    shutil.copy(copy, file_of(harness.address))
    await harness.restart()


async def begin(harness: Harness, layout: Layout = Layout.CARDS) -> None:
    """A channel that gets one new story a day."""
    await harness.restart(DigestConfig(layout=layout))
    await harness.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, 8)))
    await harness.follow()


@pytest.mark.parametrize("layout", Layout)
async def test_editions_posted_since_the_copy_are_entered_and_their_stories_count(
    harness: Harness, layout: Layout
):
    await begin(harness, layout)
    for day in (0, 1):
        await harness.tick(at=MORNING + day * DAY)
    copy = take_copy(harness)
    for day in (2, 3):
        await harness.tick(at=MORNING + day * DAY)
    shown = harness.shown()
    await restore(harness, copy)
    await harness.tick(after=MINUTE)
    assert harness.shown() == shown
    assert await harness.posted() == set(shown)
    entered = (await harness.editions())[-2:]
    assert [one.local_date for one in entered] == [(MORNING + n * DAY).date() for n in (2, 3)]
    assert {(one.state, one.reason) for one in entered} == {(EditionState.DELIVERED, FOUND)}
    assert harness.discord.told == [], "nothing was missed"
    for day in (4, 5):
        await harness.tick(at=MORNING + day * DAY)
    assert sorted(set(harness.shown())) == sorted(harness.shown()) == [1, 2, 3, 4, 5, 6]


async def test_a_story_whose_address_changed_since_is_found_under_its_former_one(harness: Harness):
    await harness.restart()
    await harness.load(story(1))
    await harness.follow()
    copy = take_copy(harness)
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]
    await restore(harness, copy)
    await harness.load(story(1, webUrl="https://p001.example/story/"))
    await harness.tick(after=MINUTE)
    assert await harness.posted() == {1}
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1]


async def test_an_extra_edition_is_found_too_and_the_next_has_a_slot_of_its_own(harness: Harness):
    await begin(harness)
    copy = take_copy(harness)
    harness.clock.put(MORNING + 1.5 * DAY)
    await harness.settings.set_for_channel(TARGET, "paused", "yes", by=1)
    await harness.on_demand.post_now(TARGET)
    await restore(harness, copy)
    await harness.settings.set_for_channel(TARGET, "paused", "yes", by=1)
    await harness.tick()
    edition = await harness.on_demand.post_now(TARGET)
    assert (edition.slot, edition.state) == (-1, EditionState.SKIPPED), "it has had all there is"
    assert len(harness.discord.messages) == 1


async def test_open_parts_that_were_sent_since_are_found_and_the_others_still_go_out(
    harness: Harness,
):
    await harness.restart()
    await harness.load(*long_stories())
    await harness.follow()
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    copy = take_copy(harness)
    harness.discord.answers.extend([Answer.OK, Answer.LOST_KILLED])
    with pytest.raises(Killed):
        await harness.tick(after=SECOND)
    assert len(harness.discord.messages) == 1
    await restore(harness, copy)
    await harness.tick(after=HOUR)
    assert harness.shown() == [1, 2, 3, 4, 5]
    assert (await harness.edition()).state is EditionState.DELIVERED
    first, *rest = await harness.rows("SELECT resolved_by, message_id FROM edition_part")
    assert tuple(first) == ("history", 1000)
    assert {row["resolved_by"] for row in rest} == {"answer"}


async def test_what_was_in_doubt_and_posted_again_since_the_copy_is_found_and_not_posted_once_more(
    harness: Harness,
):
    await begin(harness)
    harness.discord.readable = False
    harness.discord.answers.append(Answer.LOST_UNKNOWN)
    await harness.tick(at=MORNING)
    await harness.tick(after=2 * MINUTE)
    copy = take_copy(harness)
    harness.discord.readable = True
    harness.clock.move(HOUR)
    await harness.on_demand.post_again(GUILD, 1)
    await restore(harness, copy)
    await harness.tick(after=MINUTE)
    with pytest.raises(UsageError, match="in doubt any more"):
        await harness.on_demand.post_again(GUILD, 1)
    assert harness.shown() == [1]


async def test_what_came_due_since_the_copy_and_was_never_posted_still_comes(harness: Harness):
    await begin(harness)
    copy = take_copy(harness)
    harness.clock.put(MORNING + HOUR)
    await restore(harness, copy)
    await harness.tick()
    assert harness.shown() == [1]


async def test_what_was_missed_since_the_copy_is_told_without_what_was_found(harness: Harness):
    await begin(harness)
    copy = take_copy(harness)
    await harness.tick(at=MORNING)
    harness.clock.put(MORNING + 2 * DAY + 12 * HOUR)
    await restore(harness, copy)
    await harness.tick()
    ((_, told),) = harness.discord.told
    assert "did not get 2 digests (Tue 5 May to Wed 6 May)" in told["content"]
    assert [one.state for one in await harness.editions()] == [
        EditionState.DELIVERED,
        EditionState.SKIPPED,
    ]


async def test_a_channel_that_cannot_be_read_skips_what_was_due_and_doubts_what_was_open(
    harness: Harness,
):
    await harness.restart()
    await harness.load(*long_stories(), *(story(n, 50, -DAY) for n in (6, 7)))
    await harness.follow()
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    copy = take_copy(harness)
    await harness.tick(after=SECOND)
    for day in (1, 2):
        await harness.tick(at=MORNING + day * DAY)
    shown = harness.shown()
    harness.discord.readable = False
    await restore(harness, copy)
    await harness.tick(after=HOUR)
    assert harness.shown() == shown
    assert {part.state for part in await harness.parts()} == {PartState.UNCERTAIN}
    assert (await harness.edition()).state is EditionState.UNCERTAIN
    ((_, told),) = harness.discord.told
    assert "Nobody knows whether" in told["content"]
    following = (await harness.digest()).next
    assert following is not None
    assert following.due_at == MORNING + 3 * DAY


async def silent_history(harness: Harness) -> None:
    harness.discord.history_answers = False


async def outage(harness: Harness) -> None:
    harness.discord.outages.add(GUILD)


async def obstacle(harness: Harness) -> None:
    harness.discord.obstacles[CHANNEL] = "I lack View Channel"


async def mended(harness: Harness) -> None:
    harness.discord.history_answers = True
    harness.discord.outages.clear()
    harness.discord.obstacles.clear()


@pytest.mark.parametrize("trouble", [silent_history, outage, obstacle])
@pytest.mark.parametrize("away", [2 * MINUTE, DAY])
async def test_a_channel_that_does_not_answer_stays_for_later_and_gets_nothing_meanwhile(
    harness: Harness, trouble: Callable[[Harness], Awaitable[None]], away: timedelta
):
    """Neither due editions, nor those open in the copy, nor an edition on demand."""
    await begin(harness)
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    copy = take_copy(harness)
    await harness.tick(after=SECOND)
    harness.clock.move(away)
    await harness.tick()
    shown = harness.shown()
    await restore(harness, copy)
    await trouble(harness)
    for _ in range(3):
        await harness.tick(after=MINUTE)
        assert harness.shown() == shown
        assert len(await harness.editions()) == 1, "nothing is planned"
    with pytest.raises(UsageError, match="older copy"):
        await harness.on_demand.post_now(TARGET)
    await mended(harness)
    await harness.tick(after=MINUTE)
    assert harness.shown() == shown
    assert await harness.posted() == set(shown)
    assert {one.state for one in await harness.editions()} == {EditionState.DELIVERED}
    await harness.tick(at=MORNING + 2 * DAY)
    assert sorted(harness.shown()) == [1, 2, 3]


async def test_one_channel_that_does_not_answer_holds_up_no_other(harness: Harness):
    await begin(harness)
    await harness.follow(OTHER_CHANNEL)
    copy = take_copy(harness)
    harness.discord.obstacles[CHANNEL] = "I lack View Channel"
    await restore(harness, copy)
    await harness.tick(at=MORNING)
    assert harness.shown(OTHER_CHANNEL) == [1]
    assert harness.shown() == []


async def run(harness: Harness, span: timedelta, every: timedelta = 15 * SECOND) -> None:
    """Ticks for a while, and beside each the job that publishes."""
    for _ in range(span // every):
        await harness.tick(after=every)
        await harness.delivery.crossposting.work_off()


async def test_a_channel_that_never_answers_takes_nothing_from_others_and_is_given_up_after_a_day(
    harness: Harness, caplog: pytest.LogCaptureFixture
):
    await begin(harness)
    await harness.follow(OTHER_CHANNEL)
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    copy = take_copy(harness)
    await restore(harness, copy)
    harness.discord.silent.add(CHANNEL)
    await run(harness, HOUR, MINUTE)
    assert harness.shown(OTHER_CHANNEL) == [1]
    assert harness.discord.told == []
    tries = await harness.rows("SELECT read_back_tries AS n FROM digest WHERE digest_id = 1")
    assert 60 // 5 <= tries[0]["n"] <= 20, "it is asked more and more seldom"
    await run(harness, DAY, 10 * MINUTE)
    assert harness.shown(OTHER_CHANNEL) == [1, 2]
    assert harness.shown() == []
    assert (await harness.editions())[0].state is EditionState.UNCERTAIN
    told = json.dumps([body for _, body in harness.discord.told])
    for words in (
        f"cannot read what <#{CHANNEL}> got since",
        "Nobody knows",
        "again:1",
    ):
        assert told.count(words) == 1
    assert f"channel {CHANNEL} cannot be read back" in caplog.text
    harness.discord.silent.clear()
    await harness.tick(at=MORNING + 2 * DAY)
    assert 1 not in harness.shown()
    assert len(harness.shown()) > 0, "digests go on with the next"
    await harness.on_demand.post_again(GUILD, 1)
    assert 1 in harness.shown()


@pytest.mark.parametrize("silent", [1, 30])
async def test_while_histories_do_not_answer_all_else_goes_out_within_minutes(
    harness: Harness, silent: int
):
    """Recovery goes first in every tick, but it gets one of the probes, not all."""
    await begin(harness)
    channels = range(101, 101 + silent)
    for channel in channels:
        await harness.follow(channel)
    copy = take_copy(harness)
    await restore(harness, copy)
    harness.discord.silent.update(channels)
    harness.clock.put(MORNING - HOUR)
    await run(harness, HOUR - MINUTE)
    assert not harness.gate._circuit.allows(harness.clock.now()) or silent == 1
    await harness.settings.set_for_channel(TARGET, "publish", "yes", by=1)
    await run(harness, 4 * MINUTE)
    assert harness.shown() == [1]
    assert len(harness.discord.published) == 1
    harness.discord.obstacles[CHANNEL] = "I lack Send Messages."
    harness.clock.put(MORNING + DAY - MINUTE)
    await run(harness, 4 * MINUTE)
    assert "are paused" in "".join(body["content"] for _, body in harness.discord.told)


@pytest.mark.parametrize(("named", "late"), [(None, 4), (600, 21)])
@pytest.mark.parametrize("halting", [1, 12])
async def test_where_a_history_is_answered_that_all_must_wait_others_get_theirs_all_the_same(
    harness: Harness, named: float | None, late: int, halting: int
):
    """Recovery goes first in every tick, but after a wait another queue has its turn."""
    await begin(harness)
    channels = range(101, 101 + halting)
    for channel in channels:
        await harness.follow(channel)
    copy = take_copy(harness)
    await restore(harness, copy)
    harness.discord.halting.update(channels)
    harness.discord.retry_after = named
    harness.clock.put(MORNING - HOUR / 4)
    await run(harness, HOUR / 4)
    await run(harness, late * MINUTE)
    assert harness.shown() == [1]


async def test_a_channel_that_hangs_holds_up_no_other(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    """Its request may take any time: other due editions are sent meanwhile."""
    await begin(harness)
    await harness.follow(OTHER_CHANNEL)
    copy = take_copy(harness)
    await restore(harness, copy)
    answers, own_messages = asyncio.Event(), harness.discord.own_messages

    async def hangs(target: Target, *since: object) -> object:
        if target == TARGET:
            await answers.wait()
        return await own_messages(target, *since)  # type: ignore[arg-type]

    monkeypatch.setattr(harness.discord, "own_messages", hangs)
    monkeypatch.setattr(recovery, "PATIENCE", 0.05)
    for _ in range(100):
        await harness.tick(at=MORNING)
        if harness.shown(OTHER_CHANNEL):
            break
    assert (harness.shown(OTHER_CHANNEL), harness.shown()) == ([1], [])
    answers.set()
    for _ in range(100):
        await harness.tick(after=SECOND)
        if harness.shown():
            break
    assert harness.shown() == [1]
    await harness.delivery.recovery.stop()


async def test_a_crash_while_channels_are_read_back_reads_the_rest_later(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await begin(harness)
    for channel in range(101, 105):
        await harness.follow(channel)
    copy = take_copy(harness)
    await harness.tick(at=MORNING)
    await restore(harness, copy)
    read, own_messages = [], harness.discord.own_messages

    async def dies_at_the_third(target: Channel, *since: object) -> object:
        read.append(target)
        if len(read) == 3:
            raise Killed
        return await own_messages(target, *since)  # type: ignore[arg-type]

    monkeypatch.setattr(harness.discord, "own_messages", dies_at_the_third)
    with pytest.raises(Killed):
        await harness.tick(after=MINUTE)
    await harness.restart()
    await harness.tick()
    assert {target.channel_id for target in read} == {CHANNEL, *range(101, 105)}
    assert await harness.rows("SELECT 1 FROM digest WHERE read_back_since IS NOT NULL") == []
    assert len(harness.discord.messages) == 5, "one in each channel"


async def test_without_a_restore_no_channel_is_read_back(harness: Harness):
    await begin(harness)
    harness.discord.readable = harness.discord.history_answers = False
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]


async def test_a_channel_whose_posts_must_have_a_tag_is_read_back_with_the_tags_that_it_has(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await begin(harness)
    await harness.settings.set_tags(TARGET, [5], by=1)
    copy = take_copy(harness)
    await harness.tick(at=MORNING)
    await restore(harness, copy)

    def wants_tag(target: Target) -> Refused | None:
        tagged = isinstance(target, Channel) and target.tags == (5,)
        return None if tagged else Refused("It requires a tag on every post.")

    monkeypatch.setattr(harness.discord, "obstacle", wants_tag)
    await harness.tick(after=MINUTE)
    assert (await harness.edition()).reason == FOUND
    assert harness.shown() == [1]
