"""/help: what this person may do here, every command clickable."""

from discord import app_commands
from discord.ext import commands

from bot.chat.help.buttons import show_help
from bot.chat.replies import Interaction


class Help(commands.Cog):
    """The command."""

    @app_commands.command(description="What you may do here, and how Broadsheet works")
    @app_commands.guild_only()
    async def help(self, interaction: Interaction) -> None:
        """List the commands that this person may use."""
        await show_help(interaction)
