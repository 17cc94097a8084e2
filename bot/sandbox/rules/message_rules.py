"""The rules for messages, posts and lists of choices: Discord's documented limits.

Written from Discord's documentation, separately from the bot's own limits, so that each finds the
other's mistakes. Stricter than Discord if strictness finds faults: unknown keys, flags that do not
apply, and whatever this sandbox does not show (files, stickers, polls, replies, layouts, selects of
users) are refused with 50035.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.rules.body_schema import (
    REQUIRED,
    Rule,
    Violation,
    below,
    boolean,
    chain,
    choice,
    each,
    flags,
    localized,
    number,
    real,
    snowflake,
    table,
    text,
    timestamp,
    unique,
)
from bot.sandbox.rules.component_rules import MESSAGE_ROW, custom_ids_differ, ids_differ
from bot.sandbox.rules.embed_rules import EMBED, embeds_fit_together
from bot.sandbox.world.messages import EPHEMERAL, SILENT, SUPPRESS_EMBEDS

Json = dict[str, Any]


def _parse_or_listed(mentions: Json) -> Iterator[Violation]:
    for key in ("users", "roles"):
        if key in (mentions.get("parse") or []) and mentions.get(key):
            words = f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.'
            yield Violation((), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)


_ALLOWED_MENTIONS = chain(
    table(
        {},
        {
            "parse": unique(each(choice("users", "roles", "everyone"), 0, 3)),
            "users": unique(each(snowflake, 0, 100)),
            "roles": unique(each(snowflake, 0, 100)),
            "replied_user": boolean,
        },
    ),
    _parse_or_listed,
)


def _message(allowed_flags: int, **more: Rule) -> Rule:
    keys = {
        "content": text(0, 2000),
        "embeds": each(EMBED, 0, 10),
        "components": each(MESSAGE_ROW, 0, 5),
        "allowed_mentions": _ALLOWED_MENTIONS,
        "flags": flags(allowed_flags),
        "tts": boolean,
        "attachments": each(table({}, {}), 0, 0),
        **more,
    }
    return chain(table({}, keys), embeds_fit_together, ids_differ, custom_ids_differ)


def _nonce_to_enforce(body: Json) -> Iterator[Violation]:
    if body.get("enforce_nonce") and body.get("nonce") in (None, ""):
        yield from below("nonce", iter((REQUIRED,)))


_WHOLE, _LABEL = number(-(1 << 63), (1 << 63) - 1), text(0, 25)


def _nonce(value: object) -> Iterator[Violation]:
    """Up to 25 characters, or a number of 64 bits."""
    return _WHOLE(value) if isinstance(value, int) else _LABEL(value)


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
        "type": choice(11),  # not in Discord's documentation, but discord.py sends it
    },
)
"""The body of a new post in a forum; its message has no nonce."""

THREAD_FROM_MESSAGE = table(
    {"name": text(1, 100)},
    {
        "auto_archive_duration": choice(60, 1440, 4320, 10_080),
        "rate_limit_per_user": number(0, 21_600),
    },
)
"""The body of a new thread that begins with a message."""

ARCHIVED = table({}, {"limit": number(2, 100), "before": timestamp})
"""The query for archived threads, numbers decoded."""

DIRECT = table({"recipient_id": snowflake}, {})
"""The body that opens a channel of direct messages."""

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
"""The data of an answer to an interaction, and the body of a follow-up."""

DEFERRED = table({}, {"flags": flags(EPHEMERAL)})
"""The data of a deferred answer."""


def _choice_value(value: object) -> Iterator[Violation]:
    """Of any type here; the option being typed decides (interaction_routes.py)."""
    return real(value) if isinstance(value, int | float) else text(0, 100)(value)


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
"""The data of an answer to an autocomplete."""


HISTORY = table(
    {}, {"limit": number(1, 100), "before": snowflake, "after": snowflake, "around": snowflake}
)
"""The query for messages, numbers decoded."""
