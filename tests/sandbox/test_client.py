"""An unmodified discord.py client works in the sandbox as it would on Discord."""

import asyncio
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.sandbox import Sandbox
from bot.sandbox.gateway import connection
from tests.sandbox.conftest import NOW, Client, lines


async def test_a_command_is_answered_ephemerally(sandbox: Sandbox, client: Client):
    @client.tree.command()
    async def story(interaction: discord.Interaction, query: str) -> None:
        """Finds a story."""
        embed = discord.Embed(title=query, description="An excerpt.", timestamp=NOW)
        await interaction.response.send_message("found", embed=embed, ephemeral=True)

    await client.connect_to(sandbox)
    answer = await sandbox.person("member").command("story", query="moon")
    assert answer.text == "found\nmoon\nAn excerpt."
    assert answer.ephemeral
    assert not answer.failed
    assert not answer.deferred
    assert sandbox.world.channel("general").messages == []


async def test_a_subcommand_gets_its_typed_options_and_the_persons_permissions(
    sandbox: Sandbox, client: Client
):
    group = app_commands.Group(name="digest", description="The digest")

    @group.command()
    @app_commands.choices(kind=[app_commands.Choice(name="Long", value="l")])
    async def set(  # noqa: A001  the name is the subcommand's
        interaction: discord.Interaction,
        count: app_commands.Range[int, 1, 5],
        channel: discord.TextChannel,
        kind: str = "s",
        pause: bool = False,
    ) -> None:
        """Sets it."""
        allowed = interaction.permissions.manage_guild, interaction.app_permissions.embed_links
        parts = (count, channel.name, kind, pause, *allowed, interaction.locale.value)
        await interaction.response.send_message(repr(parts))

    client.tree.add_command(group)
    await client.connect_to(sandbox)
    admin = sandbox.person("admin")
    answer = await admin.command("digest set", count=3, channel_="news", kind="Long", pause=True)
    assert answer.text == "(3, 'news', 'l', True, True, True, 'en-US')"
    assert answer.message["type"] == 20
    assert sandbox.world.channel("general").messages == answer.messages


async def test_completions_come_for_what_is_typed(sandbox: Sandbox, client: Client):
    @client.tree.command()
    async def topic(interaction: discord.Interaction, name: str, share: bool = False) -> None:
        """Shows a topic."""

    @topic.autocomplete("name")
    async def complete(
        interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        shared = interaction.namespace.share
        return [app_commands.Choice(name=f"{current}!", value=f"{current}-{shared}")]

    await client.connect_to(sandbox)
    choices = await sandbox.person("member").autocomplete("topic", "name", "sp", share=True)
    assert choices == [("sp!", "sp-True")]


class Buttons(discord.ui.View):
    """Each way to answer a component."""

    def __init__(self, done: asyncio.Event) -> None:
        super().__init__()
        self.done = done

    @discord.ui.button(label="Next", custom_id="next")
    async def next(self, interaction: discord.Interaction, _: object) -> None:
        await interaction.response.edit_message(content="page 2", view=None)

    @discord.ui.button(label="Quiet", custom_id="quiet")
    async def quiet(self, interaction: discord.Interaction, _: object) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="changed quietly")
        await interaction.followup.send("and said so", ephemeral=True)
        self.done.set()

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: object) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(
        custom_id="pick", options=[discord.SelectOption(label=one) for one in ("a", "b", "c")]
    )
    async def pick(
        self, interaction: discord.Interaction, select: discord.ui.Select[discord.ui.View]
    ) -> None:
        await interaction.response.send_message(f"picked {select.values}", ephemeral=True)


class Form(discord.ui.Modal, title="Topic"):
    """Inputs in each way that discord.py offers."""

    name: discord.ui.TextInput["Form"] = discord.ui.TextInput(label="Name", custom_id="name")
    why: discord.ui.Label["Form"] = discord.ui.Label(
        text="Why", component=discord.ui.TextInput(custom_id="why", required=False)
    )
    size: discord.ui.Label["Form"] = discord.ui.Label(
        text="Size",
        component=discord.ui.Select(
            custom_id="size", options=[discord.SelectOption(label=one) for one in ("big", "small")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.why.component, discord.ui.TextInput)
        assert isinstance(self.size.component, discord.ui.Select)
        words = f"{self.name.value}, {self.why.component.value!r}, {self.size.component.values}"
        await interaction.response.send_message(words, ephemeral=True)


@pytest.fixture
async def with_buttons(sandbox: Sandbox, client: Client) -> Client:
    @client.tree.command()
    async def show(interaction: discord.Interaction) -> None:
        """Shows buttons."""
        await interaction.response.send_message("page 1", view=Buttons(client.done), ephemeral=True)

    await client.connect_to(sandbox)
    return client


async def test_a_button_updates_its_message_and_the_old_one_stays_as_it_was(
    sandbox: Sandbox, with_buttons: Client
):
    member = sandbox.person("member")
    shown = (await member.command("show")).message
    after = await member.press(shown, "next")
    assert (shown["content"], after.text) == ("page 1", "page 2")
    assert shown["id"] == after.message["id"]
    assert after.message["components"] == []
    assert after.ephemeral


async def test_a_quiet_acknowledgement_is_followed_by_edits(sandbox: Sandbox, with_buttons: Client):
    member = sandbox.person("member")
    shown = (await member.command("show")).message
    after = await member.press(shown, "quiet")
    assert after.deferred
    assert after.message["content"] == "changed quietly"
    await with_buttons.done.wait()
    assert after.text == "changed quietly\nand said so"


async def test_a_select_sends_its_values(sandbox: Sandbox, with_buttons: Client):
    member = sandbox.person("member")
    shown = (await member.command("show")).message
    assert (await member.choose(shown, "pick", ["b"])).text == "picked ['b']"
    with pytest.raises(ValueError, match="choose 1 to 1"):
        await member.choose(shown, "pick", ["z"])


async def test_a_form_opens_and_is_submitted(sandbox: Sandbox, with_buttons: Client):
    member = sandbox.person("member")
    opened = await member.press((await member.command("show")).message, "form")
    assert opened.modal is not None
    assert opened.modal["title"] == "Topic"
    assert opened.messages == []
    given = {"name": "Space", "size": "small"}
    assert (await member.submit(opened, given)).text == "Space, '', ['small']"
    with pytest.raises(ValueError, match="name takes 1 to 4000"):
        await member.submit(opened, {"name": ""})


async def test_a_deferred_answer_is_waited_for_and_stays_as_ephemeral_as_it_began(
    sandbox: Sandbox, client: Client
):
    @client.tree.command()
    async def slow(interaction: discord.Interaction) -> None:
        """Takes its time."""
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("first", ephemeral=False)
        await interaction.followup.send("second", ephemeral=False)
        await interaction.edit_original_response(content="first, edited")
        client.done.set()

    await client.connect_to(sandbox)
    answer = await sandbox.person("member").command("slow")
    assert answer.deferred
    assert answer.ephemeral
    await client.done.wait()
    assert answer.text == "first, edited\nsecond"
    general = sandbox.world.channel("general")
    assert [one["content"] for one in general.messages] == ["second"]


async def test_messages_are_sent_read_edited_and_deleted(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    news = client.channel(sandbox, "news")
    await news.typing()
    link = discord.ui.Button[discord.ui.View](label="Read", url="https://example.org/a")
    view = discord.ui.View().add_item(link)
    sent = await news.send("hello", embed=discord.Embed(title="Hi", url="https://x.org"), view=view)
    assert sent.created_at.year > NOW.year
    assert [one.id async for one in news.history(limit=5)] == [sent.id]
    edited = await (await news.fetch_message(sent.id)).edit(content="bye")
    assert (edited.content, edited.embeds[0].title) == ("bye", "Hi")
    assert edited.edited_at == NOW
    await edited.delete()
    assert sandbox.world.channel("news").messages == []


async def test_an_embed_that_was_read_can_be_sent_again(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    news = client.channel(sandbox, "news")
    embed = discord.Embed(title="T", timestamp=NOW, colour=5).add_field(name="a", value="b")
    embed.set_author(name="A").set_footer(text="F").set_thumbnail(url="https://x.org/i.png")
    sent = await news.send(embed=embed)
    again = await news.send(embeds=sent.embeds)
    assert again.embeds[0].to_dict() == sent.embeds[0].to_dict()


async def test_a_nonce_brings_back_the_first_message_until_it_is_deleted(
    sandbox: Sandbox, client: Client
):
    await client.connect_to(sandbox)
    news = client.channel(sandbox, "news")
    first = await news.send("once", nonce="edition-1")
    assert (await news.send("twice", nonce="edition-1")).id == first.id
    await first.delete()
    with pytest.raises(discord.NotFound) as caught:
        await news.send("thrice", nonce="edition-1")
    assert caught.value.code == 10008


@pytest.mark.parametrize(("channel", "code"), [("locked", 50013), ("hidden", 50001)])
async def test_a_channel_that_is_barred_refuses_until_it_is_opened(
    sandbox: Sandbox, client: Client, channel: str, code: int
):
    await client.connect_to(sandbox)
    target = client.channel(sandbox, channel)
    assert not target.permissions_for(target.guild.me).send_messages
    with pytest.raises(discord.Forbidden) as caught:
        await target.send("hello")
    assert caught.value.code == code
    updated = client.wait_for("guild_channel_update", timeout=2)
    waiting = asyncio.create_task(updated)
    await asyncio.sleep(0)
    sandbox.world.allow(channel, "view_channel")
    sandbox.world.allow(channel, "send_messages")
    await waiting
    assert (await target.send("hello")).content == "hello"


async def test_both_servers_are_there_with_fixed_ids(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    assert {guild.name for guild in client.guilds} == {"Broadsheet Sandbox", "Other Server"}
    other = Sandbox(now=lambda: NOW)
    assert [one.id for one in other.world.channels] == [one.id for one in sandbox.world.channels]
    info = await client.application_info()
    assert info.id == sandbox.world.bot.id


async def test_a_wrong_token_cannot_log_in(sandbox: Sandbox, client: Client):
    with pytest.raises(discord.LoginFailure):
        await client.login("someone-elses")


async def heard(client: Client, event: str) -> asyncio.Task[Any]:
    """A task that ends with the event; it is already listening."""
    waiting = asyncio.create_task(client.wait_for(event, timeout=5))
    await asyncio.sleep(0)
    return waiting


@pytest.mark.parametrize("code", [1006, 4000])
async def test_a_dropped_connection_is_resumed_and_what_was_missed_comes(
    sandbox: Sandbox, client: Client, code: int
):
    await client.connect_to(sandbox)
    back, made = await heard(client, "resumed"), await heard(client, "guild_channel_create")
    sandbox.controls.drop_gateway(code)
    sandbox.controls.create_channel("missed")
    await back
    assert (await made).name == "missed"
    await sandbox.ready()
    assert sandbox.controls.identified == 1


async def test_a_request_to_reconnect_is_followed(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    back = await heard(client, "resumed")
    sandbox.controls.ask_reconnect()
    await back


@pytest.mark.parametrize(("resumable", "event"), [(True, "resumed"), (False, "connect")])
async def test_an_invalid_session_is_resumed_or_begun_anew(
    sandbox: Sandbox, client: Client, resumable: bool, event: str
):
    await client.connect_to(sandbox)
    back = await heard(client, event)
    sandbox.controls.invalidate_sessions(resumable)
    await back
    assert sandbox.controls.identified == (1 if resumable else 2)


async def test_an_outage_makes_a_server_unavailable_and_ends(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    news = client.channel(sandbox, "news")
    away = await heard(client, "guild_unavailable")
    sandbox.controls.outage("Broadsheet Sandbox")
    assert (await away).id == sandbox.world.guild.id
    with pytest.raises(discord.DiscordServerError):
        await news.send("hello")
    back = await heard(client, "guild_available")
    sandbox.controls.restore(sandbox.world.guild)
    await back
    assert (await client.channel(sandbox, "news").send("hello")).content == "hello"


async def test_a_bot_can_be_removed_and_invited_again(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    news = client.channel(sandbox, "news")
    gone = await heard(client, "guild_remove")
    sandbox.controls.remove_bot(sandbox.world.guild.id)
    await gone
    with pytest.raises(discord.Forbidden) as caught:
        await news.send("hello")
    assert caught.value.code == 50001
    joined = await heard(client, "guild_join")
    sandbox.controls.add_bot(sandbox.world.guild.id)
    assert (await joined).name == "Broadsheet Sandbox"


async def test_a_bot_removed_in_an_outage_hears_of_it_when_the_outage_ends(
    sandbox: Sandbox, client: Client
):
    await client.connect_to(sandbox)
    away = await heard(client, "guild_unavailable")
    sandbox.controls.outage(sandbox.world.guild)
    await away
    gone = await heard(client, "guild_remove")
    sandbox.controls.remove_bot(sandbox.world.guild)
    sandbox.controls.restore(sandbox.world.guild)
    assert (await gone).id == sandbox.world.guild.id
    assert [one.name for one in client.guilds] == ["Other Server"]


async def test_a_bot_invited_again_in_an_outage_has_its_server_back_after_it(
    sandbox: Sandbox, client: Client
):
    await client.connect_to(sandbox)
    back = await heard(client, "guild_available")
    controls, guild = sandbox.controls, sandbox.world.guild
    controls.outage(guild)
    controls.remove_bot(guild)
    controls.add_bot(guild)
    controls.restore(guild)
    assert (await back).id == guild.id
    assert (await client.channel(sandbox, "news").send("hello")).content == "hello"


async def test_channels_come_and_go(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    made = await heard(client, "guild_channel_create")
    sandbox.controls.create_channel("sports", "announcement")
    channel = await made
    assert channel.is_news()
    gone = await heard(client, "guild_channel_delete")
    sandbox.controls.delete_channel("sports")
    assert (await gone).id == channel.id
    with pytest.raises(discord.NotFound) as caught:
        await channel.send("hello")
    assert caught.value.code == 10003


async def test_channels_and_threads_are_renamed(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    for name, event in (("news", "guild_channel_update"), ("thread", "thread_update")):
        changed = await heard(client, event)
        sandbox.controls.rename_channel(name, f"{name}-2")
        before, after = await changed
        assert (before.name, after.name) == (name, f"{name}-2")
    assert sandbox.world.channel("news-2").name == "news-2"
    with pytest.raises(KeyError):
        sandbox.controls.rename_channel("news", "x")


async def test_a_client_that_hears_nothing_connects_anew(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "HEARTBEAT_INTERVAL", 50)
    monkeypatch.setattr(connection, "HEARTBEAT_GRACE", 100.0)
    client._connection.heartbeat_timeout = 0.2
    await client.connect_to(sandbox)
    back = await heard(client, "resumed")
    sandbox.controls.stop_acking()
    await back


async def test_heartbeats_are_answered_after_the_client_has_noted_that_it_sent_them(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "HEARTBEAT_INTERVAL", 300)
    latencies: list[float] = []
    send = discord.gateway.DiscordWebSocket.send_heartbeat
    ack = discord.gateway.KeepAliveHandler.ack

    async def send_slowly(socket: discord.gateway.DiscordWebSocket, data: Any) -> None:
        await send(socket, data)
        await asyncio.sleep(0.01)  # the thread that notes the time is not always fast

    def note(handler: discord.gateway.KeepAliveHandler) -> None:
        ack(handler)
        latencies.append(handler.latency)
        if len(latencies) == 3:
            client.done.set()

    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "send_heartbeat", send_slowly)
    monkeypatch.setattr(discord.gateway.KeepAliveHandler, "ack", note)
    await client.connect_to(sandbox)
    await asyncio.wait_for(client.done.wait(), 10)
    assert max(latencies) < 0.25, "from the heartbeat before it would be 0.3 s or more"


async def test_the_sandbox_stops_with_a_client_connected(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    gone = asyncio.create_task(client.wait_for("disconnect", timeout=5))
    await asyncio.sleep(0)
    await sandbox.stop()
    await gone


async def test_the_record_has_every_request_and_never_the_token(
    sandbox: Sandbox, client: Client, record: Path
):
    await client.connect_to(sandbox)
    await client.channel(sandbox, "news").send(f"my token is {sandbox.token}", nonce="9")
    kept = lines(record)
    assert [
        (one["method"], one["path"].removeprefix("/api/v10"), one["status"]) for one in kept
    ] == [
        ("GET", "/users/@me", 200),
        ("GET", "/oauth2/applications/@me", 200),
        ("PUT", f"/applications/{sandbox.world.bot.id}/commands", 200),
        ("POST", f"/channels/{sandbox.world.channel('news').id}/messages", 200),
    ]
    assert kept[0].keys() == {"at", "method", "path", "body", "status"}
    assert kept[0]["at"] == NOW.isoformat()
    assert kept[3]["body"]["nonce"] == "9"
    assert sandbox.token not in repr(kept)
