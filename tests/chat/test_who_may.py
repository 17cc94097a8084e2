"""The table of permissions, whole: everything that can be used, by every kind of person."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from discord import app_commands

from bot.chat.gateway.client import ITEMS
from bot.chat.permissions import ACTIONS, WORDS, Action
from bot.chat.setup.form import FORM_ID, MUTING_ID
from bot.demo import Demo
from bot.digests.target import Channel
from bot.sandbox import Answer
from bot.sandbox.world import serialize
from bot.sandbox.world.entities import Role, User
from bot.sandbox.world.interactions import InteractionType
from bot.sandbox.world.people import Person
from bot.sandbox.world.permissions import Overwrite, bit
from tests.chat.conftest import (
    DIGEST_COMMANDS,
    DIGEST_COMPLETIONS,
    FEED_COMMANDS,
    FEED_COMPLETIONS,
    OF_SERVERS,
    is_a_private_sentence,
    opened,
    rows,
    said,
)
from tests.conftest import ROOT

Json = dict[str, Any]

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
BUTTON, SELECT, ROLE_SELECT, CHANNEL_SELECT, FORM = 2, 3, 6, 8, 0
"""Discord's types of components; 0 = none of them."""
EDITORS: Final = 1_100_000_000_000_001_005
"""The role that manages digests."""
REFUSALS: Final = (
    "You need the permission ",
    "That would change the whole server, which needs Manage Server",
    "Only those who run this bot can do this",
)
COMMANDS: Final[dict[str, Json]] = {
    "story": {"query": "AI"},
    "topic": {"name": "AI"},
    **{name: {} for name in ("topics", "subscriptions", "help", "feeds list")},
    "subscribe": {"topic": "Space"},
    "unsubscribe": {"topic": "Space"},
    **DIGEST_COMMANDS,
    "digest managers": {"role": "Editors"},
    **FEED_COMMANDS,
}
COMPLETIONS: Final = {
    "story": "query",
    "topic": "name",
    "subscribe": "topic",
    "unsubscribe": "topic",
    **DIGEST_COMPLETIONS,
    **FEED_COMPLETIONS,
}
OF_A_CHANNEL: Final = {Action.FOLLOW, Action.CHANNEL, Action.EITHER}
OF_A_SERVER: Final = re.compile(r"setup:1:server:|(?:set|choose):1:0:")
"""Components of whichever server they are used in."""
IN_PLACE: Final = ("digest status", "digest history")
"""What is of this channel without a channel, for those who may not see the server's."""
MAY: Final[dict[str, dict[str, set[Action]]]] = {
    "member": {},
    "manages news": {"news": OF_A_CHANNEL},
    "manages ai": {"ai": OF_A_CHANNEL},
    "editor": {"news": OF_A_CHANNEL, "ai": OF_A_CHANNEL},
    "editor who does not see news": {"ai": OF_A_CHANNEL},
    "manages the server": {
        "news": {Action.CHANNEL, Action.EITHER},
        "ai": {Action.CHANNEL, Action.EITHER},
        "server": {Action.EITHER, Action.SERVER},
    },
    "administrator": {
        "news": OF_A_CHANNEL,
        "ai": OF_A_CHANNEL,
        "server": {Action.EITHER, Action.SERVER},
    },
    "operator": {
        "news": OF_A_CHANNEL,
        "ai": OF_A_CHANNEL,
        "server": {Action.EITHER, Action.SERVER},
        "bot": {Action.OPERATORS},
    },
}
"""What each kind of person may do, and where."""


@dataclass(frozen=True)
class Use:
    """Something used: its name in the table, and whom it concerns: a channel, or the `server`.

    A command, with the channel `named`; or a component or form with this custom_id, and a value
    that is chosen in it.
    """

    name: str
    where: str
    custom_id: str = ""
    kind: int = BUTTON
    value: str = ""
    named: bool = False


def item(custom_id: str, where: str, kind: int = BUTTON, value: str = "") -> Use:
    """The use of a component or form, which has its name in the table as its first word."""
    return Use(custom_id.split(":", maxsplit=1)[0], where, custom_id, kind, value)


def may(person: str, name: str, where: str) -> bool:
    """Whether a kind of person may do that, with this channel, or in the `server`."""
    action, places = ACTIONS[name], MAY[person]
    if action is Action.EVERYONE:
        return True
    where = "bot" if action is Action.OPERATORS else where
    where = "server" if action is Action.SERVER else where
    return action in places.get(where, ())


def people(demo: Demo) -> dict[str, Person]:
    """One person of each kind; news and ai are channels of the first server."""
    world = demo.sandbox.world
    roles = {
        "editor": Role(EDITORS, "Editors", 0, 5),
        "manages the server": Role(EDITORS + 1, "Keepers", bit("manage_guild"), 6),
        "administrator": Role(EDITORS + 2, "Bosses", bit("administrator"), 7),
    }
    for role in roles.values():
        world.guild.roles.append(role)
        world.emit(
            "GUILD_ROLE_CREATE", {"guild_id": str(world.guild.id), "role": serialize.role(role)}
        )
    found = {"operator": demo.sandbox.person("owner")}
    for number, kind in enumerate(MAY):
        if kind == "operator":
            continue
        user = User(1_100_000_000_000_000_020 + number, f"person{number}")
        world.users[user.id] = user
        held = next((role for name, role in roles.items() if kind.startswith(name)), None)
        world.guild.members[user.id] = (held.id,) if held else ()
        found[kind] = Person(user, world, demo.sandbox.person("member")._interactions)
    overwrite(demo, "news", found["manages news"], allow=bit("manage_channels"))
    overwrite(demo, "ai", found["manages ai"], allow=bit("manage_channels"))
    overwrite(demo, "news", found["editor who does not see news"], deny=bit("view_channel"))
    return found


def overwrite(demo: Demo, channel: str, person: Person, allow: int = 0, deny: int = 0) -> None:
    where = demo.sandbox.world.channel(channel)
    where.overwrites[person.user.id] = Overwrite(is_member=True, allow=allow, deny=deny)
    demo.sandbox.world.changed(where)


async def samples_of(demo: Demo, here: str = "news") -> list[Use]:
    """A component or form of every kind, about news or its server, or about the channel `here` that
    it is used in; what is to be undone was just changed.
    """
    news, guild = demo.sandbox.world.channel("news"), demo.sandbox.world.guild
    own, whole, only = await changed(demo, Channel(guild.id, news.id))
    panel, servers = f"setup:1:{news.id}", "setup:1:server"
    return [
        item("sources:1", "news"),
        item("sources", "news", SELECT, "1"),
        item("why:1", "news"),
        item("numbers:1", "news"),
        item("story", "news", SELECT, "1"),
        item("older:1:0:0", "news"),
        item("feeds:0", "news"),
        item("help", "news"),
        item("help:more", "news"),
        item("begin", here),
        item(f"now:{news.id}", "news"),
        item(f"preview:{news.id}", "news"),
        item("again:1", "news"),
        item(f"set:1:{news.id}:days:daily", "news"),
        item("set:1:0:days:daily", "server"),
        item(f"choose:1:{news.id}:timezone", "news", SELECT, "UTC"),
        item("choose:1:0:timezone", "server", SELECT, "UTC"),
        item("mute:1:1", here),
        item(f"follow:1:{news.id}:ai", "news"),
        item(f"unfollow:1:{news.id}:space", "news"),
        item(f"undo:1:{own}", "news"),
        item(f"undo:1:{whole}", "server"),
        item(f"only:1:{only}:{news.id}", "server"),
        item(f"changes:1:{news.id}:99", "news"),
        item("changes:1:0:99", "server"),
        Use("subscribe", "news", f"{panel}:1:topics:00000000", SELECT, "ai"),
        Use("subscribe", "news", f"{panel}:1:when:1:{0:024}", FORM, "ai"),
        item(f"{panel}:1:channel:00000000", "news", CHANNEL_SELECT),
        *(
            item(f"{where}:{rest}", place, kind, value)
            for where, place in ((panel, "news"), (servers, "server"))
            for rest, kind, value in (
                ("1:open:00000000", BUTTON, ""),
                ("1:form:00000000", BUTTON, ""),
                ("2:mute:00000000", BUTTON, ""),
                ("2:muted:1", FORM, ""),
                (f"1:undo:{own}:00000000", BUTTON, ""),
                ("1:set:layout:00000000", SELECT, "cards"),
                ("2:role:00000000", ROLE_SELECT, ""),
                (f"1:when:1:{0:024}", FORM, ""),
            )
        ),
    ]


async def changed(demo: Demo, target: Channel) -> list[int | None]:
    """Changes that can be undone: one of the channel and two of its server."""
    settings, guild_id = services_of(demo).settings, target.guild_id
    await settings.set_managers(guild_id, EDITORS, by=1)
    await settings.set_for_channel(target, "catch_up", None, by=1)
    for name in ("minimum", "catch_up"):
        await settings.set_for_server(guild_id, name, None, by=1)
    return [
        (await settings.set_for_channel(target, "catch_up", "7", by=1)).change_id,
        (await settings.set_for_server(guild_id, "minimum", "71", by=1)).change_id,
        (await settings.set_for_server(guild_id, "catch_up", "9", by=1)).change_id,
    ]


def services_of(demo: Demo) -> Any:
    return demo.online.bot.services


async def uses(demo: Demo, base: str) -> list[Use]:
    """All that can be used by somebody in the channel `base`."""
    listed = [Use(line, "news", named=True) for line in COMMANDS if on_channel(line)]
    for line in COMMANDS:
        here = base if ACTIONS[line] is not Action.EITHER or line in IN_PLACE else "server"
        listed.append(Use(line, here))
    return listed + await samples_of(demo, base)


def on_channel(line: str) -> bool:
    """Whether a command takes a channel."""
    return ACTIONS[line] not in (Action.EVERYONE, Action.OPERATORS) and line not in OF_SERVERS


async def is_let(demo: Demo, person: Person, base: str, use: Use) -> bool:
    """Use something; whether it was allowed. A refusal is a sentence for one person."""
    if use.custom_id:
        answer = await use_item(demo, person, base, use)
    else:
        given = {**COMMANDS[use.name], **({"channel_": "news"} if use.named else {})}
        answer = await person.command(use.name, base, overridden=True, timeout=30, **given)
    assert not answer.failed, use
    refused = any(words in answer.text for words in REFUSALS)
    assert not refused or is_a_private_sentence(answer), use
    return not refused


async def use_item(demo: Demo, person: Person, channel: str, one: Use) -> Answer:
    """Press a button, choose in a select or submit a form on a message in a channel."""
    where = demo.sandbox.world.channel(channel)
    if one.kind == FORM:
        line: Json = {"type": 4, "id": 9, "custom_id": "days", "value": "daily"}
        if one.value:
            line = {"type": 3, "id": 9, "custom_id": "topics", "values": [one.value]}
        form = {"custom_id": one.custom_id, "components": [{"type": 18, "component": line}]}
        return await person._act(InteractionType.FORM, where, form, 10)
    shown: Json = {"type": one.kind, "custom_id": one.custom_id}
    more: dict[int, Json] = {
        BUTTON: {"style": 1, "label": "Button"},
        SELECT: {"options": [{"label": "Option", "value": one.value}]},
    }
    row = {"type": 1, "components": [shown | more.get(one.kind, {})]}
    message = await said(demo, channel, {"content": "x", "components": [row]})
    data = {"component_type": one.kind, "custom_id": one.custom_id, **chosen(demo, one)}
    return await person._act(InteractionType.COMPONENT, where, data, 10, source=message)


def chosen(demo: Demo, one: Use) -> Json:
    """What is chosen in a select, also what Discord's client would not offer."""
    world, key = demo.sandbox.world, "roles" if one.kind == ROLE_SELECT else "channels"
    if one.kind in (BUTTON, SELECT):
        return {"values": [one.value]} if one.kind == SELECT else {}
    readers = next(role for role in world.guild.roles if role.name == "News readers")
    news = serialize.resolved_channel(world.channel("news"), 0)
    shape = serialize.role(readers) if one.kind == ROLE_SELECT else news
    return {"values": [shape["id"]], "resolved": {key: {shape["id"]: shape}}}


def templates() -> list[str]:
    """The patterns of all custom_ids."""
    items = [item.__discord_ui_compiled_template__.pattern for item in ITEMS]
    return [*items, FORM_ID.pattern, MUTING_ID.pattern]


@pytest.mark.slow
async def test_everything_is_for_those_of_the_table_and_refused_to_all_others(tmp_path: Path):
    async with opened(tmp_path) as demo:
        tree = demo.online.bot.tree.walk_commands()
        commands = {one.qualified_name for one in tree if isinstance(one, app_commands.Command)}
        assert COMMANDS.keys() == commands
        first_words = {re.split(r"[:\W]", template)[0] for template in templates()}
        assert ACTIONS.keys() == commands | first_words
        ids = [use.custom_id for use in await samples_of(demo)]
        untried = [one for one in templates() if not any(re.fullmatch(one, id_) for id_ in ids)]
        assert not untried, "samples_of lacks some of these"
        for kind, person in people(demo).items():
            base = "ai" if kind.endswith("not see news") else "news"
            all_uses = await uses(demo, base)
            refused = [use for use in all_uses if not may(kind, use.name, use.where)]
            await demo.online.delivery.follow_up()
            before = await rows(demo)
            for use in refused:
                assert not await is_let(demo, person, base, use), (kind, use)
            assert await rows(demo) == before, kind
            for use in all_uses:
                if use not in refused:
                    assert await is_let(demo, person, base, use), (kind, use)


@pytest.mark.slow
async def test_options_are_completed_for_those_of_the_table_alone(tmp_path: Path):
    async with opened(tmp_path) as demo:
        await samples_of(demo)
        for kind, person in people(demo).items():
            base = "ai" if kind.endswith("not see news") else "news"
            for line, option in COMPLETIONS.items():
                offered = await person.autocomplete(line, option, "", base, overridden=True)
                where = base if ACTIONS[line] is not Action.OPERATORS else "bot"
                expected = may(kind, line, where)
                if line in ("unsubscribe", "digest tags", "feeds remove"):
                    assert expected or not offered, (kind, line)
                else:
                    assert bool(offered) is expected, (kind, line)


async def test_completions_are_for_those_who_may_in_the_channel_that_is_named(tmp_path: Path):
    async with opened(tmp_path) as demo:
        await samples_of(demo)
        everyone = people(demo)
        for kind, offered in (("manages news", True), ("manages ai", False), ("editor", True)):
            person = everyone[kind]
            found = await person.autocomplete(
                "digest time", "time", "", "general", overridden=True, channel_="news"
            )
            assert bool(found) is offered, kind


async def test_the_tags_of_a_forum_are_offered_only_to_those_who_see_it(tmp_path: Path):
    async with opened(tmp_path) as demo:
        person = people(demo)["manages news"]
        offered = []
        for deny in (0, bit("view_channel")):
            overwrite(demo, "forum", person, deny=deny)
            found = await person.autocomplete(
                "digest tags", "tags", "", "news", overridden=True, channel_="forum"
            )
            offered.append([one.name for one in found])
        assert offered == [["none", "Daily", "Breaking"], ["none"]]


async def test_from_another_server_nothing_is_reached(tmp_path: Path):
    async with opened(tmp_path) as demo:
        samples = await samples_of(demo)
        owner = demo.sandbox.person("owner")
        before = await rows(demo)
        for sample in samples:
            of_any_place = sample.name in ("begin", "mute") or OF_A_SERVER.match(sample.custom_id)
            if ACTIONS[sample.name] is not Action.EVERYONE and not of_any_place:
                answer = await use_item(demo, owner, "elsewhere", sample)
                assert is_a_private_sentence(answer), sample
        assert await rows(demo) == before


def test_the_readme_says_for_whom_each_command_is():
    table = re.findall(r"^\| `/([^`]+)` \| ([^|]+) \|", README, re.MULTILINE)
    said_for = {name: who for line, who in table for name in ACTIONS if is_of(line, name)}
    assert said_for == {name: WORDS[action] for name, action in ACTIONS.items() if name in COMMANDS}


def is_of(line: str, name: str) -> bool:
    """Whether a row's command, with its options, is the one of this name."""
    return name in COMMANDS and (line == name or line.startswith(f"{name} "))
