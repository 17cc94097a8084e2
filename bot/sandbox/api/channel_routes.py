"""REST routes of channels: sending, reading, changing and deleting messages.

Embeds without Embed Links, as observed: with text beside them they are dropped silently; an embed
alone is refused with 50013, and an edit that leaves nothing with 50006.
"""

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import body_of, json_answer, nothing
from bot.sandbox.api.nonces import Nonces
from bot.sandbox.rules import message_rules
from bot.sandbox.rules.body_schema import check, decimal
from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import messages, serialize
from bot.sandbox.world.entities import HOLDING_POSTS, Channel, ChannelKind, place_of
from bot.sandbox.world.world import World

Json = dict[str, Any]

DEFAULT_READ = 50
"""How many messages are read at a time if the bot does not say, as Discord documents."""


class Channels:
    """The handlers; `routes` lists them."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now
        self._nonces = Nonces()

    def routes(self, base: str) -> list[web.RouteDef]:
        """Every route below the base path."""
        channel = base + r"/channels/{channel:\d+}"
        message = channel + r"/messages/{message:\d+}"
        return [
            web.get(channel, self._channel),
            web.post(channel + "/typing", self._typing),
            web.get(channel + "/messages", self._history),
            web.post(channel + "/messages", self._send),
            web.get(message, self._get),
            web.patch(message, self._edit),
            web.delete(message, self._delete),
            web.post(message + "/crosspost", self._crosspost),
        ]

    async def _channel(self, request: web.Request) -> web.Response:
        return json_answer(serialize.channel(self._seen(request)))

    async def _typing(self, request: web.Request) -> web.Response:
        channel = self._seen(request)
        self._require(channel, channel.sending)
        return nothing()

    async def _send(self, request: web.Request) -> web.Response:
        channel, body = self._seen(request), await body_of(request)
        if channel.kind in HOLDING_POSTS:
            raise ApiError(Code.NO_TEXT_CHANNEL)
        if channel.recipient is not None and not self._world.reaches(channel.recipient):
            raise ApiError(Code.CLOSED_TO_MESSAGES)
        self._require(channel, channel.sending)
        check(message_rules.CREATE, body)
        if messages.is_empty(body):
            raise ApiError(Code.EMPTY_MESSAGE)
        nonce = body.get("nonce")
        message = self._nonces.sent(str(nonce)) if body.get("enforce_nonce") else None
        message = message or self._create(channel, body)
        return json_answer(message if nonce is None else {**message, "nonce": nonce})

    def _create(self, channel: Channel, body: Json) -> Json:
        allowed = without_barred_embeds(self._world, channel, body)
        open_again(self._world, channel, self._now())
        message = messages.create(self._world, channel, allowed, self._now())
        if body.get("nonce") is not None:
            self._nonces.keep(str(body["nonce"]), channel, message["id"])
        return message

    async def _history(self, request: web.Request) -> web.Response:
        """Messages, newest first; none, without an error, if Read Message History is missing."""
        channel = self._seen(request)
        query: Json = {key: _number(value) for key, value in request.query.items()}
        check(message_rules.HISTORY, query)
        limit = query.get("limit", DEFAULT_READ)
        if not self._world.bot_may(channel, "read_message_history"):
            return json_answer([])
        return json_answer(_page(channel.messages, query, limit)[::-1])

    async def _get(self, request: web.Request) -> web.Response:
        channel = self._seen(request)
        if not self._world.bot_may(channel, "read_message_history"):
            raise ApiError(Code.MISSING_ACCESS)
        return json_answer(public_message(channel, request))

    async def _edit(self, request: web.Request) -> web.Response:
        channel, body = self._seen(request), await body_of(request)
        message = public_message(channel, request)
        check(message_rules.EDIT, body)
        _refuse_archived(channel)
        if body.get("embeds") and not self._world.bot_may(channel, "embed_links"):
            body = {**body, "embeds": []}
        return json_answer(messages.change(self._world, channel, message, body, self._now()))

    async def _delete(self, request: web.Request) -> web.Response:
        channel = self._seen(request)
        message = public_message(channel, request)
        _refuse_archived(channel)
        messages.delete(self._world, channel, message)
        return nothing()

    async def _crosspost(self, request: web.Request) -> web.Response:
        channel = self._seen(request)
        if channel.kind is not ChannelKind.ANNOUNCEMENT:
            raise ApiError(Code.WRONG_CHANNEL_TYPE)
        self._require(channel, "send_messages")
        message = public_message(channel, request)
        return json_answer(messages.crosspost(self._world, channel, message))

    def _seen(self, request: web.Request) -> Channel:
        return self._world.seen_channel(int(request.match_info["channel"]))

    def _require(self, channel: Channel, permission: str) -> None:
        if not self._world.bot_may(channel, permission):
            raise ApiError(Code.MISSING_PERMISSIONS)


def public_message(channel: Channel, request: web.Request) -> Json:
    """The message that a path names; 10008 if there is none or only one person sees it."""
    index = place_of(channel.messages, request.match_info["message"])
    if index is None:
        raise ApiError(Code.UNKNOWN_MESSAGE)
    return channel.messages[index]


def without_barred_embeds(world: World, channel: Channel, body: Json) -> Json:
    """A message as it may be sent; 50013 if nothing is left without its embeds."""
    if not body.get("embeds") or world.bot_may(channel, "embed_links"):
        return body
    left = {**body, "embeds": []}
    if messages.is_empty(left):
        raise ApiError(Code.MISSING_PERMISSIONS)
    return left


def open_again(world: World, channel: Channel, now: datetime) -> None:
    """Reopen an archived thread, since a message is sent; 50083 if it is locked."""
    state = channel.thread
    if state is None or not state.archived:
        return
    if state.locked:
        raise ApiError(Code.ARCHIVED_THREAD)
    state.archived, state.turned_at = False, world.moment(now)
    world.changed(channel)


def _refuse_archived(channel: Channel) -> None:
    if channel.thread is not None and channel.thread.archived:
        raise ApiError(Code.ARCHIVED_THREAD)


def _number(value: str) -> int | str:
    number = decimal(value)
    return value if number is None else number


def _page(every: list[Json], query: dict[str, Any], limit: int) -> list[Json]:
    """The messages, oldest first, next to the position that the query names."""

    def before(message_id: int) -> int:
        return bisect_left(every, message_id, key=lambda one: int(one["id"]))

    if "around" in query:
        middle, half = before(query["around"]), limit // 2
        return every[max(0, middle - half) : middle] + every[middle : middle + limit - half]
    if "after" in query:
        first = before(query["after"] + 1)
        last = before(query["before"]) if "before" in query else len(every)
        return every[first:last][:limit]
    last = before(query["before"]) if "before" in query else len(every)
    return every[max(0, last - limit) : last]
