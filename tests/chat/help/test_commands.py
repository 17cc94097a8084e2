"""/help: what this person may do here, every command clickable."""

import re

import pytest
from discord import app_commands

from bot.chat.permissions import ACTIONS, Action
from bot.demo import Demo
from bot.render import limits
from tests.chat.conftest import ask, button, custom_ids, said

_LINE = 100
"""How many characters the line of a command has at most."""
MOST_USED = [
    "digest setup",
    "subscribe",
    "unsubscribe",
    "digest preview",
    "digest now",
    "digest status",
]
MEMBERS = ["story", "topic", "topics", "subscriptions", "feeds list"]
CHANNELS, EITHER = (
    "In channels that you manage",
    "In a channel that you name, else for the whole server",
)
SERVER, OPERATORS = "For the whole server", "For those who run the bot"


def listed(text: str) -> list[str]:
    return re.findall(r"^</([\w -]+):\d+> .+$", text, re.MULTILINE)


def headings(text: str) -> list[str]:
    return re.findall(r"^\*\*(.+?)(?: if you .+)?\*\*$", text, re.MULTILINE)


def named(*actions: Action) -> set[str]:
    """The commands for these, but for /help itself."""
    commands = {name for name in ACTIONS if name.split()[0] in _GROUPS or name in MEMBERS}
    return {name for name in commands if ACTIONS[name] in actions}


_GROUPS = {"digest", "feeds", "subscribe", "unsubscribe"}


async def both(demo: Demo, person: str) -> tuple[str, str]:
    """What /help shows a person, and what More shows in its place."""
    who = demo.sandbox.person(person)
    answer = await who.command("help")
    first, (more,) = answer.text, custom_ids(answer.message)
    turned = await who.press(answer.message, more)
    assert turned.message["id"] == answer.message["id"]
    return first, turned.text


async def test_a_member_sees_five_lines(demo: Demo):
    answer = await demo.sandbox.person("member").command("help")
    assert answer.ephemeral
    assert listed(answer.text) == MEMBERS
    assert len(answer.text.splitlines()) == 5
    assert answer.message["components"] == []


@pytest.mark.parametrize("person", ["moderator", "admin", "owner"])
async def test_who_manages_channels_sees_twelve_lines_and_turns_to_the_rest_and_back(
    demo: Demo, person: str
):
    first, more = await both(demo, person)
    assert len(first.splitlines()) == 12
    assert listed(first) == [*MEMBERS, *MOST_USED]
    assert not {*listed(first)} & {*listed(more)}
    message = await said(demo, "general", {"content": "x", "components": button("help:first")})
    back = await demo.sandbox.person(person).press(message, "help:first")
    assert back.text == first


async def test_each_command_is_clickable_with_its_description(demo: Demo):
    first, more = await both(demo, "owner")
    text = f"{first}\n{more}"
    found = re.findall(r"^</([\w -]+):(\d+)> (.+)$", text, re.MULTILINE)
    registered = {one["name"]: one["id"] for one in demo.sandbox.world.commands[None]}
    commands = [
        command
        for command in demo.online.bot.tree.walk_commands()
        if isinstance(command, app_commands.Command) and command.name != "help"
    ]
    assert sorted(found) == sorted(
        (c.qualified_name, registered[c.qualified_name.split()[0]], c.description.split(" (")[0])
        for c in commands
    )
    assert headings(more) == [CHANNELS, EITHER, SERVER, OPERATORS]


async def test_a_moderator_sees_what_their_channels_have_and_first_the_panel(demo: Demo):
    first, more = await both(demo, "moderator")
    assert headings(first) == headings(more) == [CHANNELS]
    lines = [*listed(first), *listed(more)]
    assert {*lines} == {*MEMBERS} | named(Action.FOLLOW, Action.CHANNEL, Action.EITHER)
    assert lines[len(MEMBERS)] == "digest setup"


async def test_an_admin_sees_what_is_for_the_whole_server_too(demo: Demo):
    first, more = await both(demo, "admin")
    assert headings(more) == [CHANNELS, EITHER, SERVER]
    mine = (Action.FOLLOW, Action.CHANNEL, Action.EITHER, Action.SERVER)
    assert {*listed(first), *listed(more)} == {*MEMBERS} | named(*mine)


async def test_who_has_the_role_that_admins_named_sees_what_it_may_do(demo: Demo):
    guild, member = demo.sandbox.world.guild, demo.sandbox.person("member")
    readers = next(one for one in guild.roles if one.name == "News readers")
    guild.members[member.user.id] = (readers.id,)
    assert listed((await member.command("help")).text) == MEMBERS
    await ask(demo, "managers", role=readers.name)
    assert "digest setup" in listed((await member.command("help")).text)


@pytest.mark.parametrize("person", ["moderator", "admin", "owner"])
async def test_help_leaves_room_for_more(demo: Demo, person: str):
    for text in await both(demo, person):
        assert len(text) < limits.DESCRIPTION - _LINE
