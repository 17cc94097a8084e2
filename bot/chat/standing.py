"""How digests stand together with what is known of their channels at this moment."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import discord

from bot.chat.permissions import Place, look
from bot.digests.status import DigestStatus


async def standing(
    client: discord.Client, statuses: Iterable[DigestStatus]
) -> list[tuple[DigestStatus, Place]]:
    """Each status as it is now, with its channel, in their order.

    What is known now goes before the fault of the last attempt to post.
    """
    listed = list(statuses)
    places = await asyncio.gather(*(look(client, one.channel_id) for one in listed))
    return [
        (replace(status, gone=place.gone, fault=place.trouble or status.fault), place)
        for status, place in zip(listed, places, strict=True)
    ]
