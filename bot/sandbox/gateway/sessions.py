"""A bot's sessions, which outlast one connection: events, replay, and the budget of IDENTIFYs.

Known differences from Discord, which documents none of the figures: a session can be resumed for
three minutes and 10,000 events. Its limit of IDENTIFYs in 5 seconds is enforced only if requests
are limited too; its daily limit always.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

RESUME_WINDOW = 180.0
"""For how many seconds a session without a connection is kept."""
BACKLOG = 10_000
"""How many events are kept for a replay."""
STARTS_A_DAY = 1000
"""How many IDENTIFYs a bot has per day, Discord's documented limit."""
DAY = 86_400.0
INTERVAL = 5.0
"""Seconds in which only one of the shards that take turns may begin, Discord's documented limit."""
GUILDS_RECOMMENDED = 1000
"""For how many servers Discord recommends one more shard."""

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12

_INTENT = {
    "GUILD_CREATE": GUILDS,
    "GUILD_UPDATE": GUILDS,
    "GUILD_DELETE": GUILDS,
    "GUILD_ROLE_CREATE": GUILDS,
    "GUILD_ROLE_UPDATE": GUILDS,
    "GUILD_ROLE_DELETE": GUILDS,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "THREAD_CREATE": GUILDS,
    "THREAD_UPDATE": GUILDS,
    "THREAD_DELETE": GUILDS,
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
}
"""The intent that a session needs for an event; every session gets all other events, such as those
of its own member.
"""

_DIRECTLY = {
    "INTERACTION_CREATE": 0,
    "MESSAGE_CREATE": DIRECT_MESSAGES,
    "MESSAGE_UPDATE": DIRECT_MESSAGES,
    "MESSAGE_DELETE": DIRECT_MESSAGES,
}
"""The same outside servers; no session gets other events there, such as a new channel."""


class Session:
    """One shard of the bot. `send` takes its payloads while it is connected, else it is None.

    `shard` is the shard's number and the number of shards.
    """

    def __init__(self, intents: int, shard: tuple[int, int], send: Callable[[str], None]) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.shard = shard
        self.send: Callable[[str], None] | None = send
        self.sequence = 0
        self.left = 0.0
        self._backlog: deque[str] = deque(maxlen=BACKLOG)

    def has(self, guild_id: int) -> bool:
        """Whether a server belongs to this shard."""
        number, count = self.shard
        return (guild_id >> 22) % count == number

    def hears(self, event: str, guild_id: int) -> bool:
        """Whether the session asked for such events, and the server belongs to its shard.

        Without a server (0), in direct messages, only the first shard gets them.
        """
        needed = _INTENT.get(event, 0) if guild_id else _DIRECTLY.get(event)
        if needed is None:
            return False
        return self.intents & needed == needed and self.has(guild_id)

    def dispatch(self, event: str, data: str) -> None:
        """Send an event, its data already JSON, and keep it for a replay."""
        self.sequence += 1
        text = f'{{"t":"{event}","s":{self.sequence},"op":0,"d":{data}}}'
        self._backlog.append(text)
        if self.send is not None:
            self.send(text)

    def missed(self, sequence: int) -> list[str] | None:
        """The payloads after a sequence number; None if some are no longer kept."""
        count = self.sequence - sequence
        if count > len(self._backlog):
            return None
        return list(self._backlog)[len(self._backlog) - count :]

    def leave(self) -> None:
        """Note that the connection is lost."""
        self.send = None
        self.left = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether it has been without a connection for too long to be resumed."""
        return self.send is None and time.monotonic() - self.left > RESUME_WINDOW


class Starts:
    """The budget of IDENTIFYs, as /gateway/bot reports it. `at_once` is its max_concurrency."""

    def __init__(self) -> None:
        self.at_once = 1
        self._used = 0
        self._since = time.monotonic()
        self._last: dict[int, float] = {}

    def too_soon(self, shard_id: int) -> bool:
        """Whether a shard begins within 5 s of another with the same remainder modulo `at_once`."""
        lane, now = shard_id % self.at_once, time.monotonic()
        soon = now - self._last.get(lane, now - INTERVAL) < INTERVAL
        self._last[lane] = self._last[lane] if soon else now
        return soon

    def take(self) -> bool:
        """Use one, if there is one left."""
        self._renew()
        self._used += 1
        return self._used <= STARTS_A_DAY

    def shape(self) -> Json:
        """The `session_start_limit` object; `reset_after` is in milliseconds."""
        self._renew()
        left = self._since + DAY - time.monotonic()
        return {
            "total": STARTS_A_DAY,
            "remaining": max(0, STARTS_A_DAY - self._used),
            "reset_after": int(left * 1000),
            "max_concurrency": self.at_once,
        }

    def _renew(self) -> None:
        if time.monotonic() - self._since >= DAY:
            self._used, self._since = 0, time.monotonic()
