"""The rules for slash commands that the bot registers: Discord's documented limits.

Stricter than Discord: unknown keys are refused, and so are context menu commands for a user or
message (types 2 and 3), which this sandbox cannot run. Discord has been seen to accept an option
whose minimum length is above its maximum; here that, the same for values, and a group without a
subcommand are refused, since nobody could use them.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.sandbox.rules.body_schema import (
    LARGEST,
    REQUIRED,
    Rule,
    Violation,
    below,
    boolean,
    by_type,
    chain,
    check,
    choice,
    decimal,
    each,
    localized,
    number,
    real,
    snowflake,
    table,
    text,
    unique,
)
from bot.sandbox.rules.errors import ApiError, Code

Json = dict[str, Any]

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = range(
    1, 12
)
"""The types of options."""

MOST_COMMANDS = 100
"""How many commands an application may have, in all servers or in one."""
LARGEST_COMMAND = 8000
"""How many characters a command may have: names, descriptions and values of choices."""

_NAME = re.compile(r"[-_'\w\u0900-\u097F\u0E00-\u0E7F]{1,32}")
_EVERY_BIT = (1 << 54) - 1
_CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)


def check_all(body: object) -> None:
    """Pass a list of commands that may replace those registered; else raise 50035 or 30032."""
    check(COMMANDS, body)
    if isinstance(body, list) and len(body) > MOST_COMMANDS:
        raise ApiError(Code.TOO_MANY_COMMANDS)


def _name(value: object) -> Iterator[Violation]:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value != value.lower():
        yield Violation((), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _permission_bits(value: object) -> Iterator[Violation]:
    """A bit set: documented as a string of digits, sent by discord.py as a number."""
    digits = decimal(value) if isinstance(value, str) else value
    return number(0, _EVERY_BIT)(digits)


_DESCRIPTION = text(1, 100)
_NAMED = {"name": _name, "description": _DESCRIPTION}
_TRANSLATED = {
    "name_localizations": localized(_name),
    "description_localizations": localized(_DESCRIPTION),
}


def _option(kind: int, **more: Rule) -> Rule:
    return table({"type": choice(kind), **_NAMED}, {"required": boolean, **_TRANSLATED, **more})


def _typed(kind: int, value: Rule, **limits: Rule) -> Rule:
    """An option that can offer choices or autocomplete, but not both."""
    one = table(
        {"name": text(1, 100), "value": value}, {"name_localizations": localized(text(1, 100))}
    )
    offers = {"autocomplete": boolean, "choices": each(one, 0, 25)}
    agreeing = (_choices_or_autocomplete, _choices_differ, _limits_leave_something)
    return chain(_option(kind, **offers, **limits), *agreeing)


def _choices_or_autocomplete(option: Json) -> Iterator[Violation]:
    if option.get("autocomplete") and option.get("choices"):
        words = "Autocomplete cannot be set with choices"
        yield Violation((), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", words)


def _choices_differ(option: Json) -> Iterator[Violation]:
    names = [one["name"] for one in option.get("choices") or []]
    if len(names) != len(set(names)):
        code = "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS"
        yield Violation(("choices",), code, "Option choice name already exists")


def _limits_leave_something(option: Json) -> Iterator[Violation]:
    for least, most in (("min_length", "max_length"), ("min_value", "max_value")):
        low, high = option.get(least), option.get(most)
        if low is not None and high is not None and low > high:
            words = f"int value should be greater than or equal to {low}."
            yield Violation((most,), "NUMBER_TYPE_MIN", words)


def _options_agree(parent: Json) -> Iterator[Violation]:
    """No duplicate names, and nothing required after something optional."""
    options = parent.get("options") or []
    if max(Counter(one["name"] for one in options).values(), default=0) > 1:
        words = "Option name already exists"
        yield Violation(("options",), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", words)
    required = [bool(one.get("required")) for one in options if one["type"] > GROUP]
    if required != sorted(required, reverse=True):
        words = "Required options must be placed before non-required options"
        yield Violation(("options",), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)


_TEXT_LENGTH = {"min_length": number(0, 6000), "max_length": number(1, 6000)}
_WHOLE = number(-LARGEST, LARGEST)
_VALUES: dict[int, Rule] = {
    STRING: _typed(STRING, text(1, 100), **_TEXT_LENGTH),
    INTEGER: _typed(INTEGER, _WHOLE, min_value=_WHOLE, max_value=_WHOLE),
    NUMBER: _typed(NUMBER, real, min_value=real, max_value=real),
    CHANNEL: _option(CHANNEL, channel_types=unique(each(choice(*_CHANNEL_TYPES), 0, 13))),
    **{kind: _option(kind) for kind in (BOOLEAN, USER, ROLE, MENTIONABLE, FILE)},
}


def _holder(kind: int, options: dict[int, Rule]) -> Rule:
    one = _option(kind, options=each(by_type(options), 0, 25))
    return chain(one, _not_required, _options_agree)


def _not_required(holder: Json) -> Iterator[Violation]:
    if holder.get("required"):
        words = "Sub-commands and sub-command groups cannot be required"
        yield Violation(("required",), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)


def _holds_something(group: Json) -> Iterator[Violation]:
    if not group.get("options"):
        yield from below("options", iter((REQUIRED,)))


_SUBCOMMAND = _holder(SUBCOMMAND, _VALUES)
_GROUP = chain(_holder(GROUP, {SUBCOMMAND: _SUBCOMMAND}), _holds_something)


def _either_values_or_subcommands(command: Json) -> Iterator[Violation]:
    deep = {one["type"] <= GROUP for one in command.get("options") or []}
    if len(deep) > 1:
        words = "Sub-command and sub-command group option types are mutually exclusive to others"
        yield Violation(("options",), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)


def size(one: Json) -> int:
    """The characters of a command or option that count: for each text, its longest translation."""
    texts = [
        (one.get("name"), one.get("name_localizations")),
        (one.get("description"), one.get("description_localizations")),
    ]
    own = sum(max(map(len, (text or "", *(more or {}).values()))) for text, more in texts)
    choices = one.get("choices") or []
    offered = sum(len(str(each["name"])) + len(str(each["value"])) for each in choices)
    return own + offered + sum(size(option) for option in one.get("options") or [])


def _small_enough(command: Json) -> Iterator[Violation]:
    if size(command) > LARGEST_COMMAND:
        words = f"Command exceeds maximum size ({LARGEST_COMMAND})"
        yield Violation((), "APPLICATION_COMMAND_TOO_LARGE", words)


_COMMAND = chain(
    table(
        _NAMED,
        {
            **_TRANSLATED,
            "id": snowflake,
            "type": choice(1),
            "options": each(by_type({SUBCOMMAND: _SUBCOMMAND, GROUP: _GROUP, **_VALUES}), 0, 25),
            "default_member_permissions": _permission_bits,
            "dm_permission": boolean,
            "nsfw": boolean,
            "contexts": unique(each(choice(0, 1, 2), 1, 3)),
            "integration_types": unique(each(choice(0, 1), 1, 2)),
        },
    ),
    _options_agree,
    _either_values_or_subcommands,
    _small_enough,
)


def _names_differ(commands: list[Json]) -> Iterator[Violation]:
    counted = Counter(one["name"] for one in commands)
    for index, one in enumerate(commands):
        if counted[one["name"]] > 1:
            words = "Application command names must be unique"
            duplicate = Violation(("name",), "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
            yield from below(index, iter((duplicate,)))


COMMANDS = chain(each(_COMMAND, 0, 130), _names_differ)
"""The body that replaces all commands; Discord's documentation allows 130, of all types."""
