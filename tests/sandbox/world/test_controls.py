"""A server's state, its roles and the bot's own; the bot is told of every change."""

import asyncio
from typing import Any

import discord
import pytest

from bot.sandbox import Sandbox
from tests.sandbox.conftest import Bare, Client
from tests.sandbox.gateway.socket import GUILDS, opened


async def test_a_server_says_whose_it_is_and_where_its_notices_go(bare: Bare):
    world, controls = bare.sandbox.world, bare.sandbox.controls
    path, owner = f"/guilds/{world.guild.id}", bare.sandbox.person("owner")
    _, shown = await bare.call("GET", path)
    assert shown["owner_id"] == str(owner.user.id)
    assert shown["system_channel_id"] == str(world.channel("general").id)
    controls.set_system_channel("news")
    assert (await bare.call("GET", path))[1]["system_channel_id"] == str(world.channel("news").id)
    controls.set_system_channel(None)
    assert (await bare.call("GET", path))[1]["system_channel_id"] is None
    controls.set_system_channel("elsewhere")
    assert world.guilds[1].system_channel_id == world.channel("elsewhere").id
    controls.set_system_channel(None, "Other Server")
    assert world.guilds[1].system_channel_id is None


async def test_the_bot_hears_of_every_change_of_a_server(bare: Bare):
    """With only the intent for servers, which the bot has."""
    controls, guild = bare.sandbox.controls, bare.sandbox.world.guild
    async with opened(bare) as socket:
        await socket.ready(GUILDS)

        async def told(event: str) -> Any:
            payload = await socket.receive()
            assert payload["t"] == event
            return payload["d"]

        controls.set_system_channel("news")
        assert (await told("GUILD_UPDATE"))["system_channel_id"] == str(
            bare.sandbox.world.channel("news").id
        )
        role = controls.create_role("Crew", mentionable=True)
        assert (await told("GUILD_ROLE_CREATE"))["role"]["mentionable"]
        controls.change_role("Crew", mentionable=False)
        assert not (await told("GUILD_ROLE_UPDATE"))["role"]["mentionable"]
        controls.change_role("Crew", gives=["mention_everyone"])
        assert (await told("GUILD_ROLE_UPDATE"))["role"]["permissions"] == str(1 << 17)
        controls.give_role("Crew")
        own = await told("GUILD_MEMBER_UPDATE")
        assert own["roles"] == [str(guild.id + 1), str(role.id)]
        assert own["guild_id"] == str(guild.id)
        assert bare.sandbox.world.bot_may(guild.channels[0], "mention_everyone")
        controls.take_role(role.id)
        assert (await told("GUILD_MEMBER_UPDATE"))["roles"] == [str(guild.id + 1)]
        assert not bare.sandbox.world.bot_may(guild.channels[0], "mention_everyone")
        controls.give_role("Crew")
        await told("GUILD_MEMBER_UPDATE")
        controls.delete_role("Crew")
        assert (await told("GUILD_ROLE_DELETE"))["role_id"] == str(role.id)
        assert guild.members[bare.sandbox.world.bot.id] == (guild.id + 1,)
        controls.offer_tags("forum", "Daily")
        assert (await told("CHANNEL_UPDATE"))["available_tags"][0]["name"] == "Daily"
        controls.delete_channel("news")
        await told("CHANNEL_DELETE")
        assert (await told("GUILD_UPDATE"))["system_channel_id"] is None


async def test_a_role_is_pinged_only_while_it_is_mentionable(bare: Bare):
    controls = bare.sandbox.controls
    role = controls.create_role("Crew", mentionable=True)
    body = {"content": f"<@&{role.id}>", "allowed_mentions": {"roles": [str(role.id)]}}

    async def pinged() -> list[str]:
        mentioned: list[str] = (await bare.call("POST", bare.to("news"), body))[1]["mention_roles"]
        return mentioned

    assert await pinged() == [str(role.id)]
    controls.change_role("Crew", mentionable=False)
    assert await pinged() == []
    controls.change_role("Crew", mentionable=True)
    controls.delete_role("Crew")
    assert await pinged() == []


def test_the_bots_own_role_and_everyone_stay(sandbox: Sandbox):
    for role in ("Broadsheet", "@everyone"):
        for change in (sandbox.controls.delete_role, sandbox.controls.take_role):
            with pytest.raises(ValueError, match="stays where it is"):
                change(role)
    with pytest.raises(KeyError):
        sandbox.controls.give_role("Nobody")


async def test_a_stock_client_follows_every_change(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    guild = client.get_guild(sandbox.world.guild.id)
    assert guild is not None
    heard = asyncio.Event()

    @client.event
    async def on_guild_channel_create(_: discord.abc.GuildChannel) -> None:
        heard.set()

    sandbox.controls.set_system_channel("news")
    role = sandbox.controls.create_role("Crew")
    sandbox.controls.change_role("Crew", mentionable=True)
    sandbox.controls.give_role("Crew")
    sandbox.controls.create_channel("last")
    await heard.wait()
    assert guild.system_channel is not None
    assert guild.system_channel.name == "news"
    known = guild.get_role(role.id)
    assert known is not None
    assert known.mentionable
    assert known in guild.me.roles


async def test_the_application_says_whose_it_is(bare: Bare):
    owner = bare.sandbox.person("owner").user
    for path in ("/applications/@me", "/oauth2/applications/@me"):
        _, shown = await bare.call("GET", path)
        assert (shown["owner"]["id"], shown["team"]) == (str(owner.id), None)


async def test_an_application_of_a_team_names_its_members_and_a_user_that_stands_for_it(
    client: Client, sandbox: Sandbox
):
    sandbox.controls.give_to_team(
        "admin", {"moderator": "developer", "member": "read_only"}, invited=["member"]
    )
    await client.connect_to(sandbox)
    application = await client.application_info()
    assert application.team is not None
    assert application.owner.id == application.team.id
    people = {name: sandbox.person(name).user.id for name in ("admin", "moderator", "member")}
    assert application.team.owner_id == people["admin"]
    states = discord.TeamMembershipState
    assert {m.id: (m.role.value, m.membership_state) for m in application.team.members} == {
        people["admin"]: ("admin", states.accepted),
        people["moderator"]: ("developer", states.accepted),
        people["member"]: ("read_only", states.invited),
    }
