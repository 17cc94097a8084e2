"""The rules for buttons, selects and forms: Discord's documented limits.

Stricter than Discord: layouts, premium buttons (style 6), selects of users or mentionables, and in
forms all selects other than of strings are refused.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.rules.body_schema import (
    Rule,
    Violation,
    boolean,
    by_type,
    chain,
    choice,
    each,
    number,
    snowflake,
    table,
    text,
    unique,
    url,
)

Json = dict[str, Any]

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, TEXT_DISPLAY, LABEL = 1, 2, 3, 4, 10, 18
ROLE_SELECT, CHANNEL_SELECT = 6, 8
"""Component types."""
SELECTS = (STRING_SELECT, ROLE_SELECT, CHANNEL_SELECT)
CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)
"""The types of channels, as Discord documents them."""
LINK = 5
"""The button style that opens a URL."""

_EMOJI = table({"name": text(1, 32)}, {"id": snowflake, "animated": boolean})
_ID = {"id": number(0, (1 << 31) - 1)}
custom_id = text(1, 100)


def _button_is_whole(button: Json) -> Iterator[Violation]:
    """A link button has a URL, every other button a custom_id, and each has a label or emoji."""
    wanted, barred = ("url", "custom_id") if button["style"] == LINK else ("custom_id", "url")
    if not button.get(wanted):
        code = f"BUTTON_COMPONENT_{wanted.upper()}_REQUIRED"
        yield Violation((wanted,), code, f"A {wanted} is required.")
    if button.get(barred) is not None:
        yield Violation((barred,), "BUTTON_COMPONENT_EXCLUSIVE", f"A {barred} cannot be used here.")
    if not (button.get("label") or button.get("emoji")):
        yield Violation((), "BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji.")


_BUTTON = chain(
    table(
        {"type": choice(BUTTON), "style": choice(1, 2, 3, 4, LINK)},
        {
            **_ID,
            "label": text(0, 80),
            "emoji": _EMOJI,
            "custom_id": custom_id,
            "url": url(512, "http", "https", "discord"),
            "disabled": boolean,
        },
    ),
    _button_is_whole,
)

_SELECT_OPTION = table(
    {"label": text(1, 100), "value": text(1, 100)},
    {"description": text(0, 100), "emoji": _EMOJI, "default": boolean},
)


_OF_EVERY_SELECT = {
    **_ID,
    "placeholder": text(0, 150),
    "min_values": number(0, 25),
    "max_values": number(1, 25),
    "disabled": boolean,
    "required": boolean,
}


def _taken(select: Json) -> tuple[int, int]:
    """How many values a select takes, at least and at most."""
    low = select.get("min_values")
    return 1 if low is None else low, select.get("max_values") or 1


def _select_can_be_used(select: Json) -> Iterator[Violation]:
    values = [option["value"] for option in select["options"]]
    if len(values) != len(set(values)):
        words = "The specified option value is already used"
        yield Violation(("options",), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
    low, high = _taken(select)
    if high > len(values) or low > high:
        words = "max_values must be within min_values and the number of options."
        yield Violation(("max_values",), "SELECT_COMPONENT_MAX_VALUES_INVALID", words)


def _defaults_fit(select: Json) -> Iterator[Violation]:
    """A select of roles or channels begins with as many as can be chosen, or with none."""
    low, high = _taken(select)
    if low > high:
        words = "max_values must be at least min_values."
        yield Violation(("max_values",), "SELECT_COMPONENT_MAX_VALUES_INVALID", words)
    chosen = select.get("default_values") or []
    if chosen and not low <= len(chosen) <= high:
        words = "The number of default values must be within min_values and max_values."
        yield Violation(("default_values",), "SELECT_COMPONENT_DEFAULT_VALUES_INVALID", words)


def _entity_select(kind: int, of: str, more: dict[str, Rule]) -> Rule:
    """A select that Discord fills itself, with roles or channels."""
    default = table({"id": snowflake, "type": choice(of)}, {})
    keys = {**_OF_EVERY_SELECT, **more, "default_values": each(default, 0, 25)}
    return chain(table({"type": choice(kind), "custom_id": custom_id}, keys), _defaults_fit)


_ROLE_SELECT = _entity_select(ROLE_SELECT, "role", {})
_CHANNEL_TYPES = unique(each(choice(*CHANNEL_TYPES), 0, len(CHANNEL_TYPES)))
_CHANNEL_SELECT = _entity_select(CHANNEL_SELECT, "channel", {"channel_types": _CHANNEL_TYPES})

_SELECT = chain(
    table(
        {
            "type": choice(STRING_SELECT),
            "custom_id": custom_id,
            "options": each(_SELECT_OPTION, 1, 25),
        },
        _OF_EVERY_SELECT,
    ),
    _select_can_be_used,
)


def _select_is_alone(row: Json) -> Iterator[Violation]:
    kinds = [one["type"] for one in row["components"]]
    if {*SELECTS} & {*kinds} and len(kinds) > 1:
        words = "The specified component exceeds the maximum width"
        yield Violation(("components",), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)


_IN_A_MESSAGE = {
    BUTTON: _BUTTON,
    STRING_SELECT: _SELECT,
    ROLE_SELECT: _ROLE_SELECT,
    CHANNEL_SELECT: _CHANNEL_SELECT,
}

MESSAGE_ROW = chain(
    table(
        {
            "type": choice(ROW),
            "components": each(by_type(_IN_A_MESSAGE), 1, 5),
        },
        _ID,
    ),
    _select_is_alone,
)


def inner(rows: list[Json] | None) -> Iterator[Json]:
    """The components inside action rows and labels."""
    for row in rows or []:
        yield from row.get("components") or []
        if row.get("component"):
            yield row["component"]


def ids_differ(body: Json) -> Iterator[Violation]:
    """No two components of a message or form have the same id; 0 means no id."""
    rows = body.get("components") or []
    used = [one["id"] for one in (*rows, *inner(rows)) if one.get("id")]
    if len(used) != len(set(used)):
        words = "Component id cannot be duplicated"
        yield Violation(("components",), "COMPONENT_ID_DUPLICATED", words)


def custom_ids_differ(body: Json) -> Iterator[Violation]:
    """No two components of a message or form have the same custom_id."""
    used = [one["custom_id"] for one in inner(body.get("components")) if one.get("custom_id")]
    if len(used) != len(set(used)):
        words = "Component custom id cannot be duplicated"
        yield Violation(("components",), "COMPONENT_CUSTOM_ID_DUPLICATED", words)


_TEXT_INPUT = table(
    {"type": choice(TEXT_INPUT), "custom_id": custom_id, "style": choice(1, 2)},
    {
        **_ID,
        "label": text(1, 45),
        "value": text(0, 4000),
        "placeholder": text(0, 100),
        "required": boolean,
        "min_length": number(0, 4000),
        "max_length": number(1, 4000),
    },
)
_LABEL = table(
    {
        "type": choice(LABEL),
        "label": text(1, 45),
        "component": by_type({TEXT_INPUT: _TEXT_INPUT, STRING_SELECT: _SELECT}),
    },
    {**_ID, "description": text(1, 100)},
)
_INPUT_ROW = table(
    {"type": choice(ROW), "components": each(by_type({TEXT_INPUT: _TEXT_INPUT}), 1, 1)}, _ID
)
_WORDS = table({"type": choice(TEXT_DISPLAY), "content": text(1, 4000)}, _ID)

MODAL = chain(
    table(
        {
            "custom_id": custom_id,
            "title": text(1, 45),
            "components": each(
                by_type({ROW: _INPUT_ROW, LABEL: _LABEL, TEXT_DISPLAY: _WORDS}), 1, 5
            ),
        },
        {},
    ),
    ids_differ,
    custom_ids_differ,
)
"""The data of an answer that opens a form."""
