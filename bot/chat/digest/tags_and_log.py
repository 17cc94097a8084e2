"""/digest tags and log: what is set for one forum or one server, and never inherited."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.chat import obstacles, permissions
from bot.chat.completions import word_choices
from bot.chat.digest.log_channel import notice_channel
from bot.chat.digest.set_value import SettingCog
from bot.chat.digest.undo import change_view
from bot.chat.obstacles import ChannelState
from bot.chat.permissions import ChannelOption, ChosenChannel, MessagesOption
from bot.chat.replies import Interaction, reply
from bot.chat.rest import forums
from bot.errors import UsageError
from bot.render import setting_answers

NONE: Final = "none"
"""What an admin enters for no tag."""


class TagsAndLog(SettingCog):
    """The tags of posts, and where admins are told about problems."""

    @app_commands.command(description="Choose the tags of digests in a forum")
    @app_commands.describe(
        tags="Tags separated by commas, or none", channel="The forum; without it, this one"
    )
    async def tags(
        self, interaction: Interaction, tags: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the tags of a forum's posts."""
        place = await permissions.chosen_channel(interaction, channel, "digest tags")
        forum = place.channel
        if not isinstance(forum, discord.ForumChannel):
            raise UsageError(f"{place.target.mention} is not a forum; only forum posts have tags.")
        chosen = [] if tags.strip().lower() == NONE else forums.chosen_tags(forum, tags)
        await interaction.response.defer(ephemeral=True)
        by = interaction.user.id
        change_id = await self.services.settings.set_tags(place.target, chosen, by=by)
        obstacle = obstacles.obstacle(forum, chosen)
        if obstacle is None:
            await self.services.presence.mended(forum.id)
        names = forums.names(forum, chosen)
        text = setting_answers.tags_set(place.target, names, obstacle)
        await reply(interaction, text, view=change_view(change_id))

    @app_commands.command(description="Choose where admins are told about problems")
    @app_commands.describe(channel="The channel; without it, the one for Discord's system messages")
    async def log(self, interaction: Interaction, channel: MessagesOption | None = None) -> None:
        """Set the channel in which admins are told about problems."""
        guild_id = await permissions.require(interaction, "digest log")
        place = None if channel is None else await _postable(interaction, channel)
        await interaction.response.defer(ephemeral=True)
        chosen = None if place is None else place.target.channel_id
        by = interaction.user.id
        change_id = await self.services.settings.set_log_channel(guild_id, chosen, by=by)
        told = await notice_channel(interaction.client, guild_id, chosen)
        await reply(
            interaction, setting_answers.told_in(chosen, *told), view=change_view(change_id)
        )

    @tags.autocomplete("tags")
    async def _tag_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not await permissions.may_type(interaction, "digest tags"):
            return []
        forum = interaction.client.get_channel(permissions.named_id(interaction) or 0)
        if not isinstance(forum, discord.ForumChannel) or forum.guild.id != interaction.guild_id:
            return word_choices((NONE,), typed)
        if not permissions.may_see(interaction, ChannelState(forum, gone=False, trouble=None)):
            return word_choices((NONE,), typed)
        return word_choices((NONE, *forums.completed(forum, typed)), typed)


async def _postable(interaction: Interaction, channel: MessagesOption) -> ChosenChannel:
    place = await permissions.chosen_channel(interaction, channel, "digest log")
    obstacle = obstacles.obstacle(place.channel)
    if obstacle is not None:
        raise UsageError(obstacle)
    return place
