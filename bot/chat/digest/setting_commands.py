"""The commands of all settings under /digest, made from their table and in its order. Without a
channel they set the server's default.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from discord import app_commands
from discord.app_commands import Choice

from bot.chat import permissions
from bot.chat.completions import (
    begun,
    continued,
    named_choices,
    timezone_choices,
    word_choices,
)
from bot.chat.digest import roles
from bot.chat.digest.set_value import INHERIT, SettingCog, action_of
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction
from bot.chat.services import ChatServices
from bot.digests.setting_types import AnySetting, Option
from bot.digests.setting_values import NOBODY
from bot.digests.settings import MUTE, PAUSED, ROLE, SETTINGS, TIMEZONE

_Command = app_commands.Command[Any, ..., None]
_Complete = Callable[[ChatServices, Interaction, str], Awaitable[list[Choice[str]]]]

_INHERITED: Final = Choice(name="The server's or the bot's default", value=INHERIT)
_PAUSE, _RESUME = PAUSED.commands
_PUBLISHERS: Final = 200
"""Among how many publishers of the last digests those are looked for that match."""


class SettingCommands(SettingCog):
    """A cog with the commands of all settings; they are put into it at the end of this file."""


def _channel_hint(setting: AnySetting) -> str:
    return f"One {setting.where}; without it, the server's default"


class _Pausing(SettingCog):
    @app_commands.command(description=_PAUSE.description)
    @app_commands.describe(channel=_channel_hint(PAUSED))
    async def pause(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        await self.set(interaction, PAUSED, "yes", channel)

    @app_commands.command(description=_RESUME.description)
    @app_commands.describe(channel=_channel_hint(PAUSED))
    async def resume(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        guild_id = permissions.server_of(interaction)
        server = await self.services.statuses.inherited(guild_id)
        # Only if the server is paused does a channel need a value of its own to resume.
        value = "no" if channel is not None and server[PAUSED] else INHERIT
        await self.set(interaction, PAUSED, value, channel)


def _commands(setting: AnySetting) -> tuple[_Command, ...]:
    if setting is PAUSED:
        return _Pausing.pause, _Pausing.resume
    assert setting.command.option is not None  # noqa: S101 - all others take a value
    return (_value_command(setting, setting.command.option),)


def _value_command(setting: AnySetting, option: Option) -> _Command:
    class Method(SettingCog):  # discord.py takes a function for a method only if it is in a class
        @app_commands.rename(value=option.name)
        @app_commands.describe(value=option.hint, channel=_channel_hint(setting))
        async def set_to(
            self, interaction: Interaction, value: str, channel: ChannelOption | None = None
        ) -> None:
            await self.set(interaction, setting, value, channel)

    name = setting.command.name.split()[-1]
    made = app_commands.command(name=name, description=setting.command.description)
    command: _Command = made(Method.set_to)
    if option.choices:
        listed = [Choice(name=one.capitalize(), value=key) for key, one in option.choices.items()]
        app_commands.choices(value=[*listed, _INHERITED])(command)
    else:
        _complete(command, setting, option)
    return command


def _complete(command: _Command, setting: AnySetting, option: Option) -> None:
    class Method(SettingCog):
        @command.autocomplete("value")
        async def completed(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
            if not await permissions.may_type(interaction, action_of(setting)):
                return []
            if setting in _COMPLETED:
                return await _COMPLETED[setting](self.services, interaction, typed)
            return word_choices((INHERIT, *option.offered), typed)


async def _timezones(services: ChatServices, _: Interaction, typed: str) -> list[Choice[str]]:
    # In a thread, because the first call reads some hundred files.
    now = services.clock.now()
    return await asyncio.to_thread(timezone_choices, typed, (INHERIT, "UTC"), now)


async def _roles(_: ChatServices, interaction: Interaction, typed: str) -> list[Choice[str]]:
    names = [role.name for role in roles.notifiable(roles.server(interaction), None)]
    return word_choices((INHERIT, roles.NONE, *names), typed)


async def _publishers(
    services: ChatServices, interaction: Interaction, typed: str
) -> list[Choice[str]]:
    """The publishers of the server's last digests that match the last name of the typed list."""
    guild_id = permissions.server_of(interaction)
    names = await services.publishers.of_last_editions(guild_id, None, _PUBLISHERS)
    done, last = begun(typed)
    words = [] if done else [INHERIT, NOBODY]
    fitting = [name for name in (*words, *names) if last.lower() in name.lower()]
    return named_choices(continued(done, fitting))


_COMPLETED: Final[Mapping[AnySetting, _Complete]] = {
    TIMEZONE: _timezones,
    MUTE: _publishers,
    ROLE: _roles,
}
"""Settings whose completions are not a fixed list."""

for _setting in SETTINGS.values():
    for _command in _commands(_setting):
        setattr(SettingCommands, f"{_command.name}_command", _command)
