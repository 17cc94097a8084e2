"""What the page is shown of the sandbox, as JSON: servers, channels, people, messages, commands.

Bit sets and ids are strings, since JavaScript's numbers do not hold them.
"""

from collections.abc import Callable
from typing import Any

from bot.sandbox import wire
from bot.sandbox.entities import Channel, Guild, User
from bot.sandbox.permissions import BITS
from bot.sandbox.world import PEOPLE, World

Json = dict[str, Any]

SHOWN_AT_FIRST = 100
"""Messages of a channel that a page gets when it opens; older ones it asks for."""


class Picture:
    """The world as the page shows it. `online` says whether the bot is connected."""

    def __init__(self, world: World, online: Callable[[], bool]) -> None:
        self._world = world
        self.online = online

    def whole(self) -> Json:
        """All that a page which opens must know of the world."""
        return {"world": self.world(), "commands": self.commands(), "messages": self.messages()}

    def world(self) -> Json:
        """Servers with channels, people, and the permissions there are."""
        return {
            "bot": wire.user(self._world.bot),
            "people": [{"name": name, **wire.user(user)} for name, user in PEOPLE.items()],
            "permissions": {name: str(bit) for name, bit in BITS.items()},
            "guilds": [self._guild(guild) for guild in self._world.guilds],
        }

    def _guild(self, guild: Guild) -> Json:
        channels = [self._channel(guild, channel) for channel in guild.channels]
        return {"id": str(guild.id), "name": guild.name, "channels": channels}

    def _channel(self, guild: Guild, channel: Channel) -> Json:
        def may(user: User) -> str:
            known = user.id in guild.members
            return str(self._world.permissions(user.id, channel)) if known else "0"

        people = {name: may(user) for name, user in PEOPLE.items()}
        shape = wire.channel(channel)
        shape.pop("permission_overwrites", None)
        return {**shape, "bot_may": may(self._world.bot), "people_may": people}

    def commands(self) -> Json:
        """The registered commands by server; those of every server are under "everywhere"."""
        every = self._world.commands.items()
        return {"everywhere" if guild is None else str(guild): made for guild, made in every}

    def messages(self) -> Json:
        """The newest messages by channel, oldest first, and all ephemeral ones among them."""
        return {str(one.id): _newest(one) for one in self._world.channels}


def _newest(channel: Channel) -> list[Json]:
    shown = [*channel.messages[-SHOWN_AT_FIRST:], *channel.ephemeral[-SHOWN_AT_FIRST:]]
    return sorted(shown, key=lambda one: int(one["id"]))


def older(channel: Channel, before: int, limit: int = SHOWN_AT_FIRST) -> list[Json]:
    """The messages of a channel just before one, oldest first."""
    return [one for one in channel.messages if int(one["id"]) < before][-limit:]
