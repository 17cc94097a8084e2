"""Extra editions, and what is in doubt posted again: that alone, in its own server, once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.delivery.dispatcher import Dispatcher
from bot.digests.ledger import EditionState, PartState
from bot.errors import DatabaseError, DatabaseMoved, UsageError
from bot.subscriptions.on_demand import OnDemand
from tests.delivery.discord import Answer
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    TARGET,
    Harness,
    long_stories,
    story,
)
from tests.subscriptions.conftest import due

TODAY = MORNING.date()
OTHER_GUILD = 2


async def in_doubt(harness: Harness, *answers: Answer, files: Sequence[bytes] = ()) -> None:
    """An edition that ended in doubt."""
    await harness.load(*(files or [story(1), story(2, age=-DAY)]))
    await harness.follow()
    harness.discord.readable = False
    harness.discord.answers.extend(answers)
    await harness.tick(at=MORNING)
    await harness.tick(after=2 * MINUTE)
    assert (await harness.edition()).state is EditionState.UNCERTAIN


async def states(harness: Harness) -> list[PartState]:
    return [part.state for part in await harness.parts()]


async def test_what_was_not_there_is_posted_by_a_new_nonce(harness: Harness):
    await in_doubt(harness, Answer.LOST_UNKNOWN)
    edition, target = await harness.on_demand.post_again(GUILD, 1)
    assert (edition.state, edition.reason, target) == (EditionState.DELIVERED, None, TARGET)
    assert harness.shown() == [1]
    assert len(set(harness.discord.requests)) == 2


async def test_only_the_part_in_doubt_is_posted_again(harness: Harness):
    await in_doubt(harness, Answer.OK, Answer.LOST_UNKNOWN, files=long_stories())
    assert (await states(harness))[:2] == [PartState.SENT, PartState.UNCERTAIN]
    assert set((await states(harness))[2:]) <= {PartState.SENT}, "the others went out all the same"
    before = len(harness.discord.requests)
    edition, _ = await harness.on_demand.post_again(GUILD, 1)
    assert edition.state is EditionState.DELIVERED
    assert len(harness.discord.requests) == before + 1
    assert sorted(harness.shown()) == [1, 2, 3, 4, 5]


async def test_parts_that_were_never_tried_do_not_come_again_with_it(harness: Harness):
    """Their stories were free when it ended, and were in the next edition."""
    await harness.load(*long_stories())
    await harness.follow()
    harness.discord.answers.append(Answer.LOST_UNKNOWN)
    await harness.tick(at=MORNING)
    harness.discord.readable = False
    await harness.tick(after=4 * HOUR)
    assert (await harness.edition()).state is EditionState.UNCERTAIN
    assert set((await states(harness))[1:]) == {PartState.PENDING}
    await harness.tick(at=MORNING + DAY)
    next_day = harness.shown()
    assert next_day != []
    edition, _ = await harness.on_demand.post_again(GUILD, 1)
    assert edition.state is EditionState.DELIVERED
    assert sorted(harness.shown()) == [1, 2, 3, 4, 5], "no story twice"
    assert await harness.posted() == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("again", [1, 2])
async def test_a_second_press_of_the_button_is_refused(harness: Harness, again: int):
    await in_doubt(harness, Answer.LOST_UNKNOWN)
    await harness.on_demand.post_again(GUILD, 1)
    for _ in range(again):
        with pytest.raises(UsageError, match="in doubt any more"):
            await harness.on_demand.post_again(GUILD, 1)
    assert harness.shown() == [1]


async def test_two_presses_at_once_post_it_once(harness: Harness):
    await in_doubt(harness, Answer.LOST_UNKNOWN)
    presses = (harness.on_demand.post_again(GUILD, 1) for _ in range(2))
    results = await asyncio.gather(*presses, return_exceptions=True)
    assert sum(isinstance(one, UsageError) for one in results) == 1
    assert harness.shown() == [1]


@pytest.mark.parametrize(("guild", "edition"), [(OTHER_GUILD, 1), (GUILD, 99)])
async def test_another_servers_edition_is_refused_and_stays_as_it_is(
    harness: Harness, guild: int, edition: int
):
    await in_doubt(harness, Answer.LOST_UNKNOWN)
    with pytest.raises(UsageError, match="does not exist"):
        await harness.on_demand.post_again(guild, edition)
    assert (await harness.edition()).state is EditionState.UNCERTAIN
    assert len(harness.discord.requests) == 1


@pytest.mark.parametrize("state", [s for s in EditionState if s is not EditionState.UNCERTAIN])
async def test_what_is_not_in_doubt_is_refused(harness: Harness, state: EditionState):
    await harness.load(story(1))
    await harness.follow()
    await harness.planner.plan_due(MORNING)
    await harness.execute(f"UPDATE edition SET state = '{state}'")  # noqa: S608 - one of the above
    with pytest.raises(UsageError, match="in doubt any more"):
        await harness.on_demand.post_again(GUILD, 1)
    assert harness.discord.requests == []


async def test_it_has_the_time_of_a_new_edition_to_come(harness: Harness):
    await in_doubt(harness, Answer.LOST_UNKNOWN, Answer.NOT_NOW)
    harness.clock.put(MORNING + 20 * DAY)
    await harness.settings.set_for_channel(TARGET, "paused", "yes", by=1)
    edition, _ = await harness.on_demand.post_again(GUILD, 1)
    assert edition.state is EditionState.WAITING
    await harness.tick(after=2 * MINUTE)
    assert harness.shown() == [1]


async def test_in_doubt_again_it_is_told_again_with_its_button(harness: Harness):
    await in_doubt(harness, Answer.LOST_UNKNOWN, Answer.LOST_UNKNOWN)
    edition, _ = await harness.on_demand.post_again(GUILD, 1)
    assert edition.state is EditionState.WAITING
    await harness.tick(after=2 * MINUTE)
    assert (await harness.edition()).state is EditionState.UNCERTAIN
    assert len(harness.discord.told) == 2
    edition, _ = await harness.on_demand.post_again(GUILD, 1)
    assert edition.state is EditionState.DELIVERED


async def test_the_first_extra_edition_has_slot_0_and_the_next_ones_count_down(harness: Harness):
    await harness.load(*(story(n, age=n * HOUR) for n in range(1, 13)))
    await harness.follow()
    harness.clock.put(MORNING)
    for _ in range(3):
        edition = await harness.on_demand.post_now(TARGET)
    assert (edition.slot, edition.state) == (-2, EditionState.DELIVERED)
    assert [one.slot for one in await harness.editions()] == [0, -1, -2]
    lines = [m.body["content"].splitlines()[1] for m in harness.discord.shown(CHANNEL)]
    assert [line.rsplit(", ", 1)[1] for line in lines] == [
        "extra edition",
        "extra edition 2",
        "extra edition 3",
    ]
    assert sorted(harness.shown()) == list(range(1, 13)), "no story twice"


async def test_an_extra_edition_takes_no_other_ones_place_and_its_stories_count(harness: Harness):
    await harness.load(story(1), story(2, age=-2 * HOUR))
    await harness.follow()
    harness.clock.put(MORNING - MINUTE)
    await harness.on_demand.post_now(TARGET)
    assert await due(harness) == MORNING
    await harness.tick(at=MORNING)
    assert harness.shown() == [1]
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [1, 2]


async def test_an_extra_edition_with_nothing_left_is_skipped_and_says_so(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    harness.clock.put(MORNING)
    await harness.on_demand.post_now(TARGET)
    edition = await harness.on_demand.post_now(TARGET)
    assert (edition.state, edition.reason) == (EditionState.SKIPPED, "no new story")
    assert len(harness.discord.requests) == 1


async def test_an_extra_edition_where_nothing_is_followed_is_refused(harness: Harness):
    await harness.load(story(1))
    for prepare in (False, True):
        if prepare:
            await harness.settings.set_for_channel(TARGET, "time", "09:00", by=1)
        with pytest.raises(UsageError, match="/subscribe"):
            await harness.on_demand.post_now(TARGET)


async def test_a_paused_channel_can_still_have_an_extra_edition(harness: Harness):
    await harness.load(story(1))
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "paused", "yes", by=1)
    edition = await harness.on_demand.post_now(TARGET)
    assert edition.state is EditionState.DELIVERED
    assert await due(harness) is None


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer.REFUSED, EditionState.BLOCKED),
        (Answer.NOT_NOW, EditionState.WAITING),
        (Answer.LOST_UNKNOWN, EditionState.WAITING),
        (Answer.MALFORMED, EditionState.SKIPPED),
    ],
)
async def test_an_extra_edition_tells_what_became_of_it(
    harness: Harness, answer: Answer, state: EditionState
):
    await harness.load(story(1))
    await harness.follow()
    harness.discord.answers.extend([answer] * 2)  # a refused text is tried once more, plainer
    edition = await harness.on_demand.post_now(TARGET)
    assert edition.state is state
    assert (edition.reason is None) == (state is EditionState.DELIVERED)


async def test_an_extra_edition_is_dated_in_the_digests_zone(harness: Harness):
    await harness.load(story(1, age=8 * HOUR))
    await harness.follow()
    await harness.settings.set_for_server(GUILD, "timezone", "Pacific/Pago_Pago", by=1)
    edition = await harness.on_demand.post_now(TARGET)
    assert edition.local_date == TODAY - DAY


@pytest.mark.parametrize(("stories", "said"), [(1, "1 story is"), (3, "3 stories are")])
@pytest.mark.parametrize("policy", ["archive", "note", "skip"])
async def test_another_extra_edition_while_one_waits_says_how_many_stories_do(
    harness: Harness, stories: int, said: str, policy: str
):
    """It is not a quiet day: no older story replaces them, and no note."""
    await harness.load(
        *(story(n, age=2 * HOUR) for n in range(1, stories + 1)), story(9, age=30 * DAY)
    )
    await harness.follow()
    await harness.settings.set_for_channel(TARGET, "quiet_day", policy, by=1)
    harness.clock.put(MORNING - HOUR)
    harness.discord.answers.extend([Answer.NOT_NOW] * 2)
    first = await harness.on_demand.post_now(TARGET)
    assert first.state is EditionState.WAITING
    for _ in range(2):
        with pytest.raises(
            UsageError, match=f"{said} already waiting to be posted in <#{CHANNEL}>"
        ):
            await harness.on_demand.post_now(TARGET)
    assert len(await harness.editions()) == 1
    await harness.load(story(8, age=2 * HOUR))
    second = await harness.on_demand.post_now(TARGET)
    assert second.stories == 1, "one that is new does not wait for them"
    await harness.tick(after=10 * MINUTE)
    assert sorted(harness.shown()) == [*range(1, stories + 1), 8]


class Failing(Dispatcher):
    """Its database fails before anything is sent."""

    error: DatabaseError = DatabaseError(Path("broadsheet.db"), "its server does not answer", "")

    async def deliver(self, edition_id: int, digest_id: int) -> None:
        raise self.error


async def planned_only(harness: Harness, error: DatabaseError) -> OnDemand:
    """Extra editions of a channel that follows a story, whose database fails like this."""
    await harness.load(story(1), story(2, age=-DAY))
    await harness.follow()
    failing = Failing(harness.database, harness.discord, harness.gate, harness.clock)
    failing.error = error
    return OnDemand(harness.database, harness.planner, failing, harness.clock)


async def test_a_digest_that_was_planned_before_the_database_went_away_is_said_to_come(
    harness: Harness,
):
    on_demand = await planned_only(harness, Failing.error)
    with pytest.raises(UsageError, match="it is posted by itself"):
        await on_demand.post_now(TARGET)
    assert harness.shown() == []
    await harness.tick()
    assert harness.shown() == [1]


async def test_nothing_is_promised_of_a_database_that_was_replaced(harness: Harness):
    moved = DatabaseMoved(Path("broadsheet.db"), "it was replaced", "")
    on_demand = await planned_only(harness, moved)
    with pytest.raises(DatabaseMoved):
        await on_demand.post_now(TARGET)
