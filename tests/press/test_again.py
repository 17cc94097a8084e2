"""An admin has what is in doubt posted again: that and nothing else, in their own server, once."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.digests.ledger import EditionState, PartState
from bot.errors import UsageError
from tests.press.bench import CHANNEL, DAY, GUILD, HOUR, MORNING, Bench, long_stories, story
from tests.press.discord import Answer

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OTHER_GUILD = 2


async def in_doubt(bench: Bench, *answers: Answer, files: Sequence[bytes] = ()) -> None:
    """An edition that ended in doubt."""
    await bench.load(*(files or [story(1), story(2, age=-DAY)]))
    await bench.follow()
    bench.discord.readable = False
    bench.discord.answers.extend(answers)
    await bench.tick(at=MORNING)
    await bench.tick(after=2 * MINUTE)
    assert (await bench.edition()).state is EditionState.UNCERTAIN


async def states(bench: Bench) -> list[PartState]:
    return [part.state for part in await bench.parts()]


async def test_what_was_not_there_is_posted_by_a_new_nonce(bench: Bench):
    await in_doubt(bench, Answer.LOST_UNKNOWN)
    edition, channel = await bench.subscriptions.post_again(GUILD, 1)
    assert (edition.state, edition.reason, channel) == (EditionState.DELIVERED, None, CHANNEL)
    assert bench.shown() == [1]
    assert len(set(bench.discord.requests)) == 2


async def test_only_the_part_in_doubt_is_posted_again(bench: Bench):
    await in_doubt(bench, Answer.OK, Answer.LOST_UNKNOWN, files=long_stories())
    assert (await states(bench))[:2] == [PartState.SENT, PartState.UNCERTAIN]
    assert set((await states(bench))[2:]) <= {PartState.SENT}, "the others went out all the same"
    before = len(bench.discord.requests)
    edition, _ = await bench.subscriptions.post_again(GUILD, 1)
    assert edition.state is EditionState.DELIVERED
    assert len(bench.discord.requests) == before + 1
    assert sorted(bench.shown()) == [1, 2, 3, 4, 5]


async def test_parts_that_were_never_tried_do_not_come_again_with_it(bench: Bench):
    """Their stories were free when it ended, and came with the next edition."""
    await bench.load(*long_stories())
    await bench.follow()
    bench.discord.answers.append(Answer.LOST_UNKNOWN)
    await bench.tick(at=MORNING)
    bench.discord.readable = False
    await bench.tick(after=4 * HOUR)
    assert (await bench.edition()).state is EditionState.UNCERTAIN
    assert set((await states(bench))[1:]) == {PartState.PENDING}
    await bench.tick(at=MORNING + DAY)
    next_day = bench.shown()
    assert next_day != []
    edition, _ = await bench.subscriptions.post_again(GUILD, 1)
    assert edition.state is EditionState.DELIVERED
    assert sorted(bench.shown()) == [1, 2, 3, 4, 5], "no story twice"
    assert await bench.posted() == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("again", [1, 2])
async def test_a_second_press_of_the_button_is_refused(bench: Bench, again: int):
    await in_doubt(bench, Answer.LOST_UNKNOWN)
    await bench.subscriptions.post_again(GUILD, 1)
    for _ in range(again):
        with pytest.raises(UsageError, match="in doubt any more"):
            await bench.subscriptions.post_again(GUILD, 1)
    assert bench.shown() == [1]


async def test_two_presses_at_once_post_it_once(bench: Bench):
    await in_doubt(bench, Answer.LOST_UNKNOWN)
    presses = (bench.subscriptions.post_again(GUILD, 1) for _ in range(2))
    results = await asyncio.gather(*presses, return_exceptions=True)
    assert sum(isinstance(one, UsageError) for one in results) == 1
    assert bench.shown() == [1]


@pytest.mark.parametrize(("guild", "edition"), [(OTHER_GUILD, 1), (GUILD, 99)])
async def test_another_servers_edition_is_refused_and_stays_as_it_is(
    bench: Bench, guild: int, edition: int
):
    await in_doubt(bench, Answer.LOST_UNKNOWN)
    with pytest.raises(UsageError, match="does not exist"):
        await bench.subscriptions.post_again(guild, edition)
    assert (await bench.edition()).state is EditionState.UNCERTAIN
    assert len(bench.discord.requests) == 1


@pytest.mark.parametrize("state", [s for s in EditionState if s is not EditionState.UNCERTAIN])
async def test_what_is_not_in_doubt_is_refused(bench: Bench, state: EditionState):
    await bench.load(story(1))
    await bench.follow()
    await bench.planner.plan_due(MORNING)
    await bench.execute(f"UPDATE edition SET state = '{state}'")  # noqa: S608 - one of the above
    with pytest.raises(UsageError, match="in doubt any more"):
        await bench.subscriptions.post_again(GUILD, 1)
    assert bench.discord.requests == []


async def test_it_has_the_time_of_a_new_edition_to_come(bench: Bench):
    await in_doubt(bench, Answer.LOST_UNKNOWN, Answer.NOT_NOW)
    bench.clock.put(MORNING + 20 * DAY)
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "paused", "yes")
    edition, _ = await bench.subscriptions.post_again(GUILD, 1)
    assert edition.state is EditionState.WAITING
    await bench.tick(after=2 * MINUTE)
    assert bench.shown() == [1]


async def test_in_doubt_again_it_is_told_again_with_its_button(bench: Bench):
    await in_doubt(bench, Answer.LOST_UNKNOWN, Answer.LOST_UNKNOWN)
    edition, _ = await bench.subscriptions.post_again(GUILD, 1)
    assert edition.state is EditionState.WAITING
    await bench.tick(after=2 * MINUTE)
    assert (await bench.edition()).state is EditionState.UNCERTAIN
    assert len(bench.discord.told) == 2
    edition, _ = await bench.subscriptions.post_again(GUILD, 1)
    assert edition.state is EditionState.DELIVERED
