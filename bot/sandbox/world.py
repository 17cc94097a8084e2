"""The invented world: two servers, their channels, roles and people, and the bot among them.

Ids are fixed, so that a bot which kept a server's or channel's id finds it again after a restart.
They are numbers here and strings in JSON, as at Discord.

Known difference from Discord: people and roles never change; only the bot's permissions do.
"""

import time
from collections.abc import Callable
from typing import Any

from bot.sandbox import permissions, wire
from bot.sandbox.entities import Channel, Guild, Role, User
from bot.sandbox.errors import ApiError, Code
from bot.sandbox.permissions import Overwrite

Json = dict[str, Any]
Listener = Callable[[str, Json], None]
Overhearer = Callable[[Json, bool], None]
"""Is given an ephemeral message, and whether it is gone; no gateway event tells of these."""

DISCORD_EPOCH_MS = 1_420_070_400_000
"""The first millisecond of 2015, from which Discord's ids count."""

EVERYONE = (
    "view_channel",
    "send_messages",
    "embed_links",
    "attach_files",
    "read_message_history",
    "use_application_commands",
    "send_messages_in_threads",
)
BOT_PERMISSIONS = (
    "view_channel",
    "send_messages",
    "embed_links",
    "read_message_history",
    "send_messages_in_threads",
)


BOT = User(1_100_000_000_000_000_001, "Broadsheet", bot=True)
OWNER = User(1_100_000_000_000_000_010, "owner")
PEOPLE = {
    "member": User(1_100_000_000_000_000_011, "member"),
    "moderator": User(1_100_000_000_000_000_012, "moderator"),
    "admin": User(1_100_000_000_000_000_013, "admin"),
}
MAIN, OTHER = 1_100_000_000_000_001_000, 1_100_000_000_000_002_000
"""The two servers' ids; their roles are at +1..+3 and their channels from +10 on."""


def _guild(guild_id: int, name: str, channels: tuple[str, ...]) -> Guild:
    bot, moderators, admins = (guild_id + n for n in (1, 2, 3))
    union = permissions.union
    roles = [
        Role(guild_id, "@everyone", union(EVERYONE), 0),
        Role(bot, "Broadsheet", union(BOT_PERMISSIONS), 1, bot_id=BOT.id),
        Role(moderators, "Moderators", union(("manage_channels",)), 2),
        Role(admins, "Admins", union(("manage_guild",)), 3),
    ]
    members: dict[int, tuple[int, ...]] = {
        OWNER.id: (),
        BOT.id: (bot,),
        PEOPLE["member"].id: (),
        PEOPLE["moderator"].id: (moderators,),
        PEOPLE["admin"].id: (admins,),
    }
    made = [Channel(guild_id + 10 + i, guild_id, one, i) for i, one in enumerate(channels)]
    return Guild(guild_id, name, OWNER.id, roles, made, members)


class World:
    """Everything that exists; `listeners` hear of each change as a gateway event and its data."""

    def __init__(self) -> None:
        names = ("news", "ai", "general", "locked", "hidden")
        self.guild = _guild(MAIN, "Broadsheet Sandbox", names)
        self.guilds = [self.guild, _guild(OTHER, "Other Server", ("elsewhere",))]
        self.bot = BOT
        self.users = {user.id: user for user in (BOT, OWNER, *PEOPLE.values())}
        self.commands: dict[int | None, list[Json]] = {None: []}  # by server, None for everywhere
        self.listeners: list[Listener] = []
        self.overhearers: list[Overhearer] = []
        self._last_id = 0
        self._overwrite("locked").deny = permissions.bit("send_messages")
        self._overwrite("hidden").deny = permissions.bit("view_channel")

    def new_id(self) -> int:
        """A fresh id that carries the real time, as Discord's do; each is above the one before."""
        moment = int(time.time() * 1000) - DISCORD_EPOCH_MS
        self._last_id = max(self._last_id + 1, moment << 22)
        return self._last_id

    def emit(self, event: str, data: Json) -> None:
        """Tell every listener of an event."""
        for listener in self.listeners:
            listener(event, data)

    def whisper(self, message: Json, *, gone: bool = False) -> None:
        """Tell whoever shows people's screens of an ephemeral message, new, changed or gone."""
        for overhearer in self.overhearers:
            overhearer(message, gone)

    @property
    def channels(self) -> list[Channel]:
        """The channels of every server."""
        return [channel for guild in self.guilds for channel in guild.channels]

    def channel(self, name: str | int) -> Channel:
        """The channel of that name or id; KeyError if there is none."""
        for channel in self.channels:
            if name in (channel.name, channel.id, str(channel.id)):
                return channel
        raise KeyError(name)

    def guild_of(self, channel: Channel) -> Guild:
        """The server that the channel belongs to."""
        return next(guild for guild in self.guilds if guild.id == channel.guild_id)

    def permissions(self, user_id: int, channel: Channel) -> int:
        """What a user may do in a channel, as a bit set."""
        guild = self.guild_of(channel)
        roles = guild.members[user_id]
        base = guild.base(user_id)
        return permissions.in_channel(base, guild.id, roles, user_id, channel.overwrites)

    def bot_may(self, channel: Channel, *names: str) -> bool:
        """Whether the bot has every named permission in the channel."""
        return permissions.has(self.permissions(self.bot.id, channel), *names)

    def allow(self, channel: str | Channel, permission: str | int) -> None:
        """Allow the bot's role a permission in a channel, and tell the bot."""
        bits, overwrite = permissions.bit(permission), self._overwrite(channel)
        overwrite.allow |= bits
        overwrite.deny &= ~bits
        self._changed(channel)

    def deny(self, channel: str | Channel, permission: str | int) -> None:
        """Deny the bot's role a permission in a channel, and tell the bot."""
        bits, overwrite = permissions.bit(permission), self._overwrite(channel)
        overwrite.allow &= ~bits
        overwrite.deny |= bits
        self._changed(channel)

    def seen_channel(self, channel_id: int) -> Channel:
        """A channel that the bot asks for: 10003 if there is none, 50001 if it may not see it."""
        channel = next((one for one in self.channels if one.id == channel_id), None)
        if channel is None:
            raise ApiError(Code.UNKNOWN_CHANNEL)
        if not self.bot_may(channel, "view_channel"):
            raise ApiError(Code.MISSING_ACCESS)
        return channel

    def _overwrite(self, channel: str | Channel) -> Overwrite:
        found = self._resolve(channel)
        role = next(role for role in self.guild_of(found).roles if role.bot_id == self.bot.id)
        return found.overwrites.setdefault(role.id, Overwrite())

    def _changed(self, channel: str | Channel) -> None:
        self.emit("CHANNEL_UPDATE", wire.channel(self._resolve(channel)))

    def _resolve(self, channel: str | Channel) -> Channel:
        return channel if isinstance(channel, Channel) else self.channel(channel)
