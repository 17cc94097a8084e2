"""/digest now, preview and status; the settings are in setting_commands.py and tags_and_log.py."""

from dataclasses import replace

from discord import app_commands
from discord.ext import commands

from bot.chat import permissions
from bot.chat.digest.history import History
from bot.chat.digest.log_channel import notice_channel
from bot.chat.digest.managers import Managers, managers_told
from bot.chat.digest.posting import again_view, post_now
from bot.chat.digest.preview import show_preview
from bot.chat.digest.setting_commands import SettingCommands
from bot.chat.digest.status import standing, tagged
from bot.chat.digest.tags_and_log import TagsAndLog
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction, reply
from bot.chat.setup.commands import SetupCommand
from bot.digests.setting_types import HERE, SCOPE
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.render import digest_status, setting_answers


class DigestCommands(
    SettingCommands,
    TagsAndLog,
    Managers,
    History,
    SetupCommand,
    commands.GroupCog,
    group_name="digest",
    group_description="When digests come and what is in them",
):
    """When digests come and what they hold, and all about them."""

    @app_commands.command(description=f"Post an extra digest now {HERE}")
    @app_commands.describe(channel="The channel; without it, this one")
    async def now(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Post an extra edition."""
        chosen = await permissions.chosen_channel(interaction, channel, "digest now")
        await interaction.response.defer(ephemeral=True)
        await reply(interaction, await post_now(interaction, chosen))

    @app_commands.command(description=f"Preview the digest; only you see it {HERE}")
    @app_commands.describe(channel="The channel; without it, this one")
    async def preview(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Show the next edition as it would look now."""
        chosen = await permissions.chosen_channel(interaction, channel, "digest preview")
        await interaction.response.defer(ephemeral=True)
        await show_preview(interaction, chosen.target)

    @app_commands.command(description=f"Show how digests are doing and what is wrong {SCOPE}")
    @app_commands.describe(channel="One channel; without it, the whole server")
    async def status(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Show how digests stand."""
        chosen = await permissions.chosen_or_server(interaction, channel, "digest status")
        await interaction.response.defer(ephemeral=True)
        if chosen is None:
            await self._status_of_server(interaction, permissions.server_of(interaction))
        else:
            await self._status_of_channel(interaction, chosen.target)

    async def _status_of_server(self, interaction: Interaction, guild_id: int) -> None:
        settings = await self.services.statuses.inherited(guild_id)
        log = await self.services.settings.log_channel(guild_id)
        told = setting_answers.told_in(
            log, *await notice_channel(interaction.client, guild_id, log)
        )
        if role_id := await self.services.settings.managers(guild_id):
            told += f"\n{managers_told(interaction.client, guild_id, role_id)}"
        found = await standing(interaction.client, await self.services.statuses.of_server(guild_id))
        now, statuses = self.services.clock.now(), [status for status, _ in found]
        text = digest_status.status_of_server(settings, statuses, now, told)
        newest = [replace(status, last=status.last[:1]) for status in statuses]
        await reply(interaction, text, view=again_view(interaction.client, newest))

    async def _status_of_channel(self, interaction: Interaction, target: Channel) -> None:
        status = await self.services.statuses.of_channel(target)
        if status is None:
            raise UsageError(f"{target.mention} has no digest yet; use `/subscribe` there.")
        ((status, seen),) = await standing(interaction.client, [status])
        tags = tagged(status, seen.channel)
        text = digest_status.status_of_channel(status, self.services.clock.now(), tags)
        await reply(interaction, text, view=again_view(interaction.client, [status]))
