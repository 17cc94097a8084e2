"""Each limit of slash commands, with commands within and beyond it."""

import pytest

from bot.sandbox.rules import command_rules
from bot.sandbox.rules.body_schema import LOCALES
from bot.sandbox.rules.errors import ApiError, Code
from tests.sandbox.rules.cases import (
    BAD_LENGTH,
    MISSING,
    NO_CHOICE,
    NO_LIST,
    NO_NUMBER,
    NO_TEXT,
    NO_TYPE,
    TOO_HIGH,
    TOO_LONG,
    TOO_LOW,
    TWICE,
    UNKNOWN,
    Case,
    Json,
    table,
)


def choices(count: int, **keys: object) -> Json:
    return {"choices": [{"name": f"n{n}", "value": "v", **keys} for n in range(count)]}


def command(**keys: object) -> list[Json]:
    return [{"name": "story", "description": "Finds a story.", **keys}]


def many(count: int) -> list[Json]:
    return [command(name=f"c{n}")[0] for n in range(count)]


def option(**keys: object) -> Json:
    return {"type": 3, "name": "query", "description": "What to find", **keys}


def with_options(*several: Json) -> list[Json]:
    return command(options=list(several))


def numbered(count: int, **keys: object) -> list[Json]:
    return [option(name=f"o{n}", **keys) for n in range(count)]


def of_7962_and(more: int) -> list[Json]:
    """A command with this many characters: 19, three times 2579, twice 102, and 2 and the rest."""
    long = numbered(3, **choices(25, value="x" * 100))
    filled = [option(name=f"f{n}", description="x" * 100) for n in range(2)]
    return with_options(*long, *filled, option(name="f2", description="x" * more))


SUBCOMMAND = {"type": 1, "name": "time", "description": "Sets the time."}
GROUP = {**SUBCOMMAND, "type": 2, "options": [SUBCOMMAND]}
CHANNEL_TYPES = [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16]
BIGGEST = (1 << 53) - 1
INVALID_NAME = "APPLICATION_COMMAND_INVALID_NAME"

CASES: list[tuple[object, object, str, str]] = [
    ([], {}, "", NO_LIST),
    (many(130), many(131), "", TOO_LONG),
    (command(), command(name_localizations="de"), "0.name_localizations", "DICT_TYPE_CONVERT"),
    (command(name="x" * 32), command(name="x" * 33), "0.name", INVALID_NAME),
    (command(name="über-uns"), command(name="Story"), "0.name", INVALID_NAME),
    (command(), command(name="a story"), "0.name", INVALID_NAME),
    (command(description="x" * 100), command(description="x" * 101), "0.description", BAD_LENGTH),
    (command(), command(description=""), "0.description", MISSING),
    (command(description="x"), command(description=5), "0.description", NO_TEXT),
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
    (
        command(default_member_permissions="0"),
        command(default_member_permissions=0.5),
        "0.default_member_permissions",
        NO_NUMBER,
    ),
    (command(contexts=[0, 1, 2]), command(contexts=[3]), "0.contexts.0", NO_CHOICE),
    (command(contexts=[0]), command(contexts=0), "0.contexts", NO_LIST),
    (
        command(integration_types=[0, 1]),
        command(integration_types=[2]),
        "0.integration_types.0",
        NO_CHOICE,
    ),
    (command(contexts=None), command(contexts=[]), "0.contexts", BAD_LENGTH),
    (command(contexts=[0, 1]), command(contexts=[0, 0]), "0.contexts", TWICE),
    (
        command(integration_types=[0]),
        command(integration_types=[]),
        "0.integration_types",
        BAD_LENGTH,
    ),
    (
        command(name_localizations=dict.fromkeys(LOCALES, "x")),
        command(name_localizations={"pt_BR": "x"}),
        "0.name_localizations.pt_BR",
        NO_CHOICE,
    ),
    (
        command(description_localizations={"de": "x" * 100, "fr": "x"}),
        command(description_localizations={"de": "x" * 101}),
        "0.description_localizations.de",
        BAD_LENGTH,
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
        with_options(option(max_length=1)),
        with_options(option(max_length=0)),
        "0.options.0.max_length",
        TOO_LOW,
    ),
    (
        with_options(option(min_length=6000)),
        with_options(option(min_length=6001)),
        "0.options.0.min_length",
        TOO_HIGH,
    ),
    (
        with_options(option(min_length=0)),
        with_options(option(min_length=-1)),
        "0.options.0.min_length",
        TOO_LOW,
    ),
    (
        with_options(option(min_length=5, max_length=5)),
        with_options(option(min_length=6, max_length=5)),
        "0.options.0.max_length",
        TOO_LOW,
    ),
    (
        with_options(option(type=4, min_value=5, max_value=5), option(type=4, name="b")),
        with_options(option(type=4, min_value=1, max_value=0)),
        "0.options.0.max_value",
        TOO_LOW,
    ),
    (
        with_options(option(type=10, min_value=0.5, max_value=0.5)),
        with_options(option(type=10, min_value=0, max_value=-0.5)),
        "0.options.0.max_value",
        TOO_LOW,
    ),
    (
        with_options(option(type=4, min_value=-BIGGEST)),
        with_options(option(type=4, min_value=-BIGGEST - 1)),
        "0.options.0.min_value",
        TOO_LOW,
    ),
    (
        with_options(option(type=4, max_value=BIGGEST)),
        with_options(option(type=4, max_value=BIGGEST + 1)),
        "0.options.0.max_value",
        TOO_HIGH,
    ),
    (
        with_options(option(**choices(2))),
        with_options(option(**choices(2, name="n"))),
        "0.options.0.choices",
        "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
    ),
    (
        with_options(option(**choices(1, name="x" * 100))),
        with_options(option(**choices(1, name="x" * 101))),
        "0.options.0.choices.0.name",
        BAD_LENGTH,
    ),
    (
        with_options(option(**choices(1, name="x"))),
        with_options(option(**choices(1, name=""))),
        "0.options.0.choices.0.name",
        MISSING,
    ),
    (
        with_options(option(**choices(1, value="x" * 100))),
        with_options(option(**choices(1, value="x" * 101))),
        "0.options.0.choices.0.value",
        BAD_LENGTH,
    ),
    (
        with_options(option(**choices(1, value="x"))),
        with_options(option(**choices(1, value=""))),
        "0.options.0.choices.0.value",
        MISSING,
    ),
    (
        with_options(option(**choices(1, name_localizations={"de": "x" * 100, "fr": "x"}))),
        with_options(option(**choices(1, name_localizations={"de": "x" * 101}))),
        "0.options.0.choices.0.name_localizations.de",
        BAD_LENGTH,
    ),
    (
        with_options(option(**choices(0))),
        with_options(option(**choices(1, name_localizations={"xx": "x"}))),
        "0.options.0.choices.0.name_localizations.xx",
        NO_CHOICE,
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
        with_options(option(type=7, channel_types=CHANNEL_TYPES)),
        with_options(option(type=7, channel_types=5)),
        "0.options.0.channel_types",
        NO_LIST,
    ),
    (
        with_options(option(type=7, channel_types=[])),
        with_options(option(type=7, channel_types=[17])),
        "0.options.0.channel_types.0",
        NO_CHOICE,
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
        with_options(GROUP),
        with_options({**GROUP, "options": [option()]}),
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
        with_options({**SUBCOMMAND, "options": numbered(25)}),
        with_options({**SUBCOMMAND, "options": numbered(26)}),
        "0.options.0.options",
        TOO_LONG,
    ),
    (
        with_options({**SUBCOMMAND, "options": []}),
        with_options({**SUBCOMMAND, "options": 5}),
        "0.options.0.options",
        NO_LIST,
    ),
    (
        with_options({**SUBCOMMAND, "required": False}),
        with_options({**SUBCOMMAND, "required": True}),
        "0.options.0.required",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (
        with_options({**GROUP, "required": False}),
        with_options({**GROUP, "required": True}),
        "0.options.0.required",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (with_options(GROUP), with_options({**GROUP, "options": []}), "0.options.0.options", MISSING),
    (with_options(GROUP), with_options({**GROUP, "options": None}), "0.options.0.options", MISSING),
    (
        of_7962_and(38),
        of_7962_and(39),
        "0",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
]


@table(Case(command_rules.COMMANDS, *case) for case in CASES)
def test_the_limit_is_kept(case: Case):
    case.verify()


def test_no_more_than_a_hundred_commands_can_be_registered():
    command_rules.check_all(many(100))
    with pytest.raises(ApiError) as caught:
        command_rules.check_all(many(101))
    assert caught.value.code is Code.TOO_MANY_COMMANDS
