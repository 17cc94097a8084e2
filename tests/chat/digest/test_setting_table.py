"""Every setting of the table has its columns, its command, its line in a status, its documents."""

from collections.abc import Iterator
from typing import Final

import discord
import pytest

from bot.chat.permissions import WORDS, Action
from bot.demo import Demo
from bot.digests.setting_types import AnySetting
from bot.digests.settings import SETTINGS
from bot.digests.target import Channel
from tests.chat.conftest import ask, button, said
from tests.conftest import ROOT
from tests.digests.setting_examples import EXAMPLES

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
COLUMN_TYPES: Final = {str: "TEXT", int: "INTEGER", float: "REAL"}
NO_SETTING: Final = {"tags", "log", "managers", "history", "setup", "now", "preview", "status"}
"""Commands under /digest that set nothing inherited."""
every_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)


@pytest.mark.sqlite
async def test_every_setting_has_a_column_of_its_type_in_both_tables(demo: Demo):
    for table in ("server", "digest"):
        async with demo.services.database.reading() as db:
            columns = {
                row["name"]: (row["type"], row["notnull"], row["dflt_value"])
                for row in await db.execute_fetchall(f"PRAGMA table_info({table})")
            }
        for setting in SETTINGS.values():
            assert columns[setting.name] == (COLUMN_TYPES[setting.type], 0, None), setting.name


async def test_every_setting_has_a_command_for_server_and_channel_and_every_command_a_setting(
    demo: Demo,
):
    (digest,) = [one for one in demo.sandbox.world.commands[None] if one["name"] == "digest"]
    commands = {one["name"]: one for one in digest["options"]}
    named = {
        command.name.removeprefix("/digest "): command
        for setting in SETTINGS.values()
        for command in setting.commands
    }
    assert list(named) == [name for name in commands if name not in NO_SETTING]
    for name, command in named.items():
        value = [(command.option.name, True)] if command.option else []
        options = [(one["name"], one["required"]) for one in commands[name]["options"]]
        assert options == [*value, ("channel", False)], name
        assert commands[name]["description"] == command.description, name
        assert command.description.endswith("(whole server unless you name a channel)"), name
    shown_to = discord.Permissions(int(digest["default_member_permissions"]))
    assert [name for name, on in shown_to if on] == ["manage_channels"]


async def test_a_channels_status_tells_what_holds_and_what_is_its_own_of_every_setting(demo: Demo):
    where = demo.sandbox.world.channel("announcements")
    target = Channel(demo.sandbox.world.guild.id, where.id)
    await demo.sandbox.person("moderator").command("subscribe", topic="AI", channel_=where.name)
    before = await status_lines(demo)
    set_to = demo.online.bot.services.settings.set_for_channel
    for setting in SETTINGS.values():
        await set_to(target, setting.name, EXAMPLES[setting.name].other, by=1)
        new = await status_lines(demo) - before
        own = f"Set for this channel: {setting.label}."
        assert own in new, setting.name
        assert new - {own}, f"the status does not tell of {setting.name}"
        await set_to(target, setting.name, None, by=1)
        assert await status_lines(demo) == before, setting.name


async def status_lines(demo: Demo, channel: str | None = "announcements") -> set[str]:
    return set((await ask(demo, "status", channel)).text.splitlines())


async def test_a_servers_status_tells_of_every_setting_that_it_has_made(demo: Demo):
    before = await status_lines(demo, None)
    guild_id, settings = demo.sandbox.world.guild.id, demo.online.bot.services.settings
    for setting in SETTINGS.values():
        await settings.set_for_server(guild_id, setting.name, EXAMPLES[setting.name].other, by=1)
        new = await status_lines(demo, None) - before
        assert [line for line in new if line.startswith("Server default: ")], setting.name
        await settings.set_for_server(guild_id, setting.name, None, by=1)
        assert await status_lines(demo, None) == before, setting.name


async def test_an_admins_help_has_the_line_of_every_setting(demo: Demo):
    admin = demo.sandbox.person("admin")
    message = await said(demo, "general", {"content": "x", "components": button("help:more")})
    answer = await admin.press(message, "help:more")
    for setting in SETTINGS.values():
        for command in setting.commands:
            (line,) = [one for one in answer.text.splitlines() if f"<{command.name}:" in one]
            assert line.split("> ", 1)[1] == command.asks


@every_setting
def test_every_setting_stands_in_the_readme_with_what_its_entry_says(setting: AnySetting):
    for row in rows(setting):
        assert row in README.splitlines(), f"the README lacks this row:\n{row}"


def rows(setting: AnySetting) -> Iterator[str]:
    """The rows of the README's table of commands that an entry makes."""
    for command in setting.commands:
        value = f" {command.option.name}" if command.option else ""
        who = WORDS[Action.EITHER]
        yield f"| `{command.name}{value} [channel]` | {who} | {command.effect} |"
