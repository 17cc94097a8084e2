"""What keeps the bot from posting in a channel, as far as it knows, in words for an admin."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import discord
from discord.app_commands import AppCommandThread

from bot.chat.rest import channels, forums
from bot.chat.rest.channels import GONE, Found, Postable
from bot.errors import Refused, TryLater


def obstacle(channel: Found | None, tags: Collection[int] = ()) -> str | None:
    """Why the bot cannot post in a channel (None = deleted), as far as it knows; None = it can.

    `tags`: the ids of the tags that its posts in a forum get.
    """
    if channel is None or channel.guild is None:
        return GONE
    missing = missing_permissions(channel)
    if missing:
        return _needed("post", channel, missing)
    if _is_closed(channel):
        return f"{channel.mention} is closed: archived and locked. A moderator can open it again."
    if forums.wants_tag(channel) and not forums.still_there(channel, tags):
        return f"{channel.mention} requires a tag on every post; choose one with `/digest tags`."
    return None


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as it is now: None if it is `gone`, or if Discord does not show it.

    `trouble`: why the bot cannot post there; None = it can, as far as it knows.
    """

    channel: Postable | None
    gone: bool
    trouble: str | None


async def look(client: discord.Client, channel_id: int, tags: Collection[int] = ()) -> ChannelState:
    """A channel as it is now; Discord is asked if discord.py does not know it.

    `tags`: see `obstacle`.
    """
    try:
        channel = await channels.find(client, channel_id)
    except Refused as error:
        return ChannelState(None, gone=False, trouble=str(error))
    except TryLater:
        return ChannelState(None, gone=False, trouble=None)
    return ChannelState(channel, gone=channel is None, trouble=obstacle(channel, tags))


def missing_permissions(channel: Found) -> list[str]:
    """The permissions that an admin must allow the bot in a channel so that it can post there.

    A channel's own `permissions_for` removes more: without View Channel everything, without Send
    Messages also Embed Links. Naming those would send an admin to boxes that are already ticked.
    """
    mine = my_permissions(channel)
    if mine is None:
        return []
    needed = {
        "View Channel": mine.view_channel,
        **_sending(channel, mine),
        "Embed Links": mine.embed_links,
    }
    return [name for name, held in needed.items() if not held]


def _sending(channel: Found, mine: discord.Permissions) -> dict[str, bool]:
    """The permissions for sending in a channel of this kind, under the names that an admin sees."""
    if isinstance(channel, discord.Thread | AppCommandThread):
        return {"Send Messages in Threads": mine.send_messages_in_threads}
    if isinstance(channel, discord.ForumChannel):
        # An edition's first message opens its post, the others follow inside it.
        in_posts = mine.send_messages_in_threads
        return {"Create Posts": mine.send_messages, "Send Messages in Posts": in_posts}
    return {"Send Messages": mine.send_messages}


def may_speak(channel: discord.TextChannel) -> bool:
    """Whether the bot may post plain text there."""
    mine = my_permissions(channel)
    return mine is not None and mine.view_channel and mine.send_messages


def no_thread(channel: Found | None) -> str | None:
    """Why the bot cannot open a thread from a message there, as far as it knows; None = it can."""
    mine = my_permissions(channel) if channel is not None else None
    if channel is None or mine is None or mine.create_public_threads:
        return None
    return _needed("open threads", channel, ["Create Public Threads"])


def my_permissions(channel: Found) -> discord.Permissions | None:
    """The bot's permissions in a channel (for a thread, its parent's); None = unknown."""
    place = channel.parent if isinstance(channel, discord.Thread | AppCommandThread) else channel
    if place is None or channel.guild is None:
        return None
    me = channels.myself(channel.guild)
    return None if me is None else discord.abc.GuildChannel.permissions_for(place, me)


def _is_closed(channel: Found) -> bool:
    """Whether posting cannot reopen a thread, as it would if the thread were only archived."""
    if not isinstance(channel, discord.Thread | AppCommandThread):
        return False
    mine = my_permissions(channel)
    return channel.archived and channel.locked and not (mine and mine.manage_threads)


def advice(channel: Found | None) -> str | None:
    """A sentence about a missing permission that the bot needs only in trouble, or None."""
    mine = my_permissions(channel) if channel is not None else None
    if channel is None or mine is None or mine.read_message_history:
        return None
    return (
        f"I need the **Read Message History** permission in {channel.mention}: without it I could"
        " not check after a crash whether a digest arrived, and would not repeat it."
    )


def _needed(deed: str, channel: Found, missing: Sequence[str]) -> str:
    """What the bot cannot do in a channel, the permissions that it needs for that, and where an
    admin allows them.
    """
    bold = [f"**{name}**" for name in missing]
    several = f"permissions {', '.join(bold[:-1])} and {bold[-1]}"
    what = several if len(bold) > 1 else f"{bold[0]} permission"
    return (
        f"I can't {deed} in {channel.mention}: I need the {what} there. An admin can allow it under"
        " Edit Channel > Permissions > Broadsheet."
    )
