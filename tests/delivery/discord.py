"""A fake Discord that a test controls: its messages and its memory outlive the bot."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from bot.delivery.publisher import OwnMessage, Posted
from bot.digests.target import Channel, Post, Target
from bot.errors import DeliveryError, Malformed, OutcomeUnknown, Refused, TryLater
from bot.render.posted import also_urls, lines_of, urls_of
from tests.conftest import SetClock

REMEMBERED = timedelta(seconds=60)
"""How long a nonce is known here: the minimum that delivery may count on."""


class Answer(Enum):
    """The outcome of one request. Outcomes that keep the message keep it before they fail."""

    OK = "ok"
    HALT = "no request from anybody"
    GONE = "the channel is gone"
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
        """The URLs of its stories."""
        return urls_of(self.body)


def _after(answer: Answer) -> None:
    """The rest of a request that is kept."""
    if answer is Answer.KEPT_KILLED:
        raise Killed
    if answer is Answer.KEPT_UNKNOWN:
        raise OutcomeUnknown("no answer from Discord")


def _channel(target: Target) -> int:
    return (target.forum if isinstance(target, Post) else target).channel_id


def _place(target: Target) -> int:
    return target.post_id if isinstance(target, Post) else target.channel_id


class FakeDiscord:
    """A Publisher. `answers` are used up one per post, then all is OK; `requests` are all posts.

    `silent`: channels whose requests get no answer, `halting`: channels whose requests are answered
    with a wait for all. `forums`: channels that take posts, `opened`: those that got one, with its
    tags. `outages`: servers that have one. `unfit`: text that no message may have. `told`: servers
    (0: the bot's owner) and the notices to their admins, `telling` their outcomes; so for
    `published` and `threads`, the names by their messages. `looks`: threads that were looked for.
    `greeting`: where to say hello, by server.
    """

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.answers: deque[Answer] = deque()
        self.retry_after: float | None = None
        self.obstacles: dict[int, str] = {}
        self.outages: set[int] = set()
        self.forums: set[int] = set()
        self.opened: list[Channel] = []
        self.unfit: set[str] = set()
        self.readable = True
        self.history_answers = True
        self.silent: set[int] = set()
        self.halting: set[int] = set()
        self.messages: list[Message] = []
        self.requests: list[tuple[int, str]] = []
        self.told: list[tuple[int, Mapping[str, Any]]] = []
        self.telling: deque[Answer] = deque()
        self.published: list[int] = []
        self.publishing: deque[Answer] = deque()
        self.threads: dict[int, str] = {}
        self.threading: deque[Answer] = deque()
        self.looks: list[int] = []
        self.greeting: dict[int, int] = {}

    def shown(self, channel_id: int) -> list[Message]:
        return [m for m in self.messages if m.channel_id == channel_id and not m.deleted]

    def urls(self, channel_id: int) -> list[str]:
        return [url for message in self.shown(channel_id) for url in message.urls]

    def obstacle(self, target: Target) -> DeliveryError | None:
        reason = self.obstacles.get(_channel(target))
        return self.absence(target.guild_id) or (Refused(reason) if reason else None)

    def absence(self, guild_id: int) -> DeliveryError | None:
        return TryLater("its server has an outage at Discord") if guild_id in self.outages else None

    def knows_nonces(self, target: Target) -> bool:
        return _place(target) not in self.forums

    async def post(
        self, target: Target, body: Mapping[str, Any], nonce: str, title: str | None = None
    ) -> Posted:
        opens = not self.knows_nonces(target)
        assert title or not opens, "a forum takes posts only"
        place = _place(target)
        self.requests.append((place, title if opens and title else nonce))
        self._answers_of(place)
        answer = self.answers.popleft() if self.answers else Answer.OK
        self._before(answer, body)
        message = self._kept(place, body, f"no nonce {len(self.messages)}" if opens else nonce)
        _after(answer)
        return self._posted(None if message.deleted else message.message_id, target)

    def _posted(self, message_id: int | None, target: Target) -> Posted:
        if message_id and isinstance(target, Channel) and target.channel_id in self.forums:
            self.opened.append(target)
            return Posted(message_id, Post(target, message_id))
        return Posted(message_id, target)

    def _answers_of(self, channel_id: int) -> None:
        """The outcome of every request for a channel."""
        if channel_id in self.silent:
            raise OutcomeUnknown("no answer from Discord")
        if channel_id in self.halting:
            raise TryLater("Discord asks to wait", self.retry_after, everywhere=True)

    def _before(self, answer: Answer, body: Mapping[str, Any]) -> None:
        """The outcome of a request that is not kept."""
        if answer is Answer.LOST_KILLED:
            raise Killed
        if answer is Answer.LOST_UNKNOWN:
            raise OutcomeUnknown("no answer from Discord")
        if answer is Answer.NOT_NOW:
            raise TryLater("Discord asks to wait", self.retry_after)
        if answer is Answer.HALT:
            raise TryLater("Discord asks to wait", self.retry_after, everywhere=True)
        if answer is Answer.REFUSED:
            raise Refused("I lack Send Messages")
        if answer is Answer.GONE:
            raise Refused("The channel does not exist any more.", gone=True)
        text = json.dumps(body)
        if answer is Answer.MALFORMED or any(word in text for word in self.unfit):
            raise Malformed("Discord does not accept this message")

    def _kept(self, channel_id: int, body: Mapping[str, Any], nonce: str) -> Message:
        now = self._clock.now()
        for known in self.messages:
            if known.nonce == nonce and now - known.at <= REMEMBERED:
                return known
        message = Message(1000 + len(self.messages), channel_id, body, nonce, now)
        self.messages.append(message)
        return message

    async def publish(self, target: Target, message_id: int) -> None:
        self._answers_of(_place(target))
        answer = self.publishing.popleft() if self.publishing else Answer.OK
        self._before(answer, {})
        self.published.append(message_id)
        _after(answer)

    async def open_thread(self, target: Target, message_id: int, name: str) -> None:
        self._answers_of(_place(target))
        answer = self.threading.popleft() if self.threading else Answer.OK
        self._before(answer, {})
        self.threads.setdefault(message_id, name)
        _after(answer)

    async def has_thread(self, target: Target, message_id: int) -> bool:
        self._answers_of(_place(target))
        self.looks.append(message_id)
        return message_id in self.threads

    def greeting_channel(self, guild_id: int) -> int | None:
        return self.greeting.get(guild_id)

    async def tell(
        self, guild_id: int, log_channel_id: int | None, body: Mapping[str, Any], nonce: str
    ) -> int:
        answer = self.telling.popleft() if self.telling else Answer.OK
        self._before(answer, {})
        if nonce not in [body["nonce"] for _, body in self.told]:
            self.told.append((guild_id, {**body, "nonce": nonce}))
        _after(answer)
        return log_channel_id or 1

    async def tell_owner(self, body: Mapping[str, Any], nonce: str) -> int:
        return await self.tell(0, None, body, nonce)

    async def own_messages(self, target: Target, since: datetime) -> list[OwnMessage]:
        channel_id = _place(target)
        if not self.readable:
            raise Refused("I lack Read Message History")
        if not self.history_answers or channel_id in self.silent:
            raise TryLater("Discord cannot be reached")
        self._answers_of(channel_id)
        return [
            OwnMessage(
                one.message_id,
                one.at,
                lines_of(one.body["content"]),
                one.urls,
                [url for embed in one.body["embeds"] for url in also_urls(embed)],
            )
            for one in self.shown(channel_id)
            if one.at >= since
        ]

    async def look_back(self, target: Target, marker: str, since: datetime) -> Posted | None:
        channel_id = _place(target)
        if not self.readable:
            raise Refused("I lack Read Message History")
        if not self.history_answers or channel_id in self.silent:
            raise TryLater("Discord cannot be reached")
        self._answers_of(channel_id)
        for message in self.shown(channel_id):
            lines = message.body["content"].splitlines()
            if message.at >= since and f"-# {marker}" in lines:
                return self._posted(message.message_id, target)
        return None
