"""Input that Discord's client never sends: ids beyond all numbers, commands outside a server."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.demo import Demo
from bot.sandbox import Answer
from bot.sandbox.world.interactions import InteractionType
from tests.chat.conftest import (
    DIGEST_COMMANDS,
    DIGEST_COMPLETIONS,
    FEED_COMMANDS,
    FEED_COMPLETIONS,
    OF_SERVERS,
    button,
    is_a_private_sentence,
    rows,
    said,
)
from tests.chat.test_permissions import forged

IDS = (2**63, 2**64 - 1, 10**20 - 1, 10**40)
FOLLOWING: dict[str, dict[str, Any]] = {
    "subscribe": {"topic": "AI"},
    "unsubscribe": {"topic": "AI"},
}
ON_CHANNELS = {
    **FOLLOWING,
    **{line: options for line, options in DIGEST_COMMANDS.items() if line not in OF_SERVERS},
}
EVERYWHERE: dict[str, dict[str, Any]] = {
    **FOLLOWING,
    **DIGEST_COMMANDS,
    "story": {"query": "AI"},
    "topic": {"name": "AI"},
    **{name: {} for name in ("topics", "subscriptions", "help", "feeds list")},
    **FEED_COMMANDS,
}
TYPED = {
    "subscribe": "topic",
    "unsubscribe": "topic",
    "story": "query",
    "topic": "name",
    **DIGEST_COMPLETIONS,
    **FEED_COMPLETIONS,
}


@pytest.fixture(autouse=True)
def _no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing here is the bot's fault."""
    yield
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]


async def outside(demo: Demo, kind: InteractionType, data: dict[str, Any]) -> Answer:
    """Use a command in direct messages with the bot, even if Discord's client offers none."""
    admin = demo.sandbox.person("admin")
    where = demo.sandbox.world.direct(admin.user)
    opened = admin._interactions.open(kind, admin.user, where, data)
    async with asyncio.timeout(3):
        await opened.answered.wait()
    return Answer(opened, failed=False)


def test_every_command_and_every_completion_is_tried(demo: Demo):
    found, completed = set(), set()
    for command in demo.sandbox.world.commands[None]:
        for one in command.get("options", []):
            line = f"{command['name']} {one['name']}" if one["type"] == 1 else command["name"]
            found.add(line)
            inner = one.get("options", []) if one["type"] == 1 else [one]
            completed |= {(line, o["name"]) for o in inner if o.get("autocomplete")}
        if not command.get("options"):
            found.add(command["name"])
    assert found == EVERYWHERE.keys()
    assert completed == {*TYPED.items()}


@pytest.mark.parametrize("channel_id", IDS)
async def test_a_channel_beyond_all_numbers_does_not_exist(demo: Demo, channel_id: int):
    before = await rows(demo)
    for line, options in ON_CHANNELS.items():
        answer = await forged(demo, "admin", line, channel_id, **options)
        assert is_a_private_sentence(answer), line
        assert answer.text == "That channel does not exist in this server any more.", line
    assert await rows(demo) == before


async def test_a_completion_for_a_channel_beyond_all_numbers_is_empty(demo: Demo):
    admin, here = demo.sandbox.person("admin"), demo.sandbox.world.channel("general")
    for channel_id in (0, *IDS):
        for line in ("unsubscribe", "digest tags"):
            option = TYPED[line]
            data = admin._invocation(here, line, overridden=True).typing(option, "x", {})
            inner = data if line == "unsubscribe" else data["options"][0]
            inner["options"].append({"name": "channel", "type": 7, "value": str(channel_id)})
            data["resolved"] = {"channels": {}}
            opened = admin._interactions.open(InteractionType.TYPING, admin.user, here, data)
            async with asyncio.timeout(3):
                await opened.answered.wait()
            assert opened.choices == []


@pytest.mark.parametrize("number", [2**63, 10**18, 10**20 - 1, 10**40])
async def test_a_button_or_story_of_a_number_beyond_all_is_nothing_or_a_sentence(
    demo: Demo, number: int
):
    member = demo.sandbox.person("member")
    answer = await member.command("story", query=f"#{number}")
    assert is_a_private_sentence(answer)
    answer = await demo.sandbox.person("admin").command("digest role", role=f"<@&{number}>")
    assert is_a_private_sentence(answer)
    custom_id = f"now:{number}"
    if len(custom_id) <= 24:
        message = await said(demo, "general", {"content": "x", "components": button(custom_id)})
        assert is_a_private_sentence(await member.press(message, custom_id))


async def test_outside_a_server_every_command_is_a_sentence(demo: Demo):
    admin, here = demo.sandbox.person("admin"), demo.sandbox.world.channel("general")
    before = await rows(demo)
    for line, options in EVERYWHERE.items():
        data = admin._invocation(here, line, overridden=True).filled(options)
        answer = await outside(demo, InteractionType.COMMAND, data)
        assert answer.text == "This works only in a server.", line
    assert await rows(demo) == before


@pytest.mark.parametrize("typed", ["", "a", "x" * 100])
async def test_outside_a_server_every_completion_is_empty(demo: Demo, typed: str):
    admin, here = demo.sandbox.person("admin"), demo.sandbox.world.channel("general")
    for line, option in TYPED.items():
        data = admin._invocation(here, line, overridden=True).typing(option, typed, {})
        answer = await outside(demo, InteractionType.TYPING, data)
        assert answer.interaction.choices == [], line


@pytest.mark.parametrize("custom_id", ["sources", "story", "choose:1:0:timezone"])
async def test_a_button_in_place_of_a_list_is_answered_and_does_nothing(demo: Demo, custom_id: str):
    before = await rows(demo)
    message = await said(demo, "news", {"content": "x", "components": button(custom_id)})
    answer = await demo.sandbox.person("admin").press(message, custom_id)
    assert is_a_private_sentence(answer)
    assert answer.text.startswith("This is not mine, or from another version of me;")
    assert await rows(demo) == before
