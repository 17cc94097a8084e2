"""Reads the bot's own messages in a channel, or its own posts in a forum, newest first."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import discord

from bot.chat.rest import channels
from bot.chat.rest.channels import GONE, Postable
from bot.chat.rest.requests import Rest, id_of
from bot.delivery.publisher import OwnMessage, Posted
from bot.digests.target import Channel, Post, Target
from bot.errors import Refused, TryLater
from bot.render.posted import also_urls, lines_of, urls_of

PAGE: Final = 100
"""How many messages or posts a request returns, Discord's limit."""
MAX_PAGES: Final = 10
"""How many pages are read back; if a channel got more since, a message cannot be ruled out."""
SKEW: Final = timedelta(minutes=15)
"""How much this machine's clock may be ahead of Discord's."""
ORDINARY: Final = 0
"""The type of messages that we posted. Discord's own notes have others: one says a thread's name,
and that may be the line that names an edition.
"""
_TOO_MUCH: Final = "too much was written in the channel since"

Json = Mapping[str, Any]


class History:
    """Reads channels back on behalf of a client."""

    def __init__(self, client: discord.Client, rest: Rest) -> None:
        self._client, self._rest = client, rest

    async def find(self, target: Target, marker: str, since: datetime) -> Posted | None:
        """Our message with a line, or our post whose name ends with it, or None.

        Raises Refused if that cannot be known, RestError, TryLater and OutcomeUnknown.
        """
        channel = await self._readable(thread_or_channel(target))
        if isinstance(target, Channel) and isinstance(channel, discord.ForumChannel):
            posts = self._own_posts(channel, since)
            ids = (id_of(post["id"]) async for post in posts if _is_named(post, marker))
            return await anext((Posted(one, Post(target, one)) async for one in ids), None)
        found = self._own_in(channel.id, since)
        return await anext(
            (Posted(m.message_id, target) async for m in found if marker in m.lines), None
        )

    async def own(self, target: Target, since: datetime) -> AsyncIterator[OwnMessage]:
        """Every message of ours; in a forum, those in our posts."""
        channel = await self._readable(thread_or_channel(target))
        if not isinstance(channel, discord.ForumChannel):
            async for message in self._own_in(channel.id, since):
                yield message
            return
        async for post in self._own_posts(channel, since):
            async for message in self._own_in(id_of(post["id"]), since):
                yield message

    async def _readable(self, channel_id: int) -> Postable:
        """The channel. Without the permission its history would be empty and prove nothing."""
        channel = await channels.find(self._client, channel_id)
        if channel is None:
            raise Refused(GONE, gone=True)
        if channel.guild.unavailable:  # so is a server that its shard has not received yet
            raise TryLater("its server is unavailable at the moment")
        me = channels.myself(channel.guild)
        if me is None or not channel.permissions_for(me).read_message_history:
            raise Refused("I lack Read Message History")
        return channel

    async def _own_in(self, channel_id: int, since: datetime) -> AsyncIterator[OwnMessage]:
        before = ""
        for _ in range(MAX_PAGES):
            path = f"/channels/{channel_id}/messages?limit={PAGE}{before}"
            page = _listed(await self._rest.request("GET", path))
            for message in page:
                if self._is_ours(message["author"]["id"]) and message["type"] == ORDINARY:
                    yield _own_message(message)
            if len(page) < PAGE or _sent_at(page[-1]) < since - SKEW:
                return
            before = f"&before={page[-1]['id']}"
        raise Refused(_TOO_MUCH)

    async def _own_posts(self, forum: discord.ForumChannel, since: datetime) -> AsyncIterator[Json]:
        """Our posts in a forum, also archived ones."""
        active = await self._rest.request("GET", f"/guilds/{forum.guild.id}/threads/active")
        for post in _listed(active["threads"]):
            if post.get("parent_id") == str(forum.id) and self._is_ours(post["owner_id"]):
                yield post
        before = ""
        for _ in range(MAX_PAGES):
            path = f"/channels/{forum.id}/threads/archived/public?limit={PAGE}{before}"
            page = await self._rest.request("GET", path)
            for post in _listed(page["threads"]):
                if self._is_ours(post["owner_id"]):
                    yield post
            last = _archived_at(page["threads"][-1]) if page["threads"] else since
            if not page["has_more"] or last < since - SKEW:
                return
            before = f"&before={last.isoformat().replace('+', '%2B')}"
        raise Refused(_TOO_MUCH)

    def _is_ours(self, author_id: object) -> bool:
        me = self._client.user
        return me is not None and str(author_id) == str(me.id)


def thread_or_channel(target: Target) -> int:
    """The id of the channel that holds a target's messages."""
    match target:
        case Channel():
            return target.channel_id
        case Post():
            return target.post_id


def _listed(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """The answer as a list. Raises TypeError for anything else, which would prove nothing."""
    if not isinstance(answer, list):
        raise TypeError("no list")
    return answer


def _is_named(post: Json, marker: str) -> bool:
    return str(post["name"]).rpartition(" · ")[2] == marker


def _own_message(message: Json) -> OwnMessage:
    """Read one message. Whole lines are compared: "edition 1" is not "edition 1, part 2"."""
    also = [url for embed in message["embeds"] for url in also_urls(embed)]
    lines = lines_of(str(message["content"]))
    return OwnMessage(id_of(message["id"]), _sent_at(message), lines, urls_of(message), also)


def _sent_at(message: Json) -> datetime:
    return datetime.fromisoformat(message["timestamp"])


def _archived_at(post: Json) -> datetime:
    return datetime.fromisoformat(post["thread_metadata"]["archive_timestamp"])
