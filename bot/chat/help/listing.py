"""What one person may do here, command by command: what /help shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from discord import app_commands

from bot.chat.permissions import ACTIONS, Action, manages_server, may
from bot.chat.replies import Interaction
from bot.chat.services import bot_of
from bot.render.embeds import COLOUR, Embed

Command = app_commands.Command[Any, ..., Any]

_IN_CHANNELS: Final = "In channels that you manage"
_EITHER: Final = "In a channel that you name, else for the whole server"
_MOST_USED: Final = (
    "digest setup",
    "subscribe",
    "unsubscribe",
    "digest preview",
    "digest now",
    "digest status",
)
"""The commands that those who manage channels use most, in this order."""
_FOOTER: Final = (
    "Broadsheet keeps news stories with their sources. Channels follow topics, and get a digest of"
    " them every day."
)


async def help_embeds(interaction: Interaction) -> tuple[Embed, Embed | None]:
    """The commands that this person may use here: those for everyone and the most used ones; and
    all others, if there are any.
    """
    mine = {one.qualified_name: one for one in await _mine(interaction)}
    ids = bot_of(interaction).command_ids
    everyone = [one for name, one in mine.items() if ACTIONS[name] is Action.EVERYONE]
    used = [mine[name] for name in _MOST_USED if name in mine]
    others = [one for one in mine.values() if one not in (*everyone, *used)]
    first = _embed([*_group("", everyone, ids), *_group(_IN_CHANNELS, used, ids)])
    groups = _groups(whole_server=manages_server(interaction))
    more = [
        line
        for heading, actions in groups.items()
        for line in _group(heading, _for(actions, others), ids)
    ]
    return first, _embed(more) if more else None


def _embed(lines: Sequence[str]) -> Embed:
    return {"description": "\n".join(lines), "color": COLOUR, "footer": {"text": _FOOTER}}


def _groups(*, whole_server: bool) -> Mapping[str, Sequence[Action]]:
    """Headings, and for whom the commands under each are."""
    of_channels = (Action.FOLLOW, Action.CHANNEL)
    return {
        _IN_CHANNELS: of_channels if whole_server else (*of_channels, Action.EITHER),
        _EITHER: (Action.EITHER,) if whole_server else (),
        "For the whole server": (Action.SERVER,),
        "For those who run the bot": (Action.OPERATORS,),
    }


def _for(actions: Sequence[Action], commands: Iterable[Command]) -> list[Command]:
    return [one for one in commands if ACTIONS[one.qualified_name] in actions]


def _group(heading: str, commands: Sequence[Command], ids: Mapping[str, int]) -> list[str]:
    """A heading, unless it is empty, and a line for each command; nothing without commands."""
    above = [f"**{heading}**"] if heading and commands else []
    return [*above, *(_line(one, ids) for one in commands)]


async def _mine(interaction: Interaction) -> list[Command]:
    """The commands that this person may use; not /help itself."""
    tree = interaction.client.tree  # type: ignore[attr-defined]
    commands = [one for one in tree.walk_commands() if isinstance(one, app_commands.Command)]
    return [
        one for one in commands if one.name != "help" and await may(interaction, one.qualified_name)
    ]


def _line(command: Command, ids: Mapping[str, int]) -> str:
    """A command as a clickable mention, or as plain text while its id is unknown."""
    name = command.qualified_name
    root = ids.get(name.split(" ")[0])
    shown = f"</{name}:{root}>" if root else f"`/{name}`"
    return f"{shown} {command.description.partition(' (')[0]}"
