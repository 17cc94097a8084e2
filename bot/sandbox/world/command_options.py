"""Turns a line such as "digest time" and its options into the data that Discord would send.

Like Discord's own client, this accepts only input that fits a registered command: ValueError says
which command, option or value does not exist.

Known difference from Discord: options that take a user, role, mentionable or file cannot be given.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

from bot.sandbox.rules.command_rules import BOOLEAN, CHANNEL, GROUP, INTEGER, NUMBER, STRING
from bot.sandbox.world import serialize
from bot.sandbox.world.entities import Channel, Guild, User
from bot.sandbox.world.world import World

Json = dict[str, Any]

LONGEST_TEXT = 6000
"""How many characters a string option may have if it sets no limit, as Discord documents."""


class Invocation:
    """A command that somebody is about to run; `command` is the registered one."""

    def __init__(self, world: World, guild: Guild, user: User, line: str) -> None:
        self._world, self._guild, self._user = world, guild, user
        self._resolved: Json = {}
        name, *rest = line.split()
        known = [*world.commands[None], *world.commands.get(guild.id, [])]
        self.command = _named(known, name, line)
        self._path = [self.command]
        for part in rest:
            self._path.append(_named(self._path[-1].get("options", []), part, line))
        if any(one["type"] <= GROUP for one in self._specs):
            raise ValueError(f"/{line} needs a subcommand")

    @property
    def _specs(self) -> list[Json]:
        specs: list[Json] = self._path[-1].get("options") or []
        return specs

    def filled(self, given: Mapping[str, object]) -> Json:
        """The data of the interaction with every option given; a required one must be among them.

        An option whose name is also a parameter of the caller may be given with a trailing
        underscore: `channel_`.
        """
        wanted = self._known(given)
        missing = [one["name"] for one in self._specs if one.get("required")]
        missing = [name for name in missing if name not in wanted]
        if missing:
            raise ValueError(f"/{self._line} needs {', '.join(missing)}")
        return self._data(self._values(wanted))

    def typing(self, option: str, typed: str, given: Mapping[str, object]) -> Json:
        """The data while somebody types into an option; other options may still be missing."""
        focused = self._known({option: typed})
        (name,) = focused
        spec = next(one for one in self._specs if one["name"] == name)
        if not spec.get("autocomplete"):
            raise ValueError(f"/{self._line} {name} completes nothing")
        values = self._values(self._known(given))
        values.append({"name": name, "type": spec["type"], "value": typed, "focused": True})
        return self._data(values)

    @property
    def _line(self) -> str:
        return " ".join(one["name"] for one in self._path)

    def _known(self, given: Mapping[str, object]) -> dict[str, object]:
        names = {one["name"] for one in self._specs}
        wanted = {key if key in names else key.removesuffix("_"): one for key, one in given.items()}
        unknown = wanted.keys() - names
        if unknown:
            raise ValueError(f"/{self._line} has no option {', '.join(sorted(unknown))}")
        return wanted

    def _values(self, given: Mapping[str, object]) -> list[Json]:
        """The given options, in the order of the command."""
        return [
            {
                "name": one["name"],
                "type": one["type"],
                "value": self._value(one, given[one["name"]]),
            }
            for one in self._specs
            if one["name"] in given
        ]

    def _value(self, spec: Json, value: object) -> object:
        if spec.get("choices"):
            return _chosen(spec, value)
        if spec["type"] == CHANNEL:
            return self._channel(spec, value)
        if spec["type"] == STRING:
            return _text(spec, value)
        if spec["type"] == BOOLEAN and isinstance(value, bool):
            return value
        if spec["type"] in (INTEGER, NUMBER):
            return _number(spec, value)
        raise ValueError(f"{spec['name']} cannot be {value!r}")

    def _channel(self, spec: Json, value: object) -> str:
        """A channel of this server, by name or id."""
        for channel in self._guild.channels:
            if value in (channel.name, channel.id, str(channel.id)):
                break
        else:
            raise ValueError(f"{spec['name']}: no channel {value!r} in {self._guild.name}")
        if channel.kind not in (spec.get("channel_types") or [channel.kind]):
            raise ValueError(f"{spec['name']} takes no {channel.kind.name.lower()} channel")
        self._resolve(channel)
        return str(channel.id)

    def _resolve(self, channel: Channel) -> None:
        mine = self._world.permissions(self._user.id, channel)
        shape = serialize.resolved_channel(channel, mine)
        self._resolved.setdefault("channels", {})[shape["id"]] = shape

    def _data(self, options: list[Json]) -> Json:
        for one in reversed(self._path[1:]):
            options = [{"name": one["name"], "type": one["type"], "options": options}]
        data: Json = {"id": self.command["id"], "name": self.command["name"], "type": 1}
        if "guild_id" in self.command:
            data["guild_id"] = self.command["guild_id"]
        if options:
            data["options"] = options
        return {**data, "resolved": self._resolved} if self._resolved else data


def _named(known: list[Json], name: str, line: str) -> Json:
    for one in known:
        if one["name"] == name and ("application_id" in one or one["type"] <= GROUP):
            return one
    raise ValueError(f"the bot has registered no /{line}")


def _chosen(spec: Json, value: object) -> object:
    for one in spec["choices"]:
        if value in (one["name"], one["value"]):
            return one["value"]
    raise ValueError(f"{spec['name']} has no choice {value!r}")


def _text(spec: Json, value: object) -> str:
    low, high = spec.get("min_length") or 0, spec.get("max_length") or LONGEST_TEXT
    if not isinstance(value, str) or not low <= len(value) <= high:
        raise ValueError(f"{spec['name']} must be a text of {low} to {high} characters")
    return value


def _number(spec: Json, value: object) -> int | float:
    kinds = int if spec["type"] == INTEGER else (int, float)
    low, high = spec.get("min_value", -inf), spec.get("max_value", inf)
    if isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise ValueError(f"{spec['name']} must be a number of {low} to {high}")
