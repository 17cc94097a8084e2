"""Undo, Only #channel, /digest history and /digest managers, as people use them."""

import re
from datetime import timedelta
from pathlib import Path

from bot.demo import Demo
from bot.render import limits, setting_answers
from bot.render.changes import PAGE
from bot.sandbox import Answer
from bot.sandbox.world.entities import Role
from tests.chat.conftest import (
    ask,
    button,
    custom_ids,
    is_a_private_sentence,
    mention,
    opened,
    rows,
    said,
    settled,
)


def pressed(answer: Answer, word: str) -> str:
    """The custom_id of an answer's button that begins with a word."""
    return next(one for one in custom_ids(answer.message) if one.startswith(f"{word}:"))


def labels(answer: Answer) -> list[str]:
    rows = answer.message["components"]
    return [one["label"] for row in rows for one in row["components"]]


async def lines(demo: Demo, channel: str | None = None) -> list[str]:
    """The history, without its moments."""
    text = (await ask(demo, "history", channel)).text
    told = [re.sub(r"^- <t:\d+:f>, ", "", line) for line in text.splitlines()]
    return [line for line in told if " follows " not in line]  # what the demo begins with


async def test_a_servers_change_is_moved_to_this_channel_and_undone_there(demo: Demo):
    admin = demo.sandbox.person("admin")
    who, general = f"<@{admin.user.id}>", mention(demo, "general")
    before = (await ask(demo, "status", "news")).text
    changed = await ask(demo, "time", time="18:30")
    assert labels(changed) == ["Undo", "Only #general"]
    only = await admin.press(changed.message, pressed(changed, "only"))
    assert only.ephemeral
    assert only.text.startswith(f"Time in {general}: **18:30**.")
    assert only.text.endswith("The rest of the server is as it was.")
    assert (await ask(demo, "status", "news")).text == before
    assert "18:30" in (await ask(demo, "status", "general")).text
    again = await admin.press(changed.message, pressed(changed, "undo"))
    assert again.text == "That change was undone already."
    undone = await admin.press(only.message, pressed(only, "undo"))
    assert undone.text.startswith(f"Undone. Time in {general}: **08:00** (the bot's default).")
    by = f"(undone by {who})"
    assert await lines(demo) == [
        f"{who}: time in {general}: default → 18:30 {by}",
        f"{who}: time in the whole server: default → 18:30 {by}",
    ]
    assert await lines(demo, "general") == [f"{who}: time in {general}: default → 18:30 {by}"]


async def test_undo_works_after_a_restart_for_ten_minutes(tmp_path: Path):
    async with opened(tmp_path) as demo:
        before = await rows(demo, "server", "digest")
        changed = [await ask(demo, "pause"), await ask(demo, "days", "news", days="mon")]
        old = [(one.message["components"], pressed(one, "undo")) for one in changed]
        at = demo.clock.now()
    async with opened(tmp_path, at=at) as demo:
        admin = demo.sandbox.person("admin")
        body = {"content": "old", "components": old[0][0]}
        undone = await admin.press(await said(demo, "general", body), old[0][1])
        assert undone.text.startswith("Undone. Digests in the whole server are **not paused**.")
        await demo.move(timedelta(minutes=11))
        body = {"content": "old", "components": old[1][0]}
        late = await admin.press(await said(demo, "general", body), old[1][1])
        assert is_a_private_sentence(late)
        assert late.text == ("A change can be undone for 10 minutes; please set the value again.")
        await ask(demo, "days", "news", days="default")
        assert (await rows(demo, "server"))["server"] == before["server"]


async def test_who_may_set_only_channels_is_offered_this_one(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    before = await rows(demo)
    refused = await moderator.command("digest days", "news", days="mon, tue")
    assert is_a_private_sentence(refused)
    assert refused.text == (
        "That would change the whole server, which needs Manage Server. Name a channel you manage,"
        " or press **Only #news**."
    )
    assert labels(refused) == ["Only #news"]
    assert await rows(demo) == before
    done = await moderator.press(refused.message, custom_ids(refused.message)[0])
    assert done.text.startswith(f"Days in {mention(demo, 'news')}: **Mon, Tue**.")
    refused = await moderator.command("digest pause", "news")
    assert labels(refused) == ["Only #news"]
    too_long = await moderator.command("digest timezone", "news", timezone="x" * 61)
    assert is_a_private_sentence(too_long)
    assert custom_ids(too_long.message) == []
    wrong = await moderator.command("digest time", "news", time="99:00")
    answer = await moderator.press(wrong.message, custom_ids(wrong.message)[0])
    assert is_a_private_sentence(answer)
    assert "99:00" in answer.text


async def test_who_sets_how_big_a_story_must_be_is_told_of_quiet_days_and_may_end_them(demo: Demo):
    for channel in ("news", None):
        answer = await ask(demo, "minimum", channel, heat="200")
        assert setting_answers.SMALLER in answer.text.splitlines()
        assert "Then post nothing" in labels(answer)
        quiet = await demo.sandbox.person("admin").press(answer.message, pressed(answer, "set"))
        where = mention(demo, "news") if channel else "the whole server"
        assert quiet.text.startswith(f"When nothing is new in {where}: **post nothing**.")
        again = await ask(demo, "minimum", channel, heat="100")
        assert setting_answers.SMALLER not in again.text
        assert "Then post nothing" not in labels(again)


async def test_a_setting_that_no_version_has_is_answered_in_words(demo: Demo):
    news = demo.sandbox.world.channel("news").id
    for custom_id in (f"set:1:{news}:colour:red", f"set:1:{news}:publish:yes", "undo:1:999"):
        body = {"content": "x", "components": button(custom_id)}
        message = await said(demo, "general", body)
        assert is_a_private_sentence(await demo.sandbox.person("admin").press(message, custom_id))


async def test_what_a_channel_follows_is_undone_too(demo: Demo):
    moderator = demo.sandbox.person("moderator")
    who, ai = f"<@{moderator.user.id}>", mention(demo, "ai")
    followed = await moderator.command("subscribe", "ai", topic="AI, Space")
    undone = await moderator.press(followed.message, pressed(followed, "undo"))
    assert undone.text.startswith(f"Undone. {ai} follows nothing.")
    history = await ask(demo, "history", "ai")
    assert history.text.endswith(f", {who}: {ai} follows AI, Space (undone by {who})")
    await moderator.command("subscribe", "ai", topic="AI")
    left = await moderator.command("unsubscribe", "ai", topic="AI")
    undone = await moderator.press(left.message, pressed(left, "undo"))
    assert undone.text.startswith(f"Undone. {ai} follows **AI**.")


async def test_the_history_turns_its_pages(demo: Demo):
    for hour in range(PAGE + 2):
        await ask(demo, "time", "news", time=f"{hour}:00")
    await ask(demo, "log", "general")
    await ask(demo, "tags", "forum", tags="Daily")
    newest = await ask(demo, "history")
    assert len(newest.text.splitlines()) == PAGE
    assert "tags of posts in" in newest.text.splitlines()[0]
    assert ": none → Daily" in newest.text.splitlines()[0]
    told = f"where I report problems: the system channel → {mention(demo, 'general')}"
    assert newest.text.splitlines()[1].endswith(told)
    older = await demo.sandbox.person("admin").press(newest.message, pressed(newest, "changes"))
    assert [line.split(": ")[-1] for line in older.text.splitlines()] == [
        "02:00 → 03:00",
        "01:00 → 02:00",
        "00:00 → 01:00",
        "default → 00:00",
        f"{mention(demo, 'news')} follows AI, Facebook AI",
    ]
    assert older.message["components"] == []


async def test_a_role_manages_the_digests_of_the_channels_that_it_sees(demo: Demo):
    world, member = demo.sandbox.world, demo.sandbox.person("member")
    readers = next(role for role in world.guild.roles if role.name == "News readers")
    world.guild.members[member.user.id] = (readers.id,)
    set_to = await ask(demo, "managers", role="News readers")
    assert f"<@&{readers.id}>" in set_to.text
    assert "Integrations" in set_to.text
    assert f"<@&{readers.id}> may manage the digests" in (await ask(demo, "status")).text
    done = await member.command("digest time", overridden=True, time="9:00", channel_="news")
    assert done.text.startswith(f"Time in {mention(demo, 'news')}: **09:00**.")
    refused = await member.command("digest managers", overridden=True, role="none")
    assert "You need the permission Manage Server" in refused.text
    await ask(demo, "managers", role="none")
    refused = await member.command("digest time", overridden=True, time="9:00", channel_="news")
    assert "You need the permission Manage Channels" in refused.text
    everyone = await ask(demo, "managers", role="@everyone")
    assert everyone.text == "That would be everyone; choose a role of few members."
    await ask(demo, "managers", role="News readers")
    world.remove_role(world.guild, readers)
    await settled(demo)
    assert "⚠️ The role that manages digests does not exist" in (await ask(demo, "status")).text
    nobody = await ask(demo, "managers", role="Nobody")
    assert nobody.text.startswith("This server has no role “Nobody”")
    for number in range(30):
        world.set_role(world.guild, Role(number + 1, f"Team {number}", 0, 9, mentionable=True))
    await settled(demo)
    for line in ("digest managers", "digest role"):
        offered = await demo.sandbox.person("admin").autocomplete(line, "role", "")
        assert len(offered) == limits.OPTIONS


async def test_a_role_that_not_all_can_mention_is_not_pinged_for_moderators(demo: Demo):
    world, moderator = demo.sandbox.world, demo.sandbox.person("moderator")
    world.allow("news", "mention_everyone")
    refused = await moderator.command("digest role", role="Admins", channel_="news")
    assert is_a_private_sentence(refused)
    assert refused.text.startswith("Only those with the permission Manage Server can have")
    allowed = await ask(demo, "role", "news", role="Admins")
    assert "Role to ping in" in allowed.text
