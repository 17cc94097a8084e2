"""/help: every command, clickable, with its description. Generated from the commands."""

from collections.abc import Callable, Mapping
from typing import Final

from discord import app_commands
from discord.ext import commands

from bot.chat.permissions import ACTIONS, Action, server_of
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
        for heading, actions in _GROUPS.items():
            lines.append(f"**{heading}**")
            listed = [one for one in commands if ACTIONS[one.qualified_name] in actions]
            lines += [_line(one, self._ids()) for one in listed]
        await reply(interaction, embeds=[{"description": "\n".join(lines), "color": COLOUR}])


_GROUPS: Final[Mapping[str, tuple[Action, ...]]] = {
    "For everyone": (Action.EVERYONE,),
    "With Manage Channels": (Action.FOLLOW, Action.CHANNEL, Action.EITHER),
    "With Manage Server": (Action.SERVER,),
    "For those who run the bot": (Action.OPERATORS,),
}
"""Headings, and for whom the commands under each are."""
_INTRODUCTION = (
    "Broadsheet keeps news stories, each with its related sources and a quality score for each. "
    "Channels follow topics, and get a digest of them every day at their own local time.\n"
)


def _line(command: app_commands.Command, ids: Mapping[str, int]) -> str:  # type: ignore[type-arg]
    """A command as a clickable mention, or as plain text while its id is unknown."""
    name = command.qualified_name
    root = ids.get(name.split(" ")[0])
    shown = f"</{name}:{root}>" if root else f"`/{name}`"
    return f"{shown} {command.description.partition(' (')[0]}"
