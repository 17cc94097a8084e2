"""Frozen editions go out: every outcome of a request, every moment to die in, and any mixture."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.ledger import CLOSED, EditionState, PartState
from bot.errors import Unknown
from bot.render.fallback import left_out_by
from tests.press.bench import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    Bench,
    long_stories,
    numbers,
    story,
)
from tests.press.discord import Answer, Killed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def begin(bench: Bench, *answers: Answer, files: Sequence[bytes] = ()) -> None:
    """One digest with its first edition due, and what Discord will answer."""
    await bench.load(*(files or [story(1)]))
    await bench.follow()
    bench.clock.put(MORNING)
    bench.discord.answers.extend(answers)


async def states(bench: Bench) -> list[PartState]:
    return [part.state for part in await bench.parts()]


async def test_parts_go_out_in_order_and_the_edition_is_delivered(bench: Bench):
    await begin(bench, files=long_stories())
    await bench.tick()
    assert bench.shown() == [1, 2, 3, 4, 5]
    assert set(await states(bench)) == {PartState.SENT}
    edition = await bench.edition()
    assert (edition.state, edition.reason, edition.stories) == (EditionState.DELIVERED, None, 5)
    ids = [row["message_id"] for row in await bench.rows("SELECT message_id FROM edition_part")]
    assert ids == [message.message_id for message in bench.discord.messages]


async def test_a_delivered_edition_is_never_posted_again(bench: Bench):
    await begin(bench)
    for _ in range(3):
        await bench.tick(after=MINUTE)
        await bench.restart()
    assert len(bench.discord.requests) == 1


@pytest.mark.slow
async def test_many_channels_are_all_served_in_one_round(bench: Bench):
    await bench.load(story(1))
    channels = range(100, 310)
    for channel in channels:
        await bench.follow(channel)
    await bench.tick(at=MORNING)
    assert sorted(channel for channel, _ in bench.discord.requests) == list(channels)
    assert {(await bench.edition(channel)).state for channel in channels} == {
        EditionState.DELIVERED
    }


@pytest.mark.slow
async def test_many_blocked_channels_hold_up_no_other(bench: Bench):
    await bench.load(story(1))
    for channel in range(100, 310):
        await bench.follow(channel)
        bench.discord.obstacles[channel] = "I lack Send Messages"
    await bench.tick(at=MORNING)
    await bench.follow(CHANNEL)
    await bench.subscriptions.set_for_channel(1, CHANNEL, "time", "08:30")
    await bench.tick(after=HOUR / 2)
    assert bench.shown() == [1]


async def test_an_answer_lost_after_the_message_was_kept_is_made_good_by_the_nonce(bench: Bench):
    await begin(bench, Answer.KEPT_UNKNOWN)
    await bench.tick()
    assert (await bench.edition()).state is EditionState.WAITING
    await bench.tick(after=16 * SECOND)
    (first, second) = bench.discord.requests
    assert first == second, "the same channel and the same nonce"
    assert bench.shown() == [1]
    assert (await bench.edition()).state is EditionState.DELIVERED


async def test_a_message_that_was_not_kept_comes_with_the_next_attempt(bench: Bench):
    await begin(bench, Answer.LOST_UNKNOWN)
    await bench.tick()
    await bench.tick(after=16 * SECOND)
    assert bench.shown() == [1]


async def test_after_a_minute_history_shows_that_the_message_was_kept(bench: Bench):
    await begin(bench, Answer.KEPT_UNKNOWN)
    await bench.tick()
    await bench.tick(after=MINUTE)
    assert len(bench.discord.requests) == 1
    (row,) = await bench.rows("SELECT * FROM edition_part")
    assert (row["state"], row["resolved_by"], row["message_id"]) == ("sent", "history", 1000)


async def test_after_a_minute_an_absent_message_is_posted_once_with_a_new_nonce(bench: Bench):
    await begin(bench, Answer.LOST_UNKNOWN)
    await bench.tick()
    await bench.tick(after=MINUTE)
    (first, second) = bench.discord.requests
    assert first != second
    assert bench.shown() == [1]


@pytest.mark.parametrize("answer", [Answer.KEPT_UNKNOWN, Answer.LOST_UNKNOWN])
async def test_where_history_cannot_be_read_nobody_knows_and_nothing_is_resent(
    bench: Bench, answer: Answer
):
    await begin(bench, answer)
    bench.discord.readable = False
    await bench.tick()
    for _ in range(3):
        await bench.tick(after=2 * MINUTE)
    edition = await bench.edition()
    assert edition.state is EditionState.UNCERTAIN
    assert edition.reason == "Discord gave no answer, and the channel cannot be read back"
    assert len(bench.discord.requests) == 1
    assert await bench.posted() == {1}, "it may have been seen"


async def test_history_that_does_not_answer_is_asked_again_later(bench: Bench):
    await begin(bench, Answer.KEPT_UNKNOWN)
    bench.discord.history_answers = False
    await bench.tick()
    await bench.tick(after=2 * MINUTE)
    assert (await bench.edition()).state is EditionState.WAITING
    bench.discord.history_answers = True
    await bench.tick(after=2 * MINUTE)
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert len(bench.discord.requests) == 1


async def test_a_message_that_is_known_and_deleted_counts_as_posted(bench: Bench):
    await begin(bench, Answer.KEPT_UNKNOWN)
    await bench.tick()
    bench.discord.messages[0].deleted = True
    await bench.tick(after=16 * SECOND)
    (row,) = await bench.rows("SELECT * FROM edition_part")
    assert (row["state"], row["resolved_by"], row["message_id"]) == ("sent", "nonce", None)
    assert bench.shown() == []


@pytest.mark.parametrize("named", [0.5, 90.0, 1000.25])
async def test_a_wait_that_discord_names_is_kept_to_the_moment(bench: Bench, named: float):
    await begin(bench, Answer.NOT_NOW)
    bench.clock.move(0.75 * SECOND)
    bench.discord.retry_after = named
    began = bench.clock.now()
    await bench.tick()
    (row,) = await bench.rows("SELECT retry_at FROM edition")
    assert row["retry_at"] >= (began + timedelta(seconds=named)).timestamp()
    await bench.tick(after=timedelta(seconds=named) - 0.1 * SECOND)
    assert len(bench.discord.requests) == 1
    await bench.tick(after=16 * SECOND)
    assert bench.shown() == [1]


@pytest.mark.slow
async def test_waits_grow_up_to_five_minutes(bench: Bench):
    await begin(bench, *[Answer.NOT_NOW] * 200)
    bench.discord.retry_after = 0.0
    asked: list[float] = []
    for _ in range(40 * 60):
        before = len(bench.discord.requests)
        await bench.delivery.deliver_open() if asked else await bench.tick()
        if len(bench.discord.requests) > before:
            asked.append(bench.clock.now().timestamp())
        bench.clock.move(SECOND)
    waits = [later - earlier for earlier, later in pairwise(asked)]
    full = [15, 30, 60, 120, 240, *[300] * (len(waits) - 5)]
    assert len(waits) > 8
    assert all(0.8 * most <= wait <= most for wait, most in zip(waits, full, strict=True)), waits


async def test_what_was_not_kept_now_keeps_its_nonce(bench: Bench):
    await begin(bench, Answer.NOT_NOW)
    await bench.tick()
    assert await states(bench) == [PartState.PENDING]
    await bench.tick(after=2 * MINUTE)
    (first, second) = bench.discord.requests
    assert first == second


@pytest.mark.parametrize("answer", [Answer.NOT_NOW, Answer.REFUSED, Answer.MALFORMED])
async def test_a_later_refusal_does_not_settle_an_earlier_doubt(bench: Bench, answer: Answer):
    """The first attempt was kept: whatever the second is told, the story never comes twice."""
    await begin(bench, Answer.KEPT_UNKNOWN, answer)
    await bench.tick()
    await bench.tick(after=16 * SECOND)
    assert await states(bench) == [PartState.SENDING]
    for _ in range(3):
        await bench.tick(after=HOUR + MINUTE)
    assert (await bench.edition()).state is EditionState.DELIVERED
    await bench.tick(at=MORNING + DAY)
    assert bench.shown() == [1]


async def test_a_refusal_blocks_with_its_reason_until_something_changes_there(bench: Bench):
    await begin(bench, Answer.REFUSED)
    await bench.tick()
    edition = await bench.edition()
    assert (edition.state, edition.reason) == (EditionState.BLOCKED, "I lack Send Messages")
    assert (await bench.digest()).fault == "I lack Send Messages"
    await bench.tick(after=HOUR)
    assert len(bench.discord.requests) == 1
    await bench.press.health.changed(GUILD, CHANNEL)
    await bench.tick(after=MINUTE)
    assert bench.shown() == [1]
    assert (await bench.digest()).fault is None


async def test_a_refusal_that_nothing_ends_is_met_once_with_each_edition(bench: Bench):
    await begin(bench, *[Answer.REFUSED] * 3, files=[story(1), story(2, age=-DAY)])
    for _ in range(3 * 24 * 4):
        await bench.tick(after=15 * MINUTE)
    assert len(bench.discord.requests) == 4
    assert len(bench.discord.told) == 1, "and its admins are told once"
    assert bench.shown() != []


async def test_an_obstacle_blocks_without_a_request_and_delivery_goes_on_when_it_is_gone(
    bench: Bench,
):
    await begin(bench)
    bench.discord.obstacles[CHANNEL] = "I lack Embed Links"
    for _ in range(3):
        await bench.tick(after=MINUTE)
    edition = await bench.edition()
    assert (edition.state, edition.reason) == (EditionState.BLOCKED, "I lack Embed Links")
    assert (await bench.digest()).fault == "I lack Embed Links"
    assert bench.discord.requests == []
    bench.discord.obstacles.clear()
    await bench.tick(after=MINUTE)
    assert bench.shown() == [1]
    assert (await bench.digest()).fault is None


async def test_an_obstacle_is_logged_once_and_not_every_minute(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    await begin(bench)
    bench.discord.obstacles[CHANNEL] = "I lack Embed Links"
    for _ in range(10):
        await bench.tick(after=MINUTE)
    assert sum("I lack Embed Links" in line for line in caplog.messages) == 1


async def test_what_stays_blocked_too_long_is_skipped_and_its_stories_come_next_day(bench: Bench):
    await begin(bench)
    bench.discord.obstacles[CHANNEL] = "I lack Embed Links"
    await bench.tick()
    assert await bench.posted() == {1}
    await bench.tick(after=3 * HOUR + SECOND)
    edition = await bench.edition()
    assert edition.state is EditionState.SKIPPED
    assert edition.reason == "it could not be posted in time"
    assert await bench.posted() == set()
    assert (await bench.digest()).fault == "I lack Embed Links"
    bench.discord.obstacles.clear()
    await bench.tick(at=MORNING + DAY)
    assert bench.shown() == [1]
    assert (await bench.digest()).fault is None


async def test_a_message_that_is_not_taken_comes_once_more_without_its_embeds(bench: Bench):
    await begin(bench, Answer.MALFORMED, files=long_stories())
    await bench.tick()
    assert bench.shown() == [1, 2, 3, 4, 5]
    first, second = (bench.discord.messages[n].body for n in (0, 1))
    assert (len(first["embeds"]), bool(second["embeds"])) == (0, True)
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert len(set(bench.discord.requests)) == len(bench.discord.requests), "by another nonce"
    assert bench.discord.told == []


async def test_a_story_that_is_not_taken_is_left_out_and_said_and_never_comes_again(bench: Bench):
    bench.discord.unfit = {"Headline 002"}
    await begin(bench, files=[story(1), story(2), story(3)])
    await bench.tick()
    assert bench.shown() == [1, 3]
    assert (await bench.edition()).state is EditionState.DELIVERED
    ((_, told),) = bench.discord.told
    assert "left out" in told["content"]
    assert "Headline 002" not in told["content"]
    assert "number 2 in its order, which `/story` shows as `#2`" in told["content"]
    bench.discord.unfit.clear()
    await bench.tick(at=MORNING + DAY)
    assert bench.shown() == [1, 3]


async def test_a_message_of_which_no_version_is_taken_is_rejected_and_the_others_go_out(
    bench: Bench,
):
    bench.discord.unfit = {"Headline 001", "Headline 002"}
    await begin(bench, files=long_stories())
    await bench.tick()
    assert (await states(bench))[0] is PartState.REJECTED
    assert set((await states(bench))[1:]) == {PartState.SENT}
    edition = await bench.edition()
    assert edition.state is EditionState.PARTIAL
    assert edition.reason == "Discord does not take its text"
    assert not {1, 2} & set(bench.shown())
    ((_, told),) = bench.discord.told
    assert "only a part" in told["content"]


async def test_an_edition_of_which_nothing_is_taken_is_skipped_and_said(bench: Bench):
    bench.discord.unfit = {"Headline 001"}
    await begin(bench)
    await bench.tick()
    assert (await bench.edition()).state is EditionState.SKIPPED
    assert len(bench.discord.told) == 1
    assert await bench.posted() == {1}, "it would not be taken tomorrow either"


@pytest.mark.parametrize("answer", [Answer.NOT_NOW, Answer.LOST_UNKNOWN, Answer.KEPT_UNKNOWN])
@pytest.mark.parametrize("gone_out", [0, 1, 2])
async def test_an_edition_of_many_parts_goes_on_at_the_first_unsent_one(
    bench: Bench, answer: Answer, gone_out: int
):
    await begin(bench, *[Answer.OK] * gone_out, answer, files=long_stories())
    await bench.tick()
    assert (await states(bench))[:gone_out] == [PartState.SENT] * gone_out
    assert PartState.SENT not in (await states(bench))[gone_out:]
    await bench.tick(after=16 * SECOND)
    assert bench.shown() == [1, 2, 3, 4, 5]


async def test_when_its_time_is_over_an_edition_ends_with_the_parts_it_has(bench: Bench):
    await begin(bench, Answer.OK, *[Answer.NOT_NOW] * 300, files=long_stories())
    for _ in range(40):
        await bench.tick(after=5 * MINUTE)
    edition = await bench.edition()
    assert edition.state is EditionState.PARTIAL
    assert edition.reason == "it could not be posted in time"
    assert await bench.posted() == set(bench.shown())


@pytest.mark.parametrize("change", ["body = body || ' '", "sha256 = x'00'"])
async def test_a_damaged_body_is_never_sent(bench: Bench, change: str):
    await begin(bench)
    await bench.planner.plan_due(MORNING)
    await bench.execute(f"UPDATE edition_part SET {change}")  # noqa: S608 - one of the above
    await bench.tick()
    assert bench.discord.requests == []
    assert await states(bench) == [PartState.REJECTED]
    assert (await bench.edition()).state is EditionState.SKIPPED


async def test_a_body_damaged_after_an_attempt_in_doubt_is_looked_for_first(bench: Bench):
    await begin(bench, Answer.KEPT_UNKNOWN)
    await bench.tick()
    await bench.execute("UPDATE edition_part SET body = body || ' '")
    await bench.tick(after=10 * SECOND)
    await bench.tick(after=2 * MINUTE)
    assert await states(bench) == [PartState.SENT]
    assert len(bench.discord.requests) == 1


@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
@pytest.mark.parametrize("away", [SECOND, 59 * SECOND])
async def test_after_a_crash_within_a_minute_the_same_nonce_makes_one_message(
    bench: Bench, answer: Answer, away: timedelta
):
    await begin(bench, answer)
    with pytest.raises(Killed):
        await bench.tick()
    assert await states(bench) == [PartState.SENDING], "committed before the request"
    bench.clock.move(away)
    await bench.restart()
    await bench.tick()
    (first, second) = bench.discord.requests
    assert first == second
    assert bench.shown() == [1]
    assert (await bench.edition()).state is EditionState.DELIVERED


@pytest.mark.parametrize(("answer", "requests"), [(Answer.KEPT_KILLED, 1), (Answer.LOST_KILLED, 2)])
@pytest.mark.parametrize("away", [MINUTE, HOUR])
async def test_after_a_crash_of_longer_history_decides(
    bench: Bench, answer: Answer, requests: int, away: timedelta
):
    await begin(bench, answer)
    with pytest.raises(Killed):
        await bench.tick()
    bench.clock.move(away)
    await bench.restart()
    await bench.tick()
    nonces = [nonce for _, nonce in bench.discord.requests]
    assert len(set(nonces)) == len(nonces) == requests
    assert bench.shown() == [1]
    assert (await bench.edition()).state is EditionState.DELIVERED


@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
async def test_after_a_crash_without_a_readable_history_nothing_is_resent(
    bench: Bench, answer: Answer
):
    await begin(bench, answer)
    with pytest.raises(Killed):
        await bench.tick()
    bench.discord.readable = False
    bench.clock.move(HOUR)
    await bench.restart()
    for _ in range(3):
        await bench.tick(after=MINUTE)
    assert len(bench.discord.requests) == 1
    assert (await bench.edition()).state is EditionState.UNCERTAIN


@pytest.mark.parametrize(
    ("answer", "state", "posted"),
    [
        (Answer.KEPT_KILLED, EditionState.DELIVERED, {1}),
        (Answer.LOST_KILLED, EditionState.SKIPPED, set()),
    ],
)
async def test_when_its_time_is_over_it_is_found_out_what_was_posted_and_nothing_more_is(
    bench: Bench, answer: Answer, state: EditionState, posted: set[int]
):
    await begin(bench, answer)
    with pytest.raises(Killed):
        await bench.tick()
    bench.clock.put(MORNING + 12 * HOUR)
    bench.discord.obstacles[CHANNEL] = "I lack Send Messages"
    await bench.restart()
    await bench.tick()
    assert (await bench.edition()).state is state
    assert len(bench.discord.requests) == 1
    assert await bench.posted() == posted


async def test_what_is_in_doubt_when_its_time_ends_waits_until_it_can_be_known(bench: Bench):
    await begin(bench, Answer.NOT_NOW, Answer.KEPT_UNKNOWN)
    bench.discord.retry_after = 3 * 3600 - 10
    bench.discord.history_answers = False
    await bench.tick()
    await bench.tick(after=3 * HOUR - 10 * SECOND)
    await bench.tick(after=31 * SECOND)
    assert (await bench.edition()).state is EditionState.WAITING
    bench.discord.history_answers = True
    await bench.tick(after=2 * MINUTE)
    assert len(bench.discord.requests) == 2
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert bench.shown() == [1]


async def test_a_clock_put_back_after_a_crash_makes_no_second_message(bench: Bench):
    await begin(bench, Answer.KEPT_KILLED)
    with pytest.raises(Killed):
        await bench.tick()
    (message,) = bench.discord.messages
    message.nonce = "forgotten by now"
    await bench.execute("UPDATE edition_part SET first_tried_at = first_tried_at + 7200")
    message.at += 3 * HOUR
    await bench.restart()
    await bench.tick()
    assert len(bench.discord.requests) == 1
    assert (await bench.edition()).state is EditionState.DELIVERED


async def test_an_error_nobody_expected_holds_up_no_other_channel_and_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    await begin(bench)
    bench.clock.move(-HOUR)
    await bench.follow(OTHER_CHANNEL)
    bench.clock.put(MORNING)
    post = bench.discord.post

    async def broken(channel_id: int, *rest: object) -> int | None:
        if channel_id == CHANNEL:
            raise ZeroDivisionError
        return await post(channel_id, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(bench.discord, "post", broken)
        await bench.tick()
    assert bench.shown(OTHER_CHANNEL) == [1]
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert "ZeroDivisionError" in caplog.text
    assert str(CHANNEL) in logged.getMessage()
    ((_, told),) = bench.discord.told
    assert f"<#{CHANNEL}>" in told["content"]
    await bench.tick(after=MINUTE)
    assert bench.shown(CHANNEL) == [1]


async def test_two_rounds_at_once_post_an_edition_once(bench: Bench):
    await begin(bench, files=long_stories())
    await bench.planner.plan_due(MORNING)
    await asyncio.gather(*(bench.delivery.deliver_open() for _ in range(5)))
    assert bench.shown() == [1, 2, 3, 4, 5]
    assert len(bench.discord.requests) == len(await bench.parts())


async def test_a_slow_channel_holds_up_no_post_on_demand_in_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    await begin(bench)
    slow, reached = asyncio.Event(), asyncio.Event()
    post = bench.discord.post

    async def slowly(channel_id: int, *rest: object) -> int | None:
        if channel_id == CHANNEL:
            reached.set()
            await slow.wait()
        return await post(channel_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.discord, "post", slowly)
    round_ = asyncio.create_task(bench.tick())
    await reached.wait()
    await bench.follow(OTHER_CHANNEL)
    edition = await bench.subscriptions.post_now(1, OTHER_CHANNEL)
    assert edition.state is EditionState.DELIVERED
    slow.set()
    await round_
    assert bench.shown(CHANNEL) == [1]


async def test_a_round_cancelled_in_the_middle_of_a_post_is_made_good_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    await begin(bench)
    reached = asyncio.Event()
    post = bench.discord.post

    async def never_answers(*request: object) -> int | None:
        with suppress(Unknown):
            await post(*request)  # type: ignore[arg-type]
        reached.set()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    with monkeypatch.context() as patch:
        patch.setattr(bench.discord, "post", never_answers)
        round_ = asyncio.create_task(bench.tick())
        await reached.wait()
        round_.cancel()
        with pytest.raises(asyncio.CancelledError):
            await round_
    await bench.restart()
    await bench.tick(after=10 * SECOND)
    assert bench.shown() == [1]
    assert (await bench.edition()).state is EditionState.DELIVERED


# Any mixture of answers, deaths, obstacles and waits.

Move = Callable[[Bench], None]
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
        async with Bench(folder) as bench:
            later = [story(n, 100 + n, -(n - 6) * 3 * HOUR) for n in range(6, 30)]
            await bench.load(*long_stories(), *later)
            await bench.follow()
            await bench.subscriptions.set_for_channel(1, CHANNEL, "time", "08:00, 18:00")

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
    async with Bench(folder) as bench:
        bench.clock.put(MORNING)
        for move in moves:
            await make(bench, move)
            assert len(set(bench.shown())) == len(bench.shown()), "no story twice"
        await make(bench, "healed")
        bench.discord.answers.clear()
        for _ in range(3):
            await make(bench, 10 * MINUTE)
        await hold_to_account(bench)


async def make(bench: Bench, move: object) -> None:
    """Make one move, then tick; a bot that dies is started again by the move "restart"."""
    if isinstance(move, list):
        bench.discord.answers.extend(move)
    elif isinstance(move, timedelta):
        bench.clock.move(move)
    try:
        if move == "now":
            await bench.subscriptions.post_now(1, CHANNEL)
        elif isinstance(move, str):
            await turn(bench, move)
        await bench.tick()
    except Killed:
        await bench.restart()


async def turn(bench: Bench, move: str) -> None:
    if move == "obstacle":
        bench.discord.obstacles[CHANNEL] = "I lack Send Messages"
    elif move == "restart":
        await bench.restart()
    elif move == "healed":
        bench.discord.obstacles.clear()
    bench.discord.readable = move != "unreadable"
    bench.discord.history_answers = move != "silent"


async def hold_to_account(bench: Bench) -> None:
    """Every edition has come to an end and says so truly; every story shown counts as posted."""
    left_out = await left_out_stories(bench)
    for edition in await bench.editions():
        open_still = edition.state not in CLOSED
        assert open_still or (edition.reason is None) == (edition.state is EditionState.DELIVERED)
        if open_still:  # a refusal is tried again when something changes
            assert edition.state in (EditionState.BLOCKED, EditionState.WAITING)
            assert edition.reason
    shown, posted = set(bench.shown()), await bench.posted()
    assert shown <= posted
    known = await bench.rows(
        "SELECT url, p.state, closed_at IS NULL AS open FROM posted JOIN story USING (story_id) "
        "JOIN edition_part p USING (edition_id, part) JOIN edition USING (edition_id)"
    )
    sent = {row["url"] for row in known if row["state"] == "sent"}
    assert set(numbers(list(sent))) - left_out <= shown, "what counts as sent is there"
    doubtful = {row["url"] for row in known if row["state"] in ("sending", "uncertain")}
    # What was never tried comes free when its edition ends; what is not taken never does.
    kept = {row["url"] for row in known if row["state"] == "pending" and row["open"]}
    kept |= {row["url"] for row in known if row["state"] == "rejected"}
    assert posted - shown <= set(numbers(list(doubtful | kept))) | left_out


async def left_out_stories(bench: Bench) -> set[int]:
    """The stories that parts went out without, since Discord did not take them."""
    rows = await bench.rows("SELECT body, version FROM edition_part WHERE version > 1")
    embeds = [json.loads(row["body"])["embeds"][left_out_by(row["version"])] for row in rows]
    return set(numbers([embed["url"] for embed in embeds]))
