"""Who may do what, and where: one table, checked in every handler. Discord's own check is a default
that admins can override, and it does not cover subcommands' options, buttons or selects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import AppCommandChannel, AppCommandThread

from bot.chat.obstacles import ChannelState
from bot.chat.replies import Interaction
from bot.chat.rest import channels
from bot.chat.rest.channels import Found, Postable
from bot.chat.services import bot_of
from bot.digests.setting_types import AnySetting, ChannelKind
from bot.digests.settings import SETTINGS
from bot.digests.target import Channel
from bot.errors import UsageError


class Action(Enum):
    """Who may do something. Administrators may do everything but what is for operators."""

    EVERYONE = auto()
    """Every member of the server."""
    FOLLOW = auto()
    """In a channel: those with Manage Channels there, and the role that the server named for it, if
    they see the channel.
    """
    CHANNEL = auto()
    """In a channel: the same, and those with Manage Server."""
    EITHER = auto()
    """With a channel as CHANNEL, without one as SERVER: then it is of the whole server."""
    SERVER = auto()
    """Those with Manage Server."""
    OPERATORS = auto()
    """Those who run the bot."""


WORDS: Final[Mapping[Action, str]] = {
    Action.EVERYONE: "everyone",
    Action.FOLLOW: "Manage Channels",
    Action.CHANNEL: "Manage Channels",
    Action.EITHER: "Manage Channels or Server",
    Action.SERVER: "Manage Server",
    Action.OPERATORS: "the bot's owner or team",
}
"""Who that is, in a table of commands."""
ACTIONS: Final[Mapping[str, Action]] = {
    **dict.fromkeys(
        ("story", "topic", "topics", "subscriptions", "help", "feeds list"), Action.EVERYONE
    ),
    **dict.fromkeys(("subscribe", "unsubscribe", "follow", "unfollow"), Action.FOLLOW),
    **{
        command.name.removeprefix("/"): Action.EITHER
        for setting in SETTINGS.values()
        for command in setting.commands
    },
    **dict.fromkeys(
        ("digest setup", "digest now", "digest preview", "digest tags"), Action.CHANNEL
    ),
    **dict.fromkeys(("digest status", "digest history"), Action.EITHER),
    **dict.fromkeys(("digest log", "digest managers"), Action.SERVER),
    **dict.fromkeys(("feeds add", "feeds remove", "feeds test"), Action.OPERATORS),
    # Buttons and selects, by the first word of their custom_id:
    **dict.fromkeys(("sources", "why", "numbers", "story", "older", "feeds"), Action.EVERYONE),
    **dict.fromkeys(("now", "preview", "again", "begin", "mute"), Action.CHANNEL),
    **dict.fromkeys(("setup", "undo", "changes", "set", "choose"), Action.EITHER),
    "only": Action.SERVER,
}
"""Everything that a person can use, by its name as it is typed, or by the first word of its
custom_id.
"""
_KINDS: Final[Mapping[discord.ChannelType, ChannelKind]] = {
    discord.ChannelType.text: "text channel",
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
POSTABLE: Final = (*_TAKING_MESSAGES, discord.ChannelType.forum, discord.ChannelType.media)
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


ChannelOption = app_commands.Transform[GivenChannel, _PostableChannel(*POSTABLE)]
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


async def chosen_channel(
    interaction: Interaction, channel: GivenChannel | None, action: str
) -> ChosenChannel:
    """The given channel, else the command's own, if its user may do that there; see ACTIONS.

    Raises UsageError for a channel of another server, of a kind that accepts no messages, or in
    which they may not.
    """
    guild_id = server_of(interaction)
    if channel is None:
        here = interaction.channel
        if here is None or interaction.channel_id is None:
            raise UsageError("Digests cannot be posted here; please name a channel.")
        place = ChosenChannel(
            Channel(guild_id, interaction.channel_id), here if isinstance(here, Postable) else None
        )
        await _check(interaction, here.type, interaction.permissions, action, place.target.mention)
        return place
    if not channels.is_id(channel.id):
        raise UsageError(_NO_CHANNEL)
    known = channels.known(interaction.client, channel.id)
    # discord.py gives every channel of an option the server of its interaction.
    if known is not None and known.guild.id != guild_id:
        raise UsageError("That channel belongs to another server.")
    await _check(interaction, channel.type, channel.permissions, action, channel.mention)
    return ChosenChannel(Channel(guild_id, channel.id), known or _archived(channel))


def digest_here(interaction: Interaction) -> Channel:
    """The channel whose digest is read where the interaction is: in a forum's post, the forum."""
    here = interaction.channel
    parent = here.parent if isinstance(here, discord.Thread) else None
    forum = parent.id if isinstance(parent, discord.ForumChannel) else None
    return Channel(server_of(interaction), forum or interaction.channel_id or 0)


async def named_channel(interaction: Interaction, channel_id: int, action: str) -> ChosenChannel:
    """The channel that a button names, if it is in this server and the user may do that there.

    The id comes from a custom_id, so it may be anything. Raises UsageError; Refused and TryLater as
    `channels.find` does.
    """
    guild_id = server_of(interaction)
    found = channels.is_id(channel_id)
    channel = await channels.find(interaction.client, channel_id) if found else None
    if channel is None or channel.guild.id != guild_id:
        raise UsageError(_NO_CHANNEL)
    user = interaction.user
    if not isinstance(user, discord.Member):
        raise UsageError(_NO_CHANNEL)
    mine = channel.permissions_for(user)
    await _check(interaction, channel.type, mine, action, channel.mention)
    return ChosenChannel(Channel(guild_id, channel_id), channel)


async def require(interaction: Interaction, action: str) -> int:
    """The server's id, if the user may do that in the whole server. Raises UsageError."""
    guild_id = server_of(interaction)
    if ACTIONS[action] is Action.OPERATORS:
        await bot_of(interaction).operators.require(interaction)
    elif ACTIONS[action] is not Action.EVERYONE and not manages_server(interaction):
        raise UsageError("You need the permission Manage Server for this.")
    return guild_id


async def chosen_or_server(
    interaction: Interaction, channel: GivenChannel | None, action: str
) -> ChosenChannel | None:
    """The given channel; without one None = the whole server, if the user may do that there, else
    the command's own channel. Raises UsageError as `chosen_channel` does.
    """
    if channel is None and manages_server(interaction):
        return None
    return await chosen_channel(interaction, channel, action)


def named_id(interaction: Interaction) -> int | None:
    """The id in the option `channel` of a command that is being typed, else of its own channel."""
    return getattr(interaction.namespace.channel, "id", interaction.channel_id)


async def may_type(interaction: Interaction, action: str) -> bool:
    """Whether an option is completed for this user: if they may do that in the channel that the
    command names, or in its own.
    """
    if await may(interaction, action):
        return True
    named, user = channels.known(interaction.client, named_id(interaction) or 0), interaction.user
    if named is None or not isinstance(user, discord.Member):
        return False
    mine = named.permissions_for(user)
    return named.guild.id == interaction.guild_id and await _may_in(interaction, mine, action)


async def may(interaction: Interaction, action: str) -> bool:
    """Whether the user may do that: if it is for channels, in this one."""
    needed = ACTIONS[action]
    if needed is Action.OPERATORS:
        return await bot_of(interaction).operators.include(interaction.user.id)
    if needed is Action.SERVER:
        return manages_server(interaction)
    mine = interaction.permissions
    return needed is Action.EVERYONE or await _may_in(interaction, mine, action)


def manages_server(interaction: Interaction) -> bool:
    """Whether the user has the permission Manage Server. Raises UsageError in a direct message."""
    server_of(interaction)
    return interaction.permissions.administrator or interaction.permissions.manage_guild


async def _check(
    interaction: Interaction,
    kind: discord.ChannelType,
    permissions: discord.Permissions,
    action: str,
    where: str,
) -> None:
    if kind not in POSTABLE:
        raise UsageError(f"{where} does not take messages; choose a text channel, thread or forum.")
    if not await _may_in(interaction, permissions, action):
        right = "Manage Server" if ACTIONS[action] is Action.SERVER else "Manage Channels"
        raise UsageError(f"You need the permission {right} in {where} for this.")


async def _may_in(interaction: Interaction, permissions: discord.Permissions, action: str) -> bool:
    """Whether a user with these permissions in a channel may do that there."""
    needed = ACTIONS[action]
    of_server = permissions.administrator or permissions.manage_guild
    if needed is Action.SERVER or permissions.administrator:
        return of_server
    if permissions.manage_channels or (of_server and needed is not Action.FOLLOW):
        return True
    return permissions.view_channel and await _is_manager(interaction)


async def _is_manager(interaction: Interaction) -> bool:
    """Whether the user has the role that the server named for managing digests."""
    user = interaction.user
    role_id = await bot_of(interaction).services.settings.managers(server_of(interaction))
    return role_id is not None and isinstance(user, discord.Member) and bool(user.get_role(role_id))


def kind_of(channel: Found | GivenChannel | None) -> ChannelKind | None:
    """Which kind of channel it is, if that makes a difference to a setting."""
    return None if channel is None else _KINDS.get(channel.type)


def check_kind(setting: AnySetting, chosen: ChosenChannel) -> None:
    """Raise UsageError if the setting has no effect in a channel of this kind."""
    if not setting.works_in(kind_of(chosen.channel)):
        article = "an" if setting.where.startswith("a") else "a"
        raise UsageError(
            f"{chosen.target.mention} is not {article} {setting.where};"
            f" `{setting.command.name}` works only there."
        )


def _archived(channel: GivenChannel) -> AppCommandThread | None:
    """An option's thread that discord.py does not know, if its parent is in this server."""
    if not isinstance(channel, AppCommandThread) or channel.guild is None:
        return None
    return channel if channel.guild.get_channel(channel.parent_id) else None


def may_see(interaction: discord.Interaction, state: ChannelState) -> bool:
    """Whether the command's user sees a channel of the server.

    A deleted channel is visible to those who manage channels: who else saw it is unknown.
    """
    if state.gone:
        mine = interaction.permissions
        return mine.administrator or mine.manage_channels
    if state.channel is None or not isinstance(interaction.user, discord.Member):
        return False
    return state.channel.permissions_for(interaction.user).view_channel
