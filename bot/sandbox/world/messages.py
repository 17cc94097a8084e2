"""Turns the body that a bot sends into the message that Discord shows, and changes it.

Known differences from Discord: no attachments, stickers, polls, replies, reactions or layouts
(components v2); links in plain content get no preview; emoji and timestamps are not resolved.
"""

import re
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.rules.component_rules import SELECTS
from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import serialize
from bot.sandbox.world.entities import Channel, place_of
from bot.sandbox.world.world import World

Json = dict[str, Any]

CROSSPOSTED, SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL = 1 << 0, 1 << 2, 1 << 5, 1 << 6
LOADING, SILENT = 1 << 7, 1 << 12
"""Message flags."""

_USER, _ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)")


def create(world: World, channel: Channel, body: Json, now: datetime, **more: object) -> Json:
    """Keep a message of the bot and tell the gateway; `more` are further keys of its JSON."""
    message = {
        "id": str(world.new_id()),
        "channel_id": str(channel.id),
        "author": serialize.user(world.bot),
        "type": 0,
        "content": "",
        "embeds": [],
        "components": [],
        "timestamp": now.isoformat(),
        "edited_timestamp": None,
        "tts": bool(body.get("tts")),
        "pinned": False,
        "attachments": [],
        "flags": body.get("flags") or 0,
        **more,
        **_written(world, channel, body),
    }
    if message["flags"] & EPHEMERAL:
        channel.ephemeral.append(message)
        world.whisper(message)
    else:
        channel.messages.append(message)
        world.emit("MESSAGE_CREATE", {**message, **serialize.place(channel)})
    return message


def change(world: World, channel: Channel, old: Json, body: Json, now: datetime) -> Json:
    """The message after an edit, which leaves everything unchanged that the body does not name.

    It is a new object: the old one stays as it was. Filling in a deferred answer is not an edit: it
    clears "thinking" and sets no time of editing.
    """
    loading = old["flags"] & LOADING
    kept = {key: old[key] for key in ("content", "embeds", "components")}
    new = {**old, **_written(world, channel, {**kept, **body})}
    if is_empty(new):
        raise ApiError(Code.EMPTY_MESSAGE)
    new["flags"] = old["flags"] & ~LOADING
    if "flags" in body:
        suppressed = (body["flags"] or 0) & SUPPRESS_EMBEDS
        new["flags"] = new["flags"] & ~SUPPRESS_EMBEDS | suppressed
    if not loading:
        new["edited_timestamp"] = now.isoformat()
    _replace(world, channel, new)
    return new


def _replace(world: World, channel: Channel, new: Json) -> None:
    home = channel.ephemeral if new["flags"] & EPHEMERAL else channel.messages
    index = place_of(home, new["id"])
    if index is not None:
        home[index] = new
    if new["flags"] & EPHEMERAL:
        world.whisper(new)
    else:
        world.emit("MESSAGE_UPDATE", {**new, **serialize.place(channel)})


def crosspost(world: World, channel: Channel, message: Json) -> Json:
    """Publish a message of an announcement channel; 40033 if it was published already."""
    if message["flags"] & CROSSPOSTED:
        raise ApiError(Code.ALREADY_CROSSPOSTED)
    new = {**message, "flags": message["flags"] | CROSSPOSTED}
    _replace(world, channel, new)
    return new


def begin_thread(world: World, channel: Channel, message: Json, thread: Channel) -> None:
    """Show a message with the thread that begins with it."""
    shown = {"flags": message["flags"] | HAS_THREAD, "thread": serialize.channel(thread)}
    _replace(world, channel, {**message, **shown})


def delete(world: World, channel: Channel, message: Json) -> None:
    """Delete a message and tell the gateway."""
    home = channel.ephemeral if message["flags"] & EPHEMERAL else channel.messages
    index = place_of(home, message["id"])
    if index is not None:
        del home[index]
    if message["flags"] & EPHEMERAL:
        world.whisper(message, gone=True)
        return
    where = {"channel_id": message["channel_id"], **serialize.place(channel)}
    world.emit("MESSAGE_DELETE", {"id": message["id"], **where})


def is_empty(body: Json) -> bool:
    """Whether a message would show nothing at all."""
    content = body.get("content") or ""
    return not (content.strip() or body.get("embeds") or body.get("components"))


def _written(world: World, channel: Channel, body: Json) -> Json:
    """The bot's content, as Discord returns it."""
    content = (body.get("content") or "").strip()
    return {
        "content": content,
        "embeds": [_embed(one) for one in body.get("embeds") or []],
        "components": _numbered(body.get("components") or []),
        **_mentions(world, channel, content, body.get("allowed_mentions")),
    }


def _embed(sent: Json) -> Json:
    """An embed as shown: of type rich, without nulls, its time in UTC."""
    shown = {key: value for key, value in sent.items() if value is not None}
    if "timestamp" in shown:
        moment = datetime.fromisoformat(shown["timestamp"])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        shown["timestamp"] = moment.astimezone(UTC).isoformat()
    if "fields" in shown:
        shown["fields"] = [{"inline": False, **field} for field in shown["fields"]]
    return {**shown, "type": "rich"}


def _numbered(rows: list[Json]) -> list[Json]:
    """Components as shown: with ids from 1, and with how many values a select takes."""
    taken = {one.get("id") for row in rows for one in (row, *row["components"])}
    free = (n for n in range(1, 1000) if n not in taken)

    def numbered(one: Json) -> Json:
        sent = {key: value for key, value in one.items() if value is not None}
        if sent.get("default_values"):
            sent["default_values"] = [{**it, "id": str(it["id"])} for it in sent["default_values"]]
        counts = {"min_values": 1, "max_values": 1} if one["type"] in SELECTS else {}
        return {**counts, **sent, "id": one.get("id") or next(free)}

    return [
        {**numbered(row), "components": [numbered(one) for one in row["components"]]}
        for row in rows
    ]


def _mentions(world: World, channel: Channel, content: str, allowed: Json | None) -> Json:
    """Whom the content pings: without `allowed_mentions` everybody it names, but a role only if it
    is mentionable or the bot has Mention Everyone.
    """
    parse = ("users", "roles", "everyone") if allowed is None else allowed.get("parse") or ()
    named = allowed or {}
    users = _pinged(_USER, content, "users" in parse, named.get("users"))
    roles = _pinged(_ROLE, content, "roles" in parse, named.get("roles"))
    every = "everyone" in parse and _EVERYONE.search(content) is not None
    any_role = world.bot_may(channel, "mention_everyone")
    offered = () if channel.recipient else world.guild_of(channel).roles
    known = {one.id for one in offered if one.mentionable or any_role}
    return {
        "mentions": [serialize.user(world.users[one]) for one in users if one in world.users],
        "mention_roles": [str(one) for one in roles if one in known],
        "mention_everyone": every and any_role,
    }


def _pinged(
    mark: re.Pattern[str], content: str, every: bool, listed: list[object] | None
) -> list[int]:
    found = dict.fromkeys(int(one) for one in mark.findall(content))
    ids = {int(str(one)) for one in listed or ()}
    return [one for one in found if every or one in ids]
