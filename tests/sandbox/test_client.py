"""A stock discord.py client lives in the sandbox as it would at Discord."""

import discord

from bot.sandbox import Sandbox
from tests.sandbox.conftest import Client


async def test_a_client_logs_in_syncs_answers_a_command_and_posts(sandbox: Sandbox, client: Client):
    @client.tree.command()
    async def story(interaction: discord.Interaction, query: str) -> None:
        """Finds a story."""
        await interaction.response.send_message(f"found {query}", ephemeral=True)

    await client.connect_to(sandbox)
    answer = await sandbox.person("member").command("story", query="moon")
    assert answer.text == "found moon"
    assert answer.ephemeral
    channel = client.get_channel(sandbox.world.channel("news").id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("hello", embed=discord.Embed(title="Hi"), nonce="7")
    assert sandbox.world.channel("news").messages[0]["id"] == str(message.id)
