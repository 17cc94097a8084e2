"""/digest setup: one panel for everything about a channel's digest, or a server's defaults."""

from discord import app_commands

from bot.chat import permissions
from bot.chat.digest.set_value import SettingCog
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction
from bot.chat.rest.channels import GONE
from bot.chat.setup.items import show
from bot.chat.setup.place import Place
from bot.errors import UsageError


class SetupCommand(SettingCog):
    """The command that opens the panel."""

    @app_commands.command(name="setup", description="Set everything about a digest in one panel")
    @app_commands.describe(channel="The channel; without it, this one")
    async def open_panel(
        self, interaction: Interaction, channel: ChannelOption | None = None
    ) -> None:
        """Show the panel of a channel; a button on it leads to the server's."""
        chosen = await permissions.chosen_channel(interaction, channel, "digest setup")
        if chosen.channel is None:
            raise UsageError(GONE)
        await interaction.response.defer(ephemeral=True)
        await show(interaction, Place(chosen.target.channel_id), chosen)
