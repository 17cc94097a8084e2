"""The sandbox's state for the page, as JSON: servers, people, messages, commands, requests.

Bit sets and ids are strings, since JavaScript's numbers cannot hold them.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from bot.sandbox.api.request_log import Entry, Log
from bot.sandbox.faults.faults import FaultKind, Faults
from bot.sandbox.page.clock_controls import ClockControls
from bot.sandbox.rules.command_rules import GROUP
from bot.sandbox.world import serialize
from bot.sandbox.world.entities import Channel, Guild, User
from bot.sandbox.world.interactions import InteractionType
from bot.sandbox.world.permissions import BITS, Overwrite
from bot.sandbox.world.world import PEOPLE, World

Json = dict[str, Any]

SHOWN_AT_FIRST = 100
"""How many messages of a channel a page gets when it opens; it asks for older ones."""


LOGGED_AT_FIRST = 200
"""How many requests a page gets when it opens."""

REMEMBERED = 5000
"""For how many used commands the names are kept."""


class Picture:
    """The world as the page shows it. `online` says whether the bot is connected."""

    def __init__(
        self,
        world: World,
        online: Callable[[], bool],
        clock: ClockControls | None,
        faults: Faults,
        log: Log,
    ) -> None:
        self._world = world
        self._online = online
        self._clock = clock
        self._faults = faults
        self._log = log
        self._lines: dict[str, str] = {}
        self.pictures = False
        """Whether the person has agreed to load pictures from other hosts."""
        world.listeners.append(self._heard)

    def _heard(self, event: str, data: Json) -> None:
        """Remember which command an interaction was, since its answer's JSON does not say so."""
        if event != "INTERACTION_CREATE" or data["type"] != InteractionType.COMMAND:
            return
        self._lines[data["id"]] = " ".join(_names(data["data"]))
        if len(self._lines) > REMEMBERED:
            del self._lines[next(iter(self._lines))]

    def message(self, one: Json) -> Json:
        """A message; an answer to a command with that `command`'s line."""
        cause = one.get("interaction_metadata")
        line = self._lines.get(cause["id"]) if cause else None
        return one if line is None else {**one, "command": line}

    def whole(self) -> Json:
        """The whole state for a page that opens, except the watched values."""
        newest = islice(self._log.entries, max(0, len(self._log.entries) - LOGGED_AT_FIRST), None)
        return {
            "world": self.world(),
            "commands": self.commands(),
            "messages": self.messages(),
            "log": [entry(one) for one in newest],
            "kinds": [kind.value for kind in FaultKind],
            **self.watched(),
        }

    def watched(self) -> Json:
        """The values that change without an event; cheap, since they are read all the time."""
        faults = [{"id": number, **asdict(one)} for number, one in self._faults.list().items()]
        closed = [name for name, user in PEOPLE.items() if user.id in self._world.closed]
        told = {"status": self._status(), "faults": faults, "closed": closed}
        return {**told, "pictures": self.pictures}

    def _status(self) -> Json:
        """Whether the bot is connected, and how many seconds the clock is off the real one."""
        online, clock = self._online(), self._clock
        lead = None if clock is None else round(clock.now().timestamp() - time.time())
        return {"online": online, "lead": lead}

    def world(self) -> Json:
        """Servers with channels, direct messages, people, and the existing permissions."""
        return {
            "bot": serialize.user(self._world.bot),
            "people": [{"name": name, **serialize.user(user)} for name, user in PEOPLE.items()],
            "permissions": {name: str(bit) for name, bit in BITS.items()},
            "guilds": [self._guild(guild) for guild in self._world.guilds],
            "directs": [self._direct(one) for one in self._world.directs.values()],
        }

    def _guild(self, guild: Guild) -> Json:
        channels = [self._channel(guild, channel) for channel in guild.channels]
        base = str(guild.base(self._world.bot.id))
        system, roles = guild.system_channel_id, guild.roles
        return {
            "id": str(guild.id),
            "name": guild.name,
            "channels": channels,
            "roles": [{"id": str(one.id), "name": one.name} for one in roles],
            "system_channel_id": None if system is None else str(system),
            "bot_base": base,
            "joined": guild.joined,
            "available": guild.available,
        }

    def _direct(self, channel: Channel) -> Json:
        """The channel where the bot writes to one person, which nobody else sees."""

        def may(user: User) -> str:
            return str(self._world.permissions(user.id, channel))

        people = {name: may(user) for name, user in PEOPLE.items()}
        rights = {"bot_may": may(self._world.bot), "people_may": people}
        return {**serialize.channel(channel), "name": self._world.bot.name, **rights}

    def _channel(self, guild: Guild, channel: Channel) -> Json:
        def may(user: User) -> str:
            known = user.id in guild.members
            return str(self._world.permissions(user.id, channel)) if known else "0"

        people = {name: may(user) for name, user in PEOPLE.items()}
        shape = serialize.channel(channel)
        shape.pop("permission_overwrites", None)
        own = self._own(guild, channel)
        overwrite = {"allow": str(own.allow), "deny": str(own.deny)}
        rights = {"bot_may": may(self._world.bot), "bot_overwrite": overwrite}
        return {**shape, **rights, "people_may": people}

    def _own(self, guild: Guild, channel: Channel) -> Overwrite:
        """The channel's own overwrite for the bot's role; a thread has its parent's."""
        role = next(one for one in guild.roles if one.bot_id == self._world.bot.id)
        return (channel.parent or channel).overwrites.get(role.id, Overwrite())

    def commands(self) -> Json:
        """The registered commands by server; those for every server are under "everywhere"."""
        every = self._world.commands.items()
        return {"everywhere" if guild is None else str(guild): made for guild, made in every}

    def messages(self) -> Json:
        """The newest messages by channel, oldest first, including all ephemeral ones."""
        channels = [*self._world.channels, *self._world.directs.values()]
        return {str(one.id): [*map(self.message, _newest(one))] for one in channels}

    def older(self, channel: Channel, before: int) -> list[Json]:
        """The messages of a channel just before one, oldest first."""
        found = [one for one in channel.messages if int(one["id"]) < before]
        return [self.message(one) for one in found[-SHOWN_AT_FIRST:]]


def entry(one: Entry) -> Json:
    """An entry of the log."""
    return {**vars(one), "at": one.at.isoformat()}


def _newest(channel: Channel) -> list[Json]:
    shown = [*channel.messages[-SHOWN_AT_FIRST:], *channel.ephemeral[-SHOWN_AT_FIRST:]]
    return sorted(shown, key=lambda one: int(one["id"]))


def _names(command: Json) -> Iterator[str]:
    """The names of a used command and of its subcommands."""
    yield command["name"]
    for option in command.get("options", ()):
        if option["type"] <= GROUP:
            yield from _names(option)
