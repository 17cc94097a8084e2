"""The shards of the bot: which shard a server belongs to, and how each keeps its own connection.

Corrects discord.py 2.7.1, which waits for one shard before it handles the next, asks for a new
session even if the old one could be resumed, and keeps servers that a new session does not list.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket
from discord.state import AutoShardedConnectionState

from bot.chat.replies import in_short

RESUMES: Final = 8
"""After this many failed attempts at a session's own address a new session is begun: that takes
some minutes, after which Discord has dropped the old one.
"""


def shard_of(guild_id: int, count: int) -> int:
    """The shard, out of `count`, that a server belongs to; Discord's formula."""
    return (guild_id >> 22) % count


class TakesTurns(Protocol):
    """A shard's client."""

    async def turn(self, shard_id: int) -> None:
        """Wait until the shard may begin a session."""


class Shard(discord.shard.Shard):
    """One connection, which is renewed in its own task."""

    def __init__(
        self,
        ws: discord.gateway.DiscordWebSocket,
        client: discord.AutoShardedClient,
        queue_put: Callable[[Any], None],
    ) -> None:
        super().__init__(ws, client, queue_put)
        self._renewing: asyncio.Task[None] | None = None
        self._failed = 0

    def launch(self) -> None:
        """Read what arrives on the connection."""
        self._failed = 0
        super().launch()

    async def close(self) -> None:
        """Close it, and cancel the task that would renew it."""
        self._stop_renewing()
        await super().close()

    async def reidentify(self, exc: ReconnectWebSocket) -> None:
        """Called by discord.py when the gateway ends the connection."""
        self._renew(resume=exc.resume and self.ws.session_id is not None)

    async def reconnect(self) -> None:
        """Called by discord.py when an attempt failed."""
        self._failed += 1
        self._renew(resume=self.ws.session_id is not None and self._failed <= RESUMES)

    def _renew(self, *, resume: bool) -> None:
        self._stop_renewing()
        self._renewing = asyncio.create_task(self._enter(resume=resume))

    async def _enter(self, *, resume: bool) -> None:
        if not resume:
            await cast("TakesTurns", self._client).turn(self.id)
        await super().reidentify(ReconnectWebSocket(self.id, resume=resume))

    def _stop_renewing(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()


class ShardedState(AutoShardedConnectionState[Any]):
    """discord.py's state."""

    def parse_ready(self, data: Any) -> None:  # noqa: ANN401 - as discord.py has it
        """Called for each new session of a shard, with the servers that it lists."""
        self._ready_task = None  # else discord.py would stop waiting for the other shards' servers
        super().parse_ready(data)
        shard_id, listed = data["shard"][0], {int(one["id"]) for one in data["guilds"]}
        for guild in self.guilds:
            if guild.shard_id == shard_id and guild.id not in listed:
                self._remove_guild(guild)

    def forget_servers(self, shard_id: int) -> None:
        """Forget the servers of a shard that another process runs now."""
        if waiting := self._ready_tasks.pop(shard_id, None):
            waiting.cancel()
        for guild in self.guilds:
            if guild.shard_id == shard_id:
                self._remove_guild(guild)


async def close_shard(client: discord.AutoShardedClient, shard_id: int) -> None:
    """End a shard's connection for good, if it has one; discord.py can only end all of them."""
    shards: dict[int, Shard] = client._AutoShardedClient__shards  # type: ignore[attr-defined]  # noqa: SLF001
    if shard := shards.pop(shard_id, None):
        await shard.close()


class _ConnectErrorInOneLine(logging.Filter):
    """discord.py logs each failed attempt to connect with a traceback: one line is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error and (isinstance(error, _NOT_CONNECTED) or str(error) == _CLOSING):
            record.msg, record.args = "%s (%s)", (record.getMessage(), in_short(error))
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = None
        return True


_NOT_CONNECTED: Final = (
    OSError, aiohttp.ClientError, discord.ConnectionClosed, discord.GatewayNotFound,
    ReconnectWebSocket,
)  # fmt: skip
_CLOSING: Final = "Session is closed"
"""What aiohttp says if the bot ends meanwhile; it has no class of its own."""
logging.getLogger("discord.shard").addFilter(_ConnectErrorInOneLine())


def keep_shards_apart() -> None:
    """Have discord.py use our class for shards, in the whole process."""
    discord.shard.Shard = Shard  # type: ignore[misc]
