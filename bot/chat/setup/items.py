"""The panel of /digest setup, and what each of its lists and buttons does.

Everything stands in the custom_ids, and nothing in them is believed: each item checks again who
uses it, and where. The panel is changed in place, so that one message shows how things stand.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from discord.ui import Button, ChannelSelect, DynamicItem, RoleSelect, Select, View

from bot.chat import permissions
from bot.chat.digest import roles
from bot.chat.digest.preview import PreviewNow
from bot.chat.digest.publishers import muted_in, offered_publishers
from bot.chat.digest.set_value import INHERIT
from bot.chat.items import Answering
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction, answer_error, answer_unknown, hold, replace
from bot.chat.setup import changes
from bot.chat.setup.changes import NOTHING, Done
from bot.chat.setup.form import (
    FORM_ID,
    KEPT,
    MUTING_ID,
    open_form,
    open_muting,
    submitted,
    submitted_publishers,
    submitted_topics,
    typed_before,
)
from bot.chat.setup.place import FIRST, PLACE, REVISION, Place
from bot.chat.setup.reading import panel_of
from bot.chat.setup.suggestion import suggested
from bot.chat.setup.view import panel_view
from bot.digests.setting_values import NOBODY
from bot.digests.settings import MUTE, ROLE, SETTINGS
from bot.errors import UsageError
from bot.render.setup import SHOWN, panel_embed, panel_text, publisher_choices

_IDS: Final = r"\d{1,15}(?:-\d{1,15}){0,4}"
"""The ids of the changes that one button undoes."""
_CHOOSE: Final = "Please choose from the list."
_NO_PUBLISHER: Final = (
    "No digest has shown a publisher here yet. `/digest mute` takes names, like `Forbes, ZDNet`."
)


async def show(
    interaction: Interaction, place: Place, chosen: ChosenChannel | None, done: Done = NOTHING
) -> None:
    """Show a panel as things are now, in place of the one that was used."""
    panel = await panel_of(interaction, chosen)
    embed = panel_embed(panel)
    text = panel_text(panel, done.note)
    await replace(interaction, [embed], panel_view(panel, place, done), text=text)


async def begin(interaction: Interaction, channel_id: int | None) -> None:
    """Answer a button with the form for a channel that follows nothing yet, else with its panel.
    Raises UsageError.
    """
    place = Place(channel_id)
    panel = await panel_of(interaction, await chosen_at(interaction, place))
    if panel.is_new:
        await open_form(interaction, place, panel, suggested(interaction, panel))
    else:
        await _open(interaction, place)


async def _open(interaction: Interaction, place: Place) -> None:
    await hold(interaction)
    await show(interaction, place, await chosen_at(interaction, place))


async def chosen_at(
    interaction: Interaction, place: Place, action: str = "setup"
) -> ChosenChannel | None:
    """The panel's channel, or None for the server, if the user may do that there. Raises
    UsageError.
    """
    if place.channel_id is None:
        await permissions.require(interaction, action)
        return None
    return await permissions.named_channel(interaction, place.channel_id, action)


class _OnPanel(Answering):
    """An item on a panel."""

    @property
    def place(self) -> Place:
        """The panel's place, as the custom_id has it."""
        return Place.of(self.match)


class OpenPanel(_OnPanel, DynamicItem[Button[View]], template=f"{PLACE}open{REVISION}"):
    """Shows a panel: in place on a panel, as a private answer under a message that all see."""

    async def act(self, interaction: Interaction) -> None:
        await _open(interaction, self.place)


class ChooseTopics(_OnPanel, DynamicItem[Select[View]], template=f"{PLACE}topics{REVISION}"):
    """Lets a channel follow those of the offered topics that are chosen, and no other of them."""

    async def act(self, interaction: Interaction) -> None:
        await hold(interaction)
        chosen = await chosen_at(interaction, self.place, "subscribe")
        if chosen is None:
            raise UsageError("Topics are chosen for a channel.")
        offered = {one.value: one.default for one in self.item.options}
        done = await changes.follow(interaction, chosen, offered, _values(interaction))
        await show(interaction, self.place, chosen, done)


class ChooseSetting(
    _OnPanel, DynamicItem[Select[View]], template=rf"{PLACE}set:(?P<name>[a-z_]{{1,20}}){REVISION}"
):
    """Sets one value; with none chosen it is inherited."""

    async def act(self, interaction: Interaction) -> None:
        await hold(interaction)
        chosen = await chosen_at(interaction, self.place)
        setting = SETTINGS.get(self.match["name"])
        if setting not in SHOWN:
            raise UsageError(_CHOOSE)
        text = next(iter(_values(interaction)), INHERIT)
        done = await changes.set_values(interaction, chosen, {setting: text})
        await show(interaction, self.place, chosen, done)


class ChooseRole(_OnPanel, DynamicItem[RoleSelect[View]], template=f"{PLACE}role{REVISION}"):
    """Sets the role that is pinged; with none chosen there is none."""

    async def act(self, interaction: Interaction) -> None:
        await hold(interaction)
        chosen = await chosen_at(interaction, self.place)
        text = next(iter(_values(interaction)), roles.NONE)
        done = await changes.set_values(interaction, chosen, {ROLE: text})
        await show(interaction, self.place, chosen, done)


class ChooseChannel(
    _OnPanel, DynamicItem[ChannelSelect[View]], template=f"{PLACE}channel{REVISION}"
):
    """Turns a panel to that of another channel."""

    async def act(self, interaction: Interaction) -> None:
        await hold(interaction)
        value = next(iter(_values(interaction)), "")
        if not re.fullmatch(r"\d{1,20}", value, re.ASCII):
            raise UsageError(_CHOOSE)
        place = Place(int(value))
        await show(interaction, place, await chosen_at(interaction, place))


class OpenForm(
    _OnPanel, DynamicItem[Button[View]], template=rf"{PLACE}form{REVISION}(?::(?P<kept>{KEPT}))?"
):
    """Opens the form for times, days and time zone, and for the topics of a new channel."""

    async def act(self, interaction: Interaction) -> None:
        chosen = await chosen_at(interaction, self.place)
        panel = await panel_of(interaction, chosen)
        typed = typed_before(self.match["kept"]) or suggested(interaction, panel)
        await open_form(interaction, self.place, panel, typed)


class OpenMuting(_OnPanel, DynamicItem[Button[View]], template=f"{PLACE}mute{REVISION}"):
    """Opens the form in which publishers are chosen that are muted."""

    async def act(self, interaction: Interaction) -> None:
        chosen = await chosen_at(interaction, self.place)
        muted = await muted_in(interaction, chosen)
        choices = publisher_choices(await offered_publishers(interaction, chosen, muted), muted)
        if not choices:
            raise UsageError(_NO_PUBLISHER)
        await open_muting(interaction, self.place, choices)


class UndoOnPanel(
    _OnPanel, DynamicItem[Button[View]], template=rf"{PLACE}undo:(?P<ids>{_IDS}){REVISION}"
):
    """Undoes what was just changed on the panel, the last change first."""

    async def act(self, interaction: Interaction) -> None:
        await hold(interaction)
        chosen = await chosen_at(interaction, self.place)
        ids = [int(one) for one in self.match["ids"].split("-")]
        await show(interaction, self.place, chosen, await changes.undo(interaction, chosen, ids))


SETUP_ITEMS: Final = (
    OpenPanel,
    ChooseTopics,
    ChooseSetting,
    ChooseRole,
    ChooseChannel,
    OpenForm,
    OpenMuting,
    UndoOnPanel,
    PreviewNow,
)
"""Every kind of item of the panel, to be registered by the bot."""


def _values(interaction: Interaction) -> list[str]:
    """What was chosen in a select: ids or options, as Discord says."""
    return list(_data(interaction).get("values", ()))


def _data(interaction: Interaction) -> Mapping[str, Any]:
    """What Discord says of an interaction: it may be anything."""
    return cast(Mapping[str, Any], interaction.data or {})


async def answer_form(interaction: Interaction) -> None:
    """Set what a submitted form says, and show the panel; any error is answered."""
    custom_id = str(_data(interaction).get("custom_id"))
    match, muting = FORM_ID.fullmatch(custom_id), MUTING_ID.fullmatch(custom_id)
    try:
        if match:
            await _take_form(interaction, Place.of(match).on(FIRST), match["was"])
        elif muting:
            await _mute(interaction, Place.of(muting))
        else:
            await answer_unknown(interaction)
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, a person gets a sentence
        await answer_error(interaction, error)


async def _take_form(interaction: Interaction, place: Place, was: str) -> None:
    await hold(interaction)
    chosen = await chosen_at(interaction, place)
    done, topics = NOTHING, submitted_topics(_data(interaction))
    if chosen and topics:
        await chosen_at(interaction, place, "subscribe")
        done = await changes.follow(interaction, chosen, dict.fromkeys(topics, False), topics)
    values = submitted(_data(interaction), was, INHERIT)
    done = done.and_then(await changes.set_values(interaction, chosen, values))
    await show(interaction, place, chosen, done)


async def _mute(interaction: Interaction, place: Place) -> None:
    await hold(interaction)
    chosen = await chosen_at(interaction, place)
    names = submitted_publishers(_data(interaction))
    done = NOTHING
    if {*names} != {*await muted_in(interaction, chosen)}:
        done = await changes.set_values(interaction, chosen, {MUTE: "\n".join(names) or NOBODY})
    await show(interaction, place, chosen, done)
