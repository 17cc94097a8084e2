"""What the gateway knows of a bot's session beyond one connection: events, replay, the budget.

Known differences from Discord, which documents none of the figures: a session can be resumed for
three minutes and 10,000 events. Its limit of IDENTIFYs in 5 seconds is kept where requests are
limited too; its limit of IDENTIFYs a day always is.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

RESUME_WINDOW = 180.0
"""Seconds for which a session without a connection is kept."""
BACKLOG = 10_000
"""Events that are kept for a replay."""
STARTS_A_DAY = 1000
"""IDENTIFYs of a bot in a day, Discord's documented limit."""
DAY = 86_400.0
INTERVAL = 5.0
"""Seconds in which of the shards that begin in turn only one may, Discord's documented limit."""
GUILDS_RECOMMENDED = 1000
"""Servers for which Discord recommends one more shard."""

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
"""What a session must have asked for to hear of an event; of others every session hears, so of its
own member.
"""

_DIRECTLY = {
    "INTERACTION_CREATE": 0,
    "MESSAGE_CREATE": DIRECT_MESSAGES,
    "MESSAGE_UPDATE": DIRECT_MESSAGES,
    "MESSAGE_DELETE": DIRECT_MESSAGES,
}
"""The same outside all servers; of other events there no session hears, so of no new channel."""


class Session:
    """One shard of the bot. `send` takes its payloads while it is connected, and is None else.

    `shard` is the shard's number and how many there are.
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
        """Whether the shard is the one that a server belongs to."""
        number, count = self.shard
        return (guild_id >> 22) % count == number

    def hears(self, event: str, guild_id: int) -> bool:
        """Whether the session asked for such events, and the server is one of its shard.

        Without a server (0), which is direct messages, it is the first shard that hears.
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
        """The payloads after a sequence number; None if they are no longer all there."""
        count = self.sequence - sequence
        if count > len(self._backlog):
            return None
        return list(self._backlog)[len(self._backlog) - count :]

    def leave(self) -> None:
        """Lose the connection."""
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
        """Whether a shard begins within 5 s of another that has the same rest by `at_once`."""
        lane, now = shard_id % self.at_once, time.monotonic()
        soon = now - self._last.get(lane, now - INTERVAL) < INTERVAL
        self._last[lane] = self._last[lane] if soon else now
        return soon

    def take(self) -> bool:
        """Use one up, if there is one."""
        self._renew()
        self._used += 1
        return self._used <= STARTS_A_DAY

    def shape(self) -> Json:
        """The `session_start_limit`; `reset_after` is in milliseconds."""
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
