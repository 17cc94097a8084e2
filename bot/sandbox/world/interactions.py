"""The life of an interaction: a person's action, and the bot's answers in time.

Known differences from Discord: an answer to a button or form and every follow-up has message type
0; Discord shows a reply.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import messages, serialize
from bot.sandbox.world.entities import Channel, User
from bot.sandbox.world.messages import EPHEMERAL, LOADING
from bot.sandbox.world.world import World

Json = dict[str, Any]

FIRST_ANSWER = 3.0
"""Seconds until the first answer, Discord's documented limit."""
TOKEN_LIFE = 15 * 60.0
"""For how many seconds an interaction's token is valid, Discord's documented limit."""
ATTACHMENT_LIMIT = 10 * 1024 * 1024
"""How many bytes an attached file could have, Discord's limit for a server without boosts."""


class InteractionType(IntEnum):
    """The person's action."""

    COMMAND = 2
    COMPONENT = 3
    TYPING = 4
    FORM = 5


class Reply(IntEnum):
    """The types of the bot's first answer."""

    MESSAGE = 4
    DEFER = 5
    DEFER_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(eq=False)
class Interaction:
    """One action of a person, and the answers so far.

    `source` is the message whose component was used, `cause` the interaction whose answer opened
    the submitted form. `answered` is set by the first answer, `shown` once the person has seen
    its content: for a deferred answer that is later.
    """

    id: int
    kind: InteractionType
    user: User
    channel: Channel
    data: Json
    source: Json | None = None
    cause: "Interaction | None" = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    opened: float = field(default_factory=time.monotonic)
    given_up: bool = False
    reply: Reply | None = None
    original: str | None = None
    follow_ups: list[str] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Event = field(default_factory=asyncio.Event)

    def age(self) -> float:
        """Seconds of real time since the person acted."""
        return time.monotonic() - self.opened

    def messages(self) -> list[Json]:
        """The first answer and the follow-ups as they are now, without deleted ones."""
        ids = [self.original, *self.follow_ups]
        found = (self.channel.find(one) for one in ids if one is not None)
        return [message for message in found if message is not None]


class Interactions:
    """Every interaction so far, and what the bot may do with it."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now
        self._by_token: dict[str, Interaction] = {}

    def open(
        self,
        kind: InteractionType,
        user: User,
        channel: Channel,
        data: Json,
        *,
        source: Json | None = None,
        cause: Interaction | None = None,
    ) -> Interaction:
        """Let a person act and tell the bot."""
        one = Interaction(self._world.new_id(), kind, user, channel, data, source, cause)
        self._by_token[one.token] = one
        self._world.emit("INTERACTION_CREATE", self._envelope(one))
        return one

    def to_answer(self, interaction_id: int, token: str) -> Interaction:
        """The interaction for a first answer; 40060 if it has one already, 10062 if too late."""
        one = self._by_token.get(token)
        if one is None or one.id != interaction_id:
            raise ApiError(Code.UNKNOWN_INTERACTION)
        if one.reply is not None:
            raise ApiError(Code.ALREADY_ANSWERED)
        if one.given_up or one.age() > FIRST_ANSWER:
            raise ApiError(Code.UNKNOWN_INTERACTION)
        return one

    def to_follow(self, application_id: int, token: str) -> Interaction:
        """The answered interaction of a token; 10015 if there is none, 50027 if it has expired."""
        one = self._by_token.get(token)
        if application_id != self._world.bot.id or one is None or one.reply is None:
            raise ApiError(Code.UNKNOWN_WEBHOOK)
        if one.age() > TOKEN_LIFE:
            raise ApiError(Code.EXPIRED_WEBHOOK_TOKEN)
        return one

    def answer(self, one: Interaction, reply: Reply, data: Json) -> Json | None:
        """Take the first answer and return the message that it created or changed, if any."""
        message = self._first_message(one, reply, data)
        one.original = message["id"] if message else None
        one.choices = data.get("choices", [])
        one.modal = data if reply is Reply.MODAL else None
        one.reply = reply
        one.answered.set()
        if reply not in (Reply.DEFER, Reply.DEFER_UPDATE):
            one.shown.set()
        return message

    def _first_message(self, one: Interaction, reply: Reply, data: Json) -> Json | None:
        if reply is Reply.MESSAGE:
            return self._new(one, data)
        if reply is Reply.DEFER:
            flags = (data.get("flags") or 0) | LOADING
            return self._new(one, {"flags": flags}, may_be_empty=True)
        if reply is Reply.UPDATE and one.source:
            return self._edit(one, one.source["id"], data)
        if reply is Reply.DEFER_UPDATE and one.source:
            return one.channel.find(one.source["id"])
        return None

    def follow_up(self, one: Interaction, body: Json) -> Json:
        """A further message; the first one after a deferred answer becomes that answer.

        Whether that answer is ephemeral was decided when it was deferred.
        """
        original = one.channel.find(one.original) if one.original else None
        if original is not None and original["flags"] & LOADING:
            return self.edit(one, original["id"], {**body, "flags": 0})
        message = self._new(one, body)
        one.follow_ups.append(message["id"])
        one.shown.set()
        return message

    def find(self, one: Interaction, which: str) -> Json:
        """A message of this interaction, `@original` being the first; 10008 if it is gone."""
        wanted = one.original if which == "@original" else which
        if wanted is not None and wanted in (one.original, *one.follow_ups):
            message = one.channel.find(wanted)
            if message is not None:
                return message
        raise ApiError(Code.UNKNOWN_MESSAGE)

    def edit(self, one: Interaction, which: str, body: Json) -> Json:
        """Change a message of this interaction."""
        message = self._edit(one, self.find(one, which)["id"], body)
        one.shown.set()
        return message

    def delete(self, one: Interaction, which: str) -> None:
        """Delete a message of this interaction."""
        messages.delete(self._world, one.channel, self.find(one, which))
        one.shown.set()

    def _edit(self, one: Interaction, message_id: str, body: Json) -> Json:
        message = one.channel.find(message_id)
        if message is None:
            raise ApiError(Code.UNKNOWN_MESSAGE)
        return messages.change(self._world, one.channel, message, body, self._now())

    def _new(self, one: Interaction, body: Json, *, may_be_empty: bool = False) -> Json:
        if not may_be_empty and messages.is_empty(body):
            raise ApiError(Code.EMPTY_MESSAGE)
        first = one.original is None
        application = str(self._world.bot.id)
        more: Json = {
            "type": 20 if first and one.kind is InteractionType.COMMAND else 0,
            "webhook_id": application,
            "application_id": application,
            "interaction_metadata": _metadata(one),
        }
        return messages.create(self._world, one.channel, body, self._now(), **more)

    def _envelope(self, one: Interaction) -> Json:
        """The gateway's payload, with the permissions of the person and the bot in that channel."""
        world = self._world
        theirs = str(world.permissions(one.user.id, one.channel))
        envelope: Json = {
            "id": str(one.id),
            "application_id": str(world.bot.id),
            "type": int(one.kind),
            "version": 1,
            "token": one.token,
            "data": one.data,
            "channel_id": str(one.channel.id),
            "channel": {**serialize.channel(one.channel), "permissions": theirs},
            "app_permissions": str(world.permissions(world.bot.id, one.channel)),
            "locale": world.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": {"0": str(one.channel.guild_id)},
            "attachment_size_limit": ATTACHMENT_LIMIT,
            **self._whereabouts(one, theirs),
        }
        return {**envelope, "message": one.source} if one.source else envelope

    def _whereabouts(self, one: Interaction, theirs: str) -> Json:
        """The server and the member, or only the user in a direct message."""
        if one.channel.recipient:
            return {"user": serialize.user(one.user), "context": 1}
        guild = self._world.guild_of(one.channel)
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": self._world.locale, "features": []},
            "guild_locale": self._world.locale,
            "member": {**serialize.member(guild, one.user), "permissions": theirs},
            "context": 0,
        }


def _metadata(one: Interaction) -> Json:
    """Which interaction a message came from."""
    shape: Json = {
        "id": str(one.id),
        "type": int(one.kind),
        "user": serialize.user(one.user),
        "authorizing_integration_owners": {"0": str(one.channel.guild_id)},
    }
    if one.original is not None:
        shape["original_response_message_id"] = one.original
    if one.kind is InteractionType.COMPONENT and one.source:
        shape["interacted_message_id"] = one.source["id"]
    if one.cause is not None:
        shape["triggering_interaction_metadata"] = _metadata(one.cause)
    return shape


def is_ephemeral(message: Json) -> bool:
    """Whether only one person sees the message."""
    return bool(message["flags"] & EPHEMERAL)
