"""One walk through everything that people can do; it leaves out nothing that the bot offers."""

import re
from pathlib import Path
from typing import Any

from discord import app_commands

from bot.chat.gateway.client import ITEMS
from bot.demo import Demo
from bot.sandbox import Answer
from bot.sandbox.feeds import all_feeds
from tests.chat.conftest import (
    DIGEST_COMMANDS,
    DIGEST_COMPLETIONS,
    FEED,
    FEED_COMPLETIONS,
    OF_SERVERS,
    button,
    custom_ids,
    lines,
    opened,
    said,
    shown_in,
)

Json = dict[str, Any]


class Seen:
    """What people did in a sandbox, by the gateway's events."""

    def __init__(self, demo: Demo) -> None:
        self.commands: set[str] = set()
        self.completions: set[tuple[str, str]] = set()
        self.items: set[str] = set()
        demo.sandbox.world.listeners.append(self._hear)

    def _hear(self, event: str, data: Json) -> None:
        if event != "INTERACTION_CREATE":
            return
        if data["type"] == 3:
            custom_id = data["data"]["custom_id"]
            matching = (one for one in ITEMS if _template(one).fullmatch(custom_id))
            self.items.update(one.__name__ for one in matching)
            return
        name, options = data["data"]["name"], data["data"].get("options", [])
        if options and options[0]["type"] == 1:
            name, options = f"{name} {options[0]['name']}", options[0]["options"]
        focused = [(name, one["name"]) for one in options if one.get("focused")]
        self.completions.update(focused)
        if data["type"] == 2:
            self.commands.add(name)


def _template(item: Any) -> re.Pattern[str]:
    template: re.Pattern[str] = item.__discord_ui_compiled_template__
    return template


async def walk(demo: Demo) -> list[Answer]:
    """Do everything once, as people who may."""
    people = ("member", "moderator", "admin", "owner")
    member, moderator, admin, owner = map(demo.sandbox.person, people)
    answers = [
        await member.command("topics"),
        await member.command("help"),
        await member.command("subscriptions"),
        await member.command("story", query="AI"),
        await member.command("story", query="AI", share=True),
        await member.command("story", query="zebra"),
        await member.command("topic", name="AI"),
        await member.command("topic", name="AI", share=True),
        await member.command("topic", name="zebra"),
        await moderator.command("subscribe", "ai", topic="Robotics"),
        await moderator.command("subscribe", "news", topic="Space", channel_="ai"),
        await moderator.command("subscribe", "locked", topic="AI"),
        await moderator.command("subscribe", "ai", topic="AI, Spcae"),
        await moderator.command("unsubscribe", "ai", topic="robots"),
        await moderator.command("unsubscribe", "ai", topic="Space"),
        await moderator.command("digest time", "ai", time="09:00"),
        await owner.command("feeds list"),
        await owner.command("feeds add", url=FEED, topics="AI", timeout=30),
        *[await owner.command("feeds add", url=one.url, timeout=30) for one in all_feeds()[1:5]],
        await owner.command("feeds add", url="http://quietbell.example/feed.xml", timeout=30),
        await owner.command("feeds test", url=FEED, timeout=30),
        await moderator.command("unsubscribe", "news", topic="Space", channel_="ai"),
    ]
    for line, options in DIGEST_COMMANDS.items():
        answers.append(await admin.command(line, "ai", **options))
        where: dict[str, Any] = {} if line in OF_SERVERS else {"channel_": "news"}
        answers.append(await admin.command(line, "ai", **options, **where))
    answers.append(await admin.command("digest time", "ai", time="never"))
    answers.append(await admin.command("digest timezone", "ai", timezone="USA"))
    for person, line, option in (
        (member, "story", "query"),
        (member, "topic", "name"),
        (moderator, "subscribe", "topic"),
        (moderator, "unsubscribe", "topic"),
        *((owner, line, option) for line, option in FEED_COMPLETIONS.items()),
        *((admin, line, option) for line, option in DIGEST_COMPLETIONS.items()),
    ):
        for typed in ("", "a", "zzz"):
            await person.autocomplete(line, option, typed)
    panel = f"setup:1:{demo.sandbox.world.channel('ai').id}"
    pages = (f"{panel}:2:open:00000000", "setup:1:server:1:open:00000000")
    hello = ("begin", "help", "help:more")
    for pressed in (
        "again:1",
        "numbers:1",
        "mute:1:1",
        *hello,
        *pages,
        f"{panel}:1:undo:1:00000000",
    ):
        body = {"content": "x", "components": button(pressed)}
        answers.append(await admin.press(await said(demo, "general", body), pressed))
    answers.append(await owner.command("feeds remove", url=FEED))
    listed = await said(demo, "general", {"content": "x", "components": button("feeds:3")})
    answers.append(await owner.press(listed, "feeds:3"))
    return answers + [await _use(demo, *use) for use in _components(demo, answers)]


def _components(demo: Demo, answers: list[Answer]) -> list[tuple[Json, Json]]:
    messages = [message for answer in answers for message in answer.messages]
    messages += shown_in(demo, "news")
    each = {
        one["custom_id"]: (message, one)
        for message in messages
        for row in message["components"]
        for one in row["components"]
        if not one.get("disabled")
    }
    return list(each.values())


async def _use(demo: Demo, message: Json, one: Json) -> Answer:
    moderator = demo.sandbox.person("moderator")
    if one["custom_id"] not in custom_ids(message):
        message = {**message, "components": [{"type": 1, "components": [one]}]}
    if one["type"] == 2:
        return await moderator.press(message, one["custom_id"])
    values = {6: "News readers", 8: "news"}
    value = values.get(one["type"]) or one["options"][0]["value"]
    return await moderator.choose(message, one["custom_id"], [value])


async def test_every_command_completion_button_and_select_is_used_and_answered(tmp_path: Path):
    async with opened(tmp_path) as demo:
        seen = Seen(demo)
        answers = await walk(demo)
        for answer in [a for a in answers if not a.failed]:
            older = [one for m in answer.messages for one in custom_ids(m) if "older" in one]
            if older:
                await demo.sandbox.person("member").press(answer.message, older[-1])
        tree = list(demo.online.bot.tree.walk_commands())
    commands = [one for one in tree if isinstance(one, app_commands.Command)]
    assert seen.commands == {command.qualified_name for command in commands}
    assert seen.completions == {
        (command.qualified_name, parameter.display_name)
        for command in commands
        for parameter in command.parameters
        if parameter.autocomplete
    }
    assert seen.items == {item.__name__ for item in ITEMS}
    assert not any(answer.failed for answer in answers)
    assert all(answer.modal or (answer.messages and answer.text) for answer in answers)
    statuses = {
        (one["status"], one["method"], one["path"]) for one in lines(tmp_path / "record.jsonl")
    }
    answered = {status for status, *_ in statuses}
    assert answered <= {200, 201, 204}, sorted(statuses)[-4:]  # 201: a thread was opened
