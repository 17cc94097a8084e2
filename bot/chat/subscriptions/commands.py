"""/subscribe, /unsubscribe and /subscriptions: what the channels follow."""

from typing import Final

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.chat import obstacles, permissions
from bot.chat.completions import begun, continued, named_choices
from bot.chat.digest.status import standing
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction, reply
from bot.chat.rest import channels
from bot.chat.services import ChatServices
from bot.chat.subscriptions.topics import follow, unfollow
from bot.digests.target import Channel
from bot.render import subscriptions

_TOPICS: Final = "A topic, or several: AI, Space; or all"


class Following(commands.Cog):
    """Subscriptions, for moderators."""

    def __init__(self, services: ChatServices) -> None:
        self.services = services

    @app_commands.command(description="Add topics to a channel's daily digest")
    @app_commands.describe(
        topic="A topic, several like AI, Space, or all", channel="The channel; without it, this one"
    )
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def subscribe(
        self, interaction: Interaction, topic: str, channel: ChannelOption | None = None
    ) -> None:
        """Subscribe, say when the next digest is due, and offer to post one now."""
        chosen = await permissions.chosen_channel(interaction, channel, "subscribe")
        await follow(interaction, chosen, topic)

    @app_commands.command(description="Remove topics from a channel's daily digest")
    @app_commands.describe(
        topic="A topic, several like AI, Space, or all", channel="The channel; without it, this one"
    )
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def unsubscribe(
        self, interaction: Interaction, topic: str, channel: ChannelOption | None = None
    ) -> None:
        """Unsubscribe, and say what the channel still follows."""
        chosen = await permissions.chosen_channel(interaction, channel, "unsubscribe")
        await unfollow(interaction, chosen, topic)

    @subscribe.autocomplete("topic")
    async def _topic_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not await permissions.may_type(interaction, "subscribe"):
            return []
        done, last = begun(typed)
        found = await self.services.queries.suggest_expected(last)
        return named_choices(continued(done, [*found, *_offered_all(done, last)]))

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
        done, last = begun(typed)
        held = [name for name in status.topics if last.lower() in name.lower()] if status else []
        offered = _offered_all(done, last) if len(held) > 1 else []
        return named_choices(continued(done, [*held, *offered]))

    @app_commands.command(description="What the channels of this server follow, and when")
    @app_commands.guild_only()
    async def subscriptions(self, interaction: Interaction) -> None:
        """List the channels that this user can see."""
        guild_id = permissions.server_of(interaction)
        await interaction.response.defer(ephemeral=True)
        statuses = await self.services.statuses.of_server(guild_id)
        found = await standing(interaction.client, statuses)
        seen = [status for status, place in found if permissions.may_see(interaction, place)]
        await reply(interaction, subscriptions.subscriptions(seen, self.services.clock.now()))


def _offered_all(done: str, last: str) -> list[str]:
    return ["all"] if not done and "all".startswith(last.lower()) else []
