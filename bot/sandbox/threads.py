"""REST routes of threads: a post in a forum, and archiving.

Known differences from Discord: threads of text channels cannot be created by the bot (50024), nor
can posts with files; there are no thread members, nothing archives itself, and a new post's author
is its only member. A change to a thread's slow mode (rate_limit_per_user), flags or invitable is
refused as an unknown key.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sandbox import messages, rules, wire
from bot.sandbox.channels import without_barred_embeds
from bot.sandbox.entities import Channel, ChannelKind, ThreadState
from bot.sandbox.errors import ApiError, Code
from bot.sandbox.forms import check
from bot.sandbox.replies import body_of, json_answer
from bot.sandbox.world import World

Json = dict[str, Any]


class Threads:
    """The handlers; `routes` lists them."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now

    def routes(self, base: str) -> list[web.RouteDef]:
        """Every route below the base path."""
        channel = base + r"/channels/{channel:\d+}"
        return [
            web.post(channel + "/threads", self._post),
            web.patch(channel, self._change),
            web.get(base + r"/guilds/{guild:\d+}/threads/active", self._active),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        """A new post in a forum; its first message has the post's id."""
        forum, body = self._seen(request), await body_of(request)
        if forum.kind is not ChannelKind.FORUM:
            raise ApiError(Code.WRONG_CHANNEL_TYPE)
        if not self._world.bot_may(forum, "send_messages"):
            raise ApiError(Code.MISSING_PERMISSIONS)
        check(rules.POST, body)
        if messages.is_empty(body["message"]):
            raise ApiError(Code.EMPTY_MESSAGE)
        tags = _known_tags(forum, body.get("applied_tags") or [])
        allowed = without_barred_embeds(self._world, forum, body["message"])
        post = self._add(forum, body, tags)
        first = messages.create(self._world, post, allowed, self._now(), id=str(post.id))
        return json_answer({**wire.channel(post), "message": first}, 201)

    def _add(self, forum: Channel, body: Json, tags: list[int]) -> Channel:
        guild = self._world.guild_of(forum)
        state = ThreadState(self._world.bot.id, tags=tags)
        state.minutes_to_archive = body.get("auto_archive_duration") or state.minutes_to_archive
        post = Channel(self._world.new_id(), guild.id, body["name"], 0)
        post.kind, post.parent, post.thread = ChannelKind.THREAD, forum, state
        guild.channels.append(post)
        self._world.add_channel(post)
        return post

    async def _change(self, request: web.Request) -> web.Response:
        """Archive, lock or rename a thread. Others' threads and whatever is locked need Manage
        Threads, which the bot lacks; but anybody may open a thread that is only archived.
        """
        thread, body = self._seen(request), await body_of(request)
        state = thread.thread
        if state is None:
            raise ApiError(Code.MISSING_PERMISSIONS)
        check(rules.THREAD, body)
        opens = body == {"archived": False}
        mine = state.owner_id == self._world.bot.id and "locked" not in body
        if state.locked or not (opens or mine) or not self._world.bot_may(thread, thread.sending):
            raise ApiError(Code.MISSING_PERMISSIONS)
        if state.archived and body.get("archived") is not False:
            raise ApiError(Code.ARCHIVED_THREAD)
        self._apply(thread, state, body)
        return json_answer(wire.channel(thread))

    def _apply(self, thread: Channel, state: ThreadState, body: Json) -> None:
        if body.get("applied_tags") is not None and thread.parent is not None:
            state.tags = _known_tags(thread.parent, body["applied_tags"])
        thread.name = body.get("name") or thread.name
        state.archived = bool(body.get("archived", state.archived))
        state.minutes_to_archive = body.get("auto_archive_duration") or state.minutes_to_archive
        self._world.changed(thread)

    async def _active(self, request: web.Request) -> web.Response:
        guild = self._world.seen_guild(int(request.match_info["guild"]))
        found = [one for one in guild.channels if one.thread and not one.thread.archived]
        found = [one for one in found if self._world.bot_may(one, "view_channel")]
        return json_answer({"threads": [wire.channel(one) for one in found], "members": []})

    def _seen(self, request: web.Request) -> Channel:
        return self._world.seen_channel(int(request.match_info["channel"]))


def _known_tags(forum: Channel, wanted: list[object]) -> list[int]:
    """The tags of a post: 40067 if one is needed, 10087 if the forum has no such."""
    tags = [int(str(one)) for one in wanted]
    if forum.tag_required and not tags:
        raise ApiError(Code.TAG_REQUIRED)
    if not {one.id for one in forum.tags}.issuperset(tags):
        raise ApiError(Code.UNKNOWN_TAG)
    return tags
