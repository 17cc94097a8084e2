"""/digest catch-up, publish, role and log: set, echoed, refused with the reason, and in effect."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.demo import Demo
from bot.sandbox import World
from tests.chat.conftest import (
    after_hello,
    ask,
    is_a_private_sentence,
    mention,
    move_to,
    needs,
    recorded,
    rows,
    settled,
    shown_in,
)

MORNING = datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC)
READERS = "News readers"


def role_id(demo: Demo, name: str = READERS) -> int:
    return next(role.id for role in demo.sandbox.world.guild.roles if role.name == name)


@pytest.mark.parametrize(
    ("line", "options", "heading"),
    [
        ("catch-up", {"hours": "1.5"}, "Time to catch up in {}: **90 minutes**."),
        ("catch-up", {"hours": "12 hours"}, "Time to catch up in {}: **12 hours**."),
        ("publish", {"choice": "yes"}, "Publishing in {}: **in announcement channels**."),
        ("publish", {"choice": "no"}, "Publishing in {}: **off**."),
        ("role", {"role": READERS}, "Role to ping in {}: **<@&{role}>**."),
        ("role", {"role": "none"}, "Role to ping in {}: **none**."),
    ],
)
async def test_a_setting_is_echoed_and_default_goes_back_to_what_is_inherited(
    demo: Demo, line: str, options: dict[str, str], heading: str
):
    where = mention(demo, "announcements")
    answer = await ask(demo, line, "announcements", **options)
    assert answer.ephemeral
    assert answer.text.splitlines()[0] == heading.format(where, role=role_id(demo))
    of_server = await ask(demo, line, **options)
    assert " in the whole server: **" in of_server.text.splitlines()[0]
    back = await ask(demo, line, "announcements", **dict.fromkeys(options, "default"))
    assert back.text.splitlines()[0].endswith("** (the server's default).")
    await ask(demo, line, **dict.fromkeys(options, "default"))
    again = await ask(demo, line, "announcements", **dict.fromkeys(options, "default"))
    assert again.text.splitlines()[0].endswith("** (the bot's default).")


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("catch-up", {"hours": "0"}),
        ("catch-up", {"hours": "169"}),
        ("catch-up", {"hours": "soon"}),
        ("catch-up", {"hours": "-3"}),
        ("catch-up", {"hours": "9" * 6000}),
        ("role", {"role": "Nobody's"}),
        ("role", {"role": "<@&5>"}),
        ("role", {"role": "everyone"}),
        ("role", {"role": "@everyone"}),
        ("role", {"role": "Broadsheet"}),
        ("role", {"role": "Moderators"}),
        ("role", {"role": "[x](http://evil.example) <@1>" * 100}),
        ("tags", {"tags": "Daily"}),
    ],
)
async def test_a_bad_value_is_a_private_sentence_and_changes_nothing(
    demo: Demo, line: str, options: dict[str, str]
):
    before = await rows(demo)
    for channel in (None, "news"):
        answer = await ask(demo, line, channel, **options)
        assert is_a_private_sentence(answer)
        assert "](http" not in answer.text
    assert await rows(demo) == before


async def test_a_late_edition_comes_within_the_time_to_catch_up_and_no_later(demo: Demo):
    await ask(demo, "catch-up", "news", hours="0.5")
    await move_to(demo, MORNING + timedelta(minutes=31))
    assert len(shown_in(demo, "news")) == 1
    await ask(demo, "catch-up", "news", hours="12")
    await move_to(demo, MORNING + timedelta(days=1, hours=11))
    late = shown_in(demo, "news")[-1]["content"]
    assert "Late: it was due at 08:00." in late
    status = await ask(demo, "status", "news")
    assert "A digest may be posted up to 12 hours late." in status.text


@pytest.mark.parametrize("channel", ["news", "lounge", "thread", "forum"])
async def test_publishing_is_refused_where_nothing_can_be_published(demo: Demo, channel: str):
    before = await rows(demo)
    answer = await ask(demo, "publish", channel, choice="yes")
    assert is_a_private_sentence(answer)
    assert "is not an announcement channel" in answer.text
    assert await rows(demo) == before


async def test_digests_in_an_announcement_channel_are_published_where_that_is_set(demo: Demo):
    await demo.sandbox.person("moderator").command(
        "subscribe", topic="AI", channel_="announcements"
    )
    where = mention(demo, "announcements")
    line = "Its messages are published to the servers that follow the channel."
    assert line not in (await ask(demo, "status", "announcements")).text
    await ask(demo, "publish", choice="yes")
    assert line in (await ask(demo, "status", "announcements")).text
    assert line not in (await ask(demo, "status", "news")).text
    answer = await ask(demo, "now", "announcements")
    assert answer.text == f"Posted in {where}: 5 stories."
    await ask(demo, "now", "news")
    await demo.online.delivery.crossposting.work_off()
    (message,) = shown_in(demo, "announcements")
    assert message["flags"] & 1
    assert not any(message["flags"] & 1 for message in shown_in(demo, "news"))
    await demo.online.delivery.crossposting.work_off()
    record = recorded(demo)
    assert sum(one["path"].endswith("/crosspost") for one in record) == 1


async def test_the_role_that_is_set_is_pinged_once_in_an_edition(demo: Demo):
    await ask(demo, "role", "news", role=f"<@&{role_id(demo)}>")
    await move_to(demo, MORNING)
    message = shown_in(demo, "news")[-1]
    assert message["content"].splitlines()[0] == f"<@&{role_id(demo)}>"
    assert message["mention_roles"] == [str(role_id(demo))]
    status = await ask(demo, "status", "news")
    assert f"Each digest pings <@&{role_id(demo)}>." in status.text.splitlines()


async def test_a_role_that_cannot_be_notified_is_refused_with_what_to_do(demo: Demo):
    demo.sandbox.controls.create_role("Quiet")
    await settled(demo)
    quiet = f"<@&{role_id(demo, 'Quiet')}>"
    before = await rows(demo)
    answer = await ask(demo, "role", "news", role="quiet")
    assert answer.text == (
        f"{quiet} would not be notified: an admin can let everyone mention it in Server Settings, "
        "under Roles."
    )
    assert await rows(demo) == before
    demo.sandbox.world.allow("news", "mention_everyone")
    await settled(demo)
    assert "Role to ping" in (await ask(demo, "role", "news", role="quiet")).text
    assert is_a_private_sentence(await ask(demo, "role", "ai", role="quiet"))
    assert is_a_private_sentence(await ask(demo, "role", role="quiet"))
    demo.sandbox.controls.change_role("Quiet", mentionable=True)
    await settled(demo)
    assert "in the whole server" in (await ask(demo, "role", role="quiet")).text


async def test_a_role_that_is_not_the_servers_own_is_refused_though_it_can_be_mentioned(demo: Demo):
    demo.sandbox.controls.change_role("Broadsheet", mentionable=True)
    demo.sandbox.controls.change_role("@everyone", mentionable=True)
    await settled(demo)
    managed = await ask(demo, "role", "news", role="Broadsheet")
    assert "belongs to an app or to Discord" in managed.text
    assert "never ping everyone" in (await ask(demo, "role", "news", role="everyone")).text
    offered = await demo.sandbox.person("admin").autocomplete("digest role", "role", "")
    assert [choice.value for choice in offered] == ["default", "none", READERS]


async def test_status_tells_a_role_that_is_no_longer_notified_or_gone(demo: Demo):
    await ask(demo, "role", "news", role=READERS)
    demo.sandbox.controls.change_role(READERS, mentionable=False)
    await settled(demo)
    warning = f"⚠️ <@&{role_id(demo)}> would not be notified"
    assert warning in (await ask(demo, "status", "news")).text
    assert warning in (await ask(demo, "status")).text
    demo.sandbox.controls.delete_role(READERS)
    await settled(demo)
    gone = "⚠️ The role to ping does not exist any more; choose another with `/digest role`."
    assert gone in (await ask(demo, "status", "news")).text.splitlines()
    assert (await ask(demo, "status")).text.endswith(gone)


async def test_only_roles_that_would_be_notified_are_offered(demo: Demo):
    admin, member = demo.sandbox.person("admin"), demo.sandbox.person("member")
    offered = await admin.autocomplete("digest role", "role", "")
    assert [choice.value for choice in offered] == ["default", "none", READERS]
    assert await member.autocomplete("digest role", "role", "", overridden=True) == []
    hours = await admin.autocomplete("digest catch-up", "hours", "")
    for choice in hours:
        answer = await ask(demo, "catch-up", "news", hours=choice.value)
        assert answer.text.startswith("Time to catch up in ")
    assert await member.autocomplete("digest catch-up", "hours", "", overridden=True) == []


def told(where: str) -> str:
    return f"I report problems {where}."


async def test_admins_are_told_of_trouble_where_they_chose_and_status_says_where(demo: Demo):
    general, ai = mention(demo, "general"), mention(demo, "ai")
    system = told(f"in {general}, where Discord posts its system messages")
    assert (await ask(demo, "log", "ai")).text == told(f"in {ai}")
    assert told(f"in {ai}") in (await ask(demo, "status")).text
    demo.sandbox.world.deny("news", "send_messages")
    await move_to(demo, MORNING)
    (notice,) = shown_in(demo, "ai")
    assert notice["content"].startswith(f"⚠️ Digests in {mention(demo, 'news')} are paused: ")
    assert after_hello(demo, "general") == []
    assert (await ask(demo, "log")).text == system
    assert system in (await ask(demo, "status")).text


async def test_status_says_when_the_log_channel_takes_nothing_any_more(demo: Demo):
    await ask(demo, "log", "ai")
    demo.sandbox.world.deny("ai", "send_messages")
    demo.sandbox.controls.set_system_channel("general")
    await settled(demo)
    fallback = told(f"in {mention(demo, 'general')}, where Discord posts its system messages")
    reason = needs(mention(demo, "ai"), "Send Messages")
    line = f"{fallback} ⚠️ Not in the chosen channel: {reason}"
    assert line in (await ask(demo, "status")).text.splitlines()
    demo.sandbox.controls.set_system_channel(None)
    demo.sandbox.controls.delete_channel("ai")
    await settled(demo)
    directly = told("to the server's owner by direct message")
    gone = f"{directly} ⚠️ Not in the chosen channel: The channel does not exist any more."
    assert gone in (await ask(demo, "status")).text.splitlines()


@pytest.mark.parametrize("channel", ["locked", "hidden"])
async def test_a_log_channel_that_the_bot_cannot_write_in_is_refused(demo: Demo, channel: str):
    before = await rows(demo)
    answer = await ask(demo, "log", channel)
    assert is_a_private_sentence(answer)
    assert answer.text.startswith(f"I can't post in {mention(demo, channel)}: I need ")
    assert await rows(demo) == before


async def test_a_log_channel_takes_messages_not_posts(demo: Demo):
    with pytest.raises(ValueError, match="takes no forum channel"):
        await ask(demo, "log", "forum")


def elsewhere(world: World) -> Any:
    return world.find_guild("Other Server")


async def test_a_role_of_another_server_is_none_of_this_one(demo: Demo):
    other = next(r for r in elsewhere(demo.sandbox.world).roles if r.name == READERS)
    before = await rows(demo)
    answer = await ask(demo, "role", "news", role=f"<@&{other.id}>")
    assert is_a_private_sentence(answer)
    assert answer.text.startswith("This server has no role ")
    assert await rows(demo) == before
