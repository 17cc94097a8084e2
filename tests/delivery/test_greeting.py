"""Each server that the bot is new in is greeted once, whatever happens meanwhile."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.render.greeting import HELP_ID, SETUP_ID, hello
from bot.store import facts, servers
from bot.store.opening import open_database
from tests.archives import database_at
from tests.delivery.discord import Answer, Killed, Message
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    SECOND,
    Harness,
    story,
)
from tests.store.sqlite.databases import unpacked

HOME = 15
OTHER_GUILD, OTHER_HOME = 2, 25


@pytest.fixture
async def greeting(harness: Harness) -> Harness:
    """A bot that may speak in two servers."""
    harness.discord.greeting = {GUILD: HOME, OTHER_GUILD: OTHER_HOME}
    return harness


def hellos(harness: Harness, channel: int = HOME) -> list[Message]:
    return harness.discord.shown(channel)


async def met(harness: Harness, at: datetime | None = MORNING) -> None:
    """A login in both servers, which the bot joined at some time."""
    await harness.delivery.presence.met(dict.fromkeys((GUILD, OTHER_GUILD), at))


def test_the_hello_has_three_lines_and_two_buttons():
    message = hello()
    assert len(message["content"].splitlines()) == 3
    (row,) = message["components"]
    labels = [(one["label"], one["custom_id"]) for one in row["components"]]
    assert labels == [("Set up", SETUP_ID), ("Help", HELP_ID)]


async def test_every_server_of_a_new_bot_is_greeted_once(greeting: Harness):
    for _ in range(3):
        await met(greeting)
        await greeting.tick(after=MINUTE)
    assert [len(hellos(greeting, one)) for one in (HOME, OTHER_HOME)] == [1, 1]
    assert hellos(greeting)[0].body == hello()


async def test_a_hello_without_an_answer_delays_no_other(
    greeting: Harness, monkeypatch: pytest.MonkeyPatch
):
    both, post, begun = asyncio.Event(), greeting.discord.post, list[int]()

    async def answering_when_both_have_begun(*message: Any) -> Any:
        begun.append(len(begun))
        if len(begun) > 1:
            both.set()
        await asyncio.wait_for(both.wait(), timeout=5)
        return await post(*message)

    monkeypatch.setattr(greeting.discord, "post", answering_when_both_have_begun)
    await met(greeting)
    await greeting.tick(after=MINUTE)
    assert [len(hellos(greeting, one)) for one in (HOME, OTHER_HOME)] == [1, 1]


async def test_a_server_that_the_bot_is_invited_to_is_greeted_once_and_not_after_a_rejoin(
    greeting: Harness,
):
    for _ in range(3):
        await greeting.delivery.presence.joined(GUILD)
        await greeting.tick(after=MINUTE)
        await greeting.delivery.presence.left(GUILD)
        await greeting.tick(after=20 * DAY)
        await greeting.restart()
    assert len(hellos(greeting)) == 1


async def test_a_server_that_removed_the_bot_before_the_hello_is_greeted_when_it_is_back(
    greeting: Harness,
):
    await met(greeting)
    await greeting.delivery.presence.left(GUILD)
    await greeting.tick(after=MINUTE)
    assert hellos(greeting) == []
    await greeting.delivery.presence.joined(GUILD)
    await greeting.tick(after=MINUTE)
    assert len(hellos(greeting)) == 1


async def test_the_hello_waits_until_the_bot_may_speak(greeting: Harness):
    greeting.discord.greeting = {}
    await met(greeting)
    await greeting.tick(after=HOUR)
    assert greeting.discord.requests == []
    greeting.discord.greeting = {GUILD: HOME}
    await greeting.tick(after=HOUR)
    assert len(hellos(greeting)) == 1


async def test_servers_of_a_database_from_before_are_not_greeted_but_new_ones_are(
    greeting: Harness,
):
    await greeting.load(story(1))
    await greeting.follow(CHANNEL)
    await greeting.execute("UPDATE server SET greeted_at = 0")
    since = int(MORNING.timestamp())
    await greeting.execute(f"INSERT INTO fact VALUES ('greets_since', '{since}')")  # noqa: S608
    await met(greeting, MORNING - SECOND)
    await greeting.tick(after=MINUTE)
    await greeting.delivery.presence.met({OTHER_GUILD: None})
    await greeting.tick(after=MINUTE)
    assert hellos(greeting) == hellos(greeting, OTHER_HOME) == []
    greeting.discord.greeting[3], greeting.discord.greeting[4] = 35, 45
    await greeting.delivery.presence.met({3: MORNING + SECOND, 4: MORNING - DAY})
    await greeting.delivery.presence.joined(5)
    greeting.discord.greeting[5] = 55
    await greeting.tick(after=MINUTE)
    assert [len(hellos(greeting, one)) for one in (35, 45, 55)] == [1, 0, 1]


@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
@pytest.mark.parametrize("away", [20 * SECOND, HOUR])
async def test_after_a_crash_hello_is_not_said_twice(
    greeting: Harness, answer: Answer, away: timedelta
):
    await met(greeting)
    greeting.discord.answers.append(answer)
    with pytest.raises(Killed):
        await greeting.tick()
    greeting.clock.move(away)
    await greeting.restart()
    for _ in range(3):
        await met(greeting)
        await greeting.tick(after=20 * SECOND)
    lost_for_good = answer is Answer.LOST_KILLED and away == HOUR
    assert len(hellos(greeting)) == (0 if lost_for_good else 1)
    assert len(hellos(greeting, OTHER_HOME)) == 1


@pytest.mark.parametrize("answer", [Answer.KEPT_UNKNOWN, Answer.LOST_UNKNOWN, Answer.NOT_NOW])
async def test_without_an_answer_it_is_said_again_while_its_nonce_is_known(
    greeting: Harness, answer: Answer
):
    await met(greeting)
    greeting.discord.answers.append(answer)
    for _ in range(5):
        await greeting.tick(after=15 * SECOND)
    assert len(hellos(greeting)) == 1


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.GONE])
async def test_where_it_is_refused_it_is_tried_again_after_a_while(
    greeting: Harness, answer: Answer
):
    await met(greeting)
    greeting.discord.answers.append(answer)
    for _ in range(14):
        await greeting.tick(after=MINUTE)
    assert (len(hellos(greeting)), len(greeting.discord.requests)) == (0, 2)
    for _ in range(3):
        await greeting.tick(after=MINUTE)
    assert (len(hellos(greeting)), len(greeting.discord.requests)) == (1, 3)


async def test_where_it_is_not_accepted_it_is_given_up(greeting: Harness):
    await met(greeting)
    greeting.discord.answers.append(Answer.MALFORMED)
    for _ in range(3):
        await greeting.tick(after=MINUTE)
    assert (len(hellos(greeting)), len(hellos(greeting, OTHER_HOME))) == (0, 1)
    assert len(greeting.discord.requests) == 2


async def test_a_row_that_is_unknown_here_holds_up_no_other_hello(greeting: Harness):
    await met(greeting)
    await greeting.execute("UPDATE server SET hello_tried_at = 1 << 60 WHERE guild_id = 1")
    await greeting.tick(after=MINUTE)
    assert (len(hellos(greeting)), len(hellos(greeting, OTHER_HOME))) == (0, 1)


@pytest.mark.parametrize(
    "commit",
    [*(pytest.param(one, marks=pytest.mark.sqlite) for one in ("febbb3d", "96063be")), None],
)
async def test_a_database_from_before_greets_none_of_its_servers_and_a_new_one_all(
    tmp_path: Path, commit: str | None
):
    new = database_at(tmp_path / "new.db")
    database = await open_database(unpacked(commit, tmp_path) if commit else new)
    async with database.reading() as db:
        since = await facts.read_moment(db, facts.GREETS_SINCE)
        assert await servers.to_greet(db, MORNING) == []
    await database.close()
    assert (since is not None) is (commit is not None)
