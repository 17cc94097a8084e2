"""/help: every command, clickable."""

import re

from discord import app_commands

from bot.demo import Demo
from bot.render import limits

_LINE = 100
"""How many characters the line of a command has at most."""


async def test_help_names_every_command_with_the_id_that_makes_it_clickable(demo: Demo):
    answer = await demo.sandbox.person("member").command("help")
    assert answer.ephemeral
    listed = re.findall(r"^</([\w -]+):(\d+)> (.+)$", answer.text, re.MULTILINE)
    registered = {one["name"]: one["id"] for one in demo.sandbox.world.commands[None]}
    commands = [
        command
        for command in demo.online.bot.tree.walk_commands()
        if isinstance(command, app_commands.Command)
    ]
    assert sorted(listed) == sorted(
        (c.qualified_name, registered[c.qualified_name.split()[0]], c.description.split(" (")[0])
        for c in commands
    )


async def test_help_begins_with_what_everyone_may_and_tells_what_others_need(demo: Demo):
    answer = await demo.sandbox.person("member").command("help")
    groups = re.split(r"^\*\*(.+)\*\*$", answer.text, flags=re.MULTILINE)[1:]
    named = {
        heading: {
            line.split(":")[0].removeprefix("</") for line in text.split("\n") if "</" in line
        }
        for heading, text in zip(groups[::2], groups[1::2], strict=True)
    }
    assert list(named) == [
        "For everyone",
        "With Manage Channels",
        "With Manage Server",
        "For those who run the bot",
    ]
    everyone = {"story", "topic", "topics", "subscriptions", "help", "feeds list"}
    assert named["For everyone"] == everyone
    assert named["For those who run the bot"] == {"feeds add", "feeds remove", "feeds test"}
    assert {"subscribe", "unsubscribe", "digest time"} <= named["With Manage Channels"]
    assert named["With Manage Server"] == {"digest log", "digest managers"}


async def test_help_leaves_room_for_more(demo: Demo):
    answer = await demo.sandbox.person("member").command("help")
    assert len(answer.text) < limits.DESCRIPTION - _LINE
