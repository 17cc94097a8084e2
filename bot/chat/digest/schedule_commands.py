"""/digest time, timezone, days, quiet, pause and resume. Without a channel they set the server's
default.
"""

import asyncio

from discord import app_commands
from discord.app_commands import Choice

from bot.chat import permissions
from bot.chat.completions import may_type, timezone_choices
from bot.chat.digest.set_value import CHANNEL, INHERIT, SettingCommands
from bot.chat.digest.setting_command import setting_command
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction
from bot.digests.settings import PAUSED, QUIET_DAY, TIME, TIMEZONE, WEEKDAYS


class ScheduleCommands(SettingCommands):
    """Settings of when digests are posted."""

    time = setting_command(TIME)
    timezone = setting_command(TIMEZONE)
    days = setting_command(WEEKDAYS)
    quiet = setting_command(QUIET_DAY)

    @app_commands.command(description="Pause digests until they are resumed")
    @app_commands.describe(channel=CHANNEL)
    async def pause(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Pause."""
        await self.set(interaction, PAUSED, "yes", channel)

    @app_commands.command(description="Resume digests")
    @app_commands.describe(channel=CHANNEL)
    async def resume(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Resume."""
        guild_id = permissions.server_of(interaction)
        server = await self.services.statuses.inherited(guild_id)
        # Only if the server is paused does a channel need a value of its own to resume.
        value = "no" if channel is not None and server.paused else INHERIT
        await self.set(interaction, PAUSED, value, channel)

    @timezone.autocomplete("value")
    async def _timezone_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not may_type(interaction, TIMEZONE.right):
            return []
        now = self.services.clock.now()
        # In a thread, because the first call reads some hundred files.
        return await asyncio.to_thread(timezone_choices, typed, (INHERIT, "UTC"), now)
