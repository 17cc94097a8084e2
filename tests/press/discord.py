"""A Discord that does what a test tells it: its messages and its memory outlive the bot."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from bot.errors import Malformed, NotNow, Refused, Unknown
from tests.conftest import SetClock

REMEMBERED = timedelta(seconds=60)
"""How long a nonce is known here: the least that the press may count on."""


class Answer(Enum):
    """What becomes of one request. Those that keep the message keep it before they fail."""

    OK = "ok"
    KEPT_UNKNOWN = "kept, no answer"
    LOST_UNKNOWN = "not kept, no answer"
    NOT_NOW = "not now"
    REFUSED = "refused"
    MALFORMED = "malformed"
    KEPT_KILLED = "kept, then the bot dies"
    LOST_KILLED = "the bot dies before it is kept"


class Killed(BaseException):
    """The bot's process ends here; what was committed stays."""


@dataclass
class Message:
    """One message as a channel shows it."""

    message_id: int
    channel_id: int
    body: Mapping[str, Any]
    nonce: str
    at: datetime
    deleted: bool = False

    @property
    def urls(self) -> list[str]:
        return [embed["url"] for embed in self.body["embeds"]]


class FakeDiscord:
    """A Publisher. `answers` are used up one a post, then all is OK; `requests` are all posts."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.answers: deque[Answer] = deque()
        self.retry_after: float | None = None
        self.obstacles: dict[int, str] = {}
        self.readable = True
        self.history_answers = True
        self.messages: list[Message] = []
        self.requests: list[tuple[int, str]] = []

    def shown(self, channel_id: int) -> list[Message]:
        return [m for m in self.messages if m.channel_id == channel_id and not m.deleted]

    def urls(self, channel_id: int) -> list[str]:
        return [url for message in self.shown(channel_id) for url in message.urls]

    def obstacle(self, channel_id: int) -> str | None:
        return self.obstacles.get(channel_id)

    async def post(self, channel_id: int, body: Mapping[str, Any], nonce: str) -> int | None:
        self.requests.append((channel_id, nonce))
        answer = self.answers.popleft() if self.answers else Answer.OK
        if answer is Answer.LOST_KILLED:
            raise Killed
        if answer is Answer.LOST_UNKNOWN:
            raise Unknown("no answer from Discord")
        if answer is Answer.NOT_NOW:
            raise NotNow("Discord asks to wait", self.retry_after)
        if answer is Answer.REFUSED:
            raise Refused("I lack Send Messages")
        if answer is Answer.MALFORMED:
            raise Malformed("Discord does not take this message")
        message = self._kept(channel_id, body, nonce)
        if answer is Answer.KEPT_KILLED:
            raise Killed
        if answer is Answer.KEPT_UNKNOWN:
            raise Unknown("no answer from Discord")
        return None if message.deleted else message.message_id

    def _kept(self, channel_id: int, body: Mapping[str, Any], nonce: str) -> Message:
        now = self._clock.now()
        for known in self.messages:
            if known.nonce == nonce and now - known.at <= REMEMBERED:
                return known
        message = Message(1000 + len(self.messages), channel_id, body, nonce, now)
        self.messages.append(message)
        return message

    async def look_back(self, channel_id: int, marker: str, since: datetime) -> int | None:
        if not self.readable:
            raise Refused("I lack Read Message History")
        if not self.history_answers:
            raise NotNow("Discord cannot be reached")
        for message in self.shown(channel_id):
            lines = message.body["content"].splitlines()
            if message.at >= since and f"-# {marker}" in lines:
                return message.message_id
        return None
