"""/help: every command, clickable, with its description. Generated from the commands."""

from collections.abc import Callable, Mapping
from typing import Final

from discord import app_commands
from discord.ext import commands

from bot.chat.operators import FOR_OPERATORS
from bot.chat.permissions import server_of
from bot.chat.replies import Interaction, reply
from bot.render.embeds import COLOUR


class Help(commands.Cog):
    """`ids` returns Discord's ids of the commands by name, which make them clickable."""

    def __init__(self, ids: Callable[[], Mapping[str, int]]) -> None:
        self._ids = ids

    @app_commands.command(description="Every command, and how Broadsheet works")
    @app_commands.guild_only()
    async def help(self, interaction: Interaction) -> None:
        """List every command of the tree."""
        server_of(interaction)
        tree = interaction.client.tree  # type: ignore[attr-defined]
        commands = [one for one in tree.walk_commands() if isinstance(one, app_commands.Command)]
        lines = [_INTRODUCTION]
        for heading, right in _GROUPS.items():
            lines.append(f"**{heading}**")
            lines += [_line(one, self._ids()) for one in commands if _needed(one) == right]
        await reply(interaction, embeds=[{"description": "\n".join(lines), "color": COLOUR}])


_OPERATING: Final = "operating"
_GROUPS: Final[Mapping[str, str | None]] = {
    "For everyone": None,
    "With Manage Channels": "manage_channels",
    "With Manage Server": "manage_guild",
    "For those who run the bot": _OPERATING,
}
"""Headings, and what the commands under each require."""
_INTRODUCTION = (
    "Broadsheet keeps news stories, each with its related sources and a quality score for each. "
    "Channels follow topics, and get a digest of them every day at their own local time.\n"
)


def _needed(command: app_commands.Command) -> str | None:  # type: ignore[type-arg]
    """The permission that a command or its group requires."""
    if command.extras == FOR_OPERATORS:
        return _OPERATING
    asked = (command.root_parent or command).default_permissions
    return next((name for name, held in asked if held), None) if asked else None


def _line(command: app_commands.Command, ids: Mapping[str, int]) -> str:  # type: ignore[type-arg]
    """A command as a clickable mention, or as plain text while its id is unknown."""
    name = command.qualified_name
    root = ids.get(name.split(" ")[0])
    shown = f"</{name}:{root}>" if root else f"`/{name}`"
    return f"{shown} {command.description}"
