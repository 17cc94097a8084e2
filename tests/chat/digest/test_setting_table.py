"""Every setting of the table has its columns, its command, its line in a status, its documents."""

import re
from typing import Final

import discord
import pytest

from bot.chat.permissions import RIGHTS
from bot.demo import Demo
from bot.digests.settings import SETTINGS, AnySetting
from bot.digests.target import Channel
from tests.chat.conftest import ask
from tests.conftest import ROOT
from tests.digests.setting_examples import EXAMPLES

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
COLUMN_TYPES: Final = {str: "TEXT", int: "INTEGER", float: "REAL"}
NO_SETTING: Final = {"tags", "log", "now", "preview", "status", "pause"}
"""Commands under /digest that set nothing inherited, and the one that /digest resume undoes."""
every_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)


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
    named = {setting.command.removeprefix("/digest "): setting for setting in SETTINGS.values()}
    assert set(named) == set(commands) - NO_SETTING
    for name in named:
        channel = commands[name]["options"][-1]
        assert (channel["name"], channel["required"]) == ("channel", False), name
    shown_to = discord.Permissions(int(digest["default_member_permissions"]))
    assert {setting.right for setting in SETTINGS.values()} == {name for name, on in shown_to if on}


async def test_a_channels_status_tells_what_holds_and_what_is_its_own_of_every_setting(demo: Demo):
    where = demo.sandbox.world.channel("announcements")
    target = Channel(demo.sandbox.world.guild.id, where.id)
    await demo.sandbox.person("moderator").command("subscribe", topic="AI", channel_=where.name)
    before = await status_lines(demo)
    set_to = demo.online.bot.services.settings.set_for_channel
    for setting in SETTINGS.values():
        await set_to(target, setting.name, EXAMPLES[setting.name].other)
        new = await status_lines(demo) - before
        own = f"Set for this channel: {setting.label}."
        assert own in new, setting.name
        assert new - {own}, f"the status does not tell of {setting.name}"
        await set_to(target, setting.name, None)
        assert await status_lines(demo) == before, setting.name


async def status_lines(demo: Demo) -> set[str]:
    return set((await ask(demo, "status", "announcements")).text.splitlines())


@every_setting
def test_every_setting_stands_in_the_readme_with_the_permission_that_it_needs(setting: AnySetting):
    row = rf"^\| `{setting.command} [^`]*\[channel\]` \| {RIGHTS[setting.right]} \|"
    assert re.search(row, README, re.MULTILINE)
