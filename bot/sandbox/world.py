"""The world: servers, channels, people and the bot, what changes in it, and who is told.

Ids are fixed, so that a bot which kept a server's or channel's id finds it again after a restart.
They are numbers here and strings in JSON, as at Discord.

Known differences from Discord: people and roles never change, so that no GUILD_ROLE_UPDATE and no
GUILD_MEMBER_UPDATE is sent; the bot's permissions change by the channels' overwrites. The bot's
role stays when the bot is removed. Anything in a server with an outage is answered 503, a guess:
Discord documents only what the gateway says.
"""

import time
from collections.abc import Callable
from typing import Any

from bot.sandbox import invented, permissions, wire
from bot.sandbox.entities import Channel, ChannelKind, Guild
from bot.sandbox.errors import ApiError, Code
from bot.sandbox.invented import BOT, MAIN, OWNER, PEOPLE
from bot.sandbox.permissions import Overwrite

__all__ = ["MAIN", "PEOPLE", "World"]

Json = dict[str, Any]
Listener = Callable[[str, Json], None]
Overhearer = Callable[[Json, bool], None]
"""Is given an ephemeral message, and whether it is gone; no gateway event tells of these."""

DISCORD_EPOCH_MS = 1_420_070_400_000
"""The first millisecond of 2015, from which Discord's ids count."""


class World:
    """Everything that exists; `listeners` hear of each change as a gateway event and its data."""

    def __init__(self) -> None:
        self.guild = invented.main()
        self.guilds = [self.guild, invented.other()]
        self.bot = BOT
        self.users = {user.id: user for user in (BOT, OWNER, *PEOPLE.values())}
        self.commands: dict[int | None, list[Json]] = {None: []}  # by server, None for everywhere
        self.listeners: list[Listener] = []
        self.overhearers: list[Overhearer] = []
        self._last_id = 0
        self._guilds = {one.id: one for one in self.guilds}
        self._channels = {one.id: one for one in self.channels}

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
        """What a user may do in a channel, as a bit set; a thread has its parent's overwrites."""
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
        guild = self.guild_of(channel)
        if guild.joined and not guild.available:
            raise ApiError(Code.UNAVAILABLE)
        if not guild.joined or not self.bot_may(channel, "view_channel"):
            raise ApiError(Code.MISSING_ACCESS)
        return channel

    def add_guild(self, guild: Guild) -> None:
        """Add a server that the bot is in, and tell it."""
        self.guilds.append(guild)
        self._guilds[guild.id] = guild
        self._channels.update((one.id, one) for one in guild.channels)
        self.emit("GUILD_CREATE", wire.guild_joined(guild, self.bot))

    def add_channel(self, channel: Channel) -> None:
        """Make a channel or thread, which must be among its server's, known and tell the bot."""
        self._channels[channel.id] = channel
        event = "CHANNEL_CREATE" if channel.thread is None else "THREAD_CREATE"
        more = {"newly_created": True} if channel.thread else {}
        self.emit(event, {**wire.channel(channel), **more})

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel or thread; a channel's threads go with it in silence."""
        guild = self.guild_of(channel)
        gone = [one for one in guild.channels if channel in (one, one.parent)]
        guild.channels = [one for one in guild.channels if one not in gone]
        for one in gone:
            del self._channels[one.id]
        event = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
        self.emit(event, wire.channel(channel))

    def changed(self, channel: Channel) -> None:
        """Tell the bot what a channel or thread is like now."""
        event = "CHANNEL_UPDATE" if channel.thread is None else "THREAD_UPDATE"
        self.emit(event, wire.channel(channel))

    def _overwrite(self, channel: Channel) -> Overwrite:
        role = next(role for role in self.guild_of(channel).roles if role.bot_id == self.bot.id)
        return channel.overwrites.setdefault(role.id, Overwrite())

    def _resolve(self, channel: str | Channel) -> Channel:
        """The channel that has the overwrites: of a thread, its parent."""
        found = channel if isinstance(channel, Channel) else self.channel(channel)
        return found.parent or found
