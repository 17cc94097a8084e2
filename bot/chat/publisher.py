"""Posting editions through discord.py, each outcome turned into what delivery must know of it."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import aiohttp
import discord
from discord.http import Route

from bot.chat import channels, permissions
from bot.chat.channels import GONE
from bot.errors import Malformed, NotNow, Refused, Unknown

logger = logging.getLogger(__name__)

TIMEOUT: Final = 60
"""Seconds for one post, discord.py's own retries of a 5xx included; then its outcome is unknown."""
PAGE: Final = 100
"""Messages of history in one request, Discord's limit."""
MAX_PAGES: Final = 10
"""Pages looked back; a channel that wrote more since cannot be proven not to have the message."""
_GONE: Final = 10008
"""Unknown Message: as the answer to a post, the nonce was known and its message is deleted."""
_REFUSALS: Final[Mapping[int, str]] = {
    10003: GONE,
    50001: "I may not see the channel; an admin can allow View Channel there.",
    50013: "I lack a permission there; `/digest status` names it.",
    50083: "The thread is closed: archived and locked. A moderator can open it again.",
}
"""What Discord's codes mean where it refuses a post, in words for the channel's moderators."""
_NO_ANSWER: Final = "Discord did not answer"
_NO_WAY: Final = "Discord cannot be reached"


class DiscordPublisher:
    """The press's Publisher, by the bot's own connection."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    def obstacle(self, channel_id: int) -> str | None:
        """See Publisher.obstacle. An unknown channel may be an archived thread: the post tells."""
        channel = channels.known(self._client, channel_id)
        return None if channel is None else permissions.obstacle(channel)

    async def post(self, channel_id: int, body: Mapping[str, Any], nonce: str) -> int | None:
        """See Publisher.post. The frozen body is sent as it is: discord.py would rebuild it."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
        frozen = {**body, "nonce": nonce, "enforce_nonce": True}
        try:
            async with asyncio.timeout(TIMEOUT):
                message = await self._client.http.request(route, json=frozen)
        except discord.HTTPException as error:
            if error.code == _GONE:
                return None
            raise _outcome(error) from error
        except discord.RateLimited as error:
            raise NotNow("Discord asks to wait", error.retry_after) from error
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError) as error:
            logger.warning("channel %d: %s: %s", channel_id, _NO_WAY, error)
            raise NotNow(_NO_WAY) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            logger.warning("channel %d: %s: %s", channel_id, _NO_ANSWER, type(error).__name__)
            raise Unknown(_NO_ANSWER) from error
        if not isinstance(message, dict) or not str(message.get("id")).isdigit():
            raise Unknown("Discord's answer was no message")
        return int(message["id"])

    async def look_back(self, channel_id: int, marker: str, since: datetime) -> int | None:
        """See Publisher.look_back. Without the permission an empty history proves nothing."""
        channel = await channels.find(self._client, channel_id)
        if channel is None:
            raise Refused(GONE)
        if not channel.permissions_for(channel.guild.me).read_message_history:
            raise Refused("I lack Read Message History")
        before: int | None = None
        for _ in range(MAX_PAGES):
            page = await self._history(channel_id, before)
            for message in page:
                if self._is_ours(message) and _has_line(message, marker):
                    return int(message["id"])
            if len(page) < PAGE or _sent_at(page[-1]) < since:
                return None
            before = int(page[-1]["id"])
        raise Refused("too much was written in the channel since")

    async def _history(self, channel_id: int, before: int | None) -> list[Any]:
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._client.http.logs_from(channel_id, PAGE, before=before)
        except discord.HTTPException as error:
            raise _outcome(error) from error
        except discord.RateLimited as error:
            raise NotNow("Discord asks to wait", error.retry_after) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            logger.warning("channel %d: %s: %s", channel_id, _NO_ANSWER, type(error).__name__)
            raise NotNow(_NO_ANSWER) from error

    def _is_ours(self, message: Mapping[str, Any]) -> bool:
        me = self._client.user
        return me is not None and int(message["author"]["id"]) == me.id


def _has_line(message: Mapping[str, Any], marker: str) -> bool:
    """Whether the marker is a whole line: "edition 1" is not "edition 1, part 2"."""
    lines = str(message["content"]).splitlines()
    return any(line.removeprefix("-# ") == marker for line in lines)


def _sent_at(message: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(message["timestamp"])


def _outcome(error: discord.HTTPException) -> Exception:
    """What an answer of Discord means for the message (facts: measured with discord.py 2.7.1)."""
    text = error.text or f"HTTP {error.status}"
    if error.code in _REFUSALS:
        return Refused(_REFUSALS[error.code])
    if error.status in (403, 404):
        return Refused(f"Discord refuses messages there: {text} ({error.code})")
    if error.status in (401, 429):
        return NotNow(f"Discord does not take messages now: {text}")
    if 400 <= error.status < 500:  # noqa: PLR2004 - the client errors
        return Malformed(f"Discord does not take this message: {text} ({error.code})")
    return Unknown(f"Discord failed: HTTP {error.status}")
