"""Editions in doubt: reported once, shown in /digest status, and posted again on demand."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.demo import Demo
from bot.sandbox.faults.faults import Fault
from tests.chat.conftest import (
    after_hello,
    ask,
    button,
    custom_ids,
    is_a_private_sentence,
    mention,
    opened,
    rows,
    said,
    settled,
    shown_in,
)

DOUBT = "perhaps posted"


async def leave_in_doubt(demo: Demo, channel: str) -> None:
    """Let an extra edition get no answer in a channel that the bot cannot read back."""
    world = demo.sandbox.world
    world.deny(channel, "read_message_history")
    path = f"/channels/{world.channel(channel).id}/messages"
    number = demo.sandbox.faults.add(Fault("status", "POST", path, 503, times=None))
    answer = await ask(demo, "now", channel)
    assert "waiting for Discord, will be tried again" in answer.text
    demo.sandbox.faults.remove(number)
    await demo.move(timedelta(minutes=5))
    assert DOUBT in (await ask(demo, "status", channel)).text


async def test_a_lost_answer_is_told_once_with_a_button_that_posts_the_digest(demo: Demo):
    await leave_in_doubt(demo, "news")
    await demo.move(timedelta(minutes=5))
    (notice,) = after_hello(demo, "general")
    assert notice["content"] == (
        f"⚠️ Nobody knows whether {mention(demo, 'news')} got its extra digest of Sun 22 Dec: "
        "Discord did not confirm it, and I cannot see for myself. Please look there; if it is "
        "missing, press **Post it again**. I never risk posting it twice on my own."
    )
    (custom_id,) = custom_ids(notice)
    answer = await demo.sandbox.person("admin").press(notice, custom_id)
    assert is_a_private_sentence(answer)
    assert answer.text.startswith(f"Posted in {mention(demo, 'news')}: ")
    assert len(shown_in(demo, "news")) == 2
    again = await demo.sandbox.person("admin").press(notice, custom_id)
    assert again.text == "Nothing of that digest is in doubt any more."
    assert len(shown_in(demo, "news")) == 2
    assert DOUBT not in (await ask(demo, "status", "news")).text


@pytest.mark.parametrize("channel", ["news", None])
async def test_status_has_the_button_too(demo: Demo, channel: str | None):
    await leave_in_doubt(demo, "news")
    status = await ask(demo, "status", channel)
    (shown,) = status.message["components"][0]["components"]
    assert shown["label"] == "Post it again"
    assert "⚠️" in status.text or channel
    answer = await demo.sandbox.person("admin").press(status.message, shown["custom_id"])
    assert answer.text.startswith(f"Posted in {mention(demo, 'news')}: ")
    assert (await ask(demo, "status", channel)).message["components"] == []


async def test_several_buttons_say_which_is_which(demo: Demo):
    await demo.sandbox.person("moderator").command("subscribe", "ai", topic="AI")
    for channel in ("news", "ai"):
        demo.sandbox.world.deny(channel, "read_message_history")
    number = demo.sandbox.faults.add(Fault("status", "POST", "/channels/*", 503, times=None))
    for channel in ("news", "ai"):
        await ask(demo, "now", channel)
    demo.sandbox.faults.remove(number)
    await demo.move(timedelta(minutes=5))
    status = await ask(demo, "status")
    labels = [one["label"] for one in status.message["components"][0]["components"]]
    assert labels == [
        "Post it again: news, Sun 22 Dec (extra)",
        "Post it again: ai, Sun 22 Dec (extra)",
    ]
    (notice,) = after_hello(demo, "general")
    told = notice["content"].splitlines()
    assert [line[-4:] for line in told] == [" (1)", " (2)"]
    labels = [one["label"] for one in notice["components"][0]["components"]]
    assert labels == ["Post it again (1)", "Post it again (2)"]
    admin = demo.sandbox.person("admin")
    answer = await admin.press(notice, custom_ids(notice)[1])
    second = "ai" if mention(demo, "ai") in told[1] else "news"
    assert answer.text.startswith(f"Posted in {mention(demo, second)}: ")


async def test_the_button_is_for_those_who_may_set_that_channels_digest(demo: Demo):
    await leave_in_doubt(demo, "news")
    (notice,) = after_hello(demo, "general")
    before = await rows(demo)
    answer = await demo.sandbox.person("member").press(notice, custom_ids(notice)[0])
    assert is_a_private_sentence(answer)
    needed = f"You need the permission Manage Channels in {mention(demo, 'news')} for this."
    assert answer.text == needed
    assert await rows(demo) == before
    assert len(shown_in(demo, "news")) == 1
    answer = await demo.sandbox.person("moderator").press(notice, custom_ids(notice)[0])
    assert answer.text.startswith(f"Posted in {mention(demo, 'news')}: ")


@pytest.mark.parametrize("edition", ["0", "1", "999999999999999999"])
async def test_an_edition_that_is_in_no_doubt_is_not_posted_again(demo: Demo, edition: str):
    custom_id = f"again:{edition}"
    message = await said(demo, "general", {"content": "x", "components": button(custom_id)})
    before = await rows(demo)
    assert is_a_private_sentence(await demo.sandbox.person("admin").press(message, custom_id))
    assert await rows(demo) == before


async def test_another_servers_edition_is_not_posted_again(demo: Demo):
    await leave_in_doubt(demo, "news")
    (notice,) = after_hello(demo, "general")
    (custom_id,) = custom_ids(notice)
    message = await said(demo, "elsewhere", {"content": "x", "components": button(custom_id)})
    before = await rows(demo)
    answer = await demo.sandbox.person("admin").press(message, custom_id)
    assert is_a_private_sentence(answer)
    assert answer.text == "That digest does not exist in this server any more."
    assert await rows(demo) == before


async def test_without_a_channel_for_it_the_owner_is_told_and_can_press_the_button(demo: Demo):
    demo.sandbox.controls.set_system_channel(None)
    await settled(demo)
    await leave_in_doubt(demo, "news")
    owner = demo.sandbox.person("owner")
    (notice,) = owner.direct_messages
    answer = await owner.press(notice, custom_ids(notice)[0])
    assert answer.ephemeral
    assert answer.text.startswith(f"Posted in {mention(demo, 'news')}: ")
    assert len(shown_in(demo, "news")) == 2


async def test_a_former_owner_is_sent_to_the_server(demo: Demo):
    demo.sandbox.controls.set_system_channel(None)
    await settled(demo)
    await leave_in_doubt(demo, "news")
    owner, world = demo.sandbox.person("owner"), demo.sandbox.world
    world.guild.owner_id = demo.sandbox.person("admin").user.id
    world.guild_changed(world.guild)
    await settled(demo)
    (notice,) = owner.direct_messages
    before = await rows(demo)
    answer = await owner.press(notice, custom_ids(notice)[0])
    assert is_a_private_sentence(answer)
    assert "Only the owner of its server can do this here" in answer.text
    assert await rows(demo) == before


async def test_an_owner_who_takes_no_messages_is_not_told_again_and_again(demo: Demo):
    demo.sandbox.controls.set_system_channel(None)
    demo.sandbox.controls.close_direct_messages("owner")
    await settled(demo)
    await leave_in_doubt(demo, "news")
    demo.sandbox.controls.close_direct_messages("owner", closed=False)
    await demo.move(timedelta(minutes=5))
    assert demo.sandbox.person("owner").direct_messages == []
    assert custom_ids((await ask(demo, "status", "news")).message) != []


async def test_nobody_is_told_during_an_outage_but_after_it(demo: Demo):
    await leave_in_doubt_untold(demo)
    demo.sandbox.controls.outage("Broadsheet Sandbox")
    await settled_elsewhere(demo)
    await demo.move(timedelta(minutes=5))
    assert after_hello(demo, "general") == []
    assert demo.sandbox.person("owner").direct_messages == []
    demo.sandbox.controls.restore("Broadsheet Sandbox")
    await settled_elsewhere(demo)
    await demo.move(timedelta(minutes=5))
    assert len(after_hello(demo, "general")) == 1


async def leave_in_doubt_untold(demo: Demo) -> None:
    """The same, but nobody can be notified yet."""
    general = f"/channels/{demo.sandbox.world.channel('general').id}/messages"
    number = demo.sandbox.faults.add(Fault("rate_limit", "POST", general, seconds=0, times=None))
    await leave_in_doubt(demo, "news")
    demo.sandbox.faults.remove(number)
    assert after_hello(demo, "general") == []


async def settled_elsewhere(demo: Demo) -> None:
    """Wait until the bot has received the gateway's events, by way of the other server."""
    await demo.sandbox.person("member").command("topics", "elsewhere")


async def test_the_button_works_after_a_restart(tmp_path: Path):
    async with opened(tmp_path) as demo:
        await leave_in_doubt(demo, "news")
        (notice,) = after_hello(demo, "general")
        components = notice["components"]
    async with opened(tmp_path) as demo:
        message = await said(demo, "general", {"content": "old", "components": components})
        answer = await demo.sandbox.person("admin").press(message, custom_ids(message)[0])
        assert answer.text.startswith(f"Posted in {mention(demo, 'news')}: ")
        assert len(shown_in(demo, "news")) == 1


async def test_what_is_in_the_way_by_then_is_told(demo: Demo):
    await leave_in_doubt(demo, "news")
    demo.sandbox.world.deny("news", "send_messages")
    await settled(demo)
    (notice,) = after_hello(demo, "general")
    answer = await demo.sandbox.person("admin").press(notice, custom_ids(notice)[0])
    assert answer.text.startswith(
        f"{mention(demo, 'news')}: not posted yet: I can't post in {mention(demo, 'news')}: I need"
    )
    demo.sandbox.world.allow("news", "send_messages")
    await settled(demo)
    await demo.move(timedelta(seconds=30))
    assert len(shown_in(demo, "news")) == 2
