"""REST routes of threads: a post in a forum, archiving, and finding threads again.

Known differences from Discord: the bot can create threads in text channels only from messages
(otherwise 50024), and no posts with files, although a post in a media channel should have one;
there are no thread members, nothing archives itself, and a new thread's author is its only member.
A thread does not show the message that it begins with, whose `thread` stays as it was created. If
that thread is deleted, another can begin, a guess.
Without Read Message History a request for archived threads is answered 50001, a guess. A change to
a thread's slow mode (rate_limit_per_user), flags or invitable is refused as an unknown key.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import body_of, json_answer
from bot.sandbox.api.channel_routes import public_message, without_barred_embeds
from bot.sandbox.rules import message_rules
from bot.sandbox.rules.body_schema import check, decimal
from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import messages, serialize
from bot.sandbox.world.entities import HOLDING_POSTS, Channel, ChannelKind, ThreadState
from bot.sandbox.world.world import World

Json = dict[str, Any]

DEFAULT_READ = 50
"""How many archived threads are read at a time by default; Discord documents no figure."""
HOLDING_MESSAGES = (ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT)
"""Kinds of channels with messages from which a thread can begin."""
HOLDING_THREADS = (*HOLDING_MESSAGES, *HOLDING_POSTS)


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
            web.post(channel + r"/messages/{message:\d+}/threads", self._begin),
            web.patch(channel, self._change),
            web.get(channel + "/threads/archived/public", self._archived),
            web.get(base + r"/guilds/{guild:\d+}/threads/active", self._active),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        """A new post in a forum; its first message has the post's id."""
        forum, body = self._seen(request), await body_of(request)
        if forum.kind not in HOLDING_POSTS:
            raise ApiError(Code.WRONG_CHANNEL_TYPE)
        if not self._world.bot_may(forum, "send_messages"):
            raise ApiError(Code.MISSING_PERMISSIONS)
        check(message_rules.POST, body)
        if messages.is_empty(body["message"]):
            raise ApiError(Code.EMPTY_MESSAGE)
        tags = self._tags(forum, body.get("applied_tags") or [])
        allowed = without_barred_embeds(self._world, forum, body["message"])
        post = self._add(forum, body, self._world.new_id(), tags)
        first = messages.create(self._world, post, allowed, self._now(), id=str(post.id))
        return json_answer({**serialize.channel(post), "message": first}, 201)

    async def _begin(self, request: web.Request) -> web.Response:
        """A new thread from a message; it has the message's id, so there is only one."""
        channel, body = self._seen(request), await body_of(request)
        if channel.kind not in HOLDING_MESSAGES:
            raise ApiError(Code.WRONG_CHANNEL_TYPE)
        if not self._world.bot_may(channel, "create_public_threads"):
            raise ApiError(Code.MISSING_PERMISSIONS)
        message = public_message(channel, request)
        check(message_rules.THREAD_FROM_MESSAGE, body)
        if any(one.id == int(message["id"]) for one in self._world.guild_of(channel).channels):
            raise ApiError(Code.THREAD_EXISTS)
        thread = self._add(channel, body, int(message["id"]))
        messages.begin_thread(self._world, channel, message, thread)
        return json_answer(serialize.channel(thread), 201)

    def _add(self, parent: Channel, body: Json, id_: int, tags: Sequence[int] = ()) -> Channel:
        guild = self._world.guild_of(parent)
        now = self._now()
        state = ThreadState(self._world.bot.id, tags=[*tags], created_at=now, turned_at=now)
        state.minutes_to_archive = body.get("auto_archive_duration") or state.minutes_to_archive
        announced = parent.kind is ChannelKind.ANNOUNCEMENT
        made = Channel(id_, guild.id, body["name"], 0)
        made.kind = ChannelKind.ANNOUNCEMENT_THREAD if announced else ChannelKind.THREAD
        made.parent, made.thread = parent, state
        guild.channels.append(made)
        self._world.add_channel(made)
        return made

    async def _change(self, request: web.Request) -> web.Response:
        """Archive, lock or rename a thread. Others' threads and locked threads need Manage Threads,
        which the bot lacks; but anybody may reopen a thread that is only archived.
        """
        thread, body = self._seen(request), await body_of(request)
        state = thread.thread
        if state is None:
            raise ApiError(Code.MISSING_PERMISSIONS)
        check(message_rules.THREAD, body)
        opens = body == {"archived": False}
        mine = state.owner_id == self._world.bot.id and "locked" not in body
        if state.locked or not (opens or mine) or not self._world.bot_may(thread, thread.sending):
            raise ApiError(Code.MISSING_PERMISSIONS)
        if state.archived and body.get("archived") is not False:
            raise ApiError(Code.ARCHIVED_THREAD)
        self._apply(thread, state, body)
        return json_answer(serialize.channel(thread))

    def _apply(self, thread: Channel, state: ThreadState, body: Json) -> None:
        if body.get("applied_tags") is not None and thread.parent is not None:
            state.tags = self._tags(thread.parent, body["applied_tags"], state.tags)
        thread.name = body.get("name") or thread.name
        if body.get("archived", state.archived) is not state.archived:
            state.archived = body["archived"]
            state.turned_at = self._world.moment(self._now())
        state.minutes_to_archive = body.get("auto_archive_duration") or state.minutes_to_archive
        self._world.changed(thread)

    async def _active(self, request: web.Request) -> web.Response:
        guild = self._world.seen_guild(int(request.match_info["guild"]))
        found = [one for one in guild.channels if one.thread and not one.thread.archived]
        found = [one for one in found if self._world.bot_may(one, "view_channel")]
        shown = [serialize.channel(one) for one in found]
        return json_answer({"threads": shown, "members": [], "has_more": False})

    async def _archived(self, request: web.Request) -> web.Response:
        """A channel's archived threads, the last archived first."""
        channel, query = self._seen(request), dict(request.query)
        if channel.kind not in HOLDING_THREADS:
            raise ApiError(Code.WRONG_CHANNEL_TYPE)
        limit = decimal(query.get("limit", DEFAULT_READ))
        check(
            message_rules.ARCHIVED, {**query, "limit": query["limit"] if limit is None else limit}
        )
        if not self._world.bot_may(channel, "read_message_history"):
            raise ApiError(Code.MISSING_ACCESS)
        found = self._archived_below(channel, query.get("before"))
        shown = [serialize.channel(one) for one in found[:limit]]
        return json_answer({"threads": shown, "members": [], "has_more": len(found) > len(shown)})

    def _archived_below(self, channel: Channel, before: str | None) -> list[Channel]:
        end = None if before is None else datetime.fromisoformat(before)
        end = end if end is None or end.tzinfo else end.replace(tzinfo=UTC)
        found = [
            (one.thread.turned_at, one.id, one)
            for one in self._world.guild_of(channel).channels
            if one.parent is channel and one.thread and one.thread.archived
        ]
        found = [each for each in found if end is None or each[0] < end]
        return [one for _, _, one in sorted(found, key=lambda each: each[:2], reverse=True)]

    def _tags(
        self, forum: Channel, wanted: Sequence[object], held: Sequence[int] = ()
    ) -> list[int]:
        """A post's new tags, which replace its old ones: 40067 if one is required, 10087 if the
        forum does not have it, 50013 if a moderated tag is added or removed without Manage Threads.
        """
        tags = [int(str(one)) for one in wanted]
        if forum.tag_required and not tags:
            raise ApiError(Code.TAG_REQUIRED)
        if not {one.id for one in forum.tags}.issuperset(tags):
            raise ApiError(Code.UNKNOWN_TAG)
        moderated = {one.id for one in forum.tags if one.moderated}
        if moderated & ({*tags} ^ {*held}) and not self._world.bot_may(forum, "manage_threads"):
            raise ApiError(Code.MISSING_PERMISSIONS)
        return tags

    def _seen(self, request: web.Request) -> Channel:
        return self._world.seen_channel(int(request.match_info["channel"]))
