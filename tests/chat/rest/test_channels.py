"""Threads: discord.py forgets archived ones, but they can be followed and posted in."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.demo import Demo
from bot.digests.target import Channel
from bot.errors import Refused
from bot.sandbox.world.messages import create
from bot.sandbox.world.permissions import Overwrite, bit
from tests.chat.conftest import (
    button,
    custom_ids,
    is_a_private_sentence,
    mention,
    move_to,
    needs,
    rows,
    said,
    shown_in,
)
from tests.chat.rest.conftest import publisher_of

MORNING = datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("named", [True, False], ids=["as the option", "used inside"])
async def test_an_archived_thread_can_be_subscribed_and_posted_in_at_once(demo: Demo, named: bool):
    moderator = demo.sandbox.person("moderator")
    where = "general" if named else "archived"
    option: dict[str, Any] = {"channel_": "archived"} if named else {}
    answer = await moderator.command("subscribe", where, topic="AI", **option)
    assert answer.text.startswith(f"{mention(demo, 'archived')} now follows **AI**.\nNext digest")
    outcome = await moderator.press(answer.message, custom_ids(answer.message)[0])
    assert outcome.text == f"Posted in {mention(demo, 'archived')}: 5 stories."
    assert len(shown_in(demo, "archived")) == 1


@pytest.mark.parametrize("named", [True, False], ids=["as the option", "used inside"])
async def test_a_locked_thread_is_refused_with_that_reason(demo: Demo, named: bool):
    before = await rows(demo)
    where = "general" if named else "closed"
    option: dict[str, Any] = {"channel_": "closed"} if named else {}
    moderator = demo.sandbox.person("moderator")
    above = demo.sandbox.world.channel("closed").parent
    assert above is not None
    # Discord has no command line in a locked thread, except for those who may open it.
    above.overwrites[moderator.user.id] = Overwrite(allow=bit("manage_threads"))
    answer = await moderator.command("subscribe", where, topic="AI", **option)
    assert is_a_private_sentence(answer)
    assert answer.text == (
        f"{mention(demo, 'closed')} is closed: archived and locked. A moderator can open it again."
    )
    assert await rows(demo) == before


async def test_a_permission_that_is_missing_in_an_archived_thread_is_named(demo: Demo):
    demo.sandbox.world.deny("general", "send_messages_in_threads")
    moderator = demo.sandbox.person("moderator")
    answer = await moderator.command("subscribe", "archived", topic="AI")
    lacks = needs(mention(demo, "archived"), "Send Messages in Threads")
    assert answer.text == f"{lacks} Then use `/subscribe` again."


async def test_a_digest_is_posted_in_a_thread_that_was_archived_since(demo: Demo):
    moderator, admin = demo.sandbox.person("moderator"), demo.sandbox.person("admin")
    await moderator.command("subscribe", "thread", topic="AI")
    demo.sandbox.controls.archive("thread")
    line = f"- {mention(demo, 'thread')}: **AI**; next Mon 08:00 UTC, 15 hours from now"
    for answer in (await moderator.command("subscriptions"), await admin.command("digest status")):
        assert answer.text.splitlines()[-1] == line
    await move_to(demo, MORNING)
    (message,) = shown_in(demo, "thread")
    assert "Monday 23 December 2019" in message["content"]
    for day in (1, 2):
        demo.sandbox.controls.archive("thread")
        await move_to(demo, MORNING + timedelta(days=day))
        assert len(shown_in(demo, "thread")) == 1 + day


async def test_a_digest_waits_for_a_thread_that_was_locked_since_and_says_why(demo: Demo):
    await demo.sandbox.person("moderator").command("subscribe", "thread", topic="AI")
    demo.sandbox.controls.archive("thread", locked=True)
    admin = demo.sandbox.person("admin")
    reason = "closed: archived and locked. A moderator can open it again."
    assert (await admin.command("digest status")).text.endswith(reason)
    await move_to(demo, MORNING)
    assert shown_in(demo, "thread") == []
    one = await admin.command("digest status", channel_="thread")
    assert f"⚠️ {mention(demo, 'thread')} is {reason}" in one.text.splitlines()
    assert "Mon 23 Dec: not posted yet" in one.text
    demo.sandbox.controls.archive("thread")
    async with asyncio.timeout(10):  # it acts on an event in a later tick
        while not shown_in(demo, "thread"):
            await demo.move(timedelta(seconds=1))
    assert len(shown_in(demo, "thread")) == 1


async def test_post_now_works_in_a_thread_that_was_archived_since(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    await moderator.command("subscribe", "thread", topic="AI")
    demo.sandbox.controls.archive("thread")
    custom_id = f"now:{demo.sandbox.world.channel('thread').id}"
    message = await said(demo, "general", {"content": "x", "components": button(custom_id)})
    refused = await demo.sandbox.person("member").press(message, custom_id)
    assert "You need the permission Manage Channels" in refused.text
    assert shown_in(demo, "thread") == []
    answer = await moderator.press(message, custom_id)
    assert answer.text.startswith("Posted in")


async def test_an_archived_threads_history_can_be_looked_through(demo: Demo):
    thread = Channel(demo.sandbox.world.guild.id, demo.sandbox.world.channel("thread").id)
    marker = "Monday 23 December 2019"
    message = await said(demo, "thread", {"content": f"-# {marker}"})
    demo.sandbox.controls.archive("thread")
    await demo.sandbox.person("member").command("topics")
    since = demo.clock.now() - timedelta(minutes=1)
    async with publisher_of(demo) as publisher:
        assert await publisher.look_back(thread, marker, since) == (int(message["id"]), thread)
        demo.sandbox.world.deny("general", "view_channel")
        with pytest.raises(Refused):
            await publisher.look_back(thread, marker, since)


async def test_discords_note_of_a_thread_named_by_a_date_is_no_edition(demo: Demo):
    news = demo.sandbox.world.channel("news")
    target, marker = Channel(demo.sandbox.world.guild.id, news.id), "Monday 23 December 2019"
    now, thread_created = demo.clock.now(), 18
    create(demo.sandbox.world, news, {"content": marker}, now, type=thread_created)
    async with publisher_of(demo) as publisher:
        assert await publisher.look_back(target, marker, now) is None
        own = await publisher.own_messages(target, now)
        assert [marker in message.lines for message in own] == [False]


async def test_an_archived_thread_of_a_hidden_channel_is_told_apart_from_a_deleted_one(demo: Demo):
    await demo.sandbox.person("moderator").command("subscribe", "archived", topic="AI")
    demo.sandbox.world.deny("general", "view_channel")
    status = await demo.sandbox.person("admin").command("digest status", "news")
    where = mention(demo, "archived")
    assert status.text.endswith(f"⚠️ paused: I may not see {where}; an admin can allow it there.")
