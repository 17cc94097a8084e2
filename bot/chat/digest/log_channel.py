"""The channel where a server's admins are told about problems."""

from collections.abc import Iterator
from typing import Final

import discord

from bot.chat import obstacles

NOT_IN_IT: Final = "I am not in that server any more."


def telling_channels(guild: discord.Guild, log_channel_id: int | None) -> Iterator[int]:
    """The channels in which to tell them, as far as is known, best first: the log channel, then the
    system channel. If neither accepts the message, the owner is told directly.
    """
    system = guild.system_channel
    for channel_id in (log_channel_id, system.id if system else None):
        if channel_id is not None and _takes_messages(guild, channel_id):
            yield channel_id


async def notice_channel(
    client: discord.Client, guild_id: int, log_channel_id: int | None
) -> tuple[int | None, str | None]:
    """The channel in which admins are now told (None = the owner directly), and why not in the log
    channel, if one was chosen.
    """
    trouble = None
    if log_channel_id is not None:
        trouble = (await obstacles.look(client, log_channel_id)).trouble
        if trouble is None:
            return log_channel_id, None
    guild = client.get_guild(guild_id)
    return next(telling_channels(guild, None), None) if guild else None, trouble


def _takes_messages(guild: discord.Guild, channel_id: int) -> bool:
    """An unknown channel may be an archived thread, which a message opens again."""
    channel = guild.get_channel_or_thread(channel_id)
    return channel is None or obstacles.obstacle(channel) is None
