"""Each limit of buttons, selects and forms, with cases within and beyond it."""

from collections.abc import Callable, Iterator

from bot.sandbox.rules.component_rules import MODAL
from bot.sandbox.rules.message_rules import CREATE
from tests.sandbox.rules.bodies import (
    button,
    channel_select,
    defaults,
    in_row,
    link,
    options,
    role_select,
    select,
)
from tests.sandbox.rules.cases import (
    BAD_LENGTH,
    MISSING,
    NO_CHOICE,
    NO_LINK,
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

Keys = tuple[Json, Json, str, str]


def form(**keys: object) -> Json:
    return {"custom_id": "f", "title": "Form", "components": [labelled(entry())], **keys}


def labelled(inside: Json, **keys: object) -> Json:
    return {"type": 18, "label": "Name", "component": inside, **keys}


def entry(**keys: object) -> Json:
    return {"type": 4, "custom_id": "name", "style": 1, **keys}


def words(content: str) -> Json:
    return {"type": 10, "content": content}


def labels(count: int) -> list[Json]:
    return [labelled(entry(custom_id=f"c{n}")) for n in range(count)]


COMPONENT = "components.0.components.0"
BUTTON_CASES: list[Keys] = [
    ({"label": "x" * 80}, {"label": "x" * 81}, "label", TOO_LONG),
    ({"custom_id": "x" * 100}, {"custom_id": "x" * 101}, "custom_id", BAD_LENGTH),
    ({"disabled": True}, {"custom_id": None}, "custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
    ({"style": 4}, {"style": 6}, "style", NO_CHOICE),
    ({"id": 5}, {"url": "https://x.org"}, "url", "BUTTON_COMPONENT_EXCLUSIVE"),
    ({"label": None, "emoji": {"name": "x"}}, {"label": None}, "", "BUTTON_COMPONENT_INVALID"),
    *(({"style": style}, {"style": 0}, "style", NO_CHOICE) for style in (1, 2, 3)),
    ({"custom_id": "x"}, {"custom_id": ""}, "custom_id", MISSING),
    ({"label": "", "emoji": {"name": "x"}}, {"label": 5}, "label", NO_TEXT),
    ({"emoji": {"name": "x" * 32}}, {"emoji": {"name": "x" * 33}}, "emoji.name", BAD_LENGTH),
    ({"emoji": {"name": "x", "id": "5"}}, {"emoji": {"name": ""}}, "emoji.name", MISSING),
    ({"id": 0}, {"id": -1}, "id", TOO_LOW),
    ({"id": (1 << 31) - 1}, {"id": 1 << 31}, "id", TOO_HIGH),
]
LINK_CASES: list[Keys] = [
    ({}, {"url": None}, "url", "BUTTON_COMPONENT_URL_REQUIRED"),
    ({}, {"custom_id": "a"}, "custom_id", "BUTTON_COMPONENT_EXCLUSIVE"),
    ({"url": "https://x.org/" + "x" * 498}, {"url": "https://x.org/" + "x" * 499}, "url", TOO_LONG),
    ({"url": "discord://x/y"}, {"url": "javascript:alert(1)"}, "url", NO_LINK),
]
SELECT_CASES: list[Keys] = [
    ({"options": options(25)}, {"options": options(26)}, "options", BAD_LENGTH),
    ({"options": options(1)}, {"options": []}, "options", BAD_LENGTH),
    ({"placeholder": "x" * 150}, {"placeholder": "x" * 151}, "placeholder", TOO_LONG),
    (
        {"options": options(1, label="x" * 100)},
        {"options": options(1, label="x" * 101)},
        "options.0.label",
        BAD_LENGTH,
    ),
    (
        {"options": options(1, value="x" * 100)},
        {"options": options(1, value="x" * 101)},
        "options.0.value",
        BAD_LENGTH,
    ),
    (
        {"options": options(1, description="x" * 100)},
        {"options": options(1, description="x" * 101)},
        "options.0.description",
        TOO_LONG,
    ),
    (
        {"options": options(2)},
        {"options": options(2, value="v")},
        "options",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    ({"max_values": 2}, {"max_values": 3}, "max_values", "SELECT_COMPONENT_MAX_VALUES_INVALID"),
    ({"min_values": 0}, {"min_values": 2}, "max_values", "SELECT_COMPONENT_MAX_VALUES_INVALID"),
    ({"min_values": 0}, {"min_values": -1}, "min_values", TOO_LOW),
    ({"max_values": 1}, {"max_values": 0}, "max_values", TOO_LOW),
    (
        {"options": options(25), "min_values": 25, "max_values": 25},
        {"options": options(25), "min_values": 26, "max_values": 25},
        "min_values",
        TOO_HIGH,
    ),
    (
        {"options": options(25), "max_values": 25},
        {"options": options(25), "max_values": 26},
        "max_values",
        TOO_HIGH,
    ),
    ({"placeholder": ""}, {"placeholder": 5}, "placeholder", NO_TEXT),
    (
        {"options": options(1, label="x", value="x", description="")},
        {"options": options(1, label="")},
        "options.0.label",
        MISSING,
    ),
    ({"options": options(1)}, {"options": options(1, value="")}, "options.0.value", MISSING),
    ({}, {"custom_id": None}, "custom_id", MISSING),
]
BEGUN = "SELECT_COMPONENT_DEFAULT_VALUES_INVALID"
ROLE_CASES: list[Keys] = [
    (
        {"default_values": defaults("role", 1)},
        {"default_values": defaults("role", 2)},
        "default_values",
        BEGUN,
    ),
    (
        {"min_values": 0, "default_values": []},
        {"min_values": 2},
        "max_values",
        "SELECT_COMPONENT_MAX_VALUES_INVALID",
    ),
    (
        {"max_values": 2, "default_values": defaults("role", 2)},
        {"default_values": defaults("channel", 1)},
        "default_values.0.type",
        NO_CHOICE,
    ),
    ({}, {"options": options(2)}, "options", UNKNOWN),
    ({}, {"channel_types": [0]}, "channel_types", UNKNOWN),
    ({"placeholder": "x" * 150}, {"placeholder": "x" * 151}, "placeholder", TOO_LONG),
    ({}, {"custom_id": None}, "custom_id", MISSING),
]
CHANNEL_CASES: list[Keys] = [
    ({"channel_types": [0, 5, 15]}, {"channel_types": [0, 0]}, "channel_types", TWICE),
    ({"channel_types": []}, {"channel_types": [99]}, "channel_types.0", NO_CHOICE),
    (
        {"default_values": defaults("channel", 1)},
        {"default_values": defaults("channel", 2)},
        "default_values",
        BEGUN,
    ),
    ({"max_values": 25}, {"max_values": 26}, "max_values", TOO_HIGH),
]
FORM_CASES: list[Keys] = [
    ({"title": "x" * 45}, {"title": "x" * 46}, "title", BAD_LENGTH),
    ({"title": "x"}, {"title": ""}, "title", MISSING),
    ({"custom_id": "x" * 100}, {"custom_id": "x" * 101}, "custom_id", BAD_LENGTH),
    ({"components": labels(5)}, {"components": labels(6)}, "components", BAD_LENGTH),
    ({"components": labels(1)}, {"components": []}, "components", BAD_LENGTH),
    (
        {"components": [labelled(select())]},
        {"components": [labelled(button())]},
        "components.0.component.type",
        NO_TYPE,
    ),
    (
        in_row(entry(label="x")),
        in_row(button()),
        "components.0.components.0.type",
        NO_TYPE,
    ),
    (
        in_row(entry(label="x")),
        in_row(entry(), entry(custom_id="b")),
        "components.0.components",
        BAD_LENGTH,
    ),
    (in_row(entry()), in_row(), "components.0.components", BAD_LENGTH),
    (
        {"components": labels(2)},
        {"components": labels(1) * 2},
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    (
        {"components": [labelled(entry(id=2), id=1)]},
        {"components": [labelled(entry(id=1), id=1)]},
        "components",
        "COMPONENT_ID_DUPLICATED",
    ),
    (
        {"components": [words("x" * 4000)]},
        {"components": [words("x" * 4001)]},
        "components.0.content",
        BAD_LENGTH,
    ),
    ({"components": [words("x")]}, {"components": [words("")]}, "components.0.content", MISSING),
]
LABEL_CASES: list[Keys] = [
    ({"label": "x" * 45}, {"label": "x" * 46}, "label", BAD_LENGTH),
    ({"label": "x"}, {"label": ""}, "label", MISSING),
    ({"description": "x" * 100}, {"description": "x" * 101}, "description", BAD_LENGTH),
    ({"description": "x"}, {"description": ""}, "description", MISSING),
]
INPUT_CASES: list[Keys] = [
    ({"style": 1}, {"style": 0}, "style", NO_CHOICE),
    ({"style": 2}, {"style": 3}, "style", NO_CHOICE),
    ({"label": "x" * 45}, {"label": "x" * 46}, "label", BAD_LENGTH),
    ({"label": "x"}, {"label": ""}, "label", MISSING),
    ({"value": "x" * 4000}, {"value": "x" * 4001}, "value", TOO_LONG),
    ({"value": ""}, {"value": 5}, "value", NO_TEXT),
    ({"placeholder": "x" * 100}, {"placeholder": "x" * 101}, "placeholder", TOO_LONG),
    ({"placeholder": ""}, {"placeholder": 5}, "placeholder", NO_TEXT),
    ({"min_length": 4000}, {"min_length": 4001}, "min_length", TOO_HIGH),
    ({"min_length": 0}, {"min_length": -1}, "min_length", TOO_LOW),
    ({"max_length": 4000}, {"max_length": 4001}, "max_length", TOO_HIGH),
    ({"max_length": 1}, {"max_length": 0}, "max_length", TOO_LOW),
]


def every_case() -> Iterator[Case]:
    yield from of_message(button, BUTTON_CASES)
    yield from of_message(link, LINK_CASES)
    yield from of_message(select, SELECT_CASES)
    yield from of_message(role_select, ROLE_CASES)
    yield from of_message(channel_select, CHANNEL_CASES)
    for good, bad, path, code in FORM_CASES:
        yield Case(MODAL, form(**good), form(**bad), path, code)
    for good, bad, path, code in LABEL_CASES:
        kept, refused = (labelled(entry(), **one) for one in (good, bad))
        yield of_part(kept, refused, path, code)
    for good, bad, path, code in INPUT_CASES:
        kept, refused = (labelled(entry(**one)) for one in (good, bad))
        yield of_part(kept, refused, f"component.{path}", code)


def of_message(make: Callable[..., Json], cases: list[Keys]) -> Iterator[Case]:
    for good, bad, path, code in cases:
        where = f"{COMPONENT}.{path}"
        yield Case(CREATE, in_row(make(**good)), in_row(make(**bad)), where, code)


def of_part(good: Json, bad: Json, path: str, code: str) -> Case:
    """A case of a form's content."""
    kept, refused = (form(components=[one]) for one in (good, bad))
    return Case(MODAL, kept, refused, f"components.0.{path}", code)


@table(every_case())
def test_the_limit_is_kept(case: Case):
    case.verify()
