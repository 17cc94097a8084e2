"""Who may do what where, checked in every handler: Discord's own check is a default that admins
override, and it does not cover subcommands' options, buttons or selects.
"""

from dataclasses import dataclass
from typing import Final, Literal

import discord
from discord import app_commands
from discord.app_commands import AppCommandChannel, AppCommandThread

from bot.errors import UsageError

Right = Literal["manage_channels", "manage_guild"]

_RIGHTS: Final = {"manage_channels": "Manage Channels", "manage_guild": "Manage Server"}
_POSTABLE: Final = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)
Channel = AppCommandChannel | AppCommandThread
"""A channel as an option gives it: with the permissions that the command's user has there."""
Postable = discord.abc.GuildChannel | discord.Thread


class _PostableChannel(app_commands.Transformer):
    """An option for a channel that takes messages, as Discord's client offers them."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return list(_POSTABLE)

    async def transform(self, interaction: discord.Interaction, value: Channel, /) -> Channel:
        return value


ChannelOption = app_commands.Transform[Channel, _PostableChannel]


@dataclass(frozen=True, slots=True)
class Target:
    """The channel that a command is about, and its server."""

    guild_id: int
    channel_id: int


def server_of(interaction: discord.Interaction) -> int:
    """The id of the server a command was used in. Raises UsageError in a direct message."""
    if interaction.guild_id is None:
        raise UsageError("This works in a server only.")
    return interaction.guild_id


def target(
    interaction: discord.Interaction,
    channel: Channel | None,
    right: Right,
) -> Target:
    """The channel given, else the one the command was used in, where its user has the right.

    Raises UsageError for a channel of another server, of a kind that takes no messages, or
    without the right there.
    """
    guild_id = server_of(interaction)
    if channel is None:
        here = interaction.channel
        if here is None or interaction.channel_id is None:
            raise UsageError("Name the channel: this place is none that a digest can come to.")
        _check(here.type, interaction.permissions, right, f"<#{interaction.channel_id}>")
        return Target(guild_id, interaction.channel_id)
    known = interaction.client.get_channel(channel.id)
    # discord.py gives every channel of an option the server of its interaction.
    if isinstance(known, Postable) and known.guild.id != guild_id:
        raise UsageError("That channel belongs to another server.")
    _check(channel.type, channel.permissions, right, channel.mention)
    return Target(guild_id, channel.id)


def _check(
    kind: discord.ChannelType, permissions: discord.Permissions, right: Right, where: str
) -> None:
    if kind not in _POSTABLE:
        raise UsageError(f"{where} takes no messages; choose a text channel or a thread.")
    if not has(permissions, right):
        raise UsageError(f"You need the permission {_RIGHTS[right]} in {where} for this.")


def require_server_right(interaction: discord.Interaction, right: Right) -> int:
    """The server's id, where the command's user has the right. Raises UsageError."""
    guild_id = server_of(interaction)
    if not has(interaction.permissions, right):
        raise UsageError(f"You need the permission {_RIGHTS[right]} for this.")
    return guild_id


def has(permissions: discord.Permissions, right: Right) -> bool:
    """Whether the permissions include the right."""
    return permissions.administrator or bool(getattr(permissions, right))


def obstacle(client: discord.Client, channel_id: int) -> str | None:
    """Why the bot cannot post in a channel, from what it knows already; None = nothing."""
    channel = client.get_channel(channel_id)
    if not isinstance(channel, Postable):
        return "The channel does not exist any more, or its server is unavailable."
    missing = missing_permissions(channel)
    if not missing:
        return None
    return f"I lack {_listed(missing)} in {channel.mention}; an admin can allow it there."


def missing_permissions(channel: Postable) -> list[str]:
    """The permissions that an admin must allow the bot in a channel so that it can post there.

    A channel's own `permissions_for` takes more away: without View Channel everything, without
    Send Messages also Embed Links. Naming those would send an admin to boxes that are ticked.
    """
    thread = isinstance(channel, discord.Thread)
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if place is None:
        return []
    mine = discord.abc.GuildChannel.permissions_for(place, channel.guild.me)
    needed = {
        "View Channel": mine.view_channel,
        "Send Messages in Threads" if thread else "Send Messages": (
            mine.send_messages_in_threads if thread else mine.send_messages
        ),
        "Embed Links": mine.embed_links,
    }
    return [name for name, held in needed.items() if not held]


def advice(client: discord.Client, channel_id: int) -> str | None:
    """What the bot can do without, but does worse: a sentence, or None."""
    channel = client.get_channel(channel_id)
    if not isinstance(channel, Postable):
        return None
    if channel.permissions_for(channel.guild.me).read_message_history:
        return None
    return (
        f"I lack **Read Message History** in {channel.mention}: after a crash in the middle of a "
        "post I could not look whether it arrived, and would rather not repeat it."
    )


def may_see(interaction: discord.Interaction, channel_id: int) -> bool:
    """Whether the command's user sees a channel of the server."""
    channel = interaction.client.get_channel(channel_id)
    if not isinstance(channel, Postable) or not isinstance(interaction.user, discord.Member):
        return False
    return channel.permissions_for(interaction.user).view_channel


def _listed(names: list[str]) -> str:
    bold = [f"**{name}**" for name in names]
    return " and ".join((", ".join(bold[:-1]), bold[-1])) if len(bold) > 1 else bold[0]


def known_target(interaction: discord.Interaction, channel_id: int, right: Right) -> Target:
    """The channel that a button names, where it is one of this server and its user has the right.

    The id comes from a custom_id, so it may be anything. Raises UsageError.
    """
    guild_id = server_of(interaction)
    channel = interaction.client.get_channel(channel_id)
    if not isinstance(channel, Postable) or channel.guild.id != guild_id:
        raise UsageError("That channel does not exist in this server any more.")
    user = interaction.user
    if not isinstance(user, discord.Member) or not has(channel.permissions_for(user), right):
        raise UsageError(f"You need the permission {_RIGHTS[right]} in {channel.mention} for this.")
    return Target(guild_id, channel_id)
