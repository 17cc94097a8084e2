"""The lists and buttons of a panel: all that they need later stands in their custom_ids."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from discord import ButtonStyle, SelectDefaultValue, SelectDefaultValueType
from discord.ui import Button, ChannelSelect, Item, RoleSelect, Select, View

from bot.chat import permissions
from bot.chat.digest.posting import PostNow
from bot.chat.digest.preview import PreviewNow
from bot.chat.digest.set_value import INHERIT
from bot.chat.setup.changes import Done
from bot.chat.setup.form import kept
from bot.chat.setup.options import options_of
from bot.chat.setup.place import FIRST, MORE, Place
from bot.digests.settings import PUBLISH, ROLE
from bot.render import limits
from bot.render.changes import title
from bot.render.sanitizer import plain
from bot.render.setup import (
    SELECTS,
    Choice,
    Panel,
    meant_choices,
    settings_of,
    topic_choices,
    value_choices,
)

_LONGEST_ID: Final = 100


def panel_view(panel: Panel, place: Place, done: Done) -> View:
    """The selects and buttons of a panel's page: at most five rows."""
    view = View(timeout=None)
    for item in (*_selects(panel, place, done), *_buttons(panel, place, done)):
        view.add_item(item)
    return view


def _selects(panel: Panel, place: Place, done: Done) -> Iterator[Item[View]]:
    revision = panel.revision
    if place.page == FIRST and done.meant:
        setting, texts = done.meant
        choices = meant_choices(setting, texts, panel.now)
        custom_id = place.id_of(f"set:{setting.name}:{revision}")
        yield _select(custom_id, f"{setting.heading}: choose what you mean", choices, 1, 1)
    elif place.page == FIRST and panel.status is None:
        yield _channel_select(place, revision, "Set up one channel")
    elif place.page == FIRST and panel.offered:
        choices = topic_choices(panel)
        custom_id = place.id_of(f"topics:{revision}")
        yield _select(custom_id, "Choose topics", choices, 0, len(choices))
    for setting in SELECTS[place.page]:
        if setting in settings_of(panel):
            custom_id = place.id_of(f"set:{setting.name}:{revision}")
            choices = value_choices(setting, panel, INHERIT)
            yield _select(custom_id, setting.heading, choices, 0, 1)
    if place.page == MORE:
        yield _role_select(place, revision, panel.settings[ROLE])
        if PUBLISH not in settings_of(panel):  # else all five rows are taken
            yield _channel_select(place, revision, "Set up another channel")


def _role_select(place: Place, revision: str, role_id: int | None) -> RoleSelect[View]:
    # Discord's description wants ids as text; discord.py sends what it is given.
    role = SelectDefaultValue(id=str(role_id), type=SelectDefaultValueType.role)  # type: ignore[arg-type]
    return RoleSelect(
        custom_id=place.id_of(f"role:{revision}"),
        placeholder=ROLE.heading,
        min_values=0,
        default_values=[role] if role_id else [],
    )


def _channel_select(place: Place, revision: str, name: str) -> ChannelSelect[View]:
    return ChannelSelect(
        custom_id=place.id_of(f"channel:{revision}"),
        placeholder=name,
        channel_types=list(permissions.POSTABLE),
    )


def _select(
    custom_id: str, name: str, choices: Sequence[Choice], least: int, most: int
) -> Select[View]:
    return Select(
        custom_id=custom_id,
        placeholder=name,
        options=options_of(choices),
        min_values=least,
        max_values=most,
    )


def _buttons(panel: Panel, place: Place, done: Done) -> Iterator[Item[Any]]:
    revision, style = panel.revision, ButtonStyle.secondary
    if place.page == MORE:
        yield Button(label="Back", custom_id=place.on(FIRST).id_of(f"open:{revision}"), style=style)
        mute = place.id_of(f"mute:{revision}")
        yield Button(label="Mute publishers", custom_id=mute, style=style)
        if place.channel_id is not None and panel.manages_server:
            server = Place(None).id_of(f"open:{revision}")
            yield Button(label="Whole server", custom_id=server, style=style)
    else:
        yield from _first_buttons(panel, place, done)
    yield from _undo(panel, place, done)


def _undo(panel: Panel, place: Place, done: Done) -> Iterator[Item[Any]]:
    """The button that undoes what was just done, else the newest of its user's changes."""
    ids, label = done.changes, "Undo"
    if panel.undo and not ids:
        ids, label = [panel.undo.change_id], plain(f"Undo: {title(panel.undo)}", limits.BUTTON)
    if ids:
        custom_id = place.id_of(f"undo:{'-'.join(map(str, ids))}:{panel.revision}")
        yield Button(label=label, custom_id=custom_id, style=ButtonStyle.secondary)


def _first_buttons(panel: Panel, place: Place, done: Done) -> Iterator[Item[Any]]:
    revision, style = panel.revision, ButtonStyle.secondary
    form = place.id_of(f"form:{revision}")
    label = "Time, zone, topics" if panel.is_new else "Time, days, zone"
    if done.typed:
        form += f":{kept(done.typed, _LONGEST_ID - len(form) - 1)}"
        label = "Try again"
    first = ButtonStyle.primary if done.typed or panel.is_new else style
    yield Button(label=label, custom_id=form, style=first)
    if panel.status and (panel.obstacle or not panel.offered):
        yield Button(label="Check again", custom_id=place.id_of(f"open:{revision}"), style=style)
    elif panel.status and place.channel_id is not None:
        yield PreviewNow.of(place.channel_id, disabled=not panel.followed)
        yield PostNow.of(place.channel_id, disabled=not panel.followed)
    yield Button(label="More", custom_id=place.on(MORE).id_of(f"open:{revision}"), style=style)
