"""Sets one value for a channel or a whole server, and answers with the effect."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from discord.ext import commands

from bot.chat import permissions
from bot.chat.buttons import now_view
from bot.chat.digest import roles
from bot.chat.digest.status import standing
from bot.chat.permissions import ChannelOption, ChosenChannel
from bot.chat.replies import Interaction, reply
from bot.chat.rest.channels import Found
from bot.chat.services import ChatServices
from bot.digests.setting_types import AnySetting
from bot.digests.settings import ROLE
from bot.errors import UsageError
from bot.render import answers

INHERIT: Final = "default"
"""What an admin enters to go back to the server's (or the bot's) value."""
_FOUND: Final[Mapping[AnySetting, Callable[[Interaction, str, Found | None], str]]] = {
    ROLE: roles.chosen_role_id,
}
"""Settings whose values are looked up in Discord: what to store for a user's text."""


class SettingCog(commands.Cog):
    """A cog whose commands set values."""

    def __init__(self, services: ChatServices) -> None:
        self.services = services

    async def set(
        self,
        interaction: Interaction,
        setting: AnySetting,
        text: str,
        channel: ChannelOption | None,
    ) -> None:
        """Set one value for a channel or the server, and answer with the effect."""
        if channel is None:
            guild_id = permissions.require_server_right(interaction, setting.right)
            value = _value(interaction, setting, text, None)
            await self._set_for_server(interaction, setting, value, guild_id)
        else:
            chosen = permissions.chosen_channel(interaction, channel, setting.right)
            _check_kind(setting, channel)
            value = _value(interaction, setting, text, chosen.channel)
            await self._set_for_channel(interaction, setting, value, chosen)

    async def _set_for_server(
        self, interaction: Interaction, setting: AnySetting, value: str | None, guild_id: int
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        change = await self.services.settings.set_for_server(guild_id, setting.name, value)
        change = replace(
            change,
            inheriting=[s for s, _ in await standing(interaction.client, change.inheriting)],
            keeping=[s for s, _ in await standing(interaction.client, change.keeping)],
        )
        await reply(interaction, answers.server_set(change, setting, self.services.clock.now()))

    async def _set_for_channel(
        self,
        interaction: Interaction,
        setting: AnySetting,
        value: str | None,
        chosen: ChosenChannel,
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        status = await self.services.settings.set_for_channel(chosen.target, setting.name, value)
        text = answers.channel_set(status, setting, self.services.clock.now())
        view = now_view(chosen.target) if status.topics else None
        await reply(interaction, text, view=view)


def _value(
    interaction: Interaction, setting: AnySetting, text: str, channel: Found | None
) -> str | None:
    """The user's text for a value, None = inherited. Raises UsageError."""
    if text.strip().lower() == INHERIT:
        return None
    find = _FOUND.get(setting)
    return find(interaction, text, channel) if find else text


def _check_kind(setting: AnySetting, channel: ChannelOption) -> None:
    if setting.only_in not in (None, permissions.kind_of(channel)):
        raise UsageError(
            f"{channel.mention} is not an {setting.only_in};"
            f" `{setting.command.name}` works only there."
        )
