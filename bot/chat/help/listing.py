"""What one person may do here, command by command: what /help shows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from discord import app_commands

from bot.chat.permissions import ACTIONS, Action, manages_server, may
from bot.chat.replies import Interaction
from bot.chat.services import bot_of
from bot.render.embeds import COLOUR

Command = app_commands.Command[Any, ..., Any]

_IN_CHANNELS: Final = "In channels that you manage"
_EITHER: Final = "The same, or for the whole server if you name no channel"
_FIRST: Final = "digest setup"
"""The command that a manager wants before all others."""
_FOOTER: Final = (
    "Broadsheet keeps news stories with their sources. Channels follow topics, and get a digest of"
    " them every day."
)


async def help_embed(interaction: Interaction) -> dict[str, Any]:
    """The commands that this person may use here, and no others."""
    lines: list[str] = []
    for heading, actions in _groups(whole_server=manages_server(interaction)).items():
        mine = await _mine(interaction, actions)
        lines += [f"**{heading}**"] if heading and mine else []
        lines += mine
    return {"description": "\n".join(lines), "color": COLOUR, "footer": {"text": _FOOTER}}


def _groups(*, whole_server: bool) -> Mapping[str, Sequence[Action]]:
    """Headings, and for whom the commands under each are; those for everyone need none."""
    of_channels = (Action.FOLLOW, Action.CHANNEL)
    return {
        "": (Action.EVERYONE,),
        _IN_CHANNELS: of_channels if whole_server else (*of_channels, Action.EITHER),
        _EITHER: (Action.EITHER,) if whole_server else (),
        "For the whole server": (Action.SERVER,),
        "For those who run the bot": (Action.OPERATORS,),
    }


async def _mine(interaction: Interaction, actions: Sequence[Action]) -> list[str]:
    """The lines of those commands that this person may use; not of /help itself."""
    ids = bot_of(interaction).command_ids
    tree = interaction.client.tree  # type: ignore[attr-defined]
    commands = [one for one in tree.walk_commands() if isinstance(one, app_commands.Command)]
    listed = [one for one in commands if one.name != "help"]
    return [
        _line(one, ids)
        for one in sorted(listed, key=lambda one: one.qualified_name != _FIRST)
        if ACTIONS[one.qualified_name] in actions and await may(interaction, one.qualified_name)
    ]


def _line(command: Command, ids: Mapping[str, int]) -> str:
    """A command as a clickable mention, or as plain text while its id is unknown."""
    name = command.qualified_name
    root = ids.get(name.split(" ")[0])
    shown = f"</{name}:{root}>" if root else f"`/{name}`"
    return f"{shown} {command.description.partition(' (')[0]}"
