"""The bot's owner and feeds: each fault is told once, many in one message, and its end, too."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from bot.delivery.feed_notices import PAUSE
from bot.library.feeds import named
from bot.origins.feeds.client import Answer as Given
from bot.origins.feeds.health import Failed, Outcome, Same, after
from bot.render import limits
from bot.store import facts, feeds
from bot.store.feeds import Asking
from bot.stories.feeds import FaultKind, Feed, FeedSettings
from tests.delivery.discord import Answer, Killed
from tests.delivery.harness import DAY, GUILD, HOUR, MINUTE, SECOND, Harness

DOWN = Failed(FaultKind.UNREACHABLE, "its host is not known")
WELL = Same(Given(304, "https://p.example/feed"))


async def add(harness: Harness, count: int) -> None:
    """Feeds numbered from 0 on."""
    names = [f"{number:04}" for number in range(count)]
    new = [named(FeedSettings(f"https://p{one}.example/feed", f"Paper {one}")) for one in names]
    async with harness.database.writing() as db:
        await feeds.save_feeds(db, new, harness.clock.now(), "test", listed=True)


async def listed(harness: Harness) -> list[Feed]:
    async with harness.database.reading() as db:
        return await feeds.all_feeds(db)


async def sweep(
    harness: Harness, outcome: Outcome, which: Callable[[int], bool] = lambda number: True
) -> None:
    """Those of the feeds that are due are asked, with one outcome; then the owner is told."""
    now = harness.clock.now()
    due = [
        one
        for number, one in enumerate(await listed(harness))
        if which(number) and one.state.next_at is not None and one.state.next_at <= now
    ]
    done = [
        Asking(one.feed_id, after(one.state, outcome, now, wanted=False, jitter=0.5)) for one in due
    ]
    async with harness.database.writing() as db:
        await feeds.save_states(db, done)
    await harness.delivery.feed_notices.tell()


async def pass_by(
    harness: Harness,
    span: timedelta,
    outcome: Outcome,
    which: Callable[[int], bool] = lambda number: True,
) -> None:
    """Sweep every half an hour."""
    until = harness.clock.now() + span
    while harness.clock.now() < until:
        harness.clock.move(HOUR / 2)
        await sweep(harness, outcome, which)


def told(harness: Harness) -> list[str]:
    """The messages to the owner, in order."""
    assert all(guild == 0 for guild, _ in harness.discord.told)
    return [body["content"] for _, body in harness.discord.told]


async def broken_for_long(harness: Harness, count: int = 1) -> None:
    """Feeds have failed for a day, and the owner is to be told next."""
    await add(harness, count)
    await sweep(harness, DOWN)
    await pass_by(harness, DAY - HOUR, DOWN)
    assert told(harness) == []
    harness.clock.move(HOUR)


async def tell(harness: Harness, times: int = 1) -> None:
    """Tell the owner, as at every tick."""
    for _ in range(times):
        await harness.delivery.feed_notices.tell()
        harness.clock.move(15 * SECOND)


async def test_of_well_feeds_nobody_is_told_anything(harness: Harness):
    await add(harness, 3)
    await pass_by(harness, 2 * DAY, WELL)
    assert told(harness) == []


async def test_a_short_fault_is_not_told(harness: Harness):
    await add(harness, 3)
    await pass_by(harness, 8 * HOUR, WELL)
    await pass_by(harness, 20 * HOUR, DOWN)
    await pass_by(harness, 2 * DAY, WELL)
    assert told(harness) == []


async def test_a_lasting_fault_is_told_once_however_long_it_lasts_and_so_is_its_end(
    harness: Harness,
):
    await add(harness, 3)
    await pass_by(harness, 8 * HOUR, WELL)
    down = lambda number: number == 1  # noqa: E731
    up = lambda number: number != 1  # noqa: E731
    for _ in range(60):
        await pass_by(harness, 6 * HOUR, DOWN, down)
        await sweep(harness, WELL, up)
    (message,) = told(harness)
    assert message.startswith("⚠️ 1 of 3 feeds gives nothing.")
    assert "- **Paper 0001** `https://p0001.example/feed` since <t:" in message
    assert "the site cannot be reached (its host is not known)" in message.replace("\\", "")
    await pass_by(harness, 2 * DAY, WELL)
    assert told(harness)[1:] == ["✅ Answers again: **Paper 0001**."]


async def test_it_is_told_again_only_after_it_healed_and_failed_anew(harness: Harness):
    await add(harness, 1)
    for _ in range(3):
        await pass_by(harness, 3 * DAY, DOWN)
        await pass_by(harness, 3 * DAY, WELL)
    assert [text[0] for text in told(harness)] == ["⚠", "✅"] * 3


async def test_a_feed_that_comes_and_goes_is_not_told_each_time(harness: Harness):
    await add(harness, 1)
    await pass_by(harness, 3 * DAY, DOWN)
    for _ in range(20):
        await pass_by(harness, HOUR, WELL)
        await pass_by(harness, DAY - HOUR, DOWN)
    assert [text[0] for text in told(harness)] == ["⚠", "✅"]


async def test_a_network_that_is_down_is_one_message_for_two_thousand_feeds(harness: Harness):
    await add(harness, 2000)
    for step in range(4):  # they are well, and asked at times of their own
        harness.clock.move(3 * HOUR / 2)
        await sweep(harness, WELL, lambda number: number % 4 == step)  # noqa: B023
    for _ in range(16):
        harness.clock.move(3 * HOUR)
        await sweep(harness, DOWN)
    (message,) = told(harness)
    assert message.startswith("⚠️ 2000 of 2000 feeds give nothing.")
    assert "look first at the network of the machine that I run on" in message
    assert "Paper 0000" in message
    assert "more\n`/feeds list`" in message
    assert len(message) <= limits.CONTENT


async def test_feeds_of_sites_that_refuse_are_not_blamed_on_the_network(harness: Harness):
    await add(harness, 6)
    await pass_by(harness, 2 * DAY, Failed(FaultKind.REFUSED, "HTTP 403"))
    (message,) = told(harness)
    assert "network" not in message


async def test_a_feed_that_is_gone_is_told_at_once(harness: Harness):
    await add(harness, 1)
    await sweep(harness, Failed(FaultKind.GONE, "HTTP 410"))
    (message,) = told(harness)
    assert "gone for good" in message


async def test_two_messages_are_hours_apart(harness: Harness):
    await add(harness, 2)
    gone = Failed(FaultKind.GONE, "HTTP 410")
    await sweep(harness, gone, lambda number: number == 0)
    await sweep(harness, gone, lambda number: number == 1)
    assert len(told(harness)) == 1
    harness.clock.move(PAUSE)
    await sweep(harness, WELL, lambda number: False)
    assert ["Paper 0000" in text for text in told(harness)] == [True, False]


async def test_a_clock_that_was_set_back_delays_no_message(harness: Harness):
    await add(harness, 2)
    gone = Failed(FaultKind.GONE, "HTTP 410")
    await sweep(harness, gone, lambda number: number == 0)
    harness.clock.move(-30 * DAY)
    async with harness.database.writing() as db:
        everybody = [one.feed_id for one in await feeds.all_feeds(db)]
        await feeds.set_due(db, everybody, harness.clock.now())
    await sweep(harness, gone, lambda number: number == 1)
    assert len(told(harness)) == 2


async def test_what_is_off_is_not_told(harness: Harness):
    await broken_for_long(harness)
    (feed,) = await listed(harness)
    async with harness.database.writing() as db:
        await feeds.switch_feed(db, feed.feed_id, harness.clock.now(), on=False)
    await tell(harness)
    assert told(harness) == []


@pytest.mark.parametrize(
    "answers",
    [
        [Answer.NOT_NOW] * 3,
        [Answer.HALT],
        [Answer.LOST_UNKNOWN],
        [Answer.KEPT_UNKNOWN],
        [Answer.LOST_UNKNOWN, Answer.KEPT_UNKNOWN],
    ],
)
async def test_a_message_that_did_not_get_through_is_sent_later_and_arrives_once(
    harness: Harness, answers: Sequence[Answer]
):
    harness.discord.telling.extend(answers)
    await broken_for_long(harness)
    await tell(harness, 20)
    assert len(told(harness)) == 1
    assert not harness.discord.telling


@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
async def test_a_kill_while_it_is_sent_loses_and_doubles_nothing(harness: Harness, answer: Answer):
    harness.discord.telling.append(answer)
    await broken_for_long(harness)
    with pytest.raises(Killed):
        await tell(harness)
    await harness.restart()
    await tell(harness, 20)
    assert len(told(harness)) == 1


async def test_what_was_perhaps_told_is_not_told_again_after_the_nonces_time(
    harness: Harness, caplog: pytest.LogCaptureFixture
):
    harness.discord.telling.append(Answer.KEPT_UNKNOWN)
    await broken_for_long(harness)
    await tell(harness)
    harness.clock.move(5 * MINUTE)
    await tell(harness, 3)
    assert len(told(harness)) == 1
    assert "was perhaps told" in caplog.text


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.MALFORMED])
async def test_an_owner_who_takes_no_messages_finds_it_in_the_log(
    harness: Harness, answer: Answer, caplog: pytest.LogCaptureFixture
):
    harness.discord.telling.append(answer)
    with caplog.at_level(logging.WARNING):
        await broken_for_long(harness)
        await tell(harness)
        await pass_by(harness, DAY, DOWN)
    assert told(harness) == []
    (line,) = [one for one in caplog.messages if "the bot's owner cannot be told" in one]
    assert "Paper 0000" in line


async def test_servers_are_told_nothing_of_feeds(harness: Harness):
    await broken_for_long(harness, 3)
    await tell(harness)
    assert GUILD not in {guild for guild, _ in harness.discord.told}


async def test_a_message_that_waits_is_sent_as_it_was_whatever_happens_meanwhile(harness: Harness):
    harness.discord.telling.extend([Answer.NOT_NOW] * 200)
    await broken_for_long(harness)
    await tell(harness)
    await pass_by(harness, DAY, WELL)
    harness.discord.telling.clear()
    await pass_by(harness, DAY, WELL)
    assert [text[0] for text in told(harness)] == ["⚠", "✅"]


@pytest.mark.parametrize("stored", ["", "[]", "7", '{"text": 1}', '{"tried_at": "x", "text": ""}'])
async def test_a_stored_message_that_cannot_be_read_stops_nothing(harness: Harness, stored: str):
    async with harness.database.writing() as db:
        await facts.write_fact(db, "feed_message", stored)
    await broken_for_long(harness)
    await tell(harness)
    assert len(told(harness)) == 1
