"""Each limit of slash commands, with commands within it and commands beyond it."""

import pytest

from bot.sandbox import command_rules
from bot.sandbox.errors import ApiError, Code
from tests.sandbox.cases import (
    BAD_LENGTH,
    MISSING,
    NO_CHOICE,
    NO_NUMBER,
    NO_TEXT,
    NO_TYPE,
    TOO_HIGH,
    TOO_LONG,
    TOO_LOW,
    UNKNOWN,
    Case,
    Json,
    table,
)


def choices(count: int, **keys: object) -> Json:
    return {"choices": [{"name": "n", "value": "v", **keys}] * count}


def command(**keys: object) -> list[Json]:
    return [{"name": "story", "description": "Finds a story.", **keys}]


def option(**keys: object) -> Json:
    return {"type": 3, "name": "query", "description": "What to find", **keys}


def with_options(*several: Json) -> list[Json]:
    return command(options=list(several))


def numbered(count: int, **keys: object) -> list[Json]:
    return [option(name=f"o{n}", **keys) for n in range(count)]


SUBCOMMAND = {"type": 1, "name": "time", "description": "Sets the time."}
TWICE = "SET_TYPE_ALREADY_CONTAINS_VALUE"
INVALID_NAME = "APPLICATION_COMMAND_INVALID_NAME"

CASES: list[tuple[object, object, str, str]] = [
    (command(), command(name_localizations="de"), "0.name_localizations", "DICT_TYPE_CONVERT"),
    (command(name="x" * 32), command(name="x" * 33), "0.name", INVALID_NAME),
    (command(name="über-uns"), command(name="Story"), "0.name", INVALID_NAME),
    (command(), command(name="a story"), "0.name", INVALID_NAME),
    (command(description="x" * 100), command(description="x" * 101), "0.description", BAD_LENGTH),
    (command(), command(description=""), "0.description", MISSING),
    (command(type=1), command(type=3), "0.type", NO_CHOICE),
    (
        command(default_member_permissions=32),
        command(default_member_permissions=-1),
        "0.default_member_permissions",
        TOO_LOW,
    ),
    (
        command(default_member_permissions="32"),
        command(default_member_permissions="all"),
        "0.default_member_permissions",
        NO_NUMBER,
    ),
    (
        command(default_member_permissions=(1 << 54) - 1),
        command(default_member_permissions=1 << 54),
        "0.default_member_permissions",
        TOO_HIGH,
    ),
    (command(contexts=[0]), command(contexts=[3]), "0.contexts.0", NO_CHOICE),
    (command(contexts=None), command(contexts=[]), "0.contexts", BAD_LENGTH),
    (command(contexts=[0, 1]), command(contexts=[0, 0]), "0.contexts", TWICE),
    (
        command(integration_types=[0]),
        command(integration_types=[]),
        "0.integration_types",
        BAD_LENGTH,
    ),
    (
        command(name_localizations=dict.fromkeys(map(str, range(34)), "x")),
        command(name_localizations=dict.fromkeys(map(str, range(35)), "x")),
        "0.name_localizations",
        TOO_LONG,
    ),
    (
        command(name_localizations={"de": "nachricht"}),
        command(name_localizations={"de": "Nachricht"}),
        "0.name_localizations.de",
        INVALID_NAME,
    ),
    (command(), command() * 2, "0.name", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    (command(), command(hidden=True), "0.hidden", UNKNOWN),
    (with_options(*numbered(25)), with_options(*numbered(26)), "0.options", TOO_LONG),
    (
        with_options(option()),
        with_options(option(), option()),
        "0.options",
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    (
        with_options(option(required=True), option(name="b")),
        with_options(option(), option(name="b", required=True)),
        "0.options",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (
        with_options(option(**choices(25))),
        with_options(option(**choices(26))),
        "0.options.0.choices",
        TOO_LONG,
    ),
    (
        with_options(option(**choices(1, value="x" * 100))),
        with_options(option(**choices(1, value=5))),
        "0.options.0.choices.0.value",
        NO_TEXT,
    ),
    (
        with_options(option(autocomplete=True)),
        with_options(option(autocomplete=True, **choices(1))),
        "0.options.0",
        "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES",
    ),
    (
        with_options(option(max_length=6000)),
        with_options(option(max_length=6001)),
        "0.options.0.max_length",
        TOO_HIGH,
    ),
    (
        with_options(option(type=4, max_value=5)),
        with_options(option(type=4, max_value=5.5)),
        "0.options.0.max_value",
        NO_NUMBER,
    ),
    (
        with_options(option(type=10, max_value=5.5)),
        with_options(option(type=10, max_value="5")),
        "0.options.0.max_value",
        NO_NUMBER,
    ),
    (
        with_options(option(type=7, channel_types=[0])),
        with_options(option(channel_types=[0])),
        "0.options.0.channel_types",
        UNKNOWN,
    ),
    (
        with_options(option(type=7, channel_types=[5, 16])),
        with_options(option(type=7, channel_types=[6])),
        "0.options.0.channel_types.0",
        NO_CHOICE,
    ),
    (
        with_options(option(type=7, channel_types=[5])),
        with_options(option(type=7, channel_types=[5, 5])),
        "0.options.0.channel_types",
        TWICE,
    ),
    (
        with_options(option(name="x" * 32)),
        with_options(option(name="a b")),
        "0.options.0.name",
        INVALID_NAME,
    ),
    (
        with_options(option()),
        with_options(option(description="")),
        "0.options.0.description",
        MISSING,
    ),
    (
        with_options(option(type=4, **choices(1, value=5))),
        with_options(option(type=4, **choices(1, value="5"))),
        "0.options.0.choices.0.value",
        NO_NUMBER,
    ),
    (
        with_options(SUBCOMMAND),
        with_options(SUBCOMMAND, option()),
        "0.options",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    (
        with_options({**SUBCOMMAND, "type": 2, "options": [SUBCOMMAND]}),
        with_options({**SUBCOMMAND, "type": 2, "options": [option()]}),
        "0.options.0.options.0.type",
        NO_TYPE,
    ),
    (
        with_options({**SUBCOMMAND, "options": [option()]}),
        with_options({**SUBCOMMAND, "options": [SUBCOMMAND]}),
        "0.options.0.options.0.type",
        NO_TYPE,
    ),
    (
        with_options(*numbered(3, **choices(25, name="x" * 100))),
        with_options(*numbered(4, **choices(25, name="x" * 80))),
        "0",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
]


@table(Case(command_rules.COMMANDS, *case) for case in CASES)
def test_the_limit_is_kept(case: Case):
    case.verify()


def test_no_more_than_a_hundred_commands_can_be_registered():
    many = [command(name=f"c{n}")[0] for n in range(101)]
    command_rules.check_all(many[:100])
    with pytest.raises(ApiError) as caught:
        command_rules.check_all(many)
    assert caught.value.code is Code.TOO_MANY_COMMANDS
