"""Random interactions, also such as no client of Discord would send: of every command, completion,
button, select and form that the bot has, with ids of either server, forged and broken ones.
"""

from collections.abc import Iterator
from random import Random
from re import _parser as regex  # type: ignore[attr-defined]
from typing import Any, Final, get_args, get_origin

from discord.ui import Button, ChannelSelect, DynamicItem, RoleSelect, Select

from bot.chat.setup.form import FORM_ID, MUTING_ID
from bot.demo import Demo
from bot.digests.settings import SETTINGS
from bot.sandbox import Answer, Channel, Person
from bot.sandbox.world import messages, serialize
from bot.sandbox.world.interactions import InteractionType
from bot.sandbox.world.messages import EPHEMERAL
from tests.digests.setting_examples import EXAMPLES

Json = dict[str, Any]

PEOPLE: Final = ("member", "moderator", "moderator", "admin", "admin", "owner")
TEXTS: Final = (
    "", " ", "AI", "ai, Space", "all", "Politics", "default", "none", "yes", "no", "cards",
    "compact", "archive", "08:00", "8am and 6pm", "25:00", "noon", "weekends", "Mo-Fr", "Berlin",
    "UTC+2", "EST", "Factory", "5", "0", "-1", "1e9", "100", "9" * 40, "@everyone", "a\x01b",
    "\N{RIGHT-TO-LEFT OVERRIDE}x", "[x](http://evil.example)", "|||", "x" * 100, "\N{OWL}" * 60,
    "'; DROP TABLE digest; --",
)  # fmt: skip
"""What people enter, meant well or not."""
OPERATING: Final = ("add", "remove", "test")
"""The subcommands of /feeds that may ask other hosts."""
_TYPES: Final = {Button: 2, Select: 3, RoleSelect: 6, ChannelSelect: 8}
"""Discord's types of components, by discord.py's classes."""


class Forger:
    """Makes random interactions in a sandbox with two servers."""

    def __init__(self, demo: Demo, chance: Random) -> None:
        self._chance, self._world, self._now = chance, demo.sandbox.world, demo.clock.now
        self._people = [demo.sandbox.person(name) for name in PEOPLE]
        store = demo.online.bot._connection._view_store
        self._items = {p.pattern: _type_of(item) for p, item in store._dynamic_items.items()}
        self._leaves = [*self._commands()]
        self._meant = {
            command.option.name: EXAMPLES[name].other
            for name, setting in SETTINGS.items()
            for command in setting.commands
            if command.option
        } | {"topic": "AI"}
        self.templates = [*self._items, FORM_ID.pattern]

    async def act(self, where: Channel) -> Answer:
        """Let somebody do something in a channel."""
        self._here = where
        person = self._chance.choice(self._people)
        acts = (self._command, self._command, self._typing, self._item, self._item, self._form)
        return await self._chance.choice(acts)(person, where)

    async def _command(self, person: Person, where: Channel) -> Answer:
        data = self._used(person, focus=False)
        return await person._act(InteractionType.COMMAND, where, data, 10)

    async def _typing(self, person: Person, where: Channel) -> Answer:
        data = self._used(person, focus=True)
        return await person._act(InteractionType.TYPING, where, data, 10)

    async def _item(self, person: Person, where: Channel) -> Answer:
        template = self._chance.choice([*self._items])
        custom_id, kind = self._made(template), self._items[template]
        values = [self._text() for _ in range(self._chance.randrange(4))]
        shown: Json = {"type": kind, "custom_id": custom_id}
        data: Json = {"component_type": kind, "custom_id": custom_id, "id": 2}
        if kind == 2:
            shown |= {"style": 1, "label": "Button"}
        elif kind == 3:
            values = self._chance.choice((values, [self._offered(custom_id)]))
            offered = dict.fromkeys([one[:100] or "-" for one in (*values, "ai", "space")])
            shown["options"] = [
                {"label": "Option", "value": one, "default": not self._chance.randrange(3)}
                for one in offered
            ]
            data["values"] = values
        else:
            data |= self._entities(kind)
        source = self._message(person, where, [{"type": 1, "components": [shown]}])
        return await person._act(InteractionType.COMPONENT, where, data, 10, source=source)

    async def _form(self, person: Person, where: Channel) -> Answer:
        names = self._chance.sample(("time", "days", "timezone", "other"), 3)
        rows = [
            {
                "type": 18,
                "id": number,
                "component": {"type": 4, "id": 9, "custom_id": name, "value": self._text()},
            }
            for number, name in enumerate(names)
        ]
        chosen = self._chance.sample(("ai", "space", "robotics", self._text(), 5), 2)
        select = {"type": 3, "id": 8, "custom_id": "topics", "values": chosen}
        if self._chance.randrange(3):
            rows.append({"type": 18, "id": 7, "component": select})
        broken: list[Any] = [{"type": 18}, {"component": {"value": 5}}, "row", None, {"type": 1}]
        if not self._chance.randrange(4):
            rows.append(self._chance.choice(broken))
        publishers = self._chance.sample(("CNET", "Forbes", self._text(), 5), 2)
        muted = {"type": 3, "id": 6, "custom_id": "publishers", "values": publishers}
        rows.append({"type": 18, "id": 5, "component": muted})
        pattern = self._chance.choice((FORM_ID.pattern, MUTING_ID.pattern))
        data = {"custom_id": self._made(pattern), "components": rows}
        source = self._message(person, where, []) if self._chance.randrange(3) else None
        return await person._act(InteractionType.FORM, where, data, 10, source=source)

    def _message(self, person: Person, where: Channel, rows: list[Json]) -> Json:
        """A message of the bot with these components, mostly seen by this person alone."""
        flags = EPHEMERAL if self._chance.randrange(4) else 0
        body = {"content": "x", "components": rows, "flags": flags}
        return messages.create(self._world, where, body, self._now())

    def _commands(self) -> Iterator[list[Json]]:
        """Every command that can be run, as the path of its parts."""
        for command in self._world.commands[None]:
            inside = [one for one in command.get("options", ()) if one["type"] == 1]
            yield from [[command, one] for one in inside] or [[command]]

    def _used(self, person: Person, *, focus: bool) -> Json:
        """The data of a command with random options; with `focus` one is being typed."""
        path = self._chance.choice(self._leaves)
        if path[-1]["name"] in OPERATING:
            path = self._leaves[0]
        resolved: Json = {}
        options = [
            {"name": one["name"], "type": one["type"], "value": self._value(one, person, resolved)}
            for one in path[-1].get("options", ())
            if self._chance.randrange(10)
        ]
        if focus:
            completed = {
                one["name"] for one in path[-1].get("options", ()) if "autocomplete" in one
            }
            typed = [one for one in options if one["name"] in completed]
            if not typed:
                return self._used(person, focus=True)
            self._chance.choice(typed).update(focused=True, value=self._text())
        data: Json = {"id": path[0]["id"], "name": path[0]["name"], "type": 1}
        for part in path[1:]:
            options = [{"name": part["name"], "type": part["type"], "options": options}]
        return {**data, "options": options, "resolved": resolved}

    def _value(self, option: Json, person: Person, resolved: Json) -> object:
        kind = option["type"]
        if kind == 7:
            one = self._chance.choice((self._here, self._here, *self._channels()[::3]))
            shape = serialize.resolved_channel(one, self._world.permissions(person.user.id, one))
            if not self._chance.randrange(6):
                shape = {**shape, "id": self._number(20), "permissions": str((1 << 53) - 1)}
            resolved.setdefault("channels", {})[shape["id"]] = shape
            return shape["id"]
        if kind == 5:
            return bool(self._chance.randrange(2))
        if kind in (4, 10):
            return self._chance.randrange(-5, 100)
        choices = [one["value"] for one in option.get("choices", ())]
        if option["name"] in self._meant and self._chance.randrange(3):
            return self._meant[option["name"]]
        return (
            self._chance.choice(choices) if choices and self._chance.randrange(4) else self._text()
        )

    def _offered(self, custom_id: str) -> str:
        """A value that a select may well offer."""
        fitting = [one.other for name, one in EXAMPLES.items() if f":{name}:" in custom_id]
        return self._chance.choice([*fitting, "ai", "space", "robotics"])

    def _entities(self, kind: int) -> Json:
        """The values of a select of roles or channels, with what they are."""
        if not self._chance.randrange(4):
            return {"values": [], "resolved": {}}
        guild = self._chance.choice(self._world.guilds)
        if kind == 6:
            key, shape = "roles", serialize.role(self._chance.choice(guild.roles))
        else:
            key, shape = (
                "channels",
                serialize.resolved_channel(self._chance.choice(guild.channels), 0),
            )
        return {"values": [shape["id"]], "resolved": {key: {shape["id"]: shape}}}

    def _text(self) -> str:
        return self._chance.choice((self._chance.choice(TEXTS), self._number(20)))

    def _channels(self) -> list[Channel]:
        return [one for guild in self._world.guilds for one in guild.channels]

    def _number(self, most: int) -> str:
        """An id of something, or any number."""
        guild = self._chance.choice(self._world.guilds)
        known = (
            *(self._here.id,) * 4,
            self._chance.choice(guild.channels).id,
            guild.id,
            self._chance.choice(guild.roles).id,
            self._chance.randrange(1, 30),
            self._chance.randrange(10**19),
        )
        return str(self._chance.choice(known))[:most]

    def _made(self, template: str) -> str:
        """A custom_id that fits a template, or one that is broken."""
        made = "".join(self._parts(regex.parse(template)))[:100]
        if self._chance.randrange(12):
            return made
        at = self._chance.randrange(len(made))
        return self._chance.choice((made[:at] or "x", made[:at] + "\N{OWL}" + made[at + 1 :]))

    def _parts(self, pattern: Any) -> Iterator[str]:
        """A text for each part of a parsed template."""
        for name, given in pattern:
            kind = str(name)
            if kind == "LITERAL":
                yield chr(given)
            elif kind in ("NOT_LITERAL", "ANY"):
                yield self._chance.choice("x5 \n")
            elif kind == "SUBPATTERN":
                yield from self._parts(given[-1])
            elif kind == "BRANCH":
                yield from self._parts(self._chance.choice(given[1]))
            elif kind == "MAX_REPEAT":
                yield from self._repeated(*given)
            elif kind == "IN":
                yield self._one_of(given)
            else:
                raise NotImplementedError(kind)

    def _repeated(self, low: int, high: Any, part: Any) -> Iterator[str]:
        if "CATEGORY_DIGIT" in str(part) and int(high) > 1:
            yield self._number(int(high))
            return
        if "LITERAL, 95" in str(part) and self._chance.randrange(4):
            yield self._chance.choice([*SETTINGS])
            return
        for _ in range(self._chance.randint(low, min(int(high), low + 12))):
            yield from self._parts(part)

    def _one_of(self, listed: Any) -> str:
        """A character of a set."""
        name, given = self._chance.choice(listed)
        if str(name) == "RANGE":
            return chr(self._chance.randint(*given))
        return chr(given) if str(name) == "LITERAL" else self._chance.choice("0123456789")


def _type_of(item: type[DynamicItem[Any]]) -> int:
    """The type of component that an item takes."""
    for base in item.__orig_bases__:  # type: ignore[attr-defined]
        if get_origin(base) is DynamicItem:
            of = get_args(base)[0]
            return _TYPES[get_origin(of) or of]
    raise TypeError(item)
