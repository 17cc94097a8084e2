"""The role that an edition pings: which one an admin means, and whether it would be notified."""

import re
from collections.abc import Sequence
from typing import Final

import discord

from bot.chat import obstacles, permissions
from bot.chat.replies import Interaction
from bot.chat.rest import channels
from bot.chat.rest.channels import Found
from bot.errors import UsageError
from bot.render.sanitizer import escaped

_MENTION: Final = re.compile(r"(?:<@&)?(\d{1,20})>?")
_NAME: Final = 100
NONE: Final = "none"
"""What an admin enters for no role to be pinged."""


def unnotified(role: discord.Role, channel: Found | None) -> str | None:
    """Why a ping of the role would notify nobody in a channel (None = anywhere in the server) or is
    not allowed; None = it would notify.

    The bot never asks for Mention Everyone, but uses it if an admin granted it.
    """
    if role.is_default():
        return "I never ping everyone; choose a role for members who want the news."
    if role.managed:
        return f"{role.mention} belongs to an app or to Discord; choose a role of the server's own."
    if role.mentionable or _may_mention_all(role.guild, channel):
        return None
    return (
        f"{role.mention} would not be notified: an admin can let everyone mention it in Server "
        "Settings, under Roles."
    )


def _may_mention_all(guild: discord.Guild, channel: Found | None) -> bool:
    if channel is not None:
        mine = obstacles.my_permissions(channel)
    else:
        me = channels.myself(guild)
        mine = None if me is None else me.guild_permissions
    return mine is not None and mine.mention_everyone


def chosen_role_id(interaction: Interaction, text: str, channel: Found | None) -> str:
    """The id of the role that a user entered, by id, mention or name; 0 = none. Raises UsageError,
    also for a role that would not be notified in the channel (None = anywhere in the server).
    """
    if text.strip().lower() == NONE:
        return "0"
    role = named(interaction, text)
    reason = unnotified(role, channel) or _not_for(role, interaction)
    if reason is not None:
        raise UsageError(reason)
    return str(role.id)


def _not_for(role: discord.Role, interaction: Interaction) -> str | None:
    """Why the user may not have a role pinged that everyone cannot mention; None = they may."""
    mine = interaction.permissions
    if role.mentionable or mine.mention_everyone or permissions.manages_server(interaction):
        return None
    return f"Only those with the permission Manage Server can have {role.mention} pinged."


def server(interaction: Interaction) -> discord.Guild:
    """The server in which a command was used. Raises UsageError if Discord does not show it now."""
    guild = interaction.client.get_guild(permissions.server_of(interaction))
    if guild is None:
        raise UsageError("This server is not available right now; please try again.")
    return guild


def named(interaction: Interaction, text: str) -> discord.Role:
    """The role that a user entered, by id, mention or name. Raises UsageError."""
    guild = server(interaction)
    match = _MENTION.fullmatch(text.strip())
    role = guild.get_role(int(match[1])) if match else None
    name = text.strip().removeprefix("@").casefold()
    fitting = (one for one in guild.roles if one.name.removeprefix("@").casefold() == name)
    found = role or next(fitting, None)
    if found is None:
        shown = escaped(text, _NAME)
        raise UsageError(f"This server has no role “{shown}”; please choose from the list.")
    return found


def notifiable(guild: discord.Guild, channel: Found | None) -> Sequence[discord.Role]:
    """The roles that can be chosen for a channel (None = the server), the highest first."""
    return [one for one in reversed(guild.roles) if unnotified(one, channel) is None]
