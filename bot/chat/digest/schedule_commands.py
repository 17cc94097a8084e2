"""/digest time, timezone, days, quiet, pause and resume. Without a channel they set the server's
default.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from discord import app_commands
from discord.app_commands import Choice

from bot.chat import permissions
from bot.chat.completions import may_type, timezone_choices, word_choices
from bot.chat.digest.set_value import CHANNEL, INHERIT, INHERITED, SettingCommands
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction
from bot.digests.setting_values import QUIET_DAYS
from bot.digests.settings import PAUSED, QUIET_DAY, TIME, TIMEZONE, WEEKDAYS, AnySetting

_TIMES: Final = (INHERIT, "07:00", "08:00", "12:00", "18:00", "08:00, 18:00")
_DAYS: Final = (INHERIT, "daily", "weekdays", "weekend", "mon, wed, fri", "mon")


class ScheduleCommands(SettingCommands):
    """Settings of when digests come."""

    @app_commands.command(description="Set the time of day, or several")
    @app_commands.describe(time="Like 08:00, or 08:00, 18:00, or default", channel=CHANNEL)
    async def time(
        self, interaction: Interaction, time: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the local times of day."""
        await self.set(interaction, TIME, time, channel)

    @app_commands.command(description="Set the time zone")
    @app_commands.describe(timezone="Like Europe/Berlin, or default", channel=CHANNEL)
    async def timezone(
        self, interaction: Interaction, timezone: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the time zone that the times of day are in."""
        await self.set(interaction, TIMEZONE, timezone, channel)

    @app_commands.command(description="Set the weekdays")
    @app_commands.describe(
        days="Like daily, weekdays, mon-thu, or mon, wed; or default", channel=CHANNEL
    )
    async def days(
        self, interaction: Interaction, days: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the weekdays on which digests come."""
        await self.set(interaction, WEEKDAYS, days, channel)

    @app_commands.command(description="Set what is posted on a day without a new story")
    @app_commands.describe(policy="What to post", channel=CHANNEL)
    @app_commands.choices(
        policy=[
            *(
                Choice(name=words.capitalize(), value=policy)
                for policy, words in QUIET_DAYS.items()
            ),
            INHERITED,
        ]
    )
    async def quiet(
        self, interaction: Interaction, policy: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the policy for quiet days."""
        await self.set(interaction, QUIET_DAY, policy, channel)

    @app_commands.command(description="Let no digest come until it is resumed")
    @app_commands.describe(channel=CHANNEL)
    async def pause(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Pause."""
        await self.set(interaction, PAUSED, "yes", channel)

    @app_commands.command(description="Let digests come again")
    @app_commands.describe(channel=CHANNEL)
    async def resume(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Resume."""
        guild_id = permissions.server_of(interaction)
        server = await self.services.statuses.inherited(guild_id)
        # Only where the server is paused must a channel have a word of its own to go on.
        value = "no" if channel is not None and server.paused else INHERIT
        await self.set(interaction, PAUSED, value, channel)

    @time.autocomplete("time")
    async def _time_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _words(interaction, TIME, _TIMES, typed)

    @days.autocomplete("days")
    async def _day_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _words(interaction, WEEKDAYS, _DAYS, typed)

    @timezone.autocomplete("timezone")
    async def _timezone_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not may_type(interaction, TIMEZONE.right):
            return []
        now = self.services.clock.now()
        # In a thread: at first it reads some hundred files.
        return await asyncio.to_thread(timezone_choices, typed, (INHERIT, "UTC"), now)


def _words(
    interaction: Interaction, setting: AnySetting, words: Sequence[str], typed: str
) -> list[Choice[str]]:
    return word_choices(words, typed) if may_type(interaction, setting.right) else []
