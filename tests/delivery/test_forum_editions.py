"""Editions in a forum: one post each. It has no nonce, so after an attempt in doubt it is looked
for after a minute, before another post is opened.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.digests.ledger import EditionState, PartState
from tests.delivery.discord import Answer, Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    MINUTE,
    MORNING,
    SECOND,
    TARGET,
    Harness,
    long_stories,
    story,
)


async def begin(harness: Harness, *answers: Answer, files: Sequence[bytes] = ()) -> None:
    """A forum with its first edition due, and Discord's answers."""
    harness.discord.forums.add(CHANNEL)
    await harness.load(*(files or [story(1), story(2, age=-DAY)]))
    await harness.follow()
    harness.clock.put(MORNING)
    harness.discord.answers.extend(answers)


async def test_the_first_part_opens_a_post_and_the_others_go_into_it(harness: Harness):
    await begin(harness, files=long_stories())
    await harness.tick()
    first, *rest = harness.discord.messages
    assert rest
    assert first.channel_id == CHANNEL
    assert {message.channel_id for message in rest} == {first.message_id}
    assert (await harness.edition()).state is EditionState.DELIVERED
    (row,) = await harness.rows("SELECT post_id FROM edition")
    assert row["post_id"] == first.message_id


async def test_every_edition_opens_a_post_of_its_own_whose_name_tells_its_day(harness: Harness):
    await begin(harness)
    for day in (0, 1):
        await harness.tick(at=MORNING + day * DAY)
    names = [name for _, name in harness.discord.requests]
    assert names == ["AI · Monday 4 May 2026", "AI · Tuesday 5 May 2026"]


async def test_the_forums_tags_are_passed_on(harness: Harness):
    await begin(harness)
    await harness.settings.set_tags(TARGET, [5, 2**63 - 1], by=1)
    await harness.tick()
    assert [forum.tags for forum in harness.discord.opened] == [(5, 2**63 - 1)]


@pytest.mark.parametrize("away", [SECOND, 59 * SECOND, 2 * MINUTE])
@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
async def test_after_a_crash_it_is_looked_for_before_another_post_is_opened(
    harness: Harness, answer: Answer, away: timedelta
):
    await begin(harness, answer)
    with pytest.raises(Killed):
        await harness.tick()
    harness.clock.move(away)
    await harness.restart()
    await harness.tick()
    assert len(harness.discord.requests) == 1 or away >= MINUTE, "it may still be on its way"
    await harness.tick(after=MINUTE)
    assert harness.shown() == [1]
    assert len(harness.discord.messages) == 1
    assert len(harness.discord.requests) == (1 if answer is Answer.KEPT_KILLED else 2)


@pytest.mark.parametrize("answer", [Answer.KEPT_UNKNOWN, Answer.LOST_UNKNOWN])
async def test_after_a_lost_answer_too(harness: Harness, answer: Answer):
    await begin(harness, answer)
    for _ in range(10):
        await harness.tick(after=16 * SECOND)
    assert len(harness.discord.messages) == 1
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_a_forum_that_cannot_be_read_gets_no_second_post(harness: Harness):
    await begin(harness, Answer.KEPT_UNKNOWN)
    harness.discord.readable = False
    for _ in range(10):
        await harness.tick(after=16 * SECOND)
    assert len(harness.discord.requests) == 1
    assert (await harness.edition()).state is EditionState.UNCERTAIN


async def test_a_post_found_again_holds_the_parts_that_follow(harness: Harness):
    await begin(harness, Answer.KEPT_KILLED, files=long_stories())
    with pytest.raises(Killed):
        await harness.tick()
    await harness.restart()
    await harness.tick(after=MINUTE)
    first, *rest = harness.discord.messages
    assert {message.channel_id for message in rest} == {first.message_id}
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_a_part_within_a_post_has_a_nonce_like_any_message(harness: Harness):
    await begin(harness, Answer.OK, Answer.KEPT_UNKNOWN, files=long_stories())
    await harness.tick()
    harness.discord.history_answers = False
    await harness.tick(after=16 * SECOND)
    second = [request for request in harness.discord.requests if request[0] != CHANNEL][:2]
    assert second[0] == second[1]
    assert {part.state for part in await harness.parts()} == {PartState.SENT}
    assert len(harness.discord.messages) == len(await harness.parts())


async def test_a_post_that_is_deleted_ends_the_rest_of_its_edition_not_its_forums_digest(
    harness: Harness,
):
    await begin(harness, Answer.OK, Answer.GONE, files=long_stories())
    await harness.tick()
    digest = await harness.digest()
    assert (digest.gone, digest.target) == (None, TARGET)
    assert digest.next is not None
    (notice,) = await harness.rows("SELECT line FROM notice")
    assert notice["line"].startswith(f"Digests in {TARGET.mention} are paused")


async def test_a_forum_that_is_deleted_ends_its_digest(harness: Harness):
    await begin(harness, Answer.GONE)
    await harness.tick()
    digest = await harness.digest()
    assert (digest.gone, digest.next) == (MORNING, None)
