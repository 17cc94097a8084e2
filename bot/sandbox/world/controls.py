"""Controls the sandbox from outside: the gateway, servers, roles, channels, people.

Servers, channels and roles are given as objects, by name or by id; KeyError: it does not exist.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bot.sandbox.gateway.gateway import Gateway
from bot.sandbox.gateway.sessions import STARTS_A_DAY
from bot.sandbox.world import initial, permissions, serialize
from bot.sandbox.world.entities import (
    HOLDING_POSTS,
    THREADS,
    Channel,
    ChannelKind,
    Guild,
    Role,
    Tag,
    Team,
)
from bot.sandbox.world.world import PEOPLE, World


class Controls:
    """The controls of a sandbox. Each acts at once; clients react later."""

    def __init__(self, world: World, gateway: Gateway, now: Callable[[], datetime]) -> None:
        self._world = world
        self._gateway = gateway
        self._now = now

    @property
    def shards(self) -> int:
        """How many shards the bot is told to use when it next asks; by default, as many as Discord
        recommends: one for each 1,000 servers.
        """
        return self._gateway.shards

    @shards.setter
    def shards(self, count: int) -> None:
        if count < 1:
            raise ValueError("there is at least one shard")
        self._gateway.advised = count

    @property
    def max_concurrency(self) -> int:
        """How many shards may begin a session within 5 seconds; the bot is told."""
        return self._gateway.starts.at_once

    @max_concurrency.setter
    def max_concurrency(self, count: int) -> None:
        if count < 1:
            raise ValueError("at least one shard may begin")
        self._gateway.starts.at_once = count

    @property
    def identified(self) -> int:
        """How many IDENTIFYs the bot has used today."""
        return STARTS_A_DAY - int(self._gateway.starts.shape()["remaining"])

    def drop_gateway(self, code: int = 4000, shard: int | None = None) -> None:
        """Close every gateway connection, or one shard's, with a code; 1006 cuts it silently."""
        self._gateway.drop(code, shard)

    def kill_shard(self, shard: int, dead: bool = True) -> None:
        """Close a shard's connections and let it begin or resume no session, or allow it again."""
        if dead:
            self._gateway.dead.add(shard)
            self._gateway.drop(4000, shard)
        else:
            self._gateway.dead.discard(shard)

    def ask_reconnect(self) -> None:
        """Ask every client to reconnect and resume (opcode 7)."""
        self._gateway.ask_reconnect()

    def invalidate_sessions(self, resumable: bool, shard: int | None = None) -> None:
        """Say that all sessions, or one shard's, are invalid (opcode 9); `resumable`: they can be
        resumed, else they are gone.
        """
        self._gateway.invalidate(resumable=resumable, shard=shard)

    def stop_acking(self, stopped: bool = True) -> None:
        """Stop answering heartbeats, or answer them again."""
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
            self._world.emit("GUILD_CREATE", serialize.guild_created(home, self._world.bot))
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
            self._world.emit("GUILD_CREATE", serialize.guild_joined(home, self._world.bot))

    def create_channel(
        self, name: str, kind: str = "text", guild: Guild | str | int | None = None
    ) -> Channel:
        """Create a channel at the end of a server's (by default the first server's) list.

        `kind` is text, voice, announcement, stage, forum or media; ids follow those that are there.
        """
        home = self._home(guild)
        wanted = ChannelKind[kind.upper()]
        if wanted in (*THREADS, ChannelKind.DIRECT):
            raise KeyError(kind)
        made = initial.add_channel(home, name, wanted)
        self._world.add_channel(made)
        return made

    def create_thread(self, name: str, parent: Channel | str | int) -> Channel:
        """Create a member's thread below a channel."""
        above = self._channel(parent)
        made = initial.add_thread(self._world.guild_of(above), name, above)
        self._world.add_channel(made)
        return made

    def archive(self, thread: Channel | str | int, *, locked: bool = False) -> None:
        """Archive a thread; if it is locked too, sending does not reopen it."""
        one = self._channel(thread)
        if one.thread is None:
            raise ValueError(f"{one.name} is not a thread")
        one.thread.archived, one.thread.locked = True, locked
        one.thread.turned_at = self._world.moment(self._now())
        self._world.changed(one)

    def offer_tags(
        self, forum: Channel | str | int, *names: str, moderated: Collection[str] = ()
    ) -> list[Tag]:
        """Let a forum or media channel offer exactly these tags; moderated ones need Manage
        Threads. Posts lose tags that are gone.
        """
        one = self._forum(forum)
        old = {tag.name: tag.id for tag in one.tags}
        one.tags = tuple(
            Tag(old.get(name) or self._world.new_id(), name, name in moderated) for name in names
        )
        kept = {tag.id for tag in one.tags}
        for post in self._world.guild_of(one).channels:
            if post.parent is one and post.thread:
                post.thread.tags = [tag for tag in post.thread.tags if tag in kept]
        self._world.changed(one)
        return [*one.tags]

    def require_tag(self, forum: Channel | str | int, required: bool = True) -> None:
        """Say whether the posts of a forum or media channel must have a tag."""
        one = self._forum(forum)
        one.tag_required = required
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
            made = initial.guild(initial.MAIN + (number << 22), f"Server {number}", ("news",))
            self._world.add_guild(made)

    def set_system_channel(
        self, channel: Channel | str | int | None, guild: Guild | str | int | None = None
    ) -> None:
        """Choose where Discord's notices of a server (by default the first server) appear, None:
        nowhere. Sends GUILD_UPDATE.
        """
        chosen = None if channel is None else self._channel(channel)
        if chosen is not None:
            guild = self._world.guild_of(chosen)
        home = self._home(guild)
        home.system_channel_id = None if chosen is None else chosen.id
        self._world.guild_changed(home)

    def close_direct_messages(self, person: str, closed: bool = True) -> None:
        """Let a person refuse direct messages from members of their servers, or accept them."""
        change = self._world.closed.add if closed else self._world.closed.discard
        change(PEOPLE[person].id)

    def give_to_team(
        self, owner: str, members: Mapping[str, str], invited: Collection[str] = ()
    ) -> None:
        """Let a team own the bot's application: its owner, and its other members with their roles
        (admin, developer, read_only), of whom those invited have not accepted yet.
        """
        roles = {PEOPLE[owner].id: "admin", **{PEOPLE[name].id: members[name] for name in members}}
        waiting = frozenset(PEOPLE[name].id for name in invited)
        team_id = self._world.new_id()
        self._world.team = Team(team_id, "Broadsheet Team", PEOPLE[owner].id, roles, waiting)

    def create_role(
        self, name: str, *, mentionable: bool = False, guild: Guild | str | int | None = None
    ) -> Role:
        """Create a role above the others without permissions (by default in the first server)."""
        home = self._home(guild)
        top = max(one.position for one in home.roles) + 1
        made = Role(self._world.new_id(), name, 0, top, mentionable=mentionable)
        self._world.set_role(home, made)
        return made

    def change_role(
        self,
        role: str | int,
        *,
        mentionable: bool | None = None,
        gives: Collection[str] | None = None,
        guild: Guild | str | int | None = None,
    ) -> None:
        """Change who may ping a role, or which permissions it gives: GUILD_ROLE_UPDATE."""
        home = self._home(guild)
        one = _role(home, role)
        if mentionable is not None:
            one = replace(one, mentionable=mentionable)
        if gives is not None:
            one = replace(one, permissions=permissions.union(gives))
        self._world.set_role(home, one)

    def delete_role(self, role: str | int, guild: Guild | str | int | None = None) -> None:
        """Delete a role: GUILD_ROLE_DELETE. The bot's own and @everyone stay: ValueError."""
        home = self._home(guild)
        self._world.remove_role(home, _free_role(home, role))

    def give_role(self, role: str | int, guild: Guild | str | int | None = None) -> None:
        """Give the bot a role: GUILD_MEMBER_UPDATE."""
        home = self._home(guild)
        others = self._other_roles(home, role)
        self._world.set_bot_roles(home, (*others, _free_role(home, role).id))

    def take_role(self, role: str | int, guild: Guild | str | int | None = None) -> None:
        """Take a role from the bot: GUILD_MEMBER_UPDATE."""
        home = self._home(guild)
        self._world.set_bot_roles(home, self._other_roles(home, role))

    def _other_roles(self, home: Guild, role: str | int) -> tuple[int, ...]:
        """The bot's roles except this one."""
        left_out = _free_role(home, role).id
        return tuple(one for one in home.members[self._world.bot.id] if one != left_out)

    def _forum(self, forum: Channel | str | int) -> Channel:
        one = self._channel(forum)
        if one.kind not in HOLDING_POSTS:
            raise ValueError(f"{one.name} holds no posts")
        return one

    def _home(self, guild: Guild | str | int | None) -> Guild:
        return self._world.guild if guild is None else self._guild(guild)

    def _guild(self, guild: Guild | str | int) -> Guild:
        return guild if isinstance(guild, Guild) else self._world.find_guild(guild)

    def _channel(self, channel: Channel | str | int) -> Channel:
        return channel if isinstance(channel, Channel) else self._world.channel(channel)


def _role(home: Guild, role: str | int) -> Role:
    for one in home.roles:
        if role in (one.name, one.id, str(one.id)):
            return one
    raise KeyError(role)


def _free_role(home: Guild, role: str | int) -> Role:
    """A role that can be given, taken and deleted."""
    one = _role(home, role)
    if one.bot_id is not None or one.id == home.id:
        raise ValueError(f"{one.name} stays where it is")
    return one
