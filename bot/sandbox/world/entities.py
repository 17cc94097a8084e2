"""The entities of Discord: users, roles, channels and servers, as plain values."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from bot.sandbox.world import permissions
from bot.sandbox.world.permissions import Overwrite

Json = dict[str, Any]

LONG_AGO = datetime(2023, 5, 1, tzinfo=UTC)
"""When everything without a date of its own was created."""


class ChannelKind(IntEnum):
    """Discord's types of channels that this sandbox has."""

    TEXT = 0
    DIRECT = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    THREAD = 11
    STAGE = 13
    FORUM = 15
    MEDIA = 16


THREADS = (ChannelKind.THREAD, ChannelKind.ANNOUNCEMENT_THREAD)
HOLDING_POSTS = (ChannelKind.FORUM, ChannelKind.MEDIA)
"""Kinds of channels that hold only posts, which are threads."""


@dataclass(frozen=True)
class User:
    """A person or the bot."""

    id: int
    name: str
    bot: bool = False


@dataclass(frozen=True)
class Team:
    """A team at Discord that owns the application. `members` are people's roles in it, by their id:
    admin, developer or read_only; those in `invited` have not accepted yet.
    """

    id: int
    name: str
    owner_id: int
    members: Mapping[int, str]
    invited: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Role:
    """A role; the role with the server's own id is @everyone. `permissions` is a bit set.

    `mentionable`: whether everybody may ping it; otherwise that needs Mention Everyone.
    """

    id: int
    name: str
    permissions: int
    position: int
    bot_id: int | None = None
    mentionable: bool = False


@dataclass(frozen=True)
class Tag:
    """A tag that a forum offers for its posts; a moderated tag needs Manage Threads."""

    id: int
    name: str
    moderated: bool = False


@dataclass
class ThreadState:
    """What a thread has beyond a channel. `tags` are the ids of a forum post's tags.

    `turned_at` is when it was last archived or opened.
    """

    owner_id: int
    archived: bool = False
    locked: bool = False
    minutes_to_archive: int = 1440
    tags: list[int] = field(default_factory=list)
    created_at: datetime = LONG_AGO
    turned_at: datetime = LONG_AGO


@dataclass
class Channel:
    """A channel or, with `thread` and `parent`, a thread or a forum's post.

    With a `recipient` it is the bot's direct message channel to that person; its `guild_id` is 0,
    which no server has. `messages` are as Discord serves them, oldest first; `ephemeral` are
    messages that only one person sees and that no history shows. `tags` are a forum's tags.
    """

    id: int
    guild_id: int
    name: str
    position: int
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)
    ephemeral: list[Json] = field(default_factory=list)
    kind: ChannelKind = ChannelKind.TEXT
    parent: "Channel | None" = None
    thread: ThreadState | None = None
    tags: tuple[Tag, ...] = ()
    tag_required: bool = False
    recipient: User | None = None

    @property
    def sending(self) -> str:
        """The permission that sending messages needs here."""
        return "send_messages" if self.thread is None else "send_messages_in_threads"

    def find(self, message_id: int | str) -> Json | None:
        """The message with that id, ephemeral ones included."""
        for home in (self.messages, self.ephemeral):
            index = place_of(home, message_id)
            if index is not None:
                return home[index]
        return None


def place_of(messages: list[Json], message_id: int | str) -> int | None:
    """The index of a message in a list sorted by id, oldest first; None if it is not there."""
    wanted = int(message_id)
    index = bisect_left(messages, wanted, key=lambda one: int(one["id"]))
    found = index < len(messages) and int(messages[index]["id"]) == wanted
    return index if found else None


@dataclass
class Guild:
    """A server. `members` holds the ids of each user's roles, without @everyone's.

    `joined`: whether the bot is in it, `available`: whether Discord has no outage there,
    `owes_removal`: whether the bot was removed in an outage and has not been told. Threads are
    among its channels. `next_id` is the id of its next channel. `system_channel_id` is the channel
    for Discord's own notices, None: nowhere.
    """

    id: int
    name: str
    owner_id: int
    roles: list[Role]
    channels: list[Channel]
    members: dict[int, tuple[int, ...]]
    joined: bool = True
    available: bool = True
    owes_removal: bool = False
    next_id: int = 0
    system_channel_id: int | None = None

    def base(self, user_id: int) -> int:
        """The permissions of all the user's roles, as a bit set; all permissions for the owner."""
        if user_id == self.owner_id:
            return permissions.ALL
        mine = {self.id, *self.members[user_id]}
        bits = 0
        for role in self.roles:
            bits |= role.permissions if role.id in mine else 0
        return bits
