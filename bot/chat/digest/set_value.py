"""Sets a value for a channel or the server, and answers with the effect."""

from collections.abc import Mapping
from typing import Final, Self

from discord import SelectOption
from discord.ext import commands
from discord.ui import Button, DynamicItem, Select, View

from bot.chat import permissions
from bot.chat.digest import roles
from bot.chat.digest.posting import PostNow
from bot.chat.digest.publishers import chosen_publishers
from bot.chat.digest.status import standing_change, standing_now
from bot.chat.digest.undo import change_view, short_name
from bot.chat.items import Answering
from bot.chat.permissions import ChannelOption, ChosenChannel
from bot.chat.replies import Interaction, reply, sentence
from bot.chat.rest.channels import Postable
from bot.chat.services import ChatServices, services
from bot.config import QuietDay
from bot.digests.setting_types import AnySetting, DigestSettings
from bot.digests.settings import MUTE, QUIET_DAY, ROLE, SETTINGS
from bot.digests.status import ChannelChange, ServerChange
from bot.errors import Ambiguous, BadValue, UsageError
from bot.render import limits, setting_answers
from bot.render.sanitizer import plain

INHERIT: Final = "default"
"""What an admin enters to go back to the server's (or the bot's) value."""
_LONGEST: Final = 60
"""The longest text of a value that fits into a custom_id beside a channel and a setting."""
SERVER: Final = 0
"""The whole server, in place of a channel's id."""
_BUTTONS: Final = 5
"""How many buttons fit into a row."""
_NEAR: Final = " Did you mean one of these?"
_FOR_SERVER: Final = (
    "That would change the whole server, which needs Manage Server. Name a channel you manage"
)


class SettingCog(commands.Cog):
    """A cog whose commands set values."""

    def __init__(self, services: ChatServices) -> None:
        self.services = services

    async def set(
        self,
        interaction: Interaction,
        setting: AnySetting,
        text: str,
        channel: ChannelOption | None,
    ) -> None:
        """Set one value for a channel or the server, and answer with the effect."""
        if channel is not None:
            chosen = await permissions.chosen_channel(interaction, channel, action_of(setting))
            await set_for_channel(interaction, setting, text, chosen)
        elif permissions.manages_server(interaction):
            await _set_for_server(interaction, setting, text)
        else:
            await _offer_channel(interaction, setting, text)


def action_of(setting: AnySetting) -> str:
    """What setting it is called in the table of permissions."""
    return setting.command.name.removeprefix("/")


async def _set_for_server(interaction: Interaction, setting: AnySetting, text: str) -> None:
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True)
    try:
        change = await change_for_server(interaction, setting, text)
    except BadValue as error:
        await _ask(interaction, setting, SERVER, error)
        return
    here = None if _is_inherited(text) else _here(setting, interaction)
    view = change_view(change.change_id, here) or View(timeout=None)
    _offer_nothing(view, setting, change.settings, SERVER)
    told = setting_answers.server_set(change, setting, services(interaction).clock.now())
    await reply(interaction, told, view=view)


def _offer_nothing(
    view: View, setting: AnySetting, settings: DigestSettings, channel_id: int
) -> None:
    """Offer to post nothing on a quiet day, if otherwise its story may be smaller than was set."""
    if setting_answers.posts_smaller(setting, settings):
        nothing = QuietDay.SKIP.value
        view.add_item(SetHere.of(channel_id, QUIET_DAY.name, nothing, "Then post nothing"))


async def change_for_server(
    interaction: Interaction, setting: AnySetting, text: str
) -> ServerChange:
    """Set a server's default. Raises UsageError."""
    guild_id = permissions.server_of(interaction)
    value = await _value(interaction, setting, text, None)
    known, by = services(interaction), interaction.user.id
    change = await known.settings.set_for_server(guild_id, setting.name, value, by=by)
    return await standing_change(interaction.client, change)


async def set_for_channel(
    interaction: Interaction, setting: AnySetting, text: str, chosen: ChosenChannel
) -> None:
    """Set one value for a channel, and answer with the effect."""
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True)
    try:
        change = await change_for_channel(interaction, setting, text, chosen)
    except BadValue as error:
        await _ask(interaction, setting, chosen.target.channel_id, error)
        return
    view = change_view(change.change_id) or View(timeout=None)
    if change.status.topics:
        view.add_item(PostNow.of(chosen.target.channel_id))
    _offer_nothing(view, setting, change.status.settings, chosen.target.channel_id)
    now = services(interaction).clock.now()
    status = await standing_now(interaction.client, change.status)
    await reply(interaction, setting_answers.channel_set(status, setting, now), view=view)


async def change_for_channel(
    interaction: Interaction, setting: AnySetting, text: str, chosen: ChosenChannel
) -> ChannelChange:
    """Set one value for a channel. Raises UsageError."""
    permissions.check_kind(setting, chosen)
    value = await _value(interaction, setting, text, chosen)
    known, by = services(interaction), interaction.user.id
    return await known.settings.set_for_channel(chosen.target, setting.name, value, by=by)


async def _ask(
    interaction: Interaction, setting: AnySetting, channel_id: int, error: BadValue
) -> None:
    """Answer a value that may stand for several, or was mistyped, with a choice of what was meant:
    a button for each if they fit into a row, else a select. Raises the error if there is none.
    """
    choices = [text for text in error.choices if len(text) <= _LONGEST]
    if not choices:
        raise error
    now = services(interaction).clock.now()
    labels = {text: setting_answers.choice(setting, text, now) for text in choices}
    view = View(timeout=None)
    if len(labels) > _BUTTONS:
        view.add_item(ChooseMeaning(value_select(channel_id, setting.name, labels)))
    else:
        for text, label in labels.items():
            view.add_item(SetHere.of(channel_id, setting.name, text, label))
    which = "" if isinstance(error, Ambiguous) else _NEAR
    await reply(interaction, f"{sentence(error)}{which}", view=view)


async def _offer_channel(interaction: Interaction, setting: AnySetting, text: str) -> None:
    """Refuse what would be for the whole server, and offer to set it for this channel."""
    here = _here(setting, interaction)
    if here and len(text) <= _LONGEST and await permissions.may(interaction, action_of(setting)):
        label = f"Only {short_name(here)}"
        view = View(timeout=None)
        view.add_item(SetHere.of(here.id, setting.name, text, label))
        await reply(interaction, f"{_FOR_SERVER}, or press **{label}**.", view=view)
    else:
        await reply(interaction, f"{_FOR_SERVER}.")


def _here(setting: AnySetting, interaction: Interaction) -> Postable | None:
    """The command's own channel, if the setting has an effect there."""
    here = interaction.channel
    if not isinstance(here, Postable) or here.type not in permissions.POSTABLE:
        return None
    return here if setting.works_in(permissions.kind_of(here)) else None


class SetHere(
    Answering,
    DynamicItem[Button[View]],
    template=r"set:1:(?P<channel>\d{1,20}):(?P<name>[a-z_]{1,15}):(?P<text>.{0,60})",
):
    """Sets a value for a channel or (SERVER) the whole server, as the command would."""

    @classmethod
    def of(cls, channel_id: int, name: str, text: str, label: str) -> Self:
        """The button for a value."""
        custom_id = f"set:1:{channel_id}:{name}:{text}"
        return cls(Button(label=plain(label, limits.BUTTON), custom_id=custom_id))

    async def act(self, interaction: Interaction) -> None:
        channel_id, name, text = self.match.group("channel", "name", "text")
        await _set(interaction, int(channel_id), name, text)


class ChooseMeaning(
    Answering,
    DynamicItem[Select[View]],
    template=r"choose:1:(?P<channel>\d{1,20}):(?P<name>[a-z_]{1,15})",
):
    """Sets the chosen value, as SetHere does."""

    async def act(self, interaction: Interaction) -> None:
        if not self.item.values:
            raise UsageError("Please choose from the list.")
        channel_id, name = self.match.group("channel", "name")
        await _set(interaction, int(channel_id), name, self.item.values[0])


def value_select(channel_id: int, name: str, labels: Mapping[str, str]) -> Select[View]:
    """A select of values for a setting, by their texts, each with its label."""
    options = [
        SelectOption(label=plain(label, limits.OPTION_TEXT), value=text)
        for text, label in labels.items()
    ]
    custom_id = f"choose:1:{channel_id}:{name}"
    return Select(custom_id=custom_id, placeholder="Choose what you mean", options=options)


async def _set(interaction: Interaction, channel_id: int, name: str, text: str) -> None:
    """Set a value as a button or select says it; all of it is untrusted."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    setting = SETTINGS.get(name)
    if setting is None:
        raise UsageError("That setting does not exist any more.")
    if channel_id == SERVER:
        await permissions.require(interaction, "set")
        await _set_for_server(interaction, setting, text)
    else:
        chosen = await permissions.named_channel(interaction, channel_id, "set")
        await set_for_channel(interaction, setting, text, chosen)


ITEMS: Final = (SetHere, ChooseMeaning)


def _is_inherited(text: str) -> bool:
    return text.strip().lower() == INHERIT


async def _value(
    interaction: Interaction, setting: AnySetting, text: str, chosen: ChosenChannel | None
) -> str | None:
    """The user's text for a value, None = inherited; of a role its id, of publishers their names.
    Raises UsageError.
    """
    if _is_inherited(text):
        return None
    if setting is ROLE:
        return roles.chosen_role_id(interaction, text, chosen.channel if chosen else None)
    if setting is MUTE:
        return await chosen_publishers(interaction, text, chosen)
    return text
