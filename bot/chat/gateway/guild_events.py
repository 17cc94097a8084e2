"""Passes on Discord's events about servers and channels."""

import logging
from collections.abc import Callable

import discord
from discord.ext import commands

from bot.chat import obstacles
from bot.chat.gateway.shards import shard_of
from bot.chat.rest.channels import myself
from bot.delivery.presence import Presence
from bot.digests.target import Server

logger = logging.getLogger(__name__)


class GuildEvents(commands.Cog):
    """Listens to changes of permissions, channels and servers.

    `knows_all`: whether the client is certain which servers it is in, once a shard is ready.
    """

    def __init__(
        self, client: discord.AutoShardedClient, presence: Presence, knows_all: Callable[[], bool]
    ) -> None:
        self._client, self._presence, self._knows_all = client, presence, knows_all

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """After every login of a shard: apply changes in its servers while the bot was away."""
        if not self._knows_all() or shard_id not in (self._client.shard_ids or ()):
            return
        count = self._client.shard_count or 1
        guilds = [guild for guild in self._client.guilds if guild.shard_id == shard_id]
        joined = {guild.id: me.joined_at if (me := myself(guild)) else None for guild in guilds}
        await self._presence.met(joined)
        channels = [one.id for guild in guilds for one in (*guild.channels, *guild.threads)]
        await self._presence.reconcile(
            [guild.id for guild in guilds],
            channels,
            among=lambda guild_id: shard_of(guild_id, count) == shard_id,
        )

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited, perhaps again."""
        await self._presence.joined(guild.id)
        await self._clear_faults(guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed; an outage does not count."""
        await self._presence.left(guild.id)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """An outage is over; at a login this is called for every server."""
        await self._presence.available(guild.id)
        await self._clear_faults(guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was created, or became visible again."""
        await self._presence.channel_is_there(channel.id)
        await self._changed(channel)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        await self._presence.channel_deleted(channel.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Its permissions may have changed."""
        await self._changed(channel)

    @commands.Cog.listener()
    async def on_raw_thread_update(self, event: discord.RawThreadUpdateEvent) -> None:
        """It may have been reopened or unlocked; discord.py may not know it if it is archived."""
        await self._presence.mended(event.thread_id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted, whether discord.py knew it or not."""
        await self._presence.channel_deleted(event.thread_id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """The bot's permissions in the whole server may have changed."""
        await self._server_changed(role.guild)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """Without a privileged intent Discord reports only the bot itself."""
        await self._server_changed(member.guild)

    async def _server_changed(self, guild: discord.Guild) -> None:
        await self._presence.changed(Server(guild.id))
        await self._clear_faults(guild.id)

    async def _clear_faults(self, guild_id: int) -> None:
        """The obstacles of digests may be gone in many channels at once."""
        for channel_id in await self._presence.faulty(guild_id):
            channel = self._client.get_channel(channel_id)
            if isinstance(channel, discord.abc.GuildChannel):
                await self._changed(channel)

    async def _changed(self, channel: discord.abc.GuildChannel) -> None:
        # Its digest's tags are not known here; a forum that requires one may have it.
        tags = [tag.id for tag in getattr(channel, "available_tags", ())]
        if obstacles.obstacle(channel, tags) is None:
            await self._presence.mended(channel.id)
