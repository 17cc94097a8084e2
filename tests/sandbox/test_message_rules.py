"""Each limit of messages, choices and forms, with a body within it and one beyond it."""

from collections.abc import Callable, Iterator

from bot.sandbox import component_rules, rules
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

Row = tuple[str, object, object, str, str]
Keys = tuple[Json, Json, str, str]


def of_embed(**keys: object) -> Json:
    return {"embeds": [{"title": "t", **keys}]}


def button(**keys: object) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go", **keys}


def link(**keys: object) -> Json:
    return {"type": 2, "style": 5, "label": "Read", "url": "https://x.org", **keys}


def select(**keys: object) -> Json:
    return {"type": 3, "custom_id": "pick", "options": options(2), **keys}


def options(count: int, **keys: object) -> list[Json]:
    return [{"label": f"l{n}", "value": f"v{n}", **keys} for n in range(count)]


def in_row(*inside: Json) -> Json:
    return {"components": [{"type": 1, "components": list(inside)}]}


def buttons(count: int) -> list[Json]:
    return [button(custom_id=str(n)) for n in range(count)]


def rows(count: int) -> Json:
    return {"components": [in_row(one)["components"][0] for one in buttons(count)]}


def form(**keys: object) -> Json:
    return {"custom_id": "f", "title": "Form", "components": [labelled(entry())], **keys}


def labelled(inside: Json, **keys: object) -> Json:
    return {"type": 18, "label": "Name", "component": inside, **keys}


def entry(**keys: object) -> Json:
    return {"type": 4, "custom_id": "name", "style": 1, **keys}


def choices(count: int, **keys: object) -> Json:
    return {"choices": [{"name": "n", "value": "v", **keys}] * count}


def post(**keys: object) -> Json:
    return {"name": "Post", "message": {"content": "x"}, **keys}


TWICE = "SET_TYPE_ALREADY_CONTAINS_VALUE"
NO_LINK = "URL_TYPE_INVALID_URL"
FIELD = {"name": "n", "value": "v"}
COMPONENT = "components.0.components.0"
PICTURE = {"url": "attachment://a.png"}

MESSAGE_CASES: list[Row] = [
    ("content", "x" * 2000, "x" * 2001, "content", TOO_LONG),
    ("content", None, 5, "content", NO_TEXT),
    ("tts", False, "no", "tts", "BOOLEAN_TYPE_CONVERT"),
    ("nonce", "x" * 25, "x" * 26, "nonce", TOO_LONG),
    ("nonce", (1 << 63) - 1, 1 << 63, "nonce", TOO_HIGH),
    ("nonce", -(1 << 63), -(1 << 63) - 1, "nonce", TOO_LOW),
    ("enforce_nonce", False, "yes", "enforce_nonce", "BOOLEAN_TYPE_CONVERT"),
    ("flags", 4 | 4096, 64, "flags", "MESSAGE_FLAGS_INVALID"),
    ("flags", 4, -1, "flags", TOO_LOW),
    ("embeds", [{"title": "t"}] * 10, [{"title": "t"}] * 11, "embeds", TOO_LONG),
    ("embeds", None, {"title": "t"}, "embeds", "LIST_TYPE_CONVERT"),
    ("embeds", [], ["t"], "embeds.0", "DICT_TYPE_CONVERT"),
    ("attachments", [], [{}], "attachments", TOO_LONG),
    ("sticker_id", None, ["1"], "sticker_id", UNKNOWN),
    ("allowed_mentions", {"parse": []}, {"parse": ["all"]}, "allowed_mentions.parse.0", NO_CHOICE),
    ("allowed_mentions", {"users": [5]}, {"users": ["me"]}, "allowed_mentions.users.0", NO_NUMBER),
    ("allowed_mentions", {"users": ["5"]}, {"users": ["²"]}, "allowed_mentions.users.0", NO_NUMBER),
    (
        "allowed_mentions",
        {"users": [5]},
        {"users": [1 << 64]},
        "allowed_mentions.users.0",
        NO_NUMBER,
    ),
    ("allowed_mentions", {"roles": [5, 6]}, {"roles": [5, "5"]}, "allowed_mentions.roles", TWICE),
    (
        "allowed_mentions",
        {"parse": ["users", "roles"]},
        {"parse": ["users", "users"]},
        "allowed_mentions.parse",
        TWICE,
    ),
    (
        "allowed_mentions",
        {"roles": [*range(100)]},
        {"roles": [*range(101)]},
        "allowed_mentions.roles",
        TOO_LONG,
    ),
    (
        "allowed_mentions",
        {"parse": ["users"], "roles": [5]},
        {"parse": ["users"], "users": [5]},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
]
EMBED_CASES: list[Row] = [
    ("title", "x" * 256, "x" * 257, "title", TOO_LONG),
    ("description", "x" * 4096, "x" * 4097, "description", TOO_LONG),
    ("type", "rich", "image", "type", NO_CHOICE),
    ("url", "https://x.org/a?b=c", "ftp://x.org", "url", NO_LINK),
    ("url", "http://x.org", "https://", "url", NO_LINK),
    ("url", None, "x.org/a", "url", NO_LINK),
    ("url", None, "https://x.org/a b", "url", NO_LINK),
    ("url", None, "http://[", "url", NO_LINK),
    ("url", "https://x.org/" + "x" * 2034, "https://x.org/" + "x" * 2035, "url", TOO_LONG),
    ("thumbnail", PICTURE, {"url": "data:image/png;base64,AA"}, "thumbnail.url", NO_LINK),
    ("thumbnail", {"url": "https://x.org/i"}, {}, "thumbnail.url", MISSING),
    ("image", PICTURE, {"url": "x" * 2049}, "image.url", TOO_LONG),
    ("timestamp", "2024-05-01T12:00:00Z", "yesterday", "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("timestamp", "2024-05-01 12:00", "2024-05-01", "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("timestamp", None, 20240501, "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("timestamp", None, "2024-05-41T12:00", "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("color", 0xFFFFFF, 0x1000000, "color", TOO_HIGH),
    ("color", 0, "red", "color", NO_NUMBER),
    ("footer", {"text": "x" * 2048}, {"text": "x" * 2049}, "footer.text", BAD_LENGTH),
    ("footer", {"text": "f", "icon_url": "https://x.org"}, {}, "footer.text", MISSING),
    ("author", {"name": "x" * 256}, {"name": "x" * 257}, "author.name", BAD_LENGTH),
    (
        "author",
        {"name": "a", "url": "https://x.org"},
        {"name": "a", "url": "x"},
        "author.url",
        NO_LINK,
    ),
    ("fields", [FIELD] * 25, [FIELD] * 26, "fields", TOO_LONG),
    ("fields", [{**FIELD, "inline": True}], [{"name": "n"}], "fields.0.value", MISSING),
    ("fields", [FIELD], [{"name": "", "value": "v"}], "fields.0.name", MISSING),
    (
        "fields",
        [{**FIELD, "name": "x" * 256}],
        [{**FIELD, "name": "x" * 257}],
        "fields.0.name",
        BAD_LENGTH,
    ),
    (
        "fields",
        [{**FIELD, "value": "x" * 1024}],
        [{**FIELD, "value": "x" * 1025}],
        "fields.0.value",
        BAD_LENGTH,
    ),
    ("colour", None, 5, "colour", UNKNOWN),
]
BUTTON_CASES: list[Keys] = [
    ({"label": "x" * 80}, {"label": "x" * 81}, "label", TOO_LONG),
    ({"custom_id": "x" * 100}, {"custom_id": "x" * 101}, "custom_id", BAD_LENGTH),
    ({"disabled": True}, {"custom_id": None}, "custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
    ({"style": 4}, {"style": 6}, "style", NO_CHOICE),
    ({"id": 5}, {"url": "https://x.org"}, "url", "BUTTON_COMPONENT_EXCLUSIVE"),
    ({"label": None, "emoji": {"name": "x"}}, {"label": None}, "", "BUTTON_COMPONENT_INVALID"),
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
    ({}, {"custom_id": None}, "custom_id", MISSING),
]
TOTAL = [{"title": "x" * 200, "description": "x" * 2800}] * 2
OTHER_CASES = [
    Case(
        rules.CREATE,
        {"embeds": TOTAL},
        {"embeds": [*TOTAL, {"title": "x"}]},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    Case(rules.CREATE, of_embed(), {"embeds": [{"color": 1}]}, "embeds.0.description", MISSING),
    Case(
        rules.CREATE,
        {"nonce": "1", "enforce_nonce": True},
        {"enforce_nonce": True},
        "nonce",
        MISSING,
    ),
    Case(
        rules.CREATE,
        {"nonce": "", "enforce_nonce": False},
        {"nonce": "", "enforce_nonce": True},
        "nonce",
        MISSING,
    ),
    Case(
        rules.POST,
        post(applied_tags=["1", "2", "3", "4", "5"], type=11),
        post(applied_tags=["1"] * 6),
        "applied_tags",
        TOO_LONG,
    ),
    Case(rules.POST, post(name="x" * 100), post(name="x" * 101), "name", BAD_LENGTH),
    Case(rules.POST, post(), post(message={"nonce": "1"}), "message.nonce", UNKNOWN),
    Case(
        rules.POST,
        post(message={"embeds": TOTAL}),
        post(message={"embeds": [*TOTAL, {"title": "x"}]}),
        "message.embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    Case(
        rules.POST,
        post(rate_limit_per_user=21_600),
        post(rate_limit_per_user=21_601),
        "rate_limit_per_user",
        TOO_HIGH,
    ),
    Case(
        rules.THREAD,
        {"auto_archive_duration": 10_080},
        {"auto_archive_duration": 10_081},
        "auto_archive_duration",
        NO_CHOICE,
    ),
    Case(rules.THREAD, {"archived": True}, {"invitable": True}, "invitable", UNKNOWN),
    Case(rules.CREATE, rows(5), rows(6), "components", TOO_LONG),
    Case(
        rules.CREATE,
        in_row(*buttons(5)),
        in_row(*buttons(6)),
        "components.0.components",
        BAD_LENGTH,
    ),
    Case(rules.CREATE, in_row(button()), in_row(), "components.0.components", BAD_LENGTH),
    Case(
        rules.CREATE,
        in_row(select()),
        in_row(select(), button()),
        "components.0.components",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    Case(
        rules.CREATE,
        in_row(link(), link()),
        in_row(button(), button()),
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    Case(
        rules.CREATE, in_row(button()), {"components": [button()]}, "components.0.type", NO_CHOICE
    ),
    Case(rules.CREATE, in_row(button()), in_row({"type": 5}), f"{COMPONENT}.type", NO_TYPE),
    Case(rules.EDIT, {"content": None}, {"nonce": "1"}, "nonce", UNKNOWN),
    Case(rules.EDIT, {"flags": 4}, {"flags": 64}, "flags", "MESSAGE_FLAGS_INVALID"),
    Case(rules.ANSWER, {"flags": 64}, {"flags": 1 << 15}, "flags", "MESSAGE_FLAGS_INVALID"),
    Case(rules.DEFERRED, {"flags": 64}, {"content": "x"}, "content", UNKNOWN),
    Case(rules.CHOICES, choices(25), choices(26), "choices", TOO_LONG),
    Case(
        rules.CHOICES,
        choices(1, name="x" * 100),
        choices(1, name="x" * 101),
        "choices.0.name",
        BAD_LENGTH,
    ),
    Case(
        rules.CHOICES,
        choices(1, value="x" * 100),
        choices(1, value="x" * 101),
        "choices.0.value",
        TOO_LONG,
    ),
    Case(rules.CHOICES, choices(1, value=5), choices(1, value=None), "choices.0.value", MISSING),
    Case(rules.HISTORY, {"limit": 100}, {"limit": 101}, "limit", TOO_HIGH),
    Case(rules.HISTORY, {"before": 5}, {"before": "soon"}, "before", NO_NUMBER),
    Case(component_rules.MODAL, form(title="x" * 45), form(title="x" * 46), "title", BAD_LENGTH),
    Case(component_rules.MODAL, form(), form(components=[]), "components", BAD_LENGTH),
    Case(
        component_rules.MODAL,
        form(),
        form(components=[labelled(entry(), label="x" * 46)]),
        "components.0.label",
        BAD_LENGTH,
    ),
    Case(
        component_rules.MODAL,
        form(components=[labelled(select())]),
        form(components=[labelled(button())]),
        "components.0.component.type",
        NO_TYPE,
    ),
    Case(
        component_rules.MODAL,
        form(components=in_row(entry(label="x"))["components"]),
        form(components=in_row(button())["components"]),
        f"{COMPONENT}.type",
        NO_TYPE,
    ),
    Case(
        component_rules.MODAL,
        form(),
        form(components=[labelled(entry())] * 2),
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    Case(
        component_rules.MODAL,
        form(components=[labelled(entry(max_length=4000))]),
        form(components=[labelled(entry(max_length=4001))]),
        "components.0.component.max_length",
        TOO_HIGH,
    ),
]


def every_case() -> Iterator[Case]:
    for key, good, bad, path, code in MESSAGE_CASES:
        yield Case(rules.CREATE, {key: good} if good is not None else {}, {key: bad}, path, code)
    for key, good, bad, path, code in EMBED_CASES:
        kept = of_embed(**{key: good}) if good is not None else of_embed()
        yield Case(rules.CREATE, kept, of_embed(**{key: bad}), f"embeds.0.{path}", code)
    yield from component_cases(button, BUTTON_CASES)
    yield from component_cases(link, LINK_CASES)
    yield from component_cases(select, SELECT_CASES)
    yield from OTHER_CASES


def component_cases(make: Callable[..., Json], cases: list[Keys]) -> Iterator[Case]:
    for good, bad, path, code in cases:
        where = f"{COMPONENT}.{path}"
        yield Case(rules.CREATE, in_row(make(**good)), in_row(make(**bad)), where, code)


@table(every_case())
def test_the_limit_is_kept(case: Case):
    case.verify()
