"""Each edition has one thread for discussion, which never delays it or makes it fail."""

from datetime import timedelta

import pytest

from bot.digests.ledger import EditionState
from tests.delivery.discord import Answer, Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    TARGET,
    Harness,
    long_stories,
    story,
)

NAME = "Monday 4 May 2026"


async def posted(harness: Harness, *threading: Answer, files: tuple[bytes, ...] = ()) -> list[int]:
    """Post an edition with a thread to come; returns the ids of its messages."""
    ids = await harness.post_with("thread", *files)
    harness.discord.threading.extend(threading)
    return ids


async def follow_up(harness: Harness, *, after: timedelta = timedelta(0)) -> dict[int, str]:
    """The threads that are there after the follow-ups at some time, by their messages."""
    harness.clock.move(after)
    await harness.delivery.follow_up()
    return harness.discord.threads


async def notices(harness: Harness) -> list[str]:
    return [row["line"] for row in await harness.rows("SELECT line FROM notice ORDER BY 1")]


async def test_each_edition_has_a_thread_that_bears_its_date(harness: Harness):
    (first,) = await posted(harness)
    assert await follow_up(harness) == {first: NAME}
    (row,) = await harness.rows("SELECT thread_at, threaded_at FROM edition_part")
    assert tuple(row) == (None, MORNING.timestamp())
    await harness.tick(after=DAY)
    second = harness.discord.messages[-1].message_id
    assert await follow_up(harness) == {first: NAME, second: "Tuesday 5 May 2026"}


async def test_the_thread_of_an_edition_of_several_messages_begins_with_the_first(
    harness: Harness,
):
    first, *others = await posted(harness, files=tuple(long_stories()))
    assert others
    assert await follow_up(harness) == {first: NAME}


async def test_a_second_edition_of_a_day_has_its_number(harness: Harness):
    await harness.settings.set_for_channel(TARGET, "time", "08:00, 18:00", by=1)
    await posted(harness, files=tuple(story(n, 200 - n, age=-n * HOUR) for n in range(-5, 10)))
    await harness.tick(after=10 * HOUR)
    await harness.on_demand.post_now(TARGET)
    names = (await follow_up(harness)).values()
    assert [*names] == [NAME, f"{NAME}, edition 2", f"{NAME}, extra edition"]


async def test_without_the_setting_there_is_none(harness: Harness):
    await harness.load(story(1))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_server(GUILD, "thread", "yes", by=1)
    await harness.settings.set_for_channel(TARGET, "thread", "no", by=1)
    await harness.tick(at=MORNING)
    (other,) = harness.discord.shown(OTHER_CHANNEL)
    assert await follow_up(harness) == {other.message_id: NAME}


async def test_an_edition_keeps_the_choice_that_it_was_planned_with(harness: Harness):
    harness.discord.answers.append(Answer.NOT_NOW)
    await posted(harness)
    await harness.settings.set_for_channel(TARGET, "thread", "no", by=1)
    await harness.tick(after=MINUTE)
    (message,) = harness.discord.messages
    assert await follow_up(harness) == {message.message_id: NAME}


async def test_a_published_edition_has_a_thread_too(harness: Harness):
    await harness.settings.set_for_channel(TARGET, "publish", "yes", by=1)
    ids = await posted(harness)
    assert [*await follow_up(harness)] == ids
    assert harness.discord.published == ids


@pytest.mark.parametrize("answer", [Answer.LOST_UNKNOWN, Answer.KEPT_UNKNOWN])
async def test_without_an_answer_it_is_looked_for_before_it_is_opened_again(
    harness: Harness, answer: Answer
):
    (message,) = await posted(harness, answer)
    await follow_up(harness)
    assert harness.discord.looks == []
    kept = answer is Answer.KEPT_UNKNOWN
    harness.discord.threading.extend([Answer.REFUSED] if kept else [])
    assert await follow_up(harness, after=3 * MINUTE) == {message: NAME}
    assert harness.discord.looks == [message]
    assert len(harness.discord.threading) == kept, "what is there is not asked for again"
    await follow_up(harness, after=HOUR)
    assert harness.discord.looks == [message]


@pytest.mark.parametrize("answer", [Answer.LOST_KILLED, Answer.KEPT_KILLED])
async def test_after_a_crash_it_is_looked_for_before_it_is_opened_again(
    harness: Harness, answer: Answer
):
    (message,) = await posted(harness, answer)
    with pytest.raises(Killed):
        await follow_up(harness)
    await harness.restart()
    assert await follow_up(harness) == {message: NAME}
    assert harness.discord.looks == [message]
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_a_wait_that_discord_names_is_kept(harness: Harness):
    await posted(harness, Answer.NOT_NOW)
    harness.discord.retry_after = 1000.25
    assert await follow_up(harness) == {}
    assert await follow_up(harness, after=timedelta(seconds=1000)) == {}
    assert len(await follow_up(harness, after=timedelta(seconds=2))) == 1


async def test_where_it_is_refused_the_edition_comes_anyway_and_admins_are_told_once(
    harness: Harness,
):
    await posted(harness, *[Answer.REFUSED] * 2)
    assert await follow_up(harness) == {}
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert (await harness.digest()).fault is None
    await harness.tick(after=DAY)
    assert await follow_up(harness) == {}
    assert [one.state for one in await harness.editions()] == [EditionState.DELIVERED] * 2
    (line,) = await notices(harness)
    assert line == (
        "Digests in <#11> come without a thread for discussion: I lack Send Messages. The next one"
        " gets a thread once that is fixed; `/digest thread` turns threads off."
    )


async def test_once_there_was_a_thread_again_admins_are_told_anew(harness: Harness):
    files = tuple(story(n, age=-n * DAY) for n in range(3))
    await posted(harness, Answer.REFUSED, Answer.OK, Answer.REFUSED, files=files)
    for _ in range(3):
        await follow_up(harness)
        await harness.tick(after=DAY)
    assert len(harness.discord.threads) == 1
    told = await notices(harness)
    assert (
        told.count(f"✅ Settled: digests in <#{CHANNEL}> get a thread for discussion again.") == 1
    )
    assert len(told) == 3


async def test_a_server_that_removed_the_bot_meanwhile_is_told_nothing(harness: Harness):
    await posted(harness, Answer.REFUSED)
    harness.discord.outages.add(GUILD)
    await follow_up(harness)
    assert await notices(harness) == []


async def test_while_nothing_may_go_out_no_thread_is_tried(harness: Harness):
    (message,) = await posted(harness, Answer.HALT)
    harness.discord.retry_after = 600
    for _ in range(3):
        assert await follow_up(harness, after=MINUTE) == {}
    assert await follow_up(harness, after=10 * MINUTE) == {message: NAME}


async def test_threads_without_an_answer_hold_up_no_edition(harness: Harness):
    await posted(harness, *[Answer.LOST_UNKNOWN] * 5)
    for _ in range(5):
        await follow_up(harness, after=5 * MINUTE)
    await harness.tick(after=DAY)
    assert harness.shown() == [1, 2]


async def test_a_thread_after_a_day_is_for_nobody_any_more(harness: Harness):
    await posted(harness, *[Answer.NOT_NOW] * 500)
    for _ in range(26):
        await follow_up(harness, after=HOUR)
    left = len(harness.discord.threading)
    harness.discord.threading.clear()
    assert await follow_up(harness, after=HOUR) == {}
    assert 500 - left == 24
    assert await notices(harness) == []
