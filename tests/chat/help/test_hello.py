"""The hello: where it is said, once, and what its two buttons do for whom."""

from pathlib import Path
from typing import Any

import pytest

from bot.demo import Demo
from bot.render.greeting import HELP_ID, SETUP_ID, hello
from tests.chat.conftest import (
    button,
    custom_ids,
    is_a_private_sentence,
    opened,
    said,
    settled,
    shown_in,
)


def hellos(demo: Demo, channel: str) -> int:
    words = hello()["content"].splitlines()[0]
    return sum(words in message["content"] for message in shown_in(demo, channel))


async def test_hello_is_said_once_in_each_servers_system_channel_or_first_text_channel(
    demo: Demo, tmp_path: Path
):
    assert (hellos(demo, "general"), hellos(demo, "elsewhere")) == (1, 1)
    (message,) = shown_in(demo, "general")
    assert custom_ids(message) == [SETUP_ID, HELP_ID]
    assert len(message["content"].splitlines()) == 3
    demo.sandbox.controls.remove_bot("Other Server")
    demo.sandbox.controls.add_bot("Other Server")
    await settled(demo)
    demo.online.jobs.tick_now()
    await demo.online.jobs.ticked()
    assert (hellos(demo, "general"), hellos(demo, "elsewhere")) == (1, 1)


async def test_a_bot_that_starts_again_says_no_second_hello(tmp_path: Path):
    for expected in (1, 0):
        async with opened(tmp_path) as demo:
            assert hellos(demo, "general") == expected


async def test_a_server_without_a_channel_to_speak_in_is_greeted_when_there_is_one(demo: Demo):
    world, controls = demo.sandbox.world, demo.sandbox.controls
    controls.add_guilds(1)
    guild = world.guilds[-1]
    (only,) = guild.channels
    world.deny(only, "send_messages")
    await settled(demo)
    await tick(demo)
    assert only.messages == []
    controls.create_channel("open", "announcement", guild)
    await settled(demo)
    await tick(demo)
    assert [one.messages for one in guild.channels] == [[], []]
    made = controls.create_channel("talk", "text", guild)
    await settled(demo)
    for _ in range(2):
        await tick(demo)
    assert len(made.messages) == 1


async def tick(demo: Demo) -> None:
    demo.online.jobs.tick_now()
    await demo.online.jobs.ticked()


@pytest.mark.parametrize("person", ["member", "moderator", "admin", "owner"])
async def test_help_on_an_old_hello_answers_as_the_command_does(demo: Demo, person: str):
    message = await said(demo, "news", {"content": "x", "components": button(HELP_ID)})
    who = demo.sandbox.person(person)
    answer, command = await who.press(message, HELP_ID), await who.command("help", "news")
    assert answer.ephemeral
    assert answer.text == command.text


async def test_set_up_on_an_old_hello_opens_the_panel_for_those_who_may(demo: Demo):
    message = await said(demo, "news", {"content": "x", "components": button(SETUP_ID)})
    for person in ("moderator", "admin"):
        who = demo.sandbox.person(person)
        answer, command = (
            await who.press(message, SETUP_ID),
            await who.command("digest setup", "news"),
        )
        assert answer.ephemeral
        assert answer.text == command.text
        assert items(answer.message) == items(command.message)
    refused = await demo.sandbox.person("member").press(message, SETUP_ID)
    assert is_a_private_sentence(refused)
    assert "Manage Channels" in refused.text
    assert message["content"] == "x"


def items(message: dict[str, Any]) -> list[str]:
    """The custom_ids on a panel, without its revision."""
    return [custom_id.rpartition(":")[0] for custom_id in custom_ids(message)]
