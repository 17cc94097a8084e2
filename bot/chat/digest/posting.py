"""Editions on demand: the buttons that post an extra one, or one in doubt again."""

from collections.abc import Sequence
from typing import Final, Self

import discord
from discord.ui import Button, DynamicItem, View

from bot.chat import obstacles, permissions
from bot.chat.items import Answering
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction, reply
from bot.chat.rest import channels
from bot.chat.services import services
from bot.digests.ledger import EditionState
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.render import past_editions
from bot.render.notice_texts import AGAIN, AGAIN_ID, MOST
from bot.render.sanitizer import plain
from bot.subscriptions.status import Statuses

_NAME: Final = 40
"""How many characters of a channel's name a button shows."""
_NOT_THE_OWNER: Final = (
    "Only the owner of its server can do this here; in the server itself `/digest status` has the "
    "same button for those who may manage the channel's digest."
)


class PostNow(Answering, DynamicItem[Button[View]], template=r"now:(?P<channel>\d{1,20})"):
    """Posts an extra edition in a channel; for users who may subscribe there."""

    @classmethod
    def of(cls, channel_id: int, *, disabled: bool = False) -> Self:
        """The button for a channel."""
        style, custom_id = discord.ButtonStyle.primary, f"now:{channel_id}"
        return cls(Button(label="Post now", style=style, custom_id=custom_id, disabled=disabled))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        channel_id = int(self.match["channel"])
        chosen = await permissions.named_channel(interaction, channel_id, "now")
        await reply(interaction, await post_now(interaction, chosen))


class PostAgain(Answering, DynamicItem[Button[View]], template=r"again:(?P<edition>\d{1,18})"):
    """Posts an edition in doubt again; for users who may set that channel's digest.

    It is shown under a notice, which may be a direct message to the server's owner, and under
    `/digest status`.
    """

    @classmethod
    def of(cls, edition_id: int, label: str = AGAIN) -> Self:
        """The button for an edition."""
        return cls(Button(label=label, custom_id=f"{AGAIN_ID}:{edition_id}"))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        edition_id, on_demand = int(self.match["edition"]), services(interaction).on_demand
        target = await on_demand.target_of_edition(edition_id)
        if interaction.guild_id is None:
            _check_owner(interaction, target)
        elif interaction.guild_id == target.guild_id:
            await permissions.named_channel(interaction, target.channel_id, "again")
        guild_id = interaction.guild_id or target.guild_id
        edition, _ = await on_demand.post_again(guild_id, edition_id)
        await reply(interaction, past_editions.posted_now(edition, target))


ITEMS: Final = (PostNow, PostAgain)
"""Both, to be registered by the bot."""


def _check_owner(interaction: Interaction, target: Channel) -> None:
    """Raise UsageError unless the user owns the channel's server."""
    guild = interaction.client.get_guild(target.guild_id)
    if guild is None or guild.owner_id != interaction.user.id:
        raise UsageError(_NOT_THE_OWNER)


async def post_now(interaction: Interaction, chosen: ChosenChannel) -> str:
    """Post an extra edition in a channel and answer with the outcome."""
    known, target = services(interaction), chosen.target
    obstacle = obstacles.obstacle(chosen.channel, await tags_of(known.statuses, target))
    if obstacle:
        raise UsageError(obstacle)
    return past_editions.posted_now(await known.on_demand.post_now(target), target)


async def tags_of(statuses: Statuses, target: Channel) -> Sequence[int]:
    """The ids of the tags that a channel's digest puts on its posts."""
    status = await statuses.of_channel(target)
    return () if status is None else status.target.tags


def again_view(client: discord.Client, statuses: Sequence[DigestStatus]) -> View | None:
    """A button for each of the last editions in doubt, as many as fit in a row.

    If there are several, their labels name the edition.
    """
    doubtful = [
        (status, edition)
        for status in statuses
        for edition in status.last
        if edition.state is EditionState.UNCERTAIN
    ]
    view = View(timeout=None)
    for status, edition in doubtful[:MOST]:
        channel = channels.known(client, status.target.channel_id)
        name = plain(channel.name, _NAME) if channel else "a thread"
        which = f"{AGAIN}: {name}, {past_editions.edition_day(edition)}"
        view.add_item(PostAgain.of(edition.edition_id, which if len(doubtful) > 1 else AGAIN))
    return view if doubtful else None
