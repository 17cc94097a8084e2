"""What can be done to the sandbox from outside: to the gateway, to servers and to channels.

Servers and channels are given as they are, by name or by id; KeyError: there is no such one.
"""

from bot.sandbox import invented, wire
from bot.sandbox.entities import Channel, ChannelKind, Guild
from bot.sandbox.gateway import Gateway
from bot.sandbox.sessions import STARTS_A_DAY
from bot.sandbox.world import World


class Controls:
    """The switches of a sandbox. Each acts at once; what clients do about it comes later."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    @property
    def shards(self) -> int:
        """How many shards the bot is told to use when it next asks; 1 at first."""
        return self._gateway.shards

    @shards.setter
    def shards(self, count: int) -> None:
        if count < 1:
            raise ValueError("there is at least one shard")
        self._gateway.shards = count

    @property
    def identified(self) -> int:
        """IDENTIFYs of the bot today."""
        return STARTS_A_DAY - int(self._gateway.starts.shape()["remaining"])

    def drop_gateway(self, code: int = 4000) -> None:
        """Close every gateway connection with a code; 1006 cuts it without a word."""
        self._gateway.drop(code)

    def ask_reconnect(self) -> None:
        """Ask every client to connect anew and resume (opcode 7)."""
        self._gateway.ask_reconnect()

    def invalidate_sessions(self, resumable: bool) -> None:
        """Say that sessions are invalid (opcode 9); `resumable`: to be resumed, else gone."""
        self._gateway.invalidate(resumable=resumable)

    def stop_acking(self, stopped: bool = True) -> None:
        """Leave heartbeats unanswered, or answer them again."""
        self._gateway.acking = not stopped

    def outage(self, guild: Guild | str | int) -> None:
        """Make a server unavailable: GUILD_DELETE, silence, and 503 to requests."""
        home = self._guild(guild)
        if home.available:
            self._world.emit("GUILD_DELETE", {"id": str(home.id), "unavailable": True})
        home.available = False

    def restore(self, guild: Guild | str | int) -> None:
        """End a server's outage: GUILD_CREATE, or GUILD_DELETE if the bot was removed meanwhile."""
        home = self._guild(guild)
        if home.available:
            return
        home.available = True
        if home.joined:
            self._world.emit("GUILD_CREATE", wire.guild_created(home, self._world.bot))
        else:
            self._world.emit("GUILD_DELETE", {"id": str(home.id)})
        home.owes_removal = False

    def remove_bot(self, guild: Guild | str | int) -> None:
        """Remove the bot from a server: GUILD_DELETE, its commands of that server are gone."""
        home = self._guild(guild)
        if home.joined:
            home.owes_removal = not home.available
            self._world.emit("GUILD_DELETE", {"id": str(home.id)})
        home.joined = False
        self._world.commands.pop(home.id, None)

    def add_bot(self, guild: Guild | str | int) -> None:
        """Invite the bot to a server that it was removed from: GUILD_CREATE."""
        home = self._guild(guild)
        if not home.joined:
            home.joined, home.owes_removal = True, False
            self._world.emit("GUILD_CREATE", wire.guild_joined(home, self._world.bot))

    def create_channel(
        self, name: str, kind: str = "text", guild: Guild | str | int | None = None
    ) -> Channel:
        """Create a channel at the end of a server's (by default the first server's) list.

        `kind` is text, voice, announcement, stage or forum; ids follow those that are there.
        """
        home = self._world.guild if guild is None else self._guild(guild)
        wanted = ChannelKind[kind.upper()]
        if wanted is ChannelKind.THREAD:
            raise KeyError(kind)
        made = invented.add_channel(home, name, wanted)
        self._world.add_channel(made)
        return made

    def create_thread(self, name: str, parent: Channel | str | int) -> Channel:
        """Create a thread of a member's below a channel."""
        above = self._channel(parent)
        made = invented.add_thread(self._world.guild_of(above), name, above)
        self._world.add_channel(made)
        return made

    def archive(self, thread: Channel | str | int, *, locked: bool = False) -> None:
        """Archive a thread; one that is locked too is not opened again by sending."""
        one = self._channel(thread)
        if one.thread is None:
            raise ValueError(f"{one.name} is no thread")
        one.thread.archived, one.thread.locked = True, locked
        self._world.changed(one)

    def rename_channel(self, channel: Channel | str | int, name: str) -> None:
        """Give a channel or thread another name."""
        one = self._channel(channel)
        one.name = name
        self._world.changed(one)

    def delete_channel(self, channel: Channel | str | int) -> None:
        """Delete a channel or thread, with everything in it."""
        self._world.remove_channel(self._channel(channel))

    def add_guilds(self, count: int) -> None:
        """Add servers that the bot is in, with one channel each, spread over shards by ids."""
        known = len(self._world.guilds)
        for number in range(known, known + count):
            made = invented.guild(invented.MAIN + (number << 22), f"Server {number}", ("news",))
            self._world.add_guild(made)

    def _guild(self, guild: Guild | str | int) -> Guild:
        return guild if isinstance(guild, Guild) else self._world.find_guild(guild)

    def _channel(self, channel: Channel | str | int) -> Channel:
        return channel if isinstance(channel, Channel) else self._world.channel(channel)
