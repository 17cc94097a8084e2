"""Direct messages from the bot to one person; only this person sees and answers them."""

import asyncio

import discord
import pytest

from bot.sandbox import NotOffered, Sandbox
from tests.sandbox.conftest import Bare, Client
from tests.sandbox.gateway.socket import GUILD_MESSAGES, GUILDS, opened
from tests.sandbox.rules.bodies import button, in_row

DIRECT_MESSAGES = 1 << 12
OPENING = "/users/@me/channels"


async def opening(bare: Bare, name: str) -> str:
    """The path of the messages to somebody."""
    recipient = bare.sandbox.person(name).user.id
    status, channel = await bare.call("POST", OPENING, {"recipient_id": str(recipient)})
    assert (status, channel["type"], channel["recipients"][0]["id"]) == (200, 1, str(recipient))
    return f"/channels/{channel['id']}/messages"


async def test_a_channel_to_a_person_is_the_same_each_time(bare: Bare):
    assert await opening(bare, "owner") == await opening(bare, "owner")
    assert await opening(bare, "owner") != await opening(bare, "admin")


async def test_what_is_sent_is_read_changed_and_deleted_like_any_message(bare: Bare):
    path, owner = await opening(bare, "owner"), bare.sandbox.person("owner")
    status, sent = await bare.call("POST", path, {"content": "<@&5> x", "embeds": [{"title": "t"}]})
    assert (status, sent["mention_roles"], sent["mention_everyone"]) == (200, [], False)
    assert "guild_id" not in sent
    assert await bare.call("GET", path) == (200, [sent])
    assert owner.direct_messages == [sent]
    assert bare.sandbox.person("admin").direct_messages == []
    one = f"{path}/{sent['id']}"
    _, edited = await bare.call("PATCH", one, {"content": "y"})
    assert [message["content"] for message in owner.direct_messages] == [edited["content"]]
    assert (await bare.call("POST", path.removesuffix("messages") + "typing"))[0] == 204
    assert (await bare.call("DELETE", one))[0] == 204
    assert owner.direct_messages == []


@pytest.mark.parametrize("recipient", ["5", "1100000000000000001"])
async def test_nobody_and_the_bot_itself_cannot_be_written_to(bare: Bare, recipient: str):
    body = {"recipient_id": recipient}
    assert await bare.refusal("POST", OPENING, body) == (400, 50033)
    assert bare.sandbox.world.directs == {}


async def test_who_takes_no_messages_cannot_be_written_to_until_they_do(bare: Bare):
    path, controls = await opening(bare, "owner"), bare.sandbox.controls
    controls.close_direct_messages("owner")
    assert await bare.refusal("POST", path, {"content": "x"}) == (403, 50007)
    assert (await bare.call("POST", await opening(bare, "admin"), {"content": "x"}))[0] == 200
    controls.close_direct_messages("owner", closed=False)
    assert (await bare.call("POST", path, {"content": "x"}))[0] == 200
    for guild in bare.sandbox.world.guilds:
        controls.remove_bot(guild)
    assert await bare.refusal("POST", path, {"content": "x"}) == (403, 50007)
    with pytest.raises(KeyError):
        controls.close_direct_messages("nobody")


async def test_there_are_no_posts_commands_or_publishing_in_direct_messages(bare: Bare):
    path = await opening(bare, "owner")
    _, sent = await bare.call("POST", path, {"content": "x"})
    assert await bare.refusal("POST", f"{path}/{sent['id']}/crosspost") == (400, 50024)
    post = {"name": "n", "message": {"content": "x"}}
    threads = path.removesuffix("messages") + "threads"
    assert await bare.refusal("POST", threads, post) == (400, 50024)
    with pytest.raises(NotOffered, match="not used in direct messages"):
        await bare.sandbox.person("owner").command("story", sent["channel_id"])


@pytest.mark.parametrize("intents", [GUILDS, GUILDS | GUILD_MESSAGES])
async def test_direct_messages_are_told_only_to_who_asked(bare: Bare, intents: int):
    async with opened(bare) as plain, opened(bare) as asked:
        await plain.ready(intents)
        await asked.ready(intents | DIRECT_MESSAGES)
        path = await opening(bare, "owner")
        await bare.call("POST", path, {"content": "x"})
        bare.sandbox.world.deny("news", "send_messages")
        first = await asked.receive()
        assert (first["t"], "guild_id" in first["d"]) == ("MESSAGE_CREATE", False)
        assert await asked.events(1) == ["CHANNEL_UPDATE"]
        assert await plain.events(1) == ["CHANNEL_UPDATE"]


async def test_direct_messages_belong_to_the_first_shard(bare: Bare):
    async with opened(bare) as first, opened(bare) as second:
        await first.ready(GUILDS | DIRECT_MESSAGES, shard=[0, 2])
        await second.ready(GUILDS | DIRECT_MESSAGES, shard=[1, 2])
        await bare.call("POST", await opening(bare, "owner"), {"content": "x"})
        bare.sandbox.controls.drop_gateway()
        assert await first.events(1) == ["MESSAGE_CREATE"]
        assert await second.close_code() == 4000


async def test_a_button_of_a_direct_message_is_answered_there(bare: Bare):
    path, owner = await opening(bare, "owner"), bare.sandbox.person("owner")
    await bare.call("POST", path, {"content": "x", **in_row(button())})
    running = asyncio.create_task(owner.press(owner.direct_messages[0], "go"))
    event, one = await bare.events.get()
    while event != "INTERACTION_CREATE":
        event, one = await bare.events.get()
    assert (one["user"]["id"], one["context"]) == (str(owner.user.id), 1)
    assert not one.keys() & {"guild_id", "guild", "member", "guild_locale"}
    callback = f"/interactions/{one['id']}/{one['token']}/callback?with_response=1"
    body = {"type": 4, "data": {"content": "done", "flags": 64}}
    _, outcome = await bare.call("POST", callback, body)
    assert "guild_id" not in outcome["interaction"]
    assert (await running).text == "done"


async def test_a_stock_client_writes_to_the_owner(sandbox: Sandbox, client: Client):
    pressed = asyncio.Event()

    class Again(discord.ui.View):
        @discord.ui.button(label="Again", custom_id="again")
        async def again(
            self, interaction: discord.Interaction, _: discord.ui.Button[discord.ui.View]
        ) -> None:
            assert interaction.guild is None
            await interaction.response.edit_message(content="posted", view=None)
            pressed.set()

    await client.connect_to(sandbox)
    guild = client.get_guild(sandbox.world.guild.id)
    assert guild is not None
    assert guild.owner_id is not None
    user = await client.fetch_user(guild.owner_id)
    await user.send("x", view=Again(timeout=None))
    owner = sandbox.person("owner")
    await owner.press(owner.direct_messages[0], "again")
    await pressed.wait()
    assert [one["content"] for one in owner.direct_messages] == ["posted"]
    sandbox.controls.close_direct_messages("owner")
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("y")
    assert caught.value.code == 50007


async def test_the_first_shard_alone_hears_of_direct_messages(bare: Bare, sandbox: Sandbox):
    path, elsewhere = await opening(bare, "owner"), sandbox.world.guilds[-1]
    intents = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES
    async with opened(bare) as first, opened(bare) as second:
        await first.ready(intents, shard=[0, 2])
        await second.ready(intents, shard=[1, 2])
        await bare.call("POST", path, {"content": "x"})
        assert (await first.receive())["t"] == "MESSAGE_CREATE"
        number = (elsewhere.id >> 22) % 2
        await bare.call("POST", bare.to("elsewhere"), {"content": "y"})
        told = await (first, second)[number].receive()
        assert (told["t"], told["d"]["content"]) == ("MESSAGE_CREATE", "y")
        sandbox.controls.drop_gateway(4000, shard=1)
        assert await second.close_code() == 4000, "it heard of nothing else"
