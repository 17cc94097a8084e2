"""Messages in announcement channels are published to followers: ten an hour, within a day."""

from datetime import timedelta

import pytest

from bot.delivery.crosspost import AN_HOUR
from bot.digests.ledger import EditionState
from bot.store.plausible import NEAR
from tests.conftest import SetClock
from tests.delivery.discord import Answer, Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    OTHER_TARGET,
    SECOND,
    TARGET,
    Harness,
    long_stories,
    story,
)


async def posted(harness: Harness, *publishing: Answer, files: tuple[bytes, ...] = ()) -> list[int]:
    """Post an edition to publish, with the outcomes of that. Returns the ids of its messages."""
    ids = await harness.post_with("publish", *files)
    harness.discord.publishing.extend(publishing)
    return ids


async def publish(harness: Harness, *, after: timedelta = timedelta(0)) -> list[int]:
    """The messages that publishing at some time publishes."""
    before = len(harness.discord.published)
    harness.clock.move(after)
    await harness.delivery.crossposting.work_off()
    return harness.discord.published[before:]


async def test_every_message_is_published_once(harness: Harness):
    ids = await posted(harness, files=tuple(long_stories()))
    assert len(ids) > 1
    assert await publish(harness) == ids
    for _ in range(3):
        assert await publish(harness, after=HOUR) == []


async def test_a_note_of_what_is_published_is_kept(harness: Harness):
    await posted(harness)
    await publish(harness, after=MINUTE)
    (row,) = await harness.rows("SELECT publish_at, published_at FROM edition_part")
    assert tuple(row) == (None, (MORNING + MINUTE).timestamp())


async def test_where_it_is_not_asked_for_nothing_is_published(harness: Harness):
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_server(GUILD, "publish", "yes", by=1)
    await harness.settings.set_for_channel(TARGET, "publish", "no", by=1)
    await harness.tick(at=MORNING)
    (other,) = harness.discord.shown(OTHER_CHANNEL)
    assert await publish(harness) == [other.message_id]


async def test_what_is_found_in_the_channel_is_published_too(harness: Harness):
    harness.discord.answers.append(Answer.KEPT_UNKNOWN)
    ids = await posted(harness)
    assert await publish(harness) == [], "nobody knows yet that it is there"
    await harness.tick(after=2 * MINUTE)
    assert await publish(harness) == ids


async def test_a_message_that_is_deleted_by_then_is_not_published(harness: Harness):
    harness.discord.answers.append(Answer.KEPT_UNKNOWN)
    await posted(harness)
    harness.discord.messages[0].deleted = True
    await harness.tick(after=16 * SECOND)
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert await publish(harness) == []


async def test_no_hour_of_a_channel_has_more_than_ten_and_all_come_in_their_order(harness: Harness):
    files = tuple(story(n, 1000 - n, age=n * SECOND) for n in range(1, 120))
    await posted(harness, files=files)
    await harness.follow(OTHER_CHANNEL)
    for _ in range(23):
        await harness.on_demand.post_now(TARGET)
    ids = [message.message_id for message in harness.discord.shown(CHANNEL)]
    assert len(ids) == 24
    at = {}
    for minute in range(4 * 60):
        harness.clock.put(MORNING + minute * MINUTE)
        for id_ in await publish(harness):
            at[id_] = minute
    assert list(at) == ids
    assert AN_HOUR == 10
    assert [sum(m <= minute < m + 60 for minute in at.values()) for m in (0, 60, 120)] == [
        10,
        10,
        4,
    ]


async def test_one_full_channel_holds_up_no_other(harness: Harness):
    files = tuple(story(n, 1000 - n, age=n * SECOND) for n in range(1, 80))
    await posted(harness, files=files)
    for _ in range(12):
        await harness.on_demand.post_now(TARGET)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_channel(OTHER_TARGET, "publish", "yes", by=1)
    await harness.on_demand.post_now(OTHER_TARGET)
    (other,) = harness.discord.shown(OTHER_CHANNEL)
    assert other.message_id in await publish(harness)


@pytest.mark.parametrize("named", [0.5, 300.0, 1000.25])
async def test_a_wait_that_discord_names_is_kept_to_the_moment(harness: Harness, named: float):
    ids = await posted(harness, Answer.NOT_NOW)
    harness.discord.retry_after = named
    assert await publish(harness, after=0.75 * SECOND) == []
    assert await publish(harness, after=timedelta(seconds=named) - 0.1 * SECOND) == []
    assert await publish(harness, after=2 * MINUTE) == ids


@pytest.mark.parametrize("answer", [Answer.LOST_UNKNOWN, Answer.KEPT_UNKNOWN, Answer.NOT_NOW])
async def test_without_an_answer_it_is_simply_made_again(harness: Harness, answer: Answer):
    ids = await posted(harness, answer)
    await publish(harness)
    await publish(harness, after=3 * MINUTE)
    assert set(harness.discord.published) == set(ids)
    assert await publish(harness, after=HOUR) == []


@pytest.mark.parametrize("answer", [Answer.LOST_KILLED, Answer.KEPT_KILLED])
async def test_after_a_crash_it_is_published_again_which_does_nothing(
    harness: Harness, answer: Answer
):
    ids = await posted(harness, answer)
    with pytest.raises(Killed):
        await publish(harness)
    await harness.restart()
    assert await publish(harness) == ids
    assert await publish(harness, after=HOUR) == []


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.MALFORMED, Answer.GONE])
async def test_what_is_refused_is_given_up_and_the_edition_stays_delivered(
    harness: Harness, answer: Answer
):
    await posted(harness, answer)
    for _ in range(3):
        assert await publish(harness, after=HOUR) == []
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert (await harness.digest()).fault is None


async def test_after_a_day_it_is_no_news_any_more(harness: Harness):
    await posted(harness, *[Answer.NOT_NOW] * 500)
    for _ in range(25):
        await publish(harness, after=HOUR)
    left = len(harness.discord.publishing)
    assert 500 - left == 24
    harness.discord.publishing.clear()
    assert await publish(harness, after=HOUR) == []


async def test_while_nothing_may_go_out_nothing_is_tried(harness: Harness):
    ids = await posted(harness, Answer.HALT, files=tuple(long_stories()))
    harness.discord.retry_after = 600
    for _ in range(3):
        assert await publish(harness, after=MINUTE) == []
    first, *others = ids
    assert await publish(harness, after=10 * MINUTE) == others, "the turn is another's"
    assert await publish(harness, after=MINUTE) == [first]


async def test_what_waited_while_the_clock_ran_ahead_is_published_when_it_is_right(
    harness: Harness,
):
    ids = await posted(harness, Answer.NOT_NOW)
    assert await publish(harness, after=5 * HOUR) == []
    await harness.tick()
    harness.clock.put(MORNING + MINUTE)
    await harness.tick()
    assert await publish(harness) == ids


async def test_what_was_published_at_a_time_to_come_takes_no_place_in_this_hour(harness: Harness):
    files = tuple(story(n, 1000 - n, age=n * SECOND) for n in range(1, 80))
    await posted(harness, files=files)
    for _ in range(AN_HOUR):
        await harness.on_demand.post_now(TARGET)
    assert len(await publish(harness, after=5 * HOUR)) == AN_HOUR
    await harness.tick()
    harness.clock.put(MORNING + MINUTE)
    await harness.tick()
    assert len(await publish(harness)) == 1


async def test_what_was_put_off_by_a_clock_that_ran_ahead_is_published_after_a_restart_too(
    harness: Harness,
):
    ids = await posted(harness)
    await harness.execute("UPDATE edition_part SET publish_at = 4070908800")  # in 2099
    await harness.restart()
    assert await publish(harness) == ids


@pytest.mark.parametrize("ahead", [DAY + HOUR, 2 * DAY, 20 * 365 * DAY])
async def test_a_clock_that_is_put_ahead_gives_up_no_message(harness: Harness, ahead: timedelta):
    ids = await posted(harness, Answer.NOT_NOW)
    harness.steady = SetClock(harness.clock.now())
    await harness.restart()
    assert await publish(harness) == []
    harness.clock.put(MORNING + ahead)
    for _ in range(3):
        assert await publish(harness, after=HOUR) == []
    harness.clock.put(MORNING + HOUR)
    assert await publish(harness) == ids


@pytest.mark.parametrize("ahead", [NEAR + HOUR, 20 * 365 * DAY])
async def test_a_start_by_a_clock_that_runs_ahead_gives_up_no_message(
    harness: Harness, ahead: timedelta
):
    ids = await posted(harness, Answer.NOT_NOW)
    assert await publish(harness) == []
    harness.clock.put(MORNING + ahead)
    await harness.restart()
    for _ in range(3):
        assert await publish(harness, after=HOUR) == []
    harness.clock.put(MORNING + HOUR)
    await harness.restart()
    assert await publish(harness) == ids


async def test_after_days_without_the_bot_old_news_is_given_up_once_the_clock_is_believed(
    harness: Harness,
):
    await posted(harness)
    harness.clock.move(5 * DAY)
    await harness.restart()
    assert await publish(harness) == []
    assert await waiting(harness) == 1
    await harness.plausibility.believe()
    assert await publish(harness) == []
    assert await waiting(harness) == 0


async def waiting(harness: Harness) -> int:
    """How many messages are to be published."""
    return len(await harness.rows("SELECT 1 FROM edition_part WHERE publish_at IS NOT NULL"))
