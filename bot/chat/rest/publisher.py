"""Posts editions on Discord, and turns each outcome into what delivery must know about it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import discord

from bot.chat import obstacles
from bot.chat.digest.log_channel import NOT_IN_IT, telling_channels
from bot.chat.gateway.client import BroadsheetBot
from bot.chat.rest import channels, forums
from bot.chat.rest.channels import GONE
from bot.chat.rest.history import History, thread_or_channel
from bot.chat.rest.requests import Rest, RestError, id_of, used
from bot.delivery.publisher import Body, OwnMessage, Posted
from bot.digests.target import Channel, Post, Target
from bot.errors import DeliveryError, Malformed, OutcomeUnknown, Refused, TryLater

logger = logging.getLogger(__name__)

_GONE: Final = 10008
"""Unknown Message: as the answer to a post, the nonce was known but its message is deleted."""
_PUBLISHED: Final = 40033
"""The message is published already."""
_HAS_THREAD: Final = 160004
"""A thread has been opened from the message already."""
_ARCHIVED_AFTER: Final = 1440
"""Minutes without a message after which Discord archives a thread: a day."""
_NO_CHANNEL: Final = 10003
_OUTAGE: Final = "its server has an outage at Discord"
_NOT_YET: Final = "Discord has not announced its server yet"
_REFUSALS: Final[Mapping[int, str]] = {
    _NO_CHANNEL: GONE,
    10087: "A tag of its posts does not exist any more; set them again with `/digest tags`.",
    40067: "The forum requires a tag on every post; choose one with `/digest tags`.",
    50001: "I may not see the channel; an admin can allow View Channel there.",
    50013: "I lack a permission there; `/digest status` names it.",
    50083: "The thread is closed: archived and locked. A moderator can open it again.",
    160006: "The server has reached its limit of active threads.",
}
"""The meaning of Discord's codes for a refused post, in words for the channel's moderators."""


class DiscordPublisher:
    """The publisher of editions, on behalf of the bot."""

    def __init__(self, client: BroadsheetBot, rest: Rest) -> None:
        self._client, self._rest = client, rest
        self._history = History(client, rest)

    def obstacle(self, target: Target) -> DeliveryError | None:
        """See Publisher.obstacle. An unknown channel may be an archived thread: posting shows."""
        if absence := self.absence(target.guild_id):
            return absence
        place = target.forum if isinstance(target, Post) else target
        guild = self._client.get_guild(place.guild_id)
        channel = None if guild is None else guild.get_channel_or_thread(place.channel_id)
        known = isinstance(channel, channels.Postable)
        reason = obstacles.obstacle(channel, place.tags) if known else None
        return None if reason is None else Refused(reason)

    def absence(self, guild_id: int) -> DeliveryError | None:
        """See Publisher.absence."""
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return self._missing(guild_id)
        return TryLater(_OUTAGE) if guild.unavailable else None

    def _missing(self, guild_id: int) -> DeliveryError:
        """The error for a server that is not known."""
        return Refused(NOT_IN_IT) if self._client.knows(guild_id) else TryLater(_NOT_YET)

    def knows_nonces(self, target: Target) -> bool:
        """See Publisher.knows_nonces. Opening a post in a forum takes no nonce."""
        return self._forum(target) is None

    def _forum(self, target: Target) -> discord.ForumChannel | None:
        """The target's forum, if it is one; our own post in a forum is a thread like any other."""
        if isinstance(target, Post):
            return None
        channel = channels.known(self._client, target.channel_id)
        return channel if isinstance(channel, discord.ForumChannel) else None

    async def post(
        self, target: Target, body: Body, nonce: str, title: str | None = None
    ) -> Posted:
        """See Publisher.post. The frozen body is sent as it is: discord.py would rebuild it."""
        if isinstance(target, Channel) and title is not None and (forum := self._forum(target)):
            return await self._open_post(target, forum, body, title)
        return Posted(await self._send(thread_or_channel(target), body, nonce), target)

    async def _send(self, channel_id: int, body: Body, nonce: str) -> int | None:
        """Send a message; returns its id. None: it was sent with that nonce, then deleted."""
        frozen = {**body, "nonce": nonce, "enforce_nonce": True}
        try:
            answer = await self._rest.request("POST", f"/channels/{channel_id}/messages", frozen)
        except RestError as error:
            if error.code == _GONE:
                return None
            raise outcome(error) from error
        return _id_of(answer)

    async def _open_post(
        self, target: Channel, forum: discord.ForumChannel, body: Body, title: str
    ) -> Posted:
        """Open a post, whose id is also its first message's.

        Tags that the forum no longer has are left out, not refused.
        """
        tags = [str(tag) for tag in forums.still_there(forum, target.tags)]
        post = {"name": title, "message": body, "applied_tags": tags}
        try:
            answer = await self._rest.request("POST", f"/channels/{forum.id}/threads", post)
        except RestError as error:
            raise outcome(error) from error
        post_id = _id_of(answer)
        return Posted(post_id, Post(target, post_id))

    async def look_back(self, target: Target, marker: str, since: datetime) -> Posted | None:
        """See Publisher.look_back."""
        try:
            with used():
                return await self._history.find(target, marker, since)
        except RestError as error:
            raise outcome(error) from error
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from error

    async def own_messages(self, target: Target, since: datetime) -> Sequence[OwnMessage]:
        """See Publisher.own_messages."""
        try:
            with used():
                return [message async for message in self._history.own(target, since)]
        except RestError as error:
            raise outcome(error) from error
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from error

    async def publish(self, target: Target, message_id: int) -> None:
        """See Publisher.publish."""
        channel = self._text_channel(target)
        if channel is not None and channel.is_news():
            path = f"/channels/{channel.id}/messages/{message_id}/crosspost"
            await self._ensure(path, None, done=(_PUBLISHED,))

    async def open_thread(self, target: Target, message_id: int, name: str) -> None:
        """See Publisher.open_thread."""
        channel = self._text_channel(target)
        if channel is None:
            return
        if reason := obstacles.no_thread(channel):
            raise Refused(reason)
        path = f"/channels/{channel.id}/messages/{message_id}/threads"
        thread = {"name": name, "auto_archive_duration": _ARCHIVED_AFTER}
        await self._ensure(path, thread, done=(_HAS_THREAD, _GONE))

    async def has_thread(self, target: Target, message_id: int) -> bool:
        """See Publisher.has_thread. A thread has the id of the message that it begins with."""
        try:
            await self._rest.request("GET", f"/channels/{message_id}")
        except RestError as error:
            if error.code == _NO_CHANNEL:
                return False
            raise outcome(error) from error
        return True

    def _text_channel(self, target: Target) -> discord.TextChannel | None:
        """The target, if it is a text or announcement channel. Raises Refused and TryLater as
        `absence` says.
        """
        if absence := self.absence(target.guild_id):
            raise absence
        channel = channels.known(self._client, thread_or_channel(target))
        return channel if isinstance(channel, discord.TextChannel) else None

    async def _ensure(self, path: str, body: Body | None, done: Collection[int]) -> None:
        """Post what may be done already: then the answer is one of these codes."""
        try:
            await self._rest.request("POST", path, body)
        except RestError as error:
            if error.code not in done:
                raise outcome(error) from error

    def greeting_channel(self, guild_id: int) -> int | None:
        """See Publisher.greeting_channel: the system channel, else the first text channel."""
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable or channels.myself(guild) is None:
            return None
        first = [guild.system_channel] if guild.system_channel else []
        others = [one for one in guild.text_channels if not one.is_news()]
        return next((one.id for one in (*first, *others) if obstacles.may_speak(one)), None)

    async def tell(self, guild_id: int, log_channel_id: int | None, body: Body, nonce: str) -> int:
        """See Publisher.tell."""
        guild = self._client.get_guild(guild_id)
        if guild is None:
            raise self._missing(guild_id)
        if guild.unavailable:
            raise TryLater(_OUTAGE)
        for channel_id in telling_channels(guild, log_channel_id):
            try:
                await self._send(channel_id, body, nonce)
            except Refused as error:
                logger.warning(
                    "server %d could not be told in channel %d: %s", guild_id, channel_id, error
                )
            else:
                return channel_id
        direct = await self._direct(guild.owner_id)
        await self._send(direct, body, nonce)
        return direct

    async def tell_owner(self, body: Body, nonce: str) -> int:
        """See Publisher.tell_owner."""
        operators = await self._client.operators.known()
        if operators is None:
            raise TryLater("Discord has not said who owns the bot")
        direct = await self._direct(operators.owner)
        await self._send(direct, body, nonce)
        return direct

    async def _direct(self, user_id: int | None) -> int:
        """The channel of direct messages with a person."""
        try:
            person = {"recipient_id": str(user_id)}
            return _id_of(await self._rest.request("POST", "/users/@me/channels", person))
        except RestError as error:
            raise outcome(error) from error
        except OutcomeUnknown as error:  # nothing was posted yet
            raise TryLater(str(error)) from error


def _id_of(answer: Any) -> int:  # noqa: ANN401 - JSON
    try:
        return id_of(answer["id"])
    except (LookupError, TypeError, ValueError) as error:
        raise OutcomeUnknown("Discord's answer names no id") from error


def outcome(error: RestError) -> DeliveryError:
    """What a refusal by Discord means for the message."""
    if error.code in _REFUSALS:
        return Refused(_REFUSALS[error.code], gone=error.code == _NO_CHANNEL)
    if error.status in (403, 404):
        return Refused(f"Discord refuses messages there: {error}.")
    return Malformed(f"Discord does not accept this message: {error}")
