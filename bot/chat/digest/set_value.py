"""Sets one value for a channel or a whole server, and answers with the effect."""

from dataclasses import replace
from typing import Final

from discord.app_commands import Choice
from discord.ext import commands

from bot.chat import permissions
from bot.chat.buttons import now_view
from bot.chat.digest.status import standing
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction, reply
from bot.chat.services import ChatServices
from bot.digests.settings import AnySetting
from bot.render import answers

INHERIT: Final = "default"
"""What an admin enters to go back to the server's (or the bot's) value."""
INHERITED: Final = Choice(name="The server's or the bot's default", value=INHERIT)
CHANNEL: Final = "One channel; without it, the server's default"


class SettingCommands(commands.Cog):
    """The shared part of the commands under /digest that set a value."""

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
        value = None if text.strip().lower() == INHERIT else text
        if channel is None:
            await self._set_for_server(interaction, setting, value)
        else:
            await self._set_for_channel(interaction, setting, value, channel)

    async def _set_for_server(
        self, interaction: Interaction, setting: AnySetting, value: str | None
    ) -> None:
        guild_id = permissions.require_server_right(interaction, setting.right)
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
        channel: ChannelOption,
    ) -> None:
        target = permissions.chosen_channel(interaction, channel, setting.right).target
        await interaction.response.defer(ephemeral=True)
        status = await self.services.settings.set_for_channel(target, setting.name, value)
        text = answers.channel_set(status, setting, self.services.clock.now())
        view = now_view(target) if status.topics else None
        await reply(interaction, text, view=view)
