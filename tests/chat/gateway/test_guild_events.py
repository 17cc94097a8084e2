"""Discord's events: permissions, channels, servers and outages as they come and go."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.demo import Demo
from bot.digests.settings import SETTINGS_KEPT
from bot.digests.target import Channel
from bot.sandbox.world.initial import EVERYONE
from tests.chat.conftest import (
    after_hello,
    ask,
    mention,
    move_to,
    needs,
    opened,
    recorded,
    rows,
    settled,
    shown_in,
)

MORNING = datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC)
HOME = "Broadsheet Sandbox"
Change = Callable[[Demo], None]


async def settled_elsewhere(demo: Demo) -> None:
    """Wait until the bot has received the gateway's events, by way of the other server."""
    await settled(demo, "elsewhere")


def posts(demo: Demo, channel: str = "news") -> int:
    """Requests of the bot to post in a channel."""
    path = f"/channels/{demo.sandbox.world.channel(channel).id}/messages"
    record = recorded(demo)
    return sum(one["method"] == "POST" and one["path"].endswith(path) for one in record)


async def fault(demo: Demo) -> str | None:
    """The obstacle in #news, according to the database."""
    guild, channel = demo.sandbox.world.guild, demo.sandbox.world.channel("news")
    status = await demo.online.bot.services.statuses.of_channel(Channel(guild.id, channel.id))
    assert status is not None
    return status.fault


async def forgotten(demo: Demo) -> None:
    """Wait until no obstacle is known in #news."""
    async with asyncio.timeout(5):
        while await fault(demo) is not None:
            await settled(demo)


async def comes(demo: Demo, channel: str, count: int) -> None:
    """Let the ticks of the next minute run, until this many messages are in a channel.

    Before each, the bot has received the gateway's events; a server with an outage cannot ask.
    """
    for _ in range(20):
        await settled_elsewhere(demo)
        await demo.move(timedelta(seconds=3))
        if len(shown_in(demo, channel)) == count:
            return
    raise AssertionError(f"#{channel} has {len(shown_in(demo, channel))} messages")


def deny_in_channel(demo: Demo) -> None:
    demo.sandbox.world.deny("news", "send_messages")


def allow_in_channel(demo: Demo) -> None:
    demo.sandbox.world.allow("news", "send_messages")


def take_from_role(demo: Demo) -> None:
    for role in ("Broadsheet", "@everyone"):
        gives = [one for one in EVERYONE if one != "send_messages"]
        demo.sandbox.controls.change_role(role, gives=gives)


def give_to_role(demo: Demo) -> None:
    demo.sandbox.controls.change_role("Broadsheet", gives=EVERYONE)


def give_another_role(demo: Demo) -> None:
    controls = demo.sandbox.controls
    controls.create_role("Writers")
    controls.change_role("Writers", gives=["send_messages"])
    controls.give_role("Writers")


LOSSES = [
    pytest.param(deny_in_channel, allow_in_channel, id="in the channel"),
    pytest.param(take_from_role, give_to_role, id="of its role"),
    pytest.param(take_from_role, give_another_role, id="by another role"),
]


@pytest.mark.parametrize(("lose", "regain"), LOSSES)
async def test_a_permission_that_comes_back_brings_the_digest_by_itself(
    demo: Demo, lose: Change, regain: Change
):
    settings = await rows(demo, "server", "subscription")
    lose(demo)
    await settled(demo)
    before = posts(demo)
    await move_to(demo, MORNING)
    for _ in range(3):
        await demo.move(timedelta(minutes=5))
    status = await ask(demo, "status", "news")
    assert re.search(r"- Mon 23 Dec: not posted yet, .+: I need the \*\*Send Messages", status.text)
    assert posts(demo) == before
    regain(demo)
    await comes(demo, "news", 2)
    assert "⚠️" not in (await ask(demo, "status", "news")).text
    assert await rows(demo, "server", "subscription") == settings


@pytest.mark.parametrize(("lose", "regain"), LOSSES)
async def test_what_was_mended_too_late_for_an_edition_is_forgotten_all_the_same(
    demo: Demo, lose: Change, regain: Change
):
    lose(demo)
    await settled(demo)
    await move_to(demo, MORNING)
    assert await fault(demo) is not None
    await demo.move(timedelta(hours=4))
    assert "- Mon 23 Dec: not posted" in (await ask(demo, "status", "news")).text
    regain(demo)
    await forgotten(demo)
    await move_to(demo, MORNING + timedelta(days=1))
    assert len(shown_in(demo, "news")) == 2


async def test_admins_are_told_once_of_one_trouble(demo: Demo):
    demo.sandbox.world.deny("news", "send_messages")
    for day in range(3):
        await move_to(demo, MORNING + timedelta(days=day))
    told = [message["content"] for message in after_hello(demo, "general")]
    news = mention(demo, "news")
    assert told == [
        f"⚠️ Digests in {news} are paused: {needs(news, 'Send Messages')} They resume on their own"
        " once this is fixed; no settings are lost."
    ]


async def test_a_deleted_channel_gets_no_request_and_its_settings_are_kept_for_a_while(demo: Demo):
    await ask(demo, "time", "news", time="09:00")
    channel_id = demo.sandbox.world.channel("news").id
    settings = await rows(demo, "server", "subscription")
    demo.sandbox.controls.delete_channel("news")
    await settled(demo)
    await move_to(demo, MORNING + timedelta(days=29))
    record = recorded(demo)
    path = f"/channels/{channel_id}/messages"
    posted = [one for one in record if one["method"] == "POST" and one["path"].endswith(path)]
    assert len(posted) == 1
    assert await rows(demo, "server", "subscription") == settings
    assert (await ask(demo, "status")).text.endswith("(forgotten in 1 day)")
    await demo.online.delivery.presence.purge()
    assert await rows(demo, "subscription") == {"subscription": settings["subscription"]}
    await demo.move(timedelta(days=1))
    await demo.online.delivery.presence.purge()
    assert await rows(demo, "subscription", "digest") == {"subscription": [], "digest": []}


async def test_a_channel_deleted_unheard_is_told_by_what_it_followed(demo: Demo):
    """As after a time offline: Discord's answer is the first sign of it."""
    world = demo.sandbox.world
    listeners, world.listeners[:] = world.listeners[:], []
    demo.sandbox.controls.delete_channel("news")
    world.listeners[:] = listeners
    await move_to(demo, MORNING)
    (notice,) = after_hello(demo, "general")
    assert notice["content"] == (
        "⚠️ A channel that followed AI, Facebook AI does not exist any more, so its digest has "
        "ended. To get it in another channel, use `/subscribe` there."
    )
    assert "no more digests come (forgotten in 30 days)" in (await ask(demo, "status")).text


async def test_a_bot_that_is_invited_again_finds_what_was_set(demo: Demo):
    await ask(demo, "time", "news", time="08:00")
    settings = await rows(demo, "subscription", "digest")
    before = posts(demo)
    demo.sandbox.controls.remove_bot(HOME)
    await settled_elsewhere(demo)
    await move_to(demo, MORNING)
    await move_to(demo, MORNING + timedelta(days=1))
    assert posts(demo) == before
    assert demo.sandbox.person("owner").direct_messages == []
    demo.sandbox.controls.add_bot(HOME)
    async with asyncio.timeout(5):
        while "No digest is due" in (status := await ask(demo, "status", "news")).text:
            await settled(demo)
    assert "Next digest: **Wed 08:00 UTC, 1 day from now**" in status.text
    await move_to(demo, MORNING + timedelta(days=2))
    assert len(shown_in(demo, "news")) == 2
    now = await rows(demo, "subscription")
    assert now["subscription"] == settings["subscription"]


async def test_what_was_in_the_way_before_a_removal_is_looked_at_again_after_it(demo: Demo):
    deny_in_channel(demo)
    await settled(demo)
    await move_to(demo, MORNING)
    await demo.move(timedelta(hours=4))
    demo.sandbox.controls.remove_bot(HOME)
    allow_in_channel(demo)
    await settled_elsewhere(demo)
    assert await fault(demo) is not None
    demo.sandbox.controls.add_bot(HOME)
    await forgotten(demo)


async def test_what_was_set_is_forgotten_a_while_after_a_removal(demo: Demo):
    demo.sandbox.controls.remove_bot(HOME)
    await settled_elsewhere(demo)
    await demo.move(SETTINGS_KEPT - timedelta(hours=1))
    await demo.online.delivery.presence.purge()
    assert (await rows(demo, "digest"))["digest"] != []
    await demo.move(timedelta(hours=2))
    await demo.online.delivery.presence.purge()
    gone = await rows(demo, "digest", "subscription", "edition", "posted", "notice", "change")
    assert {name: left for name, left in gone.items() if left} == {}
    other = demo.sandbox.world.guilds[1]
    assert [row[0] for row in (await rows(demo, "server"))["server"]] == [other.id]


async def test_an_outage_is_no_removal_and_what_waited_comes_after_it(demo: Demo):
    settings = await rows(demo, "server", "subscription")
    demo.sandbox.controls.outage(HOME)
    await settled_elsewhere(demo)
    before = posts(demo)
    await move_to(demo, MORNING)
    for _ in range(12):  # it waits longer each time, up to five minutes
        await demo.move(timedelta(minutes=6))
    assert posts(demo) == before
    demo.sandbox.controls.restore(HOME)
    await comes(demo, "news", 2)
    assert await rows(demo, "server", "subscription") == settings
    assert after_hello(demo, "general") == []


async def test_what_changed_while_the_bot_was_away_is_found_at_the_start(tmp_path: Path):
    async with opened(tmp_path) as demo:
        demo.sandbox.world.deny("news", "send_messages")
        await settled(demo)
        await move_to(demo, MORNING)
        assert await fault(demo) is not None
        await demo.move(timedelta(hours=4))
    # Each sandbox starts fresh: there the permission is back.
    async with opened(tmp_path) as demo:
        await forgotten(demo)
        assert shown_in(demo, "news") == []


async def test_a_thread_that_is_unlocked_gets_what_waited_for_it(demo: Demo):
    await demo.sandbox.person("moderator").command("subscribe", "thread", topic="AI")
    demo.sandbox.controls.archive("thread", locked=True)
    await settled(demo)
    await move_to(demo, MORNING)
    assert shown_in(demo, "thread") == []
    demo.sandbox.controls.archive("thread")
    await comes(demo, "thread", 1)


async def test_a_deleted_thread_gets_no_digest_any_more(demo: Demo):
    await demo.sandbox.person("moderator").command("subscribe", "thread", topic="AI")
    demo.sandbox.controls.delete_channel("thread")
    await settled(demo)
    status = await ask(demo, "status")
    line = "- a deleted channel: **AI**; no more digests come (forgotten in 30 days)"
    assert line in status.text.splitlines()
    await move_to(demo, MORNING)
    assert after_hello(demo, "general") == []
