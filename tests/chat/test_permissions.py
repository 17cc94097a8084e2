"""Who may do what, whatever Discord's client allows; refusals leave nothing half done."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.demo import Demo
from bot.sandbox import Answer, NotOffered, World
from bot.sandbox.world import serialize
from bot.sandbox.world.interactions import InteractionType
from bot.sandbox.world.permissions import bit
from tests.chat.conftest import (
    DIGEST_COMMANDS,
    OF_SERVERS,
    after_hello,
    button,
    custom_ids,
    is_a_private_sentence,
    needs,
    rows,
    said,
)


async def forged(demo: Demo, person: str, line: str, channel_id: int, **options: object) -> Answer:
    """A command with a channel that Discord's client would not offer, with every right in it."""
    one = demo.sandbox.person(person)
    here = demo.sandbox.world.channel("general")
    invocation = one._invocation(here, line, overridden=True)
    data = invocation.filled({**options, "channel_": "general"})
    (resolved,) = data["resolved"]["channels"].values()
    everything = str((1 << 53) - 1)
    data["resolved"]["channels"] = {
        str(channel_id): {**resolved, "id": str(channel_id), "permissions": everything}
    }
    given = data["options"]
    while "options" in given[0]:
        given = given[0]["options"]
    next(o for o in given if o["name"] == "channel")["value"] = str(channel_id)
    return await one._act(InteractionType.COMMAND, here, data, 10)


@pytest.mark.parametrize("command", ["subscribe", "unsubscribe"])
async def test_a_member_let_through_by_an_override_is_refused(demo: Demo, command: str):
    member = demo.sandbox.person("member")
    with pytest.raises(NotOffered):
        await member.command(command, "news", topic="AI")
    before = await rows(demo)
    for more in ({}, {"channel_": "ai"}):
        given: dict[str, Any] = {"topic": "AI", **more}
        answer = await member.command(command, "news", overridden=True, **given)
        assert is_a_private_sentence(answer)
        assert "You need the permission Manage Channels" in answer.text
    assert await rows(demo) == before


async def test_digest_is_offered_to_those_with_manage_channels(demo: Demo):
    registered = next(c for c in demo.sandbox.world.commands[None] if c["name"] == "digest")
    assert {f"digest {one['name']}" for one in registered["options"]} == DIGEST_COMMANDS.keys()
    with pytest.raises(NotOffered):
        await demo.sandbox.person("member").command("digest status")
    assert (await demo.sandbox.person("moderator").command("digest status")).text


def take_manage_channels_from_admins(demo: Demo) -> None:
    world = demo.sandbox.world
    at = next(n for n, role in enumerate(world.guild.roles) if role.name == "Admins")
    role = replace(world.guild.roles[at], permissions=bit("manage_guild"))
    world.guild.roles[at] = role
    told = {"guild_id": str(world.guild.id), "role": serialize.role(role)}
    world.emit("GUILD_ROLE_UPDATE", told)


async def test_an_admin_without_manage_channels_cannot_subscribe(demo: Demo):
    take_manage_channels_from_admins(demo)
    before = await rows(demo)
    answer = await demo.sandbox.person("admin").command(
        "subscribe", "ai", overridden=True, topic="AI"
    )
    assert is_a_private_sentence(answer)
    assert await rows(demo) == before


async def test_post_now_on_a_message_for_all_is_for_those_who_may_manage_the_digest(demo: Demo):
    news = demo.sandbox.world.channel("news").id
    message = await said(demo, "general", {"content": "x", "components": button(f"now:{news}")})
    before = await rows(demo)
    answer = await demo.sandbox.person("member").press(message, f"now:{news}")
    assert is_a_private_sentence(answer)
    assert answer.text == f"You need the permission Manage Channels in <#{news}> for this."
    assert await rows(demo) == before
    answer = await demo.sandbox.person("moderator").press(message, f"now:{news}")
    assert answer.text.startswith("Posted in")


def elsewhere(world: World) -> int:
    return world.channel("elsewhere").id


@pytest.mark.parametrize(
    "channel_id",
    [elsewhere, lambda world: 0, lambda world: 1, lambda world: 10**20 - 1],
    ids=["of the other server", "zero", "unknown", "beyond 64 bits"],
)
async def test_a_buttons_channel_is_not_believed(demo: Demo, channel_id: Callable[[World], int]):
    custom_id = f"now:{channel_id(demo.sandbox.world)}"
    message = await said(demo, "general", {"content": "x", "components": button(custom_id)})
    before = await rows(demo)
    answer = await demo.sandbox.person("moderator").press(message, custom_id)
    assert is_a_private_sentence(answer)
    assert answer.text == "That channel does not exist in this server any more."
    assert await rows(demo) == before


async def test_a_channel_option_of_the_other_server_is_refused(demo: Demo):
    before = await rows(demo)
    other = elsewhere(demo.sandbox.world)
    answers = [
        await forged(demo, "moderator", "subscribe", other, topic="AI"),
        await forged(demo, "moderator", "unsubscribe", other, topic="AI"),
        *[
            await forged(demo, "admin", line, other, **options)
            for line, options in DIGEST_COMMANDS.items()
            if line not in OF_SERVERS
        ],
    ]
    assert {answer.text for answer in answers} == {"That channel belongs to another server."}
    assert all(is_a_private_sentence(answer) for answer in answers)
    assert await rows(demo) == before
    assert after_hello(demo, "elsewhere") == []


async def test_a_channel_option_that_does_not_exist_gets_no_digest(demo: Demo):
    before = await rows(demo)
    answer = await forged(demo, "moderator", "subscribe", 12345, topic="AI")
    assert is_a_private_sentence(answer)
    assert await rows(demo) == before


@pytest.mark.parametrize(
    ("channel", "denied", "named"),
    [
        ("locked", [], "**Send Messages**"),
        ("hidden", [], "**View Channel**"),
        ("ai", ["embed_links"], "**Embed Links**"),
        ("locked", ["embed_links"], "**Send Messages** and **Embed Links**"),
        (
            "hidden",
            ["embed_links", "send_messages"],
            "**View Channel**, **Send Messages** and **Embed Links**",
        ),
    ],
)
async def test_subscribe_names_exactly_the_permissions_that_are_missing(
    demo: Demo, channel: str, denied: list[str], named: str
):
    for permission in denied:
        demo.sandbox.world.deny(channel, permission)
    before = await rows(demo)
    moderator = demo.sandbox.person("moderator")
    answer = await moderator.command("subscribe", topic="AI", channel_=channel)
    where = f"<#{demo.sandbox.world.channel(channel).id}>"
    assert answer.ephemeral
    lacks = needs(where, *re.findall(r"[A-Z][\w ]+", named))
    assert answer.text == f"{lacks} Then use `/subscribe` again."
    assert await rows(demo) == before
    for permission in ("view_channel", "send_messages", "embed_links"):
        demo.sandbox.world.allow(channel, permission)
    again = await moderator.command("subscribe", topic="AI", channel_=channel)
    assert "now follows **AI**" in again.text


async def test_post_now_names_what_is_missing_and_writes_nothing(demo: Demo):
    moderator, admin = demo.sandbox.person("moderator"), demo.sandbox.person("admin")
    answer = await moderator.command("subscribe", "ai", topic="AI")
    demo.sandbox.world.deny("ai", "send_messages")
    before = await rows(demo)
    refusals = [
        await moderator.press(answer.message, custom_ids(answer.message)[0]),
        await admin.command("digest now", "ai"),
    ]
    for refusal in refusals:
        assert is_a_private_sentence(refusal)
        assert "I need the **Send Messages** permission" in refusal.text
    assert await rows(demo) == before


async def test_servers_do_not_see_or_set_each_others_digests(demo: Demo):
    admin = demo.sandbox.person("admin")
    await admin.command("digest time", "elsewhere", time="21:00")
    status = await admin.command("digest status", "elsewhere")
    assert "08:00" not in status.text
    assert "#" not in status.text
    here = await admin.command("digest status", "general")
    assert "Mon 08:00 UTC" in here.text
