"""Editions in a forum: one post each. It has no nonce, so after an attempt in doubt it is given a
minute and looked for, before another one is opened.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.digests.ledger import EditionState, PartState
from tests.press.bench import CHANNEL, DAY, GUILD, MORNING, Bench, long_stories, story
from tests.press.discord import Answer, Killed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def begin(bench: Bench, *answers: Answer, files: Sequence[bytes] = ()) -> None:
    """A forum with its first edition due, and what Discord will answer."""
    bench.discord.forums.add(CHANNEL)
    await bench.load(*(files or [story(1), story(2, age=-DAY)]))
    await bench.follow()
    bench.clock.put(MORNING)
    bench.discord.answers.extend(answers)


async def test_the_first_part_opens_a_post_and_the_others_go_into_it(bench: Bench):
    await begin(bench, files=long_stories())
    await bench.tick()
    first, *rest = bench.discord.messages
    assert rest
    assert first.channel_id == CHANNEL
    assert {message.channel_id for message in rest} == {first.message_id}
    assert (await bench.edition()).state is EditionState.DELIVERED
    (row,) = await bench.rows("SELECT post_id FROM edition")
    assert row["post_id"] == first.message_id


async def test_every_edition_opens_a_post_of_its_own_whose_name_tells_its_day(bench: Bench):
    await begin(bench)
    for day in (0, 1):
        await bench.tick(at=MORNING + day * DAY)
    names = [name for _, name in bench.discord.requests]
    assert names == ["AI · Monday 4 May 2026, edition 1", "AI · Tuesday 5 May 2026, edition 1"]


async def test_the_forums_tags_are_passed_on(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    await begin(bench)
    await bench.subscriptions.set_tags(GUILD, CHANNEL, [5, 2**63 - 1])
    seen: list[list[int]] = []
    open_post = bench.discord.open_post

    async def noting(forum: int, title: str, tags: Sequence[int], body: Any) -> int:
        seen.append(list(tags))
        return await open_post(forum, title, tags, body)

    monkeypatch.setattr(bench.discord, "open_post", noting)
    await bench.tick()
    assert seen == [[5, 2**63 - 1]]


@pytest.mark.parametrize("away", [SECOND, 59 * SECOND, 2 * MINUTE])
@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
async def test_after_a_crash_it_is_looked_for_before_another_post_is_opened(
    bench: Bench, answer: Answer, away: timedelta
):
    await begin(bench, answer)
    with pytest.raises(Killed):
        await bench.tick()
    bench.clock.move(away)
    await bench.restart()
    await bench.tick()
    assert len(bench.discord.requests) == 1 or away >= MINUTE, "it may still be on its way"
    await bench.tick(after=MINUTE)
    assert bench.shown() == [1]
    assert len(bench.discord.messages) == 1
    assert len(bench.discord.requests) == (1 if answer is Answer.KEPT_KILLED else 2)


@pytest.mark.parametrize("answer", [Answer.KEPT_UNKNOWN, Answer.LOST_UNKNOWN])
async def test_after_a_lost_answer_too(bench: Bench, answer: Answer):
    await begin(bench, answer)
    for _ in range(10):
        await bench.tick(after=16 * SECOND)
    assert len(bench.discord.messages) == 1
    assert (await bench.edition()).state is EditionState.DELIVERED


async def test_a_forum_that_cannot_be_read_gets_no_second_post(bench: Bench):
    await begin(bench, Answer.KEPT_UNKNOWN)
    bench.discord.readable = False
    for _ in range(10):
        await bench.tick(after=16 * SECOND)
    assert len(bench.discord.requests) == 1
    assert (await bench.edition()).state is EditionState.UNCERTAIN


async def test_a_post_found_again_holds_the_parts_that_follow(bench: Bench):
    await begin(bench, Answer.KEPT_KILLED, files=long_stories())
    with pytest.raises(Killed):
        await bench.tick()
    await bench.restart()
    await bench.tick(after=MINUTE)
    first, *rest = bench.discord.messages
    assert {message.channel_id for message in rest} == {first.message_id}
    assert (await bench.edition()).state is EditionState.DELIVERED


async def test_a_part_within_a_post_has_a_nonce_like_any_message(bench: Bench):
    await begin(bench, Answer.OK, Answer.KEPT_UNKNOWN, files=long_stories())
    await bench.tick()
    bench.discord.history_answers = False
    await bench.tick(after=16 * SECOND)
    second = [request for request in bench.discord.requests if request[0] != CHANNEL][:2]
    assert second[0] == second[1]
    assert {part.state for part in await bench.parts()} == {PartState.SENT}
    assert len(bench.discord.messages) == len(await bench.parts())
