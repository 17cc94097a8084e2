"""Delivery of frozen editions: every outcome of a request, every moment to die, and any mixture."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.publisher import Posted
from bot.digests.ledger import CLOSED, EditionState, PartState
from bot.digests.target import Target
from bot.errors import OutcomeUnknown
from bot.render.fallback import left_out_by
from tests.delivery.discord import Answer, Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    OTHER_TARGET,
    SECOND,
    TARGET,
    Harness,
    long_stories,
    numbers,
    story,
)


async def begin(harness: Harness, *answers: Answer, files: Sequence[bytes] = ()) -> None:
    """One digest with its first edition due, and Discord's answers."""
    await harness.load(*(files or [story(1)]))
    await harness.follow()
    harness.clock.put(MORNING)
    harness.discord.answers.extend(answers)


async def states(harness: Harness) -> list[PartState]:
    return [part.state for part in await harness.parts()]


async def test_parts_go_out_in_order_and_the_edition_is_delivered(harness: Harness):
    await begin(harness, files=long_stories())
    await harness.tick()
    assert harness.shown() == [1, 2, 3, 4, 5]
    assert set(await states(harness)) == {PartState.SENT}
    edition = await harness.edition()
    assert (edition.state, edition.reason, edition.stories) == (EditionState.DELIVERED, None, 5)
    rows = await harness.rows("SELECT message_id FROM edition_part ORDER BY part")
    assert [row["message_id"] for row in rows] == [
        message.message_id for message in harness.discord.messages
    ]


async def test_a_delivered_edition_is_never_posted_again(harness: Harness):
    await begin(harness)
    for _ in range(3):
        await harness.tick(after=MINUTE)
        await harness.restart()
    assert len(harness.discord.requests) == 1


@pytest.mark.slow
async def test_many_channels_are_all_served_in_one_round(harness: Harness):
    await harness.load(story(1))
    channels = range(100, 310)
    for channel in channels:
        await harness.follow(channel)
    await harness.tick(at=MORNING)
    assert sorted(channel for channel, _ in harness.discord.requests) == list(channels)
    assert {(await harness.edition(channel)).state for channel in channels} == {
        EditionState.DELIVERED
    }


@pytest.mark.slow
async def test_many_blocked_channels_hold_up_no_other(harness: Harness):
    await harness.load(story(1))
    for channel in range(100, 310):
        await harness.follow(channel)
        harness.discord.obstacles[channel] = "I lack Send Messages"
    await harness.tick(at=MORNING)
    await harness.follow(CHANNEL)
    await harness.settings.set_for_channel(TARGET, "time", "08:30", by=1)
    await harness.tick(after=HOUR / 2)
    assert harness.shown() == [1]


async def test_an_answer_lost_after_the_message_was_kept_is_made_good_by_the_nonce(
    harness: Harness,
):
    await begin(harness, Answer.KEPT_UNKNOWN)
    await harness.tick()
    assert (await harness.edition()).state is EditionState.WAITING
    await harness.tick(after=16 * SECOND)
    (first, second) = harness.discord.requests
    assert first == second, "the same channel and the same nonce"
    assert harness.shown() == [1]
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_a_message_that_was_not_kept_comes_with_the_next_attempt(harness: Harness):
    await begin(harness, Answer.LOST_UNKNOWN)
    await harness.tick()
    await harness.tick(after=16 * SECOND)
    assert harness.shown() == [1]


async def test_after_a_minute_history_shows_that_the_message_was_kept(harness: Harness):
    await begin(harness, Answer.KEPT_UNKNOWN)
    await harness.tick()
    await harness.tick(after=MINUTE)
    assert len(harness.discord.requests) == 1
    (row,) = await harness.rows("SELECT * FROM edition_part")
    assert (row["state"], row["resolved_by"], row["message_id"]) == ("sent", "history", 1000)


async def test_history_is_searched_by_the_line_that_was_frozen_whatever_its_words(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    """A version with other words planned and posted it; this version looks for it."""
    monkeypatch.setattr("bot.render.digest.edition_line", lambda *_: "Monday's paper")
    await begin(harness, Answer.KEPT_UNKNOWN)
    await harness.tick()
    monkeypatch.undo()
    await harness.tick(after=MINUTE)
    assert [message.body["content"].split("\n")[1] for message in harness.discord.messages] == [
        "-# Monday's paper"
    ]
    (row,) = await harness.rows("SELECT * FROM edition_part")
    assert (row["state"], row["marker"]) == ("sent", "Monday's paper")


async def test_after_a_minute_an_absent_message_is_posted_once_with_a_new_nonce(harness: Harness):
    await begin(harness, Answer.LOST_UNKNOWN)
    await harness.tick()
    await harness.tick(after=MINUTE)
    (first, second) = harness.discord.requests
    assert first != second
    assert harness.shown() == [1]


@pytest.mark.parametrize("answer", [Answer.KEPT_UNKNOWN, Answer.LOST_UNKNOWN])
async def test_where_history_cannot_be_read_nobody_knows_and_nothing_is_resent(
    harness: Harness, answer: Answer
):
    await begin(harness, answer)
    harness.discord.readable = False
    await harness.tick()
    for _ in range(3):
        await harness.tick(after=2 * MINUTE)
    edition = await harness.edition()
    assert edition.state is EditionState.UNCERTAIN
    assert edition.reason == "Discord gave no answer, and the channel cannot be read back"
    assert len(harness.discord.requests) == 1
    assert await harness.posted() == {1}, "it may have been seen"


async def test_history_that_does_not_answer_is_asked_again_later(harness: Harness):
    await begin(harness, Answer.KEPT_UNKNOWN)
    harness.discord.history_answers = False
    await harness.tick()
    await harness.tick(after=2 * MINUTE)
    assert (await harness.edition()).state is EditionState.WAITING
    harness.discord.history_answers = True
    await harness.tick(after=2 * MINUTE)
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert len(harness.discord.requests) == 1


async def test_a_message_that_is_known_and_deleted_counts_as_posted(harness: Harness):
    await begin(harness, Answer.KEPT_UNKNOWN)
    await harness.tick()
    harness.discord.messages[0].deleted = True
    await harness.tick(after=16 * SECOND)
    (row,) = await harness.rows("SELECT * FROM edition_part")
    assert (row["state"], row["resolved_by"], row["message_id"]) == ("sent", "nonce", None)
    assert harness.shown() == []


@pytest.mark.parametrize("named", [0.5, 90.0, 1000.25])
async def test_a_wait_that_discord_names_is_kept_to_the_moment(harness: Harness, named: float):
    await begin(harness, Answer.NOT_NOW)
    harness.clock.move(0.75 * SECOND)
    harness.discord.retry_after = named
    began = harness.clock.now()
    await harness.tick()
    (row,) = await harness.rows("SELECT retry_at FROM edition")
    assert row["retry_at"] >= (began + timedelta(seconds=named)).timestamp()
    await harness.tick(after=timedelta(seconds=named) - 0.1 * SECOND)
    assert len(harness.discord.requests) == 1
    await harness.tick(after=16 * SECOND)
    assert harness.shown() == [1]


@pytest.mark.slow
async def test_waits_grow_up_to_five_minutes(harness: Harness):
    await begin(harness, *[Answer.NOT_NOW] * 200)
    harness.discord.retry_after = 0.0
    asked: list[float] = []
    for _ in range(40 * 60):
        before = len(harness.discord.requests)
        await harness.dispatcher.deliver_open() if asked else await harness.tick()
        if len(harness.discord.requests) > before:
            asked.append(harness.clock.now().timestamp())
        harness.clock.move(SECOND)
    waits = [later - earlier for earlier, later in pairwise(asked)]
    full = [15, 30, 60, 120, 240, *[300] * (len(waits) - 5)]
    assert len(waits) > 8
    assert all(0.8 * most <= wait <= most for wait, most in zip(waits, full, strict=True)), waits


async def test_what_was_not_kept_now_keeps_its_nonce(harness: Harness):
    await begin(harness, Answer.NOT_NOW)
    await harness.tick()
    assert await states(harness) == [PartState.PENDING]
    await harness.tick(after=2 * MINUTE)
    (first, second) = harness.discord.requests
    assert first == second


@pytest.mark.parametrize("answer", [Answer.NOT_NOW, Answer.REFUSED, Answer.MALFORMED])
async def test_a_later_refusal_does_not_settle_an_earlier_doubt(harness: Harness, answer: Answer):
    """The first attempt was kept: whatever the answer to the second, no story is posted twice."""
    await begin(harness, Answer.KEPT_UNKNOWN, answer)
    await harness.tick()
    await harness.tick(after=16 * SECOND)
    assert await states(harness) == [PartState.SENDING]
    for _ in range(3):
        await harness.tick(after=HOUR + MINUTE)
    assert (await harness.edition()).state is EditionState.DELIVERED
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1]


async def test_a_refusal_blocks_with_its_reason_until_something_changes_there(harness: Harness):
    await begin(harness, Answer.REFUSED)
    await harness.tick()
    edition = await harness.edition()
    assert (edition.state, edition.reason) == (EditionState.BLOCKED, "I lack Send Messages")
    assert (await harness.digest()).fault == "I lack Send Messages"
    await harness.tick(after=HOUR)
    assert len(harness.discord.requests) == 1
    await harness.delivery.presence.changed(TARGET)
    await harness.tick(after=MINUTE)
    assert harness.shown() == [1]
    assert (await harness.digest()).fault is None


async def test_a_refusal_that_nothing_ends_is_met_once_with_each_edition(harness: Harness):
    await begin(harness, *[Answer.REFUSED] * 3, files=[story(1), story(2, age=-DAY)])
    for _ in range(3 * 24 * 4):
        await harness.tick(after=15 * MINUTE)
    assert len(harness.discord.requests) == 4
    told = [body["content"] for _, body in harness.discord.told]
    assert [line[0] for line in told] == ["⚠", "✅"], (
        "its admins are told once, and when it is over"
    )
    assert harness.shown() != []


async def test_an_obstacle_blocks_without_a_request_and_delivery_goes_on_when_it_is_gone(
    harness: Harness,
):
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Embed Links"
    for _ in range(3):
        await harness.tick(after=MINUTE)
    edition = await harness.edition()
    assert (edition.state, edition.reason) == (EditionState.BLOCKED, "I lack Embed Links")
    assert (await harness.digest()).fault == "I lack Embed Links"
    assert harness.discord.requests == []
    harness.discord.obstacles.clear()
    await harness.tick(after=MINUTE)
    assert harness.shown() == [1]
    assert (await harness.digest()).fault is None


async def test_an_obstacle_is_logged_once_and_not_every_minute(
    harness: Harness, caplog: pytest.LogCaptureFixture
):
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Embed Links"
    for _ in range(10):
        await harness.tick(after=MINUTE)
    assert sum("I lack Embed Links" in line for line in caplog.messages) == 1


async def test_what_stays_blocked_too_long_is_skipped_and_its_stories_come_next_day(
    harness: Harness,
):
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Embed Links"
    await harness.tick()
    assert await harness.posted() == {1}
    await harness.tick(after=3 * HOUR + SECOND)
    edition = await harness.edition()
    assert edition.state is EditionState.SKIPPED
    assert edition.reason == "it could not be posted in time"
    assert await harness.posted() == set()
    assert (await harness.digest()).fault == "I lack Embed Links"
    harness.discord.obstacles.clear()
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1]
    assert (await harness.digest()).fault is None


async def test_a_message_that_is_not_taken_comes_once_more_without_its_embeds(harness: Harness):
    await begin(harness, Answer.MALFORMED, files=long_stories())
    await harness.tick()
    assert harness.shown() == [1, 2, 3, 4, 5]
    first, second = (harness.discord.messages[n].body for n in (0, 1))
    assert (len(first["embeds"]), bool(second["embeds"])) == (0, True)
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert len(set(harness.discord.requests)) == len(harness.discord.requests), "by another nonce"
    assert harness.discord.told == []


async def test_a_story_that_is_not_taken_is_left_out_and_said_and_never_comes_again(
    harness: Harness,
):
    harness.discord.unfit = {"Headline 002"}
    await begin(harness, files=[story(1), story(2), story(3)])
    await harness.tick()
    assert harness.shown() == [1, 3]
    assert (await harness.edition()).state is EditionState.DELIVERED
    ((_, told),) = harness.discord.told
    assert "left out" in told["content"]
    assert "Headline 002" not in told["content"]
    assert "number 2 in its order, which `/story` shows as `#2`" in told["content"]
    harness.discord.unfit.clear()
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1, 3]


async def test_a_message_of_which_no_version_is_taken_is_rejected_and_the_others_go_out(
    harness: Harness,
):
    harness.discord.unfit = {"Headline 001", "Headline 002"}
    await begin(harness, files=long_stories())
    await harness.tick()
    assert (await states(harness))[0] is PartState.REJECTED
    assert set((await states(harness))[1:]) == {PartState.SENT}
    edition = await harness.edition()
    assert edition.state is EditionState.PARTIAL
    assert edition.reason == "Discord does not accept its text"
    assert not {1, 2} & set(harness.shown())
    ((_, told),) = harness.discord.told
    assert "only a part" in told["content"]


async def test_an_edition_of_which_nothing_is_taken_is_skipped_and_said(harness: Harness):
    harness.discord.unfit = {"Headline 001"}
    await begin(harness)
    await harness.tick()
    assert (await harness.edition()).state is EditionState.SKIPPED
    assert len(harness.discord.told) == 1
    assert await harness.posted() == {1}, "it would not be taken tomorrow either"


@pytest.mark.parametrize("answer", [Answer.NOT_NOW, Answer.LOST_UNKNOWN, Answer.KEPT_UNKNOWN])
@pytest.mark.parametrize("gone_out", [0, 1, 2])
async def test_an_edition_of_many_parts_goes_on_at_the_first_unsent_one(
    harness: Harness, answer: Answer, gone_out: int
):
    await begin(harness, *[Answer.OK] * gone_out, answer, files=long_stories())
    await harness.tick()
    assert (await states(harness))[:gone_out] == [PartState.SENT] * gone_out
    assert PartState.SENT not in (await states(harness))[gone_out:]
    await harness.tick(after=16 * SECOND)
    assert harness.shown() == [1, 2, 3, 4, 5]


async def test_when_its_time_is_over_an_edition_ends_with_the_parts_it_has(harness: Harness):
    await begin(harness, Answer.OK, *[Answer.NOT_NOW] * 300, files=long_stories())
    for _ in range(40):
        await harness.tick(after=5 * MINUTE)
    edition = await harness.edition()
    assert edition.state is EditionState.PARTIAL
    assert edition.reason == "it could not be posted in time"
    assert await harness.posted() == set(harness.shown())


@pytest.mark.parametrize("change", ["body = body || ' '", "sha256 = :other"])
async def test_a_damaged_body_is_never_sent(harness: Harness, change: str):
    await begin(harness)
    await harness.planner.plan_due(MORNING)
    sql = f"UPDATE edition_part SET {change}"  # noqa: S608 - one of the above
    await harness.execute(sql, other=b"\0")
    await harness.tick()
    assert harness.discord.requests == []
    assert await states(harness) == [PartState.REJECTED]
    assert (await harness.edition()).state is EditionState.SKIPPED


async def test_a_body_damaged_after_an_attempt_in_doubt_is_looked_for_first(harness: Harness):
    await begin(harness, Answer.KEPT_UNKNOWN)
    await harness.tick()
    await harness.execute("UPDATE edition_part SET body = body || ' '")
    await harness.tick(after=10 * SECOND)
    await harness.tick(after=2 * MINUTE)
    assert await states(harness) == [PartState.SENT]
    assert len(harness.discord.requests) == 1


@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
@pytest.mark.parametrize("away", [SECOND, 59 * SECOND])
async def test_after_a_crash_within_a_minute_the_same_nonce_makes_one_message(
    harness: Harness, answer: Answer, away: timedelta
):
    await begin(harness, answer)
    with pytest.raises(Killed):
        await harness.tick()
    assert await states(harness) == [PartState.SENDING], "committed before the request"
    harness.clock.move(away)
    await harness.restart()
    await harness.tick()
    (first, second) = harness.discord.requests
    assert first == second
    assert harness.shown() == [1]
    assert (await harness.edition()).state is EditionState.DELIVERED


@pytest.mark.parametrize(("answer", "requests"), [(Answer.KEPT_KILLED, 1), (Answer.LOST_KILLED, 2)])
@pytest.mark.parametrize("away", [MINUTE, HOUR])
async def test_after_a_crash_of_longer_history_decides(
    harness: Harness, answer: Answer, requests: int, away: timedelta
):
    await begin(harness, answer)
    with pytest.raises(Killed):
        await harness.tick()
    harness.clock.move(away)
    await harness.restart()
    await harness.tick()
    nonces = [nonce for _, nonce in harness.discord.requests]
    assert len(set(nonces)) == len(nonces) == requests
    assert harness.shown() == [1]
    assert (await harness.edition()).state is EditionState.DELIVERED


@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
async def test_after_a_crash_without_a_readable_history_nothing_is_resent(
    harness: Harness, answer: Answer
):
    await begin(harness, answer)
    with pytest.raises(Killed):
        await harness.tick()
    harness.discord.readable = False
    harness.clock.move(HOUR)
    await harness.restart()
    for _ in range(3):
        await harness.tick(after=MINUTE)
    assert len(harness.discord.requests) == 1
    assert (await harness.edition()).state is EditionState.UNCERTAIN


@pytest.mark.parametrize(
    ("answer", "state", "posted"),
    [
        (Answer.KEPT_KILLED, EditionState.DELIVERED, {1}),
        (Answer.LOST_KILLED, EditionState.SKIPPED, set()),
    ],
)
async def test_when_its_time_is_over_it_is_found_out_what_was_posted_and_nothing_more_is(
    harness: Harness, answer: Answer, state: EditionState, posted: set[int]
):
    await begin(harness, answer)
    with pytest.raises(Killed):
        await harness.tick()
    harness.clock.put(MORNING + 12 * HOUR)
    harness.discord.obstacles[CHANNEL] = "I lack Send Messages"
    await harness.restart()
    await harness.tick()
    assert (await harness.edition()).state is state
    assert len(harness.discord.requests) == 1
    assert await harness.posted() == posted


async def test_what_is_in_doubt_when_its_time_ends_waits_until_it_can_be_known(harness: Harness):
    await begin(harness, Answer.NOT_NOW, Answer.KEPT_UNKNOWN)
    harness.discord.retry_after = 3 * 3600 - 10
    harness.discord.history_answers = False
    await harness.tick()
    await harness.tick(after=3 * HOUR - 10 * SECOND)
    await harness.tick(after=31 * SECOND)
    assert (await harness.edition()).state is EditionState.WAITING
    harness.discord.history_answers = True
    await harness.tick(after=2 * MINUTE)
    assert len(harness.discord.requests) == 2
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert harness.shown() == [1]


async def test_a_clock_put_back_after_a_crash_makes_no_second_message(harness: Harness):
    await begin(harness, Answer.KEPT_KILLED)
    with pytest.raises(Killed):
        await harness.tick()
    (message,) = harness.discord.messages
    message.nonce = "forgotten by now"
    await harness.execute("UPDATE edition_part SET first_tried_at = first_tried_at + 7200")
    message.at += 3 * HOUR
    await harness.restart()
    await harness.tick()
    assert len(harness.discord.requests) == 1
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_an_error_nobody_expected_holds_up_no_other_channel_and_loses_nothing(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    await begin(harness)
    harness.clock.move(-HOUR)
    await harness.follow(OTHER_CHANNEL)
    harness.clock.put(MORNING)
    post = harness.discord.post

    async def broken(target: Target, *rest: object) -> Posted:
        if target == TARGET:
            raise ZeroDivisionError
        return await post(target, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(harness.discord, "post", broken)
        await harness.tick()
    assert harness.shown(OTHER_CHANNEL) == [1]
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert "ZeroDivisionError" in caplog.text
    assert str(CHANNEL) in logged.getMessage()
    ((_, told),) = harness.discord.told
    assert f"<#{CHANNEL}>" in told["content"]
    await harness.tick(after=MINUTE)
    assert harness.shown(CHANNEL) == [1]


async def test_two_rounds_at_once_post_an_edition_once(harness: Harness):
    await begin(harness, files=long_stories())
    await harness.planner.plan_due(MORNING)
    await asyncio.gather(*(harness.dispatcher.deliver_open() for _ in range(5)))
    assert harness.shown() == [1, 2, 3, 4, 5]
    assert len(harness.discord.requests) == len(await harness.parts())


async def test_a_slow_channel_holds_up_no_post_on_demand_in_another(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await begin(harness)
    slow, reached = asyncio.Event(), asyncio.Event()
    post = harness.discord.post

    async def slowly(target: Target, *rest: object) -> Posted:
        if target == TARGET:
            reached.set()
            await slow.wait()
        return await post(target, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(harness.discord, "post", slowly)
    round_ = asyncio.create_task(harness.tick())
    await reached.wait()
    await harness.follow(OTHER_CHANNEL)
    edition = await harness.on_demand.post_now(OTHER_TARGET)
    assert edition.state is EditionState.DELIVERED
    slow.set()
    await round_
    assert harness.shown(CHANNEL) == [1]


async def test_a_round_cancelled_in_the_middle_of_a_post_is_made_good_later(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await begin(harness)
    reached = asyncio.Event()
    post = harness.discord.post

    async def never_answers(*request: object) -> int | None:
        with suppress(OutcomeUnknown):
            await post(*request)  # type: ignore[arg-type]
        reached.set()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    with monkeypatch.context() as patch:
        patch.setattr(harness.discord, "post", never_answers)
        round_ = asyncio.create_task(harness.tick())
        await reached.wait()
        round_.cancel()
        with pytest.raises(asyncio.CancelledError):
            await round_
    await harness.restart()
    await harness.tick(after=10 * SECOND)
    assert harness.shown() == [1]
    assert (await harness.edition()).state is EditionState.DELIVERED


# Any mixture of answers, deaths, obstacles and waits.

MOVES = st.one_of(
    st.lists(st.sampled_from(Answer), min_size=1, max_size=4),
    st.sampled_from([SECOND, 20 * SECOND, MINUTE, 10 * MINUTE, HOUR, 4 * HOUR, DAY]),
    st.sampled_from(["obstacle", "unreadable", "silent", "healed", "now", "restart"]),
)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with stories for some days, and one channel that follows them."""
    folder = tmp_path_factory.mktemp("stocked")

    async def stock() -> None:
        async with Harness(folder) as harness:
            later = [story(n, 100 + n, -(n - 6) * 3 * HOUR) for n in range(6, 30)]
            await harness.load(*long_stories(), *later)
            await harness.follow()
            await harness.settings.set_for_channel(TARGET, "time", "08:00, 18:00", by=1)

    asyncio.run(stock())
    return folder / "broadsheet.db"


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(moves=st.lists(MOVES, min_size=4, max_size=25))
def test_whatever_happens_no_story_comes_twice_and_none_is_lost_in_silence(
    stocked: Path, moves: list[object]
):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(stocked, folder)
        asyncio.run(live_through(Path(folder), moves))


async def live_through(folder: Path, moves: list[object]) -> None:
    async with Harness(folder) as harness:
        harness.clock.put(MORNING)
        for move in moves:
            await make(harness, move)
            assert len(set(harness.shown())) == len(harness.shown()), "no story twice"
        await make(harness, "healed")
        harness.discord.answers.clear()
        for _ in range(3):
            await make(harness, 10 * MINUTE)
        await hold_to_account(harness)


async def make(harness: Harness, move: object) -> None:
    """Make one move, then tick; the move "restart" starts a dead bot again."""
    if isinstance(move, list):
        harness.discord.answers.extend(move)
    elif isinstance(move, timedelta):
        harness.clock.move(move)
    try:
        if move == "now":
            await harness.on_demand.post_now(TARGET)
        elif isinstance(move, str):
            await turn(harness, move)
        await harness.tick()
    except Killed:
        await harness.restart()


async def turn(harness: Harness, move: str) -> None:
    if move == "obstacle":
        harness.discord.obstacles[CHANNEL] = "I lack Send Messages"
    elif move == "restart":
        await harness.restart()
    elif move == "healed":
        harness.discord.obstacles.clear()
    harness.discord.readable = move != "unreadable"
    harness.discord.history_answers = move != "silent"


async def hold_to_account(harness: Harness) -> None:
    """Every edition has ended with a true state; every story shown counts as posted."""
    left_out = await left_out_stories(harness)
    for edition in await harness.editions():
        open_still = edition.state not in CLOSED
        assert open_still or (edition.reason is None) == (edition.state is EditionState.DELIVERED)
        if open_still:  # a refusal is tried again when something changes
            assert edition.state in (EditionState.BLOCKED, EditionState.WAITING)
            assert edition.reason
    shown, posted = set(harness.shown()), await harness.posted()
    assert shown <= posted
    known = await harness.rows(
        "SELECT url, p.state, closed_at IS NULL AS open FROM posted JOIN story USING (story_id) "
        "JOIN edition_part p USING (edition_id, part) JOIN edition USING (edition_id)"
    )
    sent = {row["url"] for row in known if row["state"] == "sent"}
    assert set(numbers(list(sent))) - left_out <= shown, "what counts as sent is there"
    doubtful = {row["url"] for row in known if row["state"] in ("sending", "uncertain")}
    # Stories never tried are free when their edition ends; refused stories never are.
    kept = {row["url"] for row in known if row["state"] == "pending" and row["open"]}
    kept |= {row["url"] for row in known if row["state"] == "rejected"}
    assert posted - shown <= set(numbers(list(doubtful | kept))) | left_out


async def left_out_stories(harness: Harness) -> set[int]:
    """The stories that were left out of parts because Discord refused them."""
    rows = await harness.rows("SELECT body, version FROM edition_part WHERE version > 1")
    embeds = [json.loads(row["body"])["embeds"][left_out_by(row["version"])] for row in rows]
    return set(numbers([embed["url"] for embed in embeds]))
