"""The world: servers, channels, people and the bot, its changes, and who is told about them.

Ids are fixed, so that a bot that stored a server's or channel's id finds it again after a restart.
They are numbers here and strings in JSON, as on Discord.

Known differences from Discord: only the bot's own roles change, no other member's; people neither
join nor leave. The bot's role stays when the bot is removed. Any request in a server with an outage
is answered 503, a guess: Discord documents only the gateway's behaviour.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import initial, permissions, serialize
from bot.sandbox.world.entities import LONG_AGO, Channel, ChannelKind, Guild, Role, Team, User
from bot.sandbox.world.initial import BOT, MAIN, PEOPLE
from bot.sandbox.world.permissions import Overwrite

__all__ = ["MAIN", "PEOPLE", "World"]

Json = dict[str, Any]
Listener = Callable[[str, Json], None]
Overhearer = Callable[[Json, bool], None]
"""Called with an ephemeral message, and whether it is gone; the gateway has no event for these."""

DISCORD_EPOCH_MS = 1_420_070_400_000
"""The first millisecond of 2015, from which Discord's ids count."""


class World:
    """Everything that exists; `listeners` get each change as a gateway event and its data.

    `owner` owns the bot's application, unless a `team` does. `directs` are the direct message
    channels of the bot, by the person's id; people in `closed` accept no direct messages. `locale`:
    the language of people and servers in interactions.
    """

    def __init__(self) -> None:
        self.locale = serialize.LOCALE
        self.guild = initial.main_guild()
        self.guilds = [self.guild, initial.other_guild()]
        self.bot = BOT
        self.users = {user.id: user for user in (BOT, *PEOPLE.values())}
        self.owner = initial.OWNER
        self.team: Team | None = None
        self.directs: dict[int, Channel] = {}
        self.closed: set[int] = set()
        self.commands: dict[int | None, list[Json]] = {None: []}  # by server, None for everywhere
        self.listeners: list[Listener] = []
        self.overhearers: list[Overhearer] = []
        self._last_id = 0
        self._last_moment, self._moments = LONG_AGO, 0
        self._guilds = {one.id: one for one in self.guilds}
        self._channels = {one.id: one for one in self.channels}

    def new_id(self) -> int:
        """A fresh id that contains the real time, as Discord's do; each is larger than the last."""
        moment = int(time.time() * 1000) - DISCORD_EPOCH_MS
        self._last_id = max(self._last_id + 1, moment << 22)
        return self._last_id

    def moment(self, now: datetime) -> datetime:
        """`now`, plus a microsecond for each previous call, so that moments differ."""
        self._moments = self._moments + 1 if now == self._last_moment else 0
        self._last_moment = now
        return now + timedelta(microseconds=self._moments)

    def emit(self, event: str, data: Json) -> None:
        """Tell every listener of an event."""
        for listener in self.listeners:
            listener(event, data)

    def whisper(self, message: Json, *, gone: bool = False) -> None:
        """Tell the page about an ephemeral message that is new, changed or gone."""
        for overhearer in self.overhearers:
            overhearer(message, gone)

    @property
    def channels(self) -> list[Channel]:
        """The channels and threads of every server."""
        return [channel for guild in self.guilds for channel in guild.channels]

    @property
    def joined(self) -> list[Guild]:
        """The servers that the bot is in."""
        return [guild for guild in self.guilds if guild.joined]

    def channel(self, name: str | int) -> Channel:
        """The channel of that name or id; KeyError if there is none."""
        number = int(name) if str(name).isdigit() else 0
        if number in self._channels:
            return self._channels[number]
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise KeyError(name)

    def find_guild(self, name: str | int) -> Guild:
        """The server of that name or id; KeyError if there is none."""
        number = int(name) if str(name).isdigit() else 0
        if number in self._guilds:
            return self._guilds[number]
        for guild in self.guilds:
            if guild.name == name:
                return guild
        raise KeyError(name)

    def guild_of(self, channel: Channel) -> Guild:
        """The server that the channel belongs to."""
        return self._guilds[channel.guild_id]

    def permissions(self, user_id: int, channel: Channel) -> int:
        """A user's permissions in a channel, as a bit set; a thread has its parent's overwrites."""
        if channel.recipient is not None:
            is_side = user_id in (self.bot.id, channel.recipient.id)
            return permissions.IN_DIRECT_MESSAGES if is_side else 0
        guild, where = self.guild_of(channel), channel.parent or channel
        voice = channel.kind in (ChannelKind.VOICE, ChannelKind.STAGE)
        return permissions.in_channel(
            guild.base(user_id),
            guild.id,
            guild.members[user_id],
            user_id,
            where.overwrites,
            needs=("view_channel", "connect") if voice else ("view_channel",),
            sending=channel.sending,
        )

    def bot_may(self, channel: Channel, *names: str) -> bool:
        """Whether the bot has every named permission in the channel."""
        return permissions.has(self.permissions(self.bot.id, channel), *names)

    def allow(self, channel: str | Channel, permission: str | int) -> None:
        """Allow the bot's role a permission in a channel, and tell the bot."""
        found = self._resolve(channel)
        bits, overwrite = permissions.bit(permission), self._overwrite(found)
        overwrite.allow |= bits
        overwrite.deny &= ~bits
        self.changed(found)

    def deny(self, channel: str | Channel, permission: str | int) -> None:
        """Deny the bot's role a permission in a channel, and tell the bot."""
        found = self._resolve(channel)
        bits, overwrite = permissions.bit(permission), self._overwrite(found)
        overwrite.allow &= ~bits
        overwrite.deny |= bits
        self.changed(found)

    def seen_guild(self, guild_id: int) -> Guild:
        """A server that the bot asks for: 10004 if it is not in such a one."""
        guild = self._guilds.get(guild_id)
        if guild is None or not guild.joined:
            raise ApiError(Code.UNKNOWN_GUILD)
        if not guild.available:
            raise ApiError(Code.UNAVAILABLE)
        return guild

    def seen_channel(self, channel_id: int) -> Channel:
        """A channel that the bot asks for: 10003 if there is none, 50001 if it may not see it."""
        channel = self._channels.get(channel_id)
        if channel is None:
            raise ApiError(Code.UNKNOWN_CHANNEL)
        if channel.recipient is not None:
            return channel
        guild = self.guild_of(channel)
        if guild.joined and not guild.available:
            raise ApiError(Code.UNAVAILABLE)
        if not guild.joined or not self.bot_may(channel, "view_channel"):
            raise ApiError(Code.MISSING_ACCESS)
        return channel

    def direct(self, user: User) -> Channel:
        """The direct message channel to that person; created at its first use."""
        if user.id not in self.directs:
            kind = ChannelKind.DIRECT
            made = Channel(self.new_id(), 0, "", 0, kind=kind, recipient=user)
            self.directs[user.id] = self._channels[made.id] = made
            self.emit("CHANNEL_CREATE", serialize.channel(made))
        return self.directs[user.id]

    def reaches(self, user: User) -> bool:
        """Whether the bot's direct messages reach a person, who must share a server with it."""
        return user.id not in self.closed and any(user.id in one.members for one in self.joined)

    def guild_changed(self, guild: Guild) -> None:
        """Tell the bot the current state of a server."""
        self.emit("GUILD_UPDATE", serialize.guild(guild))

    def set_role(self, guild: Guild, role: Role) -> None:
        """Replace the role with the same id, or add it, and tell the bot."""
        known = any(one.id == role.id for one in guild.roles)
        guild.roles = [one for one in guild.roles if one.id != role.id] + [role]
        guild.roles.sort(key=lambda one: one.position)
        event = "GUILD_ROLE_UPDATE" if known else "GUILD_ROLE_CREATE"
        self.emit(event, {"guild_id": str(guild.id), "role": serialize.role(role)})

    def remove_role(self, guild: Guild, role: Role) -> None:
        """Delete a role with everything it grants, and tell the bot."""
        guild.roles.remove(role)
        for user, mine in guild.members.items():
            guild.members[user] = tuple(one for one in mine if one != role.id)
        for channel in guild.channels:
            channel.overwrites.pop(role.id, None)
        self.emit("GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)})

    def set_bot_roles(self, guild: Guild, roles: tuple[int, ...]) -> None:
        """Change which roles the bot itself has, and tell it."""
        guild.members[self.bot.id] = roles
        shape = serialize.member(guild, self.bot)
        self.emit("GUILD_MEMBER_UPDATE", {"guild_id": str(guild.id), **shape})

    def add_guild(self, guild: Guild) -> None:
        """Add a server that the bot is in, and tell it."""
        self.guilds.append(guild)
        self._guilds[guild.id] = guild
        self._channels.update((one.id, one) for one in guild.channels)
        self.emit("GUILD_CREATE", serialize.guild_joined(guild, self.bot))

    def add_channel(self, channel: Channel) -> None:
        """Register a channel or thread, which must be in its server's list, and tell the bot."""
        self._channels[channel.id] = channel
        event = "CHANNEL_CREATE" if channel.thread is None else "THREAD_CREATE"
        more = {"newly_created": True} if channel.thread else {}
        self.emit(event, {**serialize.channel(channel), **more})

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel or thread; a channel's threads are deleted with it, without events.

        A server whose system channel it was then has none, and the bot is told that too.
        """
        guild = self.guild_of(channel)
        gone = {one.id for one in guild.channels if channel is one or channel is one.parent}
        guild.channels = [one for one in guild.channels if one.id not in gone]
        for one in gone:
            del self._channels[one]
        event = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
        self.emit(event, serialize.channel(channel))
        if guild.system_channel_id in gone:
            guild.system_channel_id = None
            self.guild_changed(guild)

    def changed(self, channel: Channel) -> None:
        """Tell the bot the current state of a channel or thread."""
        event = "CHANNEL_UPDATE" if channel.thread is None else "THREAD_UPDATE"
        self.emit(event, serialize.channel(channel))

    def _overwrite(self, channel: Channel) -> Overwrite:
        role = next(role for role in self.guild_of(channel).roles if role.bot_id == self.bot.id)
        return channel.overwrites.setdefault(role.id, Overwrite())

    def _resolve(self, channel: str | Channel) -> Channel:
        """The channel that has the overwrites: a thread's parent."""
        found = channel if isinstance(channel, Channel) else self.channel(channel)
        return found.parent or found
