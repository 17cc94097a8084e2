"""What there is in a Discord: users, roles, channels and servers, as plain values."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import permissions
from bot.sandbox.permissions import Overwrite

Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    """A person or the bot."""

    id: int
    name: str
    bot: bool = False


@dataclass(frozen=True)
class Role:
    """A role; the one whose id is the server's own is @everyone. `permissions` is a bit set."""

    id: int
    name: str
    permissions: int
    position: int
    bot_id: int | None = None


@dataclass
class Channel:
    """A text channel. `messages` are as Discord serves them, oldest first.

    `ephemeral` are the messages that only one person sees and that no history shows.
    """

    id: int
    guild_id: int
    name: str
    position: int
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)
    ephemeral: list[Json] = field(default_factory=list)

    def find(self, message_id: int | str) -> Json | None:
        """The message with that id, ephemeral ones included."""
        every = (*self.messages, *self.ephemeral)
        return next((one for one in every if one["id"] == str(message_id)), None)


@dataclass
class Guild:
    """A server. `members` holds the ids of each user's roles, @everyone's not among them."""

    id: int
    name: str
    owner_id: int
    roles: list[Role]
    channels: list[Channel]
    members: dict[int, tuple[int, ...]]

    def base(self, user_id: int) -> int:
        """What the user's roles allow together, as a bit set; everything for the owner."""
        if user_id == self.owner_id:
            return permissions.ALL
        mine = {self.id, *self.members[user_id]}
        bits = 0
        for role in self.roles:
            bits |= role.permissions if role.id in mine else 0
        return bits
