"""Messages in announcement channels go on to the servers that follow: ten an hour, within a day."""

from datetime import timedelta

import pytest

from bot.digests.ledger import EditionState
from bot.press.publishing import AN_HOUR
from bot.store.plausible import NEAR
from tests.conftest import SetClock
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


async def posted(bench: Bench, *publishing: Answer, files: tuple[bytes, ...] = ()) -> list[int]:
    """An edition to publish, and what becomes of it there. The ids of its messages."""
    await bench.load(*(files or (story(1), story(2, age=-DAY))))
    await bench.follow()
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "publish", "yes")
    await bench.tick(at=MORNING)
    bench.discord.publishing.extend(publishing)
    return [message.message_id for message in bench.discord.messages]


async def publish(bench: Bench, *, after: timedelta = timedelta(0)) -> list[int]:
    """What publishing at some time publishes."""
    before = len(bench.discord.published)
    bench.clock.move(after)
    await bench.press.publishing.publish_open()
    return bench.discord.published[before:]


async def test_every_message_is_published_once(bench: Bench):
    ids = await posted(bench, files=tuple(long_stories()))
    assert len(ids) > 1
    assert await publish(bench) == ids
    for _ in range(3):
        assert await publish(bench, after=HOUR) == []


async def test_a_note_of_what_is_published_is_kept(bench: Bench):
    await posted(bench)
    await publish(bench, after=MINUTE)
    (row,) = await bench.rows("SELECT publish_at, published_at FROM edition_part")
    assert tuple(row) == (None, (MORNING + MINUTE).timestamp())


async def test_where_it_is_not_asked_for_nothing_is_published(bench: Bench):
    await bench.load(story(1))
    await bench.follow(CHANNEL)
    await bench.follow(OTHER_CHANNEL)
    await bench.subscriptions.set_for_server(GUILD, "publish", "yes")
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "publish", "no")
    await bench.tick(at=MORNING)
    (other,) = bench.discord.shown(OTHER_CHANNEL)
    assert await publish(bench) == [other.message_id]


async def test_what_is_found_in_the_channel_is_published_too(bench: Bench):
    bench.discord.answers.append(Answer.KEPT_UNKNOWN)
    ids = await posted(bench)
    assert await publish(bench) == [], "nobody knows yet that it is there"
    await bench.tick(after=2 * MINUTE)
    assert await publish(bench) == ids


async def test_a_message_that_is_deleted_by_then_is_not_published(bench: Bench):
    bench.discord.answers.append(Answer.KEPT_UNKNOWN)
    await posted(bench)
    bench.discord.messages[0].deleted = True
    await bench.tick(after=16 * SECOND)
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert await publish(bench) == []


async def test_no_hour_of_a_channel_has_more_than_ten_and_all_come_in_their_order(bench: Bench):
    files = tuple(story(n, 1000 - n, age=n * SECOND) for n in range(1, 120))
    await posted(bench, files=files)
    await bench.follow(OTHER_CHANNEL)
    for _ in range(23):
        await bench.subscriptions.post_now(GUILD, CHANNEL)
    ids = [message.message_id for message in bench.discord.shown(CHANNEL)]
    assert len(ids) == 24
    at = {}
    for minute in range(4 * 60):
        bench.clock.put(MORNING + minute * MINUTE)
        for id_ in await publish(bench):
            at[id_] = minute
    assert list(at) == ids
    assert AN_HOUR == 10
    assert [sum(m <= minute < m + 60 for minute in at.values()) for m in (0, 60, 120)] == [
        10,
        10,
        4,
    ]


async def test_one_full_channel_holds_up_no_other(bench: Bench):
    files = tuple(story(n, 1000 - n, age=n * SECOND) for n in range(1, 80))
    await posted(bench, files=files)
    for _ in range(12):
        await bench.subscriptions.post_now(GUILD, CHANNEL)
    await bench.follow(OTHER_CHANNEL)
    await bench.subscriptions.set_for_channel(GUILD, OTHER_CHANNEL, "publish", "yes")
    await bench.subscriptions.post_now(GUILD, OTHER_CHANNEL)
    (other,) = bench.discord.shown(OTHER_CHANNEL)
    assert other.message_id in await publish(bench)


@pytest.mark.parametrize("named", [0.5, 300.0, 1000.25])
async def test_a_wait_that_discord_names_is_kept_to_the_moment(bench: Bench, named: float):
    ids = await posted(bench, Answer.NOT_NOW)
    bench.discord.retry_after = named
    assert await publish(bench, after=0.75 * SECOND) == []
    assert await publish(bench, after=timedelta(seconds=named) - 0.1 * SECOND) == []
    assert await publish(bench, after=2 * MINUTE) == ids


@pytest.mark.parametrize("answer", [Answer.LOST_UNKNOWN, Answer.KEPT_UNKNOWN, Answer.NOT_NOW])
async def test_without_an_answer_it_is_simply_made_again(bench: Bench, answer: Answer):
    ids = await posted(bench, answer)
    await publish(bench)
    await publish(bench, after=3 * MINUTE)
    assert set(bench.discord.published) == set(ids)
    assert await publish(bench, after=HOUR) == []


@pytest.mark.parametrize("answer", [Answer.LOST_KILLED, Answer.KEPT_KILLED])
async def test_after_a_crash_it_is_published_again_which_does_nothing(bench: Bench, answer: Answer):
    ids = await posted(bench, answer)
    with pytest.raises(Killed):
        await publish(bench)
    await bench.restart()
    assert await publish(bench) == ids
    assert await publish(bench, after=HOUR) == []


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.MALFORMED, Answer.GONE])
async def test_what_is_refused_is_given_up_and_the_edition_stays_delivered(
    bench: Bench, answer: Answer
):
    await posted(bench, answer)
    for _ in range(3):
        assert await publish(bench, after=HOUR) == []
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert (await bench.digest()).fault is None


async def test_after_a_day_it_is_no_news_any_more(bench: Bench):
    await posted(bench, *[Answer.NOT_NOW] * 500)
    for _ in range(25):
        await publish(bench, after=HOUR)
    left = len(bench.discord.publishing)
    assert 500 - left == 24
    bench.discord.publishing.clear()
    assert await publish(bench, after=HOUR) == []


async def test_while_nothing_may_go_out_nothing_is_tried(bench: Bench):
    ids = await posted(bench, Answer.HALT, files=tuple(long_stories()))
    bench.discord.retry_after = 600
    for _ in range(3):
        assert await publish(bench, after=MINUTE) == []
    first, *others = ids
    assert await publish(bench, after=10 * MINUTE) == others, "the turn is another's"
    assert await publish(bench, after=MINUTE) == [first]


async def test_what_waited_while_the_clock_ran_ahead_is_published_when_it_is_right(bench: Bench):
    ids = await posted(bench, Answer.NOT_NOW)
    assert await publish(bench, after=5 * HOUR) == []
    await bench.tick()
    bench.clock.put(MORNING + MINUTE)
    await bench.tick()
    assert await publish(bench) == ids


async def test_what_was_published_at_a_time_to_come_takes_no_place_in_this_hour(bench: Bench):
    files = tuple(story(n, 1000 - n, age=n * SECOND) for n in range(1, 80))
    await posted(bench, files=files)
    for _ in range(AN_HOUR):
        await bench.subscriptions.post_now(GUILD, CHANNEL)
    assert len(await publish(bench, after=5 * HOUR)) == AN_HOUR
    await bench.tick()
    bench.clock.put(MORNING + MINUTE)
    await bench.tick()
    assert len(await publish(bench)) == 1


async def test_what_was_put_off_by_a_clock_that_ran_ahead_is_published_after_a_restart_too(
    bench: Bench,
):
    ids = await posted(bench)
    await bench.execute("UPDATE edition_part SET publish_at = 4070908800")  # in 2099
    await bench.restart()
    assert await publish(bench) == ids


@pytest.mark.parametrize("ahead", [DAY + HOUR, 2 * DAY, 20 * 365 * DAY])
async def test_a_clock_that_is_put_ahead_gives_up_no_message(bench: Bench, ahead: timedelta):
    ids = await posted(bench, Answer.NOT_NOW)
    bench.steady = SetClock(bench.clock.now())
    await bench.restart()
    assert await publish(bench) == []
    bench.clock.put(MORNING + ahead)
    for _ in range(3):
        assert await publish(bench, after=HOUR) == []
    bench.clock.put(MORNING + HOUR)
    assert await publish(bench) == ids


@pytest.mark.parametrize("ahead", [NEAR + HOUR, 20 * 365 * DAY])
async def test_a_start_by_a_clock_that_runs_ahead_gives_up_no_message(
    bench: Bench, ahead: timedelta
):
    ids = await posted(bench, Answer.NOT_NOW)
    assert await publish(bench) == []
    bench.clock.put(MORNING + ahead)
    await bench.restart()
    for _ in range(3):
        assert await publish(bench, after=HOUR) == []
    bench.clock.put(MORNING + HOUR)
    await bench.restart()
    assert await publish(bench) == ids


async def test_after_days_without_the_bot_old_news_is_given_up_once_the_clock_is_believed(
    bench: Bench,
):
    await posted(bench)
    bench.clock.move(5 * DAY)
    await bench.restart()
    assert await publish(bench) == []
    assert await waiting(bench) == 1
    await bench.plausibility.believe()
    assert await publish(bench) == []
    assert await waiting(bench) == 0


async def waiting(bench: Bench) -> int:
    """How many messages are to be published."""
    return len(await bench.rows("SELECT 1 FROM edition_part WHERE publish_at IS NOT NULL"))
