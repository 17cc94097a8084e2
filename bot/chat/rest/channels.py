"""Finds channels. discord.py forgets a thread when it is archived, though posting in it would open
it again: Discord is asked for channels that discord.py does not know.
"""

import asyncio
from typing import Final

import aiohttp
import discord
from discord.app_commands import AppCommandThread

from bot.chat.rest.requests import LARGEST_ID, used
from bot.errors import OutcomeUnknown, Refused, TryLater

Postable = discord.abc.GuildChannel | discord.Thread
Found = Postable | AppCommandThread
"""A channel known to discord.py, or a thread as an option gives it."""
GONE: Final = "The channel does not exist any more."
_TIMEOUT: Final = 10
"""Seconds to wait for Discord's answer about a channel."""


def known(client: discord.Client, channel_id: int) -> Postable | None:
    """The channel or thread that discord.py remembers; None = deleted, or an archived thread."""
    channel = client.get_channel(channel_id)
    return channel if isinstance(channel, Postable) else None


def is_id(channel_id: int) -> bool:
    """Whether it may be a channel's id."""
    return 0 < channel_id <= LARGEST_ID


def myself(guild: discord.Guild) -> discord.Member | None:
    """The bot's own member; None if part of the server's data could not be read, so that the bot's
    permissions there are unknown.

    discord.py then makes up a member without roles, which has no joining date.
    """
    me: discord.Member | None = guild.me
    return me if me is not None and me.joined_at is not None else None


async def find(client: discord.Client, channel_id: int) -> Postable | None:
    """The channel or thread, even if archived; None = it is deleted.

    Raises Refused if Discord does not show it, TryLater if Discord does not answer.
    """
    return known(client, channel_id) or await _asked(client, channel_id)


async def _asked(client: discord.Client, channel_id: int) -> Postable | None:
    try:
        async with asyncio.timeout(_TIMEOUT):
            with used():
                channel = await client.fetch_channel(channel_id)
    except discord.NotFound:
        return None
    except (discord.Forbidden, discord.InvalidData) as error:
        raise Refused(f"I may not see <#{channel_id}>; an admin can allow it there.") from error
    except (
        OutcomeUnknown,
        discord.DiscordException,
        aiohttp.ClientError,
        TimeoutError,
        OSError,
    ) as error:
        raise TryLater("Discord does not answer") from error
    return channel if isinstance(channel, Postable) else None
