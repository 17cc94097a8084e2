"""/digest history: who changed what of a channel's digest or of a server, and when."""

from collections.abc import Mapping, Sequence
from typing import Final, Self

import discord
from discord import app_commands
from discord.ui import Button, DynamicItem, View

from bot.chat import permissions
from bot.chat.digest.set_value import SettingCog
from bot.chat.items import Answering
from bot.chat.permissions import ChannelOption
from bot.chat.replies import Interaction, reply
from bot.chat.rest import channels
from bot.chat.services import services
from bot.digests.changes import TAGS, Change
from bot.digests.setting_types import SCOPE
from bot.digests.target import Channel
from bot.render import changes


class History(SettingCog):
    """The command."""

    @app_commands.command(description=f"Show who changed what, and when {SCOPE}")
    @app_commands.describe(channel="One channel; without it, the whole server")
    async def history(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        """Show the newest changes."""
        chosen = await permissions.chosen_or_server(interaction, channel, "digest history")
        await interaction.response.defer(ephemeral=True)
        await _show(interaction, chosen.target.channel_id if chosen else None, None)


async def _show(interaction: Interaction, channel_id: int | None, before: int | None) -> None:
    """Answer with the newest changes of a channel (None = of the whole server) before a change."""
    guild_id = permissions.server_of(interaction)
    known = services(interaction).changes
    found = await known.newest(guild_id, channel_id, changes.PAGE + 1, before)
    shown, view = found[: changes.PAGE], None
    if found[changes.PAGE :]:
        view = View(timeout=None)
        view.add_item(OlderChanges.of(channel_id or 0, shown[-1].change_id))
    text = changes.history(shown, _tags(interaction.client, shown))
    await reply(interaction, text, view=view)


def _tags(client: discord.Client, shown: Sequence[Change]) -> Mapping[int, str]:
    """The names of the tags that these forums have, by their ids."""
    places = [one.place for one in shown if one.name == TAGS]
    found = [channels.known(client, one.channel_id) for one in places if isinstance(one, Channel)]
    forums = [forum for forum in found if isinstance(forum, discord.ForumChannel)]
    return {tag.id: tag.name for forum in forums for tag in forum.available_tags}


class OlderChanges(
    Answering,
    DynamicItem[Button[View]],
    template=r"changes:1:(?P<channel>\d{1,20}):(?P<before>\d{1,18})",
):
    """Shows the changes before one, of a channel or (0) of the whole server."""

    @classmethod
    def of(cls, channel_id: int, before: int) -> Self:
        """The button to the changes before one."""
        return cls(Button(label="Older", custom_id=f"changes:1:{channel_id}:{before}"))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        channel_id = int(self.match["channel"])
        if channel_id:
            await permissions.named_channel(interaction, channel_id, "changes")
        else:
            await permissions.require(interaction, "changes")
        await _show(interaction, channel_id or None, int(self.match["before"]))


ITEMS: Final = (OlderChanges,)
