"""/subscribe, /unsubscribe and /subscriptions: what the channels follow."""

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.chat import obstacles, permissions
from bot.chat.buttons import now_view, tags_of
from bot.chat.completions import named_choices, word_choices
from bot.chat.digest.status import standing
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction, reply
from bot.chat.rest import channels
from bot.chat.services import ChatServices
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.render import answers
from bot.render.sanitizer import escaped


class Following(commands.Cog):
    """Subscriptions, for moderators."""

    def __init__(self, services: ChatServices) -> None:
        self.services = services

    @app_commands.command(description="Let a channel follow a topic in its daily digest")
    @app_commands.describe(topic="The topic", channel="The channel; without it, this one")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def subscribe(
        self, interaction: Interaction, topic: str, channel: ChannelOption | None = None
    ) -> None:
        """Subscribe, say when the next digest is due, and offer to post one now."""
        chosen = await permissions.chosen_channel(interaction, channel, "subscribe")
        tags = await tags_of(self.services.statuses, chosen.target)
        obstacle = obstacles.obstacle(chosen.channel, tags)
        if obstacle:
            lacking = chosen.channel and obstacles.missing_permissions(chosen.channel)
            raise UsageError(f"{obstacle} Then use `/subscribe` again." if lacking else obstacle)
        found = await self.services.queries.topic(topic, expected=True)
        await interaction.response.defer(ephemeral=True)
        added, status = await self.services.subscriptions.subscribe(chosen.target, found)
        text = answers.subscribed(found, status, self.services.clock.now(), added=added)
        advice = obstacles.advice(chosen.channel)
        text = f"{text}\n{advice}" if advice else text
        await reply(interaction, text, view=now_view(chosen.target))

    @app_commands.command(description="Stop a channel from following a topic")
    @app_commands.describe(topic="The topic", channel="The channel; without it, this one")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def unsubscribe(
        self, interaction: Interaction, topic: str, channel: ChannelOption | None = None
    ) -> None:
        """Unsubscribe, and say what the channel still follows."""
        chosen = await permissions.chosen_channel(interaction, channel, "unsubscribe")
        found = await self.services.queries.topic(topic)
        await interaction.response.defer(ephemeral=True)
        removed, status = await self.services.subscriptions.unsubscribe(chosen.target, found)
        if not removed or status is None:
            name = escaped(found.name, 100)
            raise UsageError(f"{chosen.target.mention} does not follow **{name}**.")
        await reply(interaction, answers.unsubscribed(found, status, self.services.clock.now()))

    @subscribe.autocomplete("topic")
    async def _topic_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not await permissions.may_type(interaction, "subscribe"):
            return []
        return named_choices(await self.services.queries.suggest_expected(typed))

    @unsubscribe.autocomplete("topic")
    async def _followed_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not await permissions.may_type(interaction, "unsubscribe"):
            return []
        chosen = permissions.named_id(interaction)
        if chosen is None or not channels.is_id(chosen):
            return []
        if not permissions.may_see(interaction, await obstacles.look(interaction.client, chosen)):
            return []
        guild_id = permissions.server_of(interaction)
        status = await self.services.statuses.of_channel(Channel(guild_id, chosen))
        return word_choices(status.topics if status else (), typed)

    @app_commands.command(description="What the channels of this server follow, and when")
    @app_commands.guild_only()
    async def subscriptions(self, interaction: Interaction) -> None:
        """List the channels that this user can see."""
        guild_id = permissions.server_of(interaction)
        await interaction.response.defer(ephemeral=True)
        statuses = await self.services.statuses.of_server(guild_id)
        found = await standing(interaction.client, statuses)
        seen = [status for status, place in found if permissions.may_see(interaction, place)]
        await reply(interaction, answers.subscriptions(seen, self.services.clock.now()))
