"""A select offers what Discord would offer a person, and the bot is told what was chosen."""

import asyncio
from typing import Any

import pytest

from bot.sandbox.world.permissions import Overwrite, bit
from tests.sandbox.conftest import Bare

Json = dict[str, Any]

ROLES: Json = {"type": 6, "custom_id": "pick", "min_values": 0}
CHANNELS: Json = {"type": 8, "custom_id": "pick", "channel_types": [0, 5]}


async def shown(bare: Bare, select: Json) -> Json:
    """A message with a select."""
    rows = [{"type": 1, "components": [select]}]
    body = {"content": "Choose", "components": rows}
    status, message = await bare.call("POST", bare.to("general"), body)
    assert status == 200, message
    return dict(message)


async def chosen(bare: Bare, select: Json, *values: str) -> Json:
    """What the bot is told of a member's choice."""
    message = await shown(bare, select)
    member = bare.sandbox.person("member")
    choosing = asyncio.create_task(member.choose(message, "pick", values))
    event, one = await bare.events.get()
    while event != "INTERACTION_CREATE":
        event, one = await bare.events.get()
    path = f"/interactions/{one['id']}/{one['token']}/callback"
    await bare.call("POST", path, {"type": 6})
    choosing.cancel()
    return dict(one["data"])


@pytest.mark.parametrize("by_name", [True, False])
async def test_a_chosen_role_comes_with_its_shape(bare: Bare, by_name: bool):
    role = next(one for one in bare.sandbox.world.guild.roles if one.name == "News readers")
    data = await chosen(bare, ROLES, role.name if by_name else str(role.id))
    assert (data["component_type"], data["values"]) == (6, [str(role.id)])
    assert data["resolved"]["roles"][str(role.id)]["mentionable"]


async def test_a_select_may_be_emptied_if_it_says_so(bare: Bare):
    assert await chosen(bare, ROLES) == {
        "component_type": 6,
        "custom_id": "pick",
        "id": 2,
        "values": [],
        "resolved": {},
    }
    message = await shown(bare, CHANNELS)
    with pytest.raises(ValueError, match="choose 1 to 1"):
        await bare.sandbox.person("member").choose(message, "pick", [])


async def test_a_chosen_channel_comes_with_the_persons_permissions(bare: Bare):
    world, member = bare.sandbox.world, bare.sandbox.person("member").user
    news = world.channel("news")
    data = await chosen(bare, CHANNELS, "news")
    assert (data["component_type"], data["values"]) == (8, [str(news.id)])
    told = data["resolved"]["channels"][str(news.id)]
    assert told["permissions"] == str(world.permissions(member.id, news))


@pytest.mark.parametrize("channel", ["forum", "elsewhere", "ai", "5"])
async def test_only_visible_channels_of_its_types_and_server_can_be_chosen(
    bare: Bare, channel: str
):
    world = bare.sandbox.world
    world.channel("ai").overwrites[world.guild.id] = Overwrite(deny=bit("view_channel"))
    message = await shown(bare, CHANNELS)
    with pytest.raises(ValueError, match="choose 1 to 1"):
        await bare.sandbox.person("member").choose(message, "pick", [channel])
