"""/digest catch-up, publish, role, tags and log: whom editions reach, and who hears if not."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.chat import permissions
from bot.chat.completions import may_type, word_choices
from bot.chat.digest import roles
from bot.chat.digest.log_channel import notice_channel
from bot.chat.digest.set_value import CHANNEL, INHERIT, INHERITED, SettingCommands
from bot.chat.digest.setting_command import setting_command
from bot.chat.permissions import ChannelOption, ChosenChannel, MessagesOption
from bot.chat.replies import Interaction, reply
from bot.chat.rest import forums
from bot.chat.rest.channels import Found
from bot.digests.settings import CATCH_UP, PUBLISH, ROLE, AnySetting
from bot.errors import UsageError
from bot.render import answers

NONE: Final = "none"
"""What an admin enters for no role to be pinged, or for no tag."""


class AudienceCommands(SettingCommands):
    """Settings of how editions are delivered."""

    catch_up = setting_command(CATCH_UP)

    @app_commands.command(description="Publish digests in announcement channels")
    @app_commands.describe(
        choice="Yes, no or the inherited default",
        channel="One announcement channel; without it, the server's default",
    )
    @app_commands.choices(
        choice=[
            Choice(name="Yes, in announcement channels", value="yes"),
            Choice(name="No", value="no"),
            INHERITED,
        ]
    )
    async def publish(
        self, interaction: Interaction, choice: str, channel: ChannelOption | None = None
    ) -> None:
        """Set whether editions are published."""
        _require(interaction, PUBLISH, channel)
        if channel is not None and channel.type is not discord.ChannelType.news:
            raise UsageError(
                f"{channel.mention} is not an announcement channel; only messages there can be"
                " published."
            )
        if choice not in ("yes", "no", INHERIT):
            raise UsageError("Choose from the list whether digests are published.")
        await self.set(interaction, PUBLISH, choice, channel)

    @app_commands.command(description="Ping a role with every digest")
    @app_commands.describe(role="The role, or none, or default", channel=CHANNEL)
    async def role(
        self, interaction: Interaction, role: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the role that each edition pings once."""
        place, word = _require(interaction, ROLE, channel), role.strip().lower()
        if word == INHERIT:
            await self.set(interaction, ROLE, INHERIT, channel)
        elif word == NONE:
            await self.set(interaction, ROLE, "0", channel)
        else:
            chosen = roles.chosen_role(_guild(interaction), role, place)
            await self.set(interaction, ROLE, str(chosen.id), channel)

    @app_commands.command(description="Choose the tags of digests in a forum")
    @app_commands.describe(
        tags="Tags separated by commas, or none", channel="The forum; without it, this one"
    )
    async def tags(
        self, interaction: Interaction, tags: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the tags of a forum's posts."""
        place = permissions.chosen_channel(interaction, channel, "manage_guild")
        forum = place.channel
        if not isinstance(forum, discord.ForumChannel):
            raise UsageError(f"{place.target.mention} is not a forum; only forum posts have tags.")
        chosen = [] if tags.strip().lower() == NONE else forums.chosen_tags(forum, tags)
        await interaction.response.defer(ephemeral=True)
        await self.services.settings.set_tags(place.target, chosen)
        obstacle = permissions.obstacle(forum, chosen)
        if obstacle is None:
            await self.services.presence.mended(forum.id)
        names = forums.names(forum, chosen)
        await reply(interaction, answers.tags_set(place.target, names, obstacle))

    @app_commands.command(description="Choose where admins are told about problems")
    @app_commands.describe(channel="The channel; without it, the one for Discord's system messages")
    async def log(self, interaction: Interaction, channel: MessagesOption | None = None) -> None:
        """Set the channel in which admins are told about problems."""
        guild_id = permissions.require_server_right(interaction, "manage_guild")
        place = None if channel is None else _postable(interaction, channel)
        await interaction.response.defer(ephemeral=True)
        chosen = None if place is None else place.target.channel_id
        await self.services.settings.set_log_channel(guild_id, chosen)
        told = await notice_channel(interaction.client, guild_id, chosen)
        await reply(interaction, answers.told_in(chosen, *told))

    @role.autocomplete("role")
    async def _role_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not may_type(interaction, ROLE.right):
            return []
        guild = _guild(interaction)
        names = [role.name for role in roles.notifiable(guild, None)]
        return word_choices((INHERIT, NONE, *names), typed)

    @tags.autocomplete("tags")
    async def _tag_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not may_type(interaction, "manage_guild"):
            return []
        chosen = getattr(interaction.namespace.channel, "id", interaction.channel_id)
        forum = interaction.client.get_channel(chosen or 0)
        if not isinstance(forum, discord.ForumChannel) or forum.guild.id != interaction.guild_id:
            return word_choices((NONE,), typed)
        return word_choices((NONE, *forums.completed(forum, typed)), typed)


def _guild(interaction: Interaction) -> discord.Guild:
    guild = interaction.client.get_guild(permissions.server_of(interaction))
    if guild is None:
        raise UsageError("This server is not available right now; please try again.")
    return guild


def _require(
    interaction: Interaction, setting: AnySetting, channel: ChannelOption | None
) -> Found | None:
    """The given channel, if any, provided that the command's user may set it. Raises UsageError."""
    if channel is not None:
        return permissions.chosen_channel(interaction, channel, setting.right).channel
    permissions.require_server_right(interaction, setting.right)
    return None


def _postable(interaction: Interaction, channel: MessagesOption) -> ChosenChannel:
    place = permissions.chosen_channel(interaction, channel, "manage_guild")
    obstacle = permissions.obstacle(place.channel)
    if obstacle is not None:
        raise UsageError(obstacle)
    return place
