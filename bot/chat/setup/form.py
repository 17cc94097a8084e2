"""The form of the panel: when digests come, as text; and the topics of a channel that follows none.
Discord keeps a form's content by its id, so each opening has an id of its own; after a restart a
submitted form is found by that id alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

from discord.ui import Label, Modal, Select, TextInput

from bot.chat.replies import Interaction
from bot.chat.setup.options import options_of
from bot.chat.setup.place import PLACE, Place
from bot.digests.setting_types import AnySetting
from bot.render.setup import FORM, Choice, Panel, form_fields, form_title, topic_choices

FORM_ID: Final = re.compile(rf"{PLACE}when:\d{{1,20}}:(?P<was>[0-9a-f]{{{8 * len(FORM)}}})")
"""The custom_id of a form: its panel, the interaction that opened it, and for each line a check sum
of what was set here then: only a line that has something else is meant to be set.
"""
MUTING_ID: Final = re.compile(rf"{PLACE}muted:\d{{1,20}}")
"""The custom_id of the form in which publishers are chosen: its panel, and the interaction."""
KEPT: Final = r"[^|]*\|[^|]*\|[^|]*"
"""Texts that were typed into the form, for each of its lines one or nothing."""
_LONGEST: Final = 100
"""How many characters a line takes, and a custom_id."""
_TOPICS: Final = "topics"
_MUTED: Final = "publishers"
_LATER: Final = "You can add more at any time"
_WHAT: Final = "A digest leaves out what only these report"


def kept(typed: Mapping[str, str], room: int) -> str:
    """Typed texts as a part of a custom_id: as many as there is room for."""
    texts = [typed.get(one.name, "").replace("|", " ") for one in FORM]
    while len("|".join(texts)) > room:
        texts[max(range(len(texts)), key=lambda n: len(texts[n]))] = ""
    return "|".join(texts)


def typed_before(text: str | None) -> dict[str, str]:
    """The typed texts, by setting, from a custom_id."""
    texts = text.split("|") if text else []
    return {one.name: typed for one, typed in zip(FORM, texts, strict=False) if typed}


async def open_form(
    interaction: Interaction, place: Place, panel: Panel, typed: Mapping[str, str]
) -> None:
    """Show the form, with what is set here or what was typed before."""
    was = "".join(_sum(field.value) for field in form_fields(panel, {}))
    custom_id = place.id_of(f"when:{interaction.id}:{was}")
    modal = Modal(title=form_title(panel), custom_id=custom_id)
    for field in form_fields(panel, typed):
        line = TextInput[Modal](
            custom_id=field.name,
            default=field.value[:_LONGEST],
            placeholder=field.inherited[:_LONGEST],
            required=False,
            max_length=_LONGEST,
        )
        modal.add_item(Label(text=field.label, description=field.hint, component=line))
    if panel.is_new:
        modal.add_item(_topics(panel))
    modal.stop()  # discord.py would remember it; a submitted form is found by its id
    await interaction.response.send_modal(modal)


def _topics(panel: Panel) -> Label[Modal]:
    return _select(_TOPICS, "Topics", _LATER, "Choose topics", topic_choices(panel))


def _select(
    custom_id: str, text: str, description: str, placeholder: str, choices: Sequence[Choice]
) -> Label[Modal]:
    options = options_of(choices)
    select = Select[Modal](
        custom_id=custom_id,
        placeholder=placeholder,
        options=options,
        required=False,
        min_values=0,
        max_values=len(options),
    )
    return Label(text=text, description=description, component=select)


async def open_muting(interaction: Interaction, place: Place, choices: Sequence[Choice]) -> None:
    """Show the form in which publishers are chosen; there must be at least one."""
    modal = Modal(title="Mute publishers", custom_id=place.id_of(f"muted:{interaction.id}"))
    modal.add_item(_select(_MUTED, "Muted publishers", _WHAT, "Choose publishers", choices))
    modal.stop()  # as above
    await interaction.response.send_modal(modal)


def submitted_topics(data: Mapping[str, Any]) -> Sequence[str]:
    """The slugs of the topics that were chosen in a submitted form."""
    return _chosen(data, _TOPICS)


def submitted_publishers(data: Mapping[str, Any]) -> Sequence[str]:
    """The names of the publishers that were chosen in a submitted form."""
    return _chosen(data, _MUTED)


def _chosen(data: Mapping[str, Any], custom_id: str) -> Sequence[str]:
    chosen = [one.get("values") for one in _inside(data) if one.get("custom_id") == custom_id]
    return [key for values in chosen if isinstance(values, list) for key in map(str, values)]


def submitted(data: Mapping[str, Any], was: str, inherit: str) -> dict[AnySetting, str]:
    """What a submitted form changes: the new texts by setting; an empty line is inherited.

    `was`: the check sums in its custom_id.
    """
    typed = {name: text.strip() for name, text in _texts(data)}
    sums = dict(zip(FORM, re.findall(".{8}", was), strict=True))
    return {
        setting: typed[setting.name] or inherit
        for setting in FORM
        if setting.name in typed and _sum(typed[setting.name]) != sums[setting]
    }


def _sum(text: str) -> str:
    return f"{crc32(text.encode(errors='surrogatepass')):08x}"


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of a submitted form, by their lines' ids."""
    for one in _inside(data):
        name, text = one.get("custom_id"), one.get("value")
        if isinstance(name, str) and isinstance(text, str):
            yield name, text[:_LONGEST]


def _inside(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a submitted form has in its lines. It may be forged: any JSON."""
    rows = data.get("components")
    for row in rows if isinstance(rows, list) else ():
        inside = row.get("component") if isinstance(row, dict) else None
        if isinstance(inside, dict):
            yield inside
