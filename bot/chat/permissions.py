"""Checks in every handler who may do what, and where. Discord's own check is a default that admins
can override, and it does not cover subcommands' options, buttons or selects.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import AppCommandChannel, AppCommandThread

from bot.chat.rest import channels, forums
from bot.chat.rest.channels import GONE, Found, Postable
from bot.digests.setting_types import ChannelKind, Right
from bot.digests.target import Channel
from bot.errors import Refused, TryLater, UsageError

RIGHTS: Final[Mapping[Right, str]] = {
    "manage_channels": "Manage Channels",
    "manage_guild": "Manage Server",
}
"""Their names in Discord's client."""
_KINDS: Final[Mapping[discord.ChannelType, ChannelKind]] = {
    discord.ChannelType.news: "announcement channel",
}
_NO_CHANNEL: Final = "That channel does not exist in this server any more."
_TAKING_MESSAGES: Final = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)
_POSTABLE: Final = (*_TAKING_MESSAGES, discord.ChannelType.forum, discord.ChannelType.media)
"""The kinds of channels that a digest can be posted in: those for messages, or for posts."""
GivenChannel = AppCommandChannel | AppCommandThread
"""A channel as an option gives it, with the permissions that the command's user has there."""


class _PostableChannel(app_commands.Transformer):
    """An option for a channel of certain kinds; Discord's client offers only those."""

    def __init__(self, *kinds: discord.ChannelType) -> None:
        self._kinds = kinds

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return list(self._kinds)

    async def transform(self, interaction: discord.Interaction, value: object, /) -> GivenChannel:
        if not isinstance(value, GivenChannel):  # Discord did not say which kind it is
            raise TypeError(f"{value!r} is not a channel")
        return value


ChannelOption = app_commands.Transform[GivenChannel, _PostableChannel(*_POSTABLE)]
"""A channel that a digest can be posted in."""
MessagesOption = app_commands.Transform[GivenChannel, _PostableChannel(*_TAKING_MESSAGES)]
"""A channel that accepts messages: not a forum."""


@dataclass(frozen=True, slots=True)
class ChosenChannel:
    """A command's channel, as a target and in its current state; None = it is deleted, or
    discord.py does not know it.
    """

    target: Channel
    channel: Found | None


def server_of(interaction: discord.Interaction) -> int:
    """The id of the server a command was used in. Raises UsageError in a direct message."""
    if interaction.guild_id is None:
        raise UsageError("This works only in a server.")
    return interaction.guild_id


def chosen_channel(
    interaction: discord.Interaction, channel: GivenChannel | None, right: Right
) -> ChosenChannel:
    """The given channel, else the command's own, if the command's user has the right there.

    Raises UsageError for a channel of another server, of a kind that accepts no messages, or
    without the right there.
    """
    guild_id = server_of(interaction)
    if channel is None:
        here = interaction.channel
        if here is None or interaction.channel_id is None:
            raise UsageError("Digests cannot be posted here; please name a channel.")
        _check(here.type, interaction.permissions, right, f"<#{interaction.channel_id}>")
        found = here if isinstance(here, Postable) else None
        return ChosenChannel(Channel(guild_id, interaction.channel_id), found)
    if not channels.is_id(channel.id):
        raise UsageError(_NO_CHANNEL)
    known = channels.known(interaction.client, channel.id)
    # discord.py gives every channel of an option the server of its interaction.
    if known is not None and known.guild.id != guild_id:
        raise UsageError("That channel belongs to another server.")
    _check(channel.type, channel.permissions, right, channel.mention)
    return ChosenChannel(Channel(guild_id, channel.id), known or _archived(channel))


def kind_of(channel: Found | GivenChannel | None) -> ChannelKind | None:
    """Which kind of channel it is, if that makes a difference to a setting."""
    return None if channel is None else _KINDS.get(channel.type)


def _archived(channel: GivenChannel) -> AppCommandThread | None:
    """An option's thread that discord.py does not know, if its parent is in this server."""
    if not isinstance(channel, AppCommandThread) or channel.guild is None:
        return None
    return channel if channel.guild.get_channel(channel.parent_id) else None


def _check(
    kind: discord.ChannelType, permissions: discord.Permissions, right: Right, where: str
) -> None:
    if kind not in _POSTABLE:
        raise UsageError(f"{where} does not take messages; choose a text channel, thread or forum.")
    if not has(permissions, right):
        raise UsageError(f"You need the permission {RIGHTS[right]} in {where} for this.")


def require_server_right(interaction: discord.Interaction, right: Right) -> int:
    """The server's id, if the command's user has the right. Raises UsageError."""
    guild_id = server_of(interaction)
    if not has(interaction.permissions, right):
        raise UsageError(f"You need the permission {RIGHTS[right]} for this.")
    return guild_id


def has(permissions: discord.Permissions, right: Right) -> bool:
    """Whether the permissions include the right."""
    return permissions.administrator or bool(getattr(permissions, right))


def obstacle(channel: Found | None, tags: Collection[int] = ()) -> str | None:
    """Why the bot cannot post in a channel (None = deleted), as far as it knows; None = it can.

    `tags`: the ids of the tags that its posts in a forum get.
    """
    if channel is None or channel.guild is None:
        return GONE
    missing = missing_permissions(channel)
    if missing:
        return f"I lack {listed(missing)} in {channel.mention}; an admin can allow it there."
    if _is_closed(channel):
        return f"{channel.mention} is closed: archived and locked. A moderator can open it again."
    if forums.wants_tag(channel) and not forums.still_there(channel, tags):
        return f"{channel.mention} requires a tag on every post; choose one with `/digest tags`."
    return None


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as it is now: None if it is `gone`, or if Discord does not show it.

    `trouble`: why the bot cannot post there; None = it can, as far as it knows.
    """

    channel: Postable | None
    gone: bool
    trouble: str | None


async def look(client: discord.Client, channel_id: int, tags: Collection[int] = ()) -> ChannelState:
    """A channel as it is now; Discord is asked if discord.py does not know it.

    `tags`: see `obstacle`.
    """
    try:
        channel = await channels.find(client, channel_id)
    except Refused as error:
        return ChannelState(None, gone=False, trouble=str(error))
    except TryLater:
        return ChannelState(None, gone=False, trouble=None)
    return ChannelState(channel, gone=channel is None, trouble=obstacle(channel, tags))


def missing_permissions(channel: Found) -> list[str]:
    """The permissions that an admin must allow the bot in a channel so that it can post there.

    A channel's own `permissions_for` removes more: without View Channel everything, without Send
    Messages also Embed Links. Naming those would send an admin to boxes that are already ticked.
    """
    mine = my_permissions(channel)
    if mine is None:
        return []
    needed = {
        "View Channel": mine.view_channel,
        **_sending(channel, mine),
        "Embed Links": mine.embed_links,
    }
    return [name for name, held in needed.items() if not held]


def _sending(channel: Found, mine: discord.Permissions) -> dict[str, bool]:
    """The permissions for sending in a channel of this kind, under the names that an admin sees."""
    if isinstance(channel, discord.Thread | AppCommandThread):
        return {"Send Messages in Threads": mine.send_messages_in_threads}
    if isinstance(channel, discord.ForumChannel):
        # An edition's first message opens its post, the others follow inside it.
        in_posts = mine.send_messages_in_threads
        return {"Create Posts": mine.send_messages, "Send Messages in Posts": in_posts}
    return {"Send Messages": mine.send_messages}


def my_permissions(channel: Found) -> discord.Permissions | None:
    """The bot's permissions in a channel (for a thread, its parent's); None = unknown."""
    place = channel.parent if isinstance(channel, discord.Thread | AppCommandThread) else channel
    if place is None or channel.guild is None:
        return None
    me = channels.myself(channel.guild)
    return None if me is None else discord.abc.GuildChannel.permissions_for(place, me)


def _is_closed(channel: Found) -> bool:
    """Whether posting cannot reopen a thread, as it would if the thread were only archived."""
    if not isinstance(channel, discord.Thread | AppCommandThread):
        return False
    mine = my_permissions(channel)
    return channel.archived and channel.locked and not (mine and mine.manage_threads)


def advice(channel: Found | None) -> str | None:
    """A sentence about a missing permission that the bot needs only in trouble, or None."""
    mine = my_permissions(channel) if channel is not None else None
    if channel is None or mine is None or mine.read_message_history:
        return None
    return (
        f"I lack **Read Message History** in {channel.mention}: after a crash in the middle of a "
        "post I could not check whether it arrived, and would not repeat it."
    )


def may_see(interaction: discord.Interaction, state: ChannelState) -> bool:
    """Whether the command's user sees a channel of the server.

    A deleted channel is visible to those who manage channels: who else saw it is unknown.
    """
    if state.gone:
        return has(interaction.permissions, "manage_channels")
    if state.channel is None or not isinstance(interaction.user, discord.Member):
        return False
    return state.channel.permissions_for(interaction.user).view_channel


def listed(names: Sequence[str]) -> str:
    """Names in bold, listed as in a sentence."""
    bold = [f"**{name}**" for name in names]
    return " and ".join((", ".join(bold[:-1]), bold[-1])) if len(bold) > 1 else bold[0]


async def named_channel(
    interaction: discord.Interaction, channel_id: int, right: Right
) -> ChosenChannel:
    """The channel that a button names, if it is in this server and the user has the right.

    The id comes from a custom_id, so it may be anything. Raises UsageError; Refused and TryLater as
    `channels.find` does.
    """
    guild_id = server_of(interaction)
    found = channels.is_id(channel_id)
    channel = await channels.find(interaction.client, channel_id) if found else None
    if channel is None or channel.guild.id != guild_id:
        raise UsageError(_NO_CHANNEL)
    user = interaction.user
    if not isinstance(user, discord.Member) or not has(channel.permissions_for(user), right):
        raise UsageError(f"You need the permission {RIGHTS[right]} in {channel.mention} for this.")
    return ChosenChannel(Channel(guild_id, channel_id), channel)
