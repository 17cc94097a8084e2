"""Buttons that take a change back: for ten minutes, by those who may make it."""

from typing import Final, Self

import discord
from discord.ui import Button, DynamicItem, View

from bot.chat import permissions
from bot.chat.digest.status import standing_change, standing_now
from bot.chat.items import Answering
from bot.chat.replies import Interaction, reply
from bot.chat.services import services
from bot.digests.changes import TOPICS, Change
from bot.digests.settings import SETTINGS
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.render import changes, setting_answers
from bot.render.sanitizer import plain

_NAME: Final = 40
"""How many characters of a channel's name a button shows."""


class Undo(Answering, DynamicItem[Button[View]], template=r"undo:1:(?P<change>\d{1,18})"):
    """Undoes a change."""

    @classmethod
    def of(cls, change_id: int) -> Self:
        """The button for a change."""
        return cls(Button(label="Undo", custom_id=f"undo:1:{change_id}"))

    async def act(self, interaction: Interaction) -> None:
        guild_id = permissions.server_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        known, change_id = services(interaction), int(self.match["change"])
        await check_may_undo(interaction, await known.changes.one(guild_id, change_id))
        undone = await known.changes.undo(guild_id, change_id, by=interaction.user.id)
        now = undone.now
        if isinstance(now, ServerChange):
            now = await standing_change(interaction.client, now)
        elif isinstance(now, DigestStatus):
            now = await standing_now(interaction.client, now)
        await reply(interaction, changes.undone(undone.change, now, known.clock.now()))


async def check_may_undo(interaction: Interaction, change: Change) -> None:
    """Raise UsageError unless the user may make such a change."""
    if isinstance(change.place, Channel):
        action = "subscribe" if change.name == TOPICS else "undo"
        await permissions.named_channel(interaction, change.place.channel_id, action)
    else:
        await permissions.require(interaction, "undo")


class OnlyHere(
    Answering,
    DynamicItem[Button[View]],
    template=r"only:1:(?P<change>\d{1,18}):(?P<channel>\d{1,20})",
):
    """Undoes a change of the whole server and makes it in one channel instead."""

    @classmethod
    def of(cls, change_id: int, channel_id: int, where: str) -> Self:
        """The button for a change and a channel, named as a button shows it."""
        return cls(Button(label=f"Only {where}", custom_id=f"only:1:{change_id}:{channel_id}"))

    async def act(self, interaction: Interaction) -> None:
        guild_id = await permissions.require(interaction, "only")
        await interaction.response.defer(ephemeral=True, thinking=True)
        known, change_id = services(interaction), int(self.match["change"])
        chosen = await permissions.named_channel(interaction, int(self.match["channel"]), "only")
        change = await known.changes.one(guild_id, change_id)
        if isinstance(change.place, Channel) or change.name not in SETTINGS:
            raise UsageError("That change was not of the whole server.")
        permissions.check_kind(SETTINGS[change.name], chosen)
        made = await known.changes.only_for(chosen.target, change_id, by=interaction.user.id)
        status = await standing_now(interaction.client, made.status)
        text = setting_answers.channel_set(status, SETTINGS[change.name], known.clock.now())
        await reply(interaction, f"{text}\n{changes.RESTORED}", view=change_view(made.change_id))


ITEMS: Final = (Undo, OnlyHere)


def change_view(change_id: int | None, here: discord.abc.Snowflake | None = None) -> View | None:
    """The buttons under an answer that changed something (None = nothing): **Undo**; and **Only
    #channel**, if it was the whole server, and could have been the channel `here`.
    """
    if change_id is None:
        return None
    view = View(timeout=None)
    view.add_item(Undo.of(change_id))
    if here is not None:
        view.add_item(OnlyHere.of(change_id, here.id, short_name(here)))
    return view


def short_name(channel: object) -> str:
    """A channel's name, as a button shows it."""
    name = getattr(channel, "name", None)
    return f"#{plain(name, _NAME)}" if name else "this channel"
