"""Combines the status of digests with the current state of their channels."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import discord

from bot.chat import obstacles, permissions
from bot.chat.digest import roles
from bot.chat.obstacles import ChannelState
from bot.chat.rest import forums
from bot.chat.rest.channels import Found
from bot.digests.settings import ROLE, THREAD
from bot.digests.status import DigestStatus, ServerChange
from bot.render.sanitizer import escaped


async def standing(
    client: discord.Client, statuses: Iterable[DigestStatus]
) -> list[tuple[DigestStatus, ChannelState]]:
    """Each status as it is now, with its channel, in the given order.

    What is known now takes precedence over the fault of the last attempt to post.
    """
    listed = list(statuses)
    looks = (obstacles.look(client, one.target.channel_id, one.target.tags) for one in listed)
    states = await asyncio.gather(*looks)
    return [(_seen(client, *pair), pair[1]) for pair in zip(listed, states, strict=True)]


async def standing_now(client: discord.Client, status: DigestStatus) -> DigestStatus:
    """One status as it is now."""
    ((now, _),) = await standing(client, [status])
    return now


async def standing_change(client: discord.Client, change: ServerChange) -> ServerChange:
    """The same for the digests that a server's default concerns."""
    return replace(
        change,
        inheriting=[status for status, _ in await standing(client, change.inheriting)],
        keeping=[status for status, _ in await standing(client, change.keeping)],
    )


def _seen(client: discord.Client, status: DigestStatus, state: ChannelState) -> DigestStatus:
    gone = state.gone or status.gone_at is not None
    fault = state.trouble or status.fault
    doubts = [] if gone else _doubts(client, status, state.channel)
    kind = permissions.kind_of(state.channel)
    return replace(status, gone=gone, fault=fault, doubts=doubts, kind=kind)


def _doubts(client: discord.Client, status: DigestStatus, channel: Found | None) -> list[str]:
    """Problems with the role that a digest pings, its thread, and the tags of its posts."""
    found = [_doubt_of_role(client, status, channel), _doubt_of_thread(status, channel)]
    if isinstance(channel, discord.ForumChannel):
        tags = status.target.tags
        some_gone = len(forums.still_there(channel, tags)) < len(tags)
        found.append(_TAG_GONE if some_gone else None)
    return [one for one in found if one is not None]


def _doubt_of_role(
    client: discord.Client, status: DigestStatus, channel: Found | None
) -> str | None:
    guild, role_id = client.get_guild(status.target.guild_id), status.settings[ROLE]
    if guild is None or role_id is None:
        return None
    role = guild.get_role(role_id)
    return _ROLE_GONE if role is None else roles.unnotified(role, channel)


def _doubt_of_thread(status: DigestStatus, channel: Found | None) -> str | None:
    reason = obstacles.no_thread(channel)
    applies = status.settings[THREAD] and THREAD.works_in(permissions.kind_of(channel))
    return f"Digests come without a thread: {reason}" if reason and applies else None


def tagged(status: DigestStatus, channel: Found | None) -> str | None:
    """A sentence about the tags of a digest's posts, if its channel is a forum."""
    if not isinstance(channel, discord.ForumChannel):
        return None
    names = escaped(", ".join(forums.names(channel, status.target.tags)), _NAMES)
    return f"Each digest is a post, tagged {names}." if names else _NO_TAGS


_NAMES: Final = 150
"""How many characters the names of all tags take in a line."""
_NO_TAGS: Final = "Each digest is a post without tags; `/digest tags` gives it some."
_TAG_GONE: Final = "A tag of its posts does not exist any more; set them again with `/digest tags`."
_ROLE_GONE: Final = "The role to ping does not exist any more; choose another with `/digest role`."
