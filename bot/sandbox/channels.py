"""REST routes of channels: sending, reading, changing and deleting messages.

What the evidence says of embeds without Embed Links: with text beside them they are dropped in
silence; an embed alone is refused with 50013, and an edit that leaves nothing with 50006.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sandbox import messages, rules, wire
from bot.sandbox.entities import Channel
from bot.sandbox.errors import ApiError, Code
from bot.sandbox.forms import check
from bot.sandbox.replies import body_of, json_answer, nothing
from bot.sandbox.world import World

Json = dict[str, Any]

NONCE_LIFE = 180.0
"""Seconds for which an enforced nonce is remembered; Discord documents "the past few minutes"."""

DEFAULT_READ = 50
"""Messages read at a time if the bot does not say, as Discord documents."""


class Channels:
    """The handlers; `routes` lists them."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now
        self._nonces: dict[str, tuple[float, Channel, str]] = {}  # seconds, channel, message id

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
        ]

    async def _channel(self, request: web.Request) -> web.Response:
        return json_answer(wire.channel(self._seen(request)))

    async def _typing(self, request: web.Request) -> web.Response:
        self._require(self._seen(request), "send_messages")
        return nothing()

    async def _send(self, request: web.Request) -> web.Response:
        channel, body = self._seen(request), await body_of(request)
        self._require(channel, "send_messages")
        check(rules.CREATE, body)
        if messages.is_empty(body):
            raise ApiError(Code.EMPTY_MESSAGE)
        nonce = body.get("nonce")
        message = self._sent_before(str(nonce)) if body.get("enforce_nonce") else None
        message = message or self._create(channel, body)
        return json_answer(message if nonce is None else {**message, "nonce": nonce})

    def _create(self, channel: Channel, body: Json) -> Json:
        allowed = self._without_barred_embeds(channel, body)
        if messages.is_empty(allowed):
            raise ApiError(Code.MISSING_PERMISSIONS)
        message = messages.create(self._world, channel, allowed, self._now())
        if body.get("nonce") is not None:
            self._nonces[str(body["nonce"])] = (time.monotonic(), channel, message["id"])
        return message

    def _sent_before(self, nonce: str) -> Json | None:
        """The message already sent with that nonce: 10008 if it was deleted since."""
        sent, channel, message_id = self._nonces.get(nonce, (float("-inf"), None, ""))
        if channel is None or time.monotonic() - sent > NONCE_LIFE:
            return None
        message = channel.find(message_id)
        if message is None:
            raise ApiError(Code.UNKNOWN_MESSAGE)
        return message

    def _without_barred_embeds(self, channel: Channel, body: Json) -> Json:
        if not body.get("embeds") or self._world.bot_may(channel, "embed_links"):
            return body
        return {**body, "embeds": []}

    async def _history(self, request: web.Request) -> web.Response:
        """Messages, newest first; without Read Message History none, and no error."""
        channel = self._seen(request)
        query: Json = {key: _number(value) for key, value in request.query.items()}
        check(rules.HISTORY, query)
        limit = query.get("limit", DEFAULT_READ)
        if not self._world.bot_may(channel, "read_message_history"):
            return json_answer([])
        return json_answer(_page(channel.messages, query, limit)[::-1])

    async def _get(self, request: web.Request) -> web.Response:
        channel = self._seen(request)
        if not self._world.bot_may(channel, "read_message_history"):
            raise ApiError(Code.MISSING_ACCESS)
        return json_answer(_public(channel, request))

    async def _edit(self, request: web.Request) -> web.Response:
        channel, body = self._seen(request), await body_of(request)
        message = _public(channel, request)
        check(rules.EDIT, body)
        body = self._without_barred_embeds(channel, body)
        return json_answer(messages.change(self._world, channel, message, body, self._now()))

    async def _delete(self, request: web.Request) -> web.Response:
        channel = self._seen(request)
        messages.delete(self._world, channel, _public(channel, request))
        return nothing()

    def _seen(self, request: web.Request) -> Channel:
        return self._world.seen_channel(int(request.match_info["channel"]))

    def _require(self, channel: Channel, permission: str) -> None:
        if not self._world.bot_may(channel, permission):
            raise ApiError(Code.MISSING_PERMISSIONS)


def _public(channel: Channel, request: web.Request) -> Json:
    """The message that a path names: 10008 if there is none or only one person sees it."""
    wanted = request.match_info["message"]
    for message in channel.messages:
        if message["id"] == wanted:
            return message
    raise ApiError(Code.UNKNOWN_MESSAGE)


def _number(value: str) -> int | str:
    return int(value) if value.isdigit() else value


def _page(every: list[Json], query: dict[str, Any], limit: int) -> list[Json]:
    """Those messages, oldest first, that lie next to what the query names."""
    if "around" in query:
        older = [one for one in every if int(one["id"]) < query["around"]]
        newer = [one for one in every if int(one["id"]) >= query["around"]]
        half = limit // 2
        return older[-half:] + newer[: limit - half] if half else newer[:limit]
    before, after = query.get("before"), query.get("after", 0)
    found = [one for one in every if after < int(one["id"]) < (before or 1 << 64)]
    return found[:limit] if "after" in query else found[-limit:]
