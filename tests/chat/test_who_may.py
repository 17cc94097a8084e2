"""The table of permissions, whole: everything that can be used, by every kind of person."""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from discord import app_commands

from bot.chat.gateway.client import ITEMS
from bot.chat.permissions import ACTIONS, WORDS, Action
from bot.demo import Demo
from bot.sandbox.world import serialize
from bot.sandbox.world.entities import Role, User
from bot.sandbox.world.people import Person
from bot.sandbox.world.permissions import Overwrite, bit
from tests.chat.conftest import (
    DIGEST_COMMANDS,
    DIGEST_COMPLETIONS,
    FEED_COMMANDS,
    FEED_COMPLETIONS,
    OF_SERVERS,
    button,
    is_a_private_sentence,
    opened,
    rows,
    said,
)
from tests.conftest import ROOT

Json = dict[str, Any]

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
EDITORS: Final = 1_100_000_000_000_001_005
"""The role that manages digests."""
REFUSALS: Final = (
    "You need the permission ",
    "for which you need the permission Manage Server",
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


class Use(NamedTuple):
    """Something used: its name in the table, the command or custom_id, and whom it concerns: a
    channel, or the `server`. `named`: the channel as an option.
    """

    name: str
    what: str
    where: str
    named: Json


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


async def with_changes(demo: Demo) -> dict[str, list[tuple[str, str]]]:
    """For each first word of a custom_id: custom_ids, and where what they do is done. From now on
    Discord accepts messages without a limit.
    """
    demo.sandbox.limits.enabled = False
    news, guild = demo.sandbox.world.channel("news"), demo.sandbox.world.guild
    target = (await services_of(demo).statuses.of_server(guild.id))[0].target
    settings = services_of(demo).settings
    await settings.set_for_channel(target, "catch_up", None, by=1)
    for name in ("minimum", "catch_up"):
        await settings.set_for_server(guild.id, name, None, by=1)
    own, whole, only = [
        (await settings.set_for_channel(target, "catch_up", "7", by=1)).change_id,
        (await settings.set_for_server(guild.id, "minimum", "71", by=1)).change_id,
        (await settings.set_for_server(guild.id, "catch_up", "9", by=1)).change_id,
    ]
    await settings.set_managers(guild.id, EDITORS, by=1)
    return {
        "sources": [("sources:1", "news")],
        "why": [("why:1", "news")],
        "story": [],  # selects, tried with the look-ups: they are everyone's
        "older": [("older:1:0:0", "news")],
        "feeds": [("feeds:0", "news")],
        "now": [(f"now:{news.id}", "news")],
        "again": [("again:1", "news")],
        "set": [(f"set:1:{news.id}:days:daily", "news")],
        "undo": [(f"undo:1:{own}", "news"), (f"undo:1:{whole}", "server")],
        "only": [(f"only:1:{only}:{news.id}", "server")],
        "changes": [(f"changes:1:{news.id}:99", "news"), ("changes:1:0:99", "server")],
    }


def services_of(demo: Demo) -> Any:
    return demo.online.bot.services


async def uses(demo: Demo, base: str) -> list[Use]:
    """All that can be used by somebody in the channel `base`."""
    listed = [
        Use(line, line, "news", {"channel_": "news"}) for line in COMMANDS if on_channel(line)
    ]
    for line in COMMANDS:
        here = base if ACTIONS[line] is not Action.EITHER or line in IN_PLACE else "server"
        listed.append(Use(line, line, here, {}))
    for word, samples in (await with_changes(demo)).items():
        listed += [Use(word, custom_id, where, {}) for custom_id, where in samples]
    return listed


def on_channel(line: str) -> bool:
    """Whether a command takes a channel."""
    return ACTIONS[line] not in (Action.EVERYONE, Action.OPERATORS) and line not in OF_SERVERS


async def is_let(demo: Demo, person: Person, base: str, use: Use) -> bool:
    """Use something; whether it was allowed. A refusal is a sentence for one person."""
    if use.name in COMMANDS:
        given = {**COMMANDS[use.name], **use.named}
        answer = await person.command(use.name, base, overridden=True, timeout=30, **given)
    else:
        message = await said(demo, base, {"content": "x", "components": button(use.what)})
        answer = await person.press(message, use.what)
    assert not answer.failed, use
    refused = any(words in answer.text for words in REFUSALS)
    assert not refused or is_a_private_sentence(answer), use
    return not refused


def words_of_items() -> set[str]:
    """The first words of all custom_ids."""
    templates = [item.__discord_ui_compiled_template__.pattern for item in ITEMS]
    return {re.split(r"[:\W]", template)[0] for template in templates}


@pytest.mark.slow
async def test_everything_is_for_those_of_the_table_and_refused_to_all_others(tmp_path: Path):
    async with opened(tmp_path) as demo:
        tree = demo.online.bot.tree.walk_commands()
        commands = {one.qualified_name for one in tree if isinstance(one, app_commands.Command)}
        assert COMMANDS.keys() == commands
        assert ACTIONS.keys() == commands | words_of_items()
        assert (await with_changes(demo)).keys() == words_of_items()
        for kind, person in people(demo).items():
            base = "ai" if kind.endswith("not see news") else "news"
            all_uses = await uses(demo, base)
            refused = [use for use in all_uses if not may(kind, use.name, use.where)]
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
        await with_changes(demo)
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
        await with_changes(demo)
        everyone = people(demo)
        for kind, offered in (("manages news", True), ("manages ai", False), ("editor", True)):
            person = everyone[kind]
            found = await person.autocomplete(
                "digest time", "time", "", "general", overridden=True, channel_="news"
            )
            assert bool(found) is offered, kind


async def test_from_another_server_nothing_is_reached(tmp_path: Path):
    async with opened(tmp_path) as demo:
        samples = await with_changes(demo)
        admin = demo.sandbox.person("owner")
        before = await rows(demo)
        for word, listed in samples.items():
            for custom_id, _ in listed if ACTIONS[word] is not Action.EVERYONE else ():
                body = {"content": "x", "components": button(custom_id)}
                answer = await admin.press(await said(demo, "elsewhere", body), custom_id)
                assert is_a_private_sentence(answer), custom_id
        assert await rows(demo) == before


def test_the_readme_says_for_whom_each_command_is():
    table = re.findall(r"^\| `/([^`]+)` \| ([^|]+) \|", README, re.MULTILINE)
    said_for = {name: who for line, who in table for name in ACTIONS if is_of(line, name)}
    assert said_for == {name: WORDS[action] for name, action in ACTIONS.items() if name in COMMANDS}


def is_of(line: str, name: str) -> bool:
    """Whether a row's command, with its options, is the one of this name."""
    return name in COMMANDS and (line == name or line.startswith(f"{name} "))
