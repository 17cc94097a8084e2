"""/digest ...: when digests come, for admins. Without a channel the server's default is set."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.chat import permissions
from bot.chat.buttons import message_view, now_view, post_now
from bot.chat.completions import may_type, timezone_choices, word_choices
from bot.chat.permissions import ChannelOption, Target
from bot.chat.replies import Interaction, reply
from bot.chat.services import Services
from bot.chat.standing import standing
from bot.errors import UsageError
from bot.render import answers
from bot.render.digest import Body, edition_messages

INHERIT: Final = "default"
"""What an admin writes to go back to the server's (or the bot's) value."""
_TIMES: Final = (INHERIT, "07:00", "08:00", "12:00", "18:00", "08:00, 18:00")
_DAYS: Final = (INHERIT, "daily", "weekdays", "weekend", "mon, wed, fri", "mon")
_CHANNEL: Final = "One channel; without it, the server's default"


class DigestCommands(
    commands.GroupCog,
    group_name="digest",
    group_description="When digests come, and what they hold",
):
    """Settings of digests."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="Set the time of day, or several")
    @app_commands.describe(time="Like 08:00, or 08:00, 18:00, or default", channel=_CHANNEL)
    async def time(
        self, interaction: Interaction, time: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the local times of day."""
        await self._set(interaction, "time", time, channel)

    @app_commands.command(description="Set the time zone")
    @app_commands.describe(timezone="Like Europe/Berlin, or default", channel=_CHANNEL)
    async def timezone(
        self, interaction: Interaction, timezone: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the time zone that the times of day are in."""
        await self._set(interaction, "timezone", timezone, channel)

    @app_commands.command(description="Set the weekdays")
    @app_commands.describe(
        days="Like daily, weekdays, mon-thu, or mon, wed; or default", channel=_CHANNEL
    )
    async def days(
        self, interaction: Interaction, days: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the weekdays on which digests come."""
        await self._set(interaction, "days", days, channel)

    @app_commands.command(description="Set what is posted on a day without a new story")
    @app_commands.describe(policy="What to post", channel=_CHANNEL)
    @app_commands.choices(
        policy=[
            Choice(name="An older story from the archive", value="archive"),
            Choice(name="A line that says so", value="note"),
            Choice(name="Nothing", value="skip"),
            Choice(name="As the server or the bot has it", value=INHERIT),
        ]
    )
    async def quiet(
        self, interaction: Interaction, policy: str, channel: ChannelOption | None = None
    ) -> None:
        """Set the policy for quiet days."""
        await self._set(interaction, "quiet_day", policy, channel)

    @app_commands.command(description="Let no digest come until it is resumed; nothing is lost")
    @app_commands.describe(channel=_CHANNEL)
    async def pause(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Pause."""
        await self._set(interaction, "paused", "yes", channel)

    @app_commands.command(description="Let digests come again")
    @app_commands.describe(channel=_CHANNEL)
    async def resume(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Resume."""
        guild_id = permissions.server_of(interaction)
        server = await self._services.subscriptions.server_settings(guild_id)
        # Only where the server is paused must a channel have a word of its own to go on.
        value = "no" if channel is not None and server.paused else INHERIT
        await self._set(interaction, "paused", value, channel)

    @app_commands.command(description="Post an extra digest now; its stories do not come again")
    @app_commands.describe(channel="The channel; without it, this one")
    async def now(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Post an extra edition."""
        place = permissions.target(interaction, channel, "manage_guild")
        await interaction.response.defer(ephemeral=True)
        await reply(interaction, await post_now(interaction, place))

    @app_commands.command(description="Show only to you what a digest would hold now")
    @app_commands.describe(channel="The channel; without it, this one")
    async def preview(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Show the next edition as it would be now."""
        place = permissions.target(interaction, channel, "manage_guild")
        await interaction.response.defer(ephemeral=True)
        subscriptions, now = self._services.subscriptions, self._services.clock.now()
        contents = await subscriptions.preview(place.guild_id, place.channel_id, now)
        if contents is None:
            raise UsageError(f"Nothing would be posted in <#{place.channel_id}> now: no new story.")
        status = await subscriptions.status(place.guild_id, place.channel_id)
        heading = answers.preview_heading(status, place.channel_id, now)
        for message in edition_messages(contents, self._services.sources):
            await _show(interaction, message.body, heading)
            heading = ""

    @app_commands.command(description="How digests stand: settings, the next one, the last ones")
    @app_commands.describe(channel="One channel; without it, the whole server")
    async def status(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Show how digests stand."""
        if channel is None:
            guild_id = permissions.require_server_right(interaction, "manage_guild")
            await interaction.response.defer(ephemeral=True)
            text = await self._status_of_server(interaction, guild_id)
        else:
            place = permissions.target(interaction, channel, "manage_guild")
            await interaction.response.defer(ephemeral=True)
            text = await self._status_of_channel(place)
        await reply(interaction, text)

    async def _status_of_server(self, interaction: Interaction, guild_id: int) -> str:
        subscriptions = self._services.subscriptions
        settings = await subscriptions.server_settings(guild_id)
        found = await standing(interaction.client, await subscriptions.statuses(guild_id))
        now = self._services.clock.now()
        return answers.status_of_server(settings, [status for status, _ in found], now)

    async def _status_of_channel(self, place: Target) -> str:
        status = await self._services.subscriptions.status(place.guild_id, place.channel_id)
        if status is None:
            where = f"<#{place.channel_id}>"
            raise UsageError(f"{where} has no digest yet; use `/subscribe` there.")
        fault = permissions.obstacle(place.channel) or status.fault
        now = self._services.clock.now()
        return answers.status_of_channel(replace(status, fault=fault), now)

    async def _set(
        self, interaction: Interaction, name: str, text: str, channel: ChannelOption | None
    ) -> None:
        """Set one thing for a channel or the server, and answer with its effect."""
        value = None if text.strip().lower() == INHERIT else text
        if channel is None:
            guild_id = permissions.require_server_right(interaction, "manage_guild")
            await interaction.response.defer(ephemeral=True)
            change = await self._services.subscriptions.set_for_server(guild_id, name, value)
            change = replace(
                change,
                inheriting=[s for s, _ in await standing(interaction.client, change.inheriting)],
                keeping=[s for s, _ in await standing(interaction.client, change.keeping)],
            )
            await reply(interaction, answers.server_set(change, name, self._services.clock.now()))
        else:
            place = permissions.target(interaction, channel, "manage_guild")
            await interaction.response.defer(ephemeral=True)
            status = await self._services.subscriptions.set_for_channel(
                place.guild_id, place.channel_id, name, value
            )
            text = answers.channel_set(status, name, self._services.clock.now())
            view = now_view(place.channel_id) if status.topics else None
            await reply(interaction, text, view=view)

    @time.autocomplete("time")
    async def _time_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _words(interaction, _TIMES, typed)

    @days.autocomplete("days")
    async def _day_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _words(interaction, _DAYS, typed)

    @timezone.autocomplete("timezone")
    async def _timezone_choices(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        if not may_type(interaction, "manage_guild"):
            return []
        return timezone_choices(typed, (INHERIT, "UTC"))


def _words(interaction: Interaction, words: Sequence[str], typed: str) -> list[Choice[str]]:
    return word_choices(words, typed) if may_type(interaction, "manage_guild") else []


async def _show(interaction: Interaction, body: Body, heading: str) -> None:
    """Show a message's body to one person; a select in it works as it will in the channel."""
    text = f"{heading}\n{body['content']}" if heading else body["content"]
    await reply(interaction, text, embeds=body["embeds"], view=message_view(body))
