"""Makes a setting's command from its entry in the table."""

from typing import Any

from discord import app_commands
from discord.app_commands import Choice

from bot.chat.completions import may_type, word_choices
from bot.chat.digest.set_value import CHANNEL, INHERIT, INHERITED, SettingCommands
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction
from bot.digests.settings import AnySetting, Option

SettingCommand = app_commands.Command[Any, ..., None]


def setting_command(setting: AnySetting) -> SettingCommand:
    """A command that sets a value for a channel or the server, to be put into a cog's class."""
    assert setting.option is not None  # noqa: S101 - the others' commands are written out
    option = setting.option

    class Method:  # discord.py takes a function for a method only if it is in a class
        @app_commands.command(name=setting.command.split()[-1], description=option.asks)
        @app_commands.rename(value=option.name)
        @app_commands.describe(value=option.hint, channel=CHANNEL)
        async def command(
            self: SettingCommands,
            interaction: Interaction,
            value: str,
            channel: ChannelOption | None = None,
        ) -> None:
            await self.set(interaction, setting, value, channel)

    command: SettingCommand = Method.command
    if option.choices:
        listed = [
            Choice(name=words.capitalize(), value=one) for one, words in option.choices.items()
        ]
        app_commands.choices(value=[*listed, INHERITED])(command)
    if option.offered:
        _complete(command, setting, option)
    return command


def _complete(command: SettingCommand, setting: AnySetting, option: Option) -> None:
    @command.autocomplete("value")
    async def completions(interaction: Interaction, typed: str) -> list[Choice[str]]:
        may = may_type(interaction, setting.right)
        return word_choices((INHERIT, *option.offered), typed) if may else []
