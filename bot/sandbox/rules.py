"""What a message, a modal and a list of choices must keep: Discord's documented limits.

Written from Discord's documentation, apart from the bot's own limits, so that one finds the
other's mistakes. Stricter than Discord where strictness finds faults: unknown keys, flags that do
not belong, and whatever this sandbox does not show (files, stickers, polls, replies, layouts,
selects other than of strings) are refused with 50035.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.forms import (
    REQUIRED,
    Fault,
    Rule,
    below,
    boolean,
    by_type,
    chain,
    choice,
    each,
    flags,
    localized,
    moment,
    number,
    snowflake,
    table,
    text,
    url,
)
from bot.sandbox.messages import EPHEMERAL, SILENT, SUPPRESS_EMBEDS

Json = dict[str, Any]

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, TEXT_DISPLAY, LABEL = 1, 2, 3, 4, 10, 18
"""Component types."""
LINK = 5
"""The button style that opens a URL."""

EMBED_TOTAL = 6000
"""Characters over all embeds of a message: title, description, fields, footer, author."""

LARGEST = (1 << 53) - 1

web = url(2048, "http", "https")
picture = url(2048, "http", "https", "attachment")

# What a bot reads in an embed it may send back: proxies and sizes are known and without effect.
_IMAGE = table(
    {"url": picture},
    {
        "proxy_url": text(0, 2048),
        "width": number(0, LARGEST),
        "height": number(0, LARGEST),
        "content_type": text(0, 256),
        "description": text(0, 4096),
        "flags": number(0, LARGEST),
        "placeholder": text(0, 64),
        "placeholder_version": number(0, LARGEST),
    },
)
_ICON = {"icon_url": picture, "proxy_icon_url": text(0, 2048)}
_FIELD = table({"name": text(1, 256), "value": text(1, 1024)}, {"inline": boolean})
_SHOWN = ("title", "description", "fields", "author", "footer", "image", "thumbnail")


def _shows_something(embed: Json) -> Iterator[Fault]:
    if not any(embed.get(key) for key in _SHOWN):
        yield from below("description", iter((REQUIRED,)))


EMBED = chain(
    table(
        {},
        {
            "type": choice("rich"),
            "title": text(0, 256),
            "description": text(0, 4096),
            "url": web,
            "timestamp": moment,
            "color": number(0, 0xFFFFFF),
            "footer": table({"text": text(1, 2048)}, _ICON),
            "author": table({"name": text(1, 256)}, {"url": web, **_ICON}),
            "image": _IMAGE,
            "thumbnail": _IMAGE,
            "fields": each(_FIELD, 0, 25),
            "flags": number(0, LARGEST),
        },
    ),
    _shows_something,
)


def embed_length(embed: Json) -> int:
    """The characters of an embed that count towards the total."""
    fields = embed.get("fields") or []
    counted = [
        embed.get("title"),
        embed.get("description"),
        (embed.get("footer") or {}).get("text"),
        (embed.get("author") or {}).get("name"),
        *(field[key] for field in fields for key in ("name", "value")),
    ]
    return sum(len(one or "") for one in counted)


def _embeds_fit_together(body: Json) -> Iterator[Fault]:
    if sum(embed_length(one) for one in body.get("embeds") or []) > EMBED_TOTAL:
        words = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        yield Fault(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words)


_EMOJI = table({"name": text(1, 32)}, {"id": snowflake, "animated": boolean})
_ID = {"id": number(0, (1 << 31) - 1)}
custom_id = text(1, 100)


def _button_is_whole(button: Json) -> Iterator[Fault]:
    """A link button has a URL, every other one a custom_id, and each has something on it."""
    wanted, barred = ("url", "custom_id") if button["style"] == LINK else ("custom_id", "url")
    if not button.get(wanted):
        code = f"BUTTON_COMPONENT_{wanted.upper()}_REQUIRED"
        yield Fault((wanted,), code, f"A {wanted} is required.")
    if button.get(barred) is not None:
        yield Fault((barred,), "BUTTON_COMPONENT_EXCLUSIVE", f"A {barred} cannot be used here.")
    if not (button.get("label") or button.get("emoji")):
        yield Fault((), "BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji.")


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


def _select_can_be_used(select: Json) -> Iterator[Fault]:
    values = [option["value"] for option in select["options"]]
    if len(values) != len(set(values)):
        words = "The specified option value is already used"
        yield Fault(("options",), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
    most = select.get("max_values") or 1
    if most > len(values) or (select.get("min_values") or 0) > most:
        words = "max_values must be within min_values and the number of options."
        yield Fault(("max_values",), "SELECT_COMPONENT_MAX_VALUES_INVALID", words)


_SELECT = chain(
    table(
        {
            "type": choice(STRING_SELECT),
            "custom_id": custom_id,
            "options": each(_SELECT_OPTION, 1, 25),
        },
        {
            **_ID,
            "placeholder": text(0, 150),
            "min_values": number(0, 25),
            "max_values": number(1, 25),
            "disabled": boolean,
            "required": boolean,
        },
    ),
    _select_can_be_used,
)


def _select_is_alone(row: Json) -> Iterator[Fault]:
    kinds = [one["type"] for one in row["components"]]
    if STRING_SELECT in kinds and len(kinds) > 1:
        words = "The specified component exceeds the maximum width"
        yield Fault(("components",), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)


_MESSAGE_ROW = chain(
    table(
        {
            "type": choice(ROW),
            "components": each(by_type({BUTTON: _BUTTON, STRING_SELECT: _SELECT}), 1, 5),
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


def _custom_ids_differ(body: Json) -> Iterator[Fault]:
    used = [one["custom_id"] for one in inner(body.get("components")) if one.get("custom_id")]
    if len(used) != len(set(used)):
        words = "Component custom id cannot be duplicated"
        yield Fault(("components",), "COMPONENT_CUSTOM_ID_DUPLICATED", words)


def _parse_or_listed(mentions: Json) -> Iterator[Fault]:
    for key in ("users", "roles"):
        if key in (mentions.get("parse") or []) and mentions.get(key):
            words = f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.'
            yield Fault((), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)


_ALLOWED_MENTIONS = chain(
    table(
        {},
        {
            "parse": each(choice("users", "roles", "everyone"), 0, 3),
            "users": each(snowflake, 0, 100),
            "roles": each(snowflake, 0, 100),
            "replied_user": boolean,
        },
    ),
    _parse_or_listed,
)


def _message(allowed_flags: int, **more: Rule) -> Rule:
    keys = {
        "content": text(0, 2000),
        "embeds": each(EMBED, 0, 10),
        "components": each(_MESSAGE_ROW, 0, 5),
        "allowed_mentions": _ALLOWED_MENTIONS,
        "flags": flags(allowed_flags),
        "tts": boolean,
        "attachments": each(table({}, {}), 0, 0),
        **more,
    }
    return chain(table({}, keys), _embeds_fit_together, _custom_ids_differ)


def _nonce_to_enforce(body: Json) -> Iterator[Fault]:
    if body.get("enforce_nonce") and body.get("nonce") is None:
        yield from below("nonce", iter((REQUIRED,)))


def _nonce(value: object) -> Iterator[Fault]:
    return text(0, 25)(str(value) if isinstance(value, int) else value)


CREATE = chain(
    _message(SUPPRESS_EMBEDS | SILENT, nonce=_nonce, enforce_nonce=boolean),
    _nonce_to_enforce,
)
"""The body of a new message in a channel."""

POST = table(
    {"name": text(1, 100), "message": _message(SUPPRESS_EMBEDS | SILENT)},
    {
        "applied_tags": each(snowflake, 0, 5),
        "auto_archive_duration": choice(60, 1440, 4320, 10_080),
        "rate_limit_per_user": number(0, 21_600),
    },
)
"""The body of a new post in a forum; its message has no nonce."""

THREAD = table(
    {},
    {
        "name": text(1, 100),
        "archived": boolean,
        "locked": boolean,
        "auto_archive_duration": choice(60, 1440, 4320, 10_080),
        "applied_tags": each(snowflake, 0, 5),
    },
)
"""The body of a change to a thread."""

EDIT = _message(SUPPRESS_EMBEDS)
"""The body of a change to a message."""

ANSWER = _message(SUPPRESS_EMBEDS | SILENT | EPHEMERAL)
"""The data of an interaction's answer, and the body of a follow-up."""

DEFERRED = table({}, {"flags": flags(EPHEMERAL)})
"""The data of an answer that is put off."""


def _choice_value(value: object) -> Iterator[Fault]:
    return number(-LARGEST, LARGEST)(value) if isinstance(value, int) else text(0, 100)(value)


CHOICES = table(
    {
        "choices": each(
            table(
                {"name": text(1, 100), "value": _choice_value},
                {"name_localizations": localized(text(1, 100))},
            ),
            0,
            25,
        )
    },
    {},
)
"""The data of an answer to somebody who types into an option."""


HISTORY = table(
    {}, {"limit": number(1, 100), "before": snowflake, "after": snowflake, "around": snowflake}
)
"""The query of a reading of messages, numbers decoded."""

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
    _custom_ids_differ,
)
"""The data of an answer that opens a form."""
