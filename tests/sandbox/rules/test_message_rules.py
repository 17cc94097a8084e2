"""Each limit of messages and choices, with bodies within and beyond it."""

from collections.abc import Iterator

from bot.sandbox.rules import message_rules
from tests.sandbox.rules.bodies import button, in_row, link, select
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

Row = tuple[str, object, object, str, str]


def buttons(count: int) -> list[Json]:
    return [button(custom_id=str(n)) for n in range(count)]


def rows(count: int) -> Json:
    return {"components": [in_row(one)["components"][0] for one in buttons(count)]}


def choices(count: int, **keys: object) -> Json:
    return {"choices": [{"name": "n", "value": "v", **keys}] * count}


def post(**keys: object) -> Json:
    return {"name": "Post", "message": {"content": "x"}, **keys}


COMPONENT = "components.0.components.0"

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
    ("embeds", None, {"title": "t"}, "embeds", NO_LIST),
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
        {"users": [*range(100)]},
        {"users": [*range(101)]},
        "allowed_mentions.users",
        TOO_LONG,
    ),
    (
        "allowed_mentions",
        {"users": [], "roles": []},
        {"users": 5},
        "allowed_mentions.users",
        NO_LIST,
    ),
    (
        "allowed_mentions",
        {"parse": ["users", "roles", "everyone"]},
        {"parse": "users"},
        "allowed_mentions.parse",
        NO_LIST,
    ),
    (
        "allowed_mentions",
        {"parse": ["users"], "roles": [5]},
        {"parse": ["users"], "users": [5]},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
]
DURATIONS = [{"auto_archive_duration": one} for one in (60, 1440, 4320, 10_080)]
NEVER = {"auto_archive_duration": 10_081}
ARCHIVING = ("auto_archive_duration", NO_CHOICE)
TOTAL = [{"title": "x" * 200, "description": "x" * 2800}] * 2
OTHER_CASES = [
    Case(
        message_rules.CREATE,
        {"embeds": TOTAL},
        {"embeds": [*TOTAL, {"title": "x"}]},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    Case(
        message_rules.CREATE,
        {"embeds": [{"title": "t"}]},
        {"embeds": [{"color": 1}]},
        "embeds.0.description",
        MISSING,
    ),
    Case(
        message_rules.CREATE,
        {"nonce": "1", "enforce_nonce": True},
        {"enforce_nonce": True},
        "nonce",
        MISSING,
    ),
    Case(
        message_rules.CREATE,
        {"nonce": "", "enforce_nonce": False},
        {"nonce": "", "enforce_nonce": True},
        "nonce",
        MISSING,
    ),
    Case(
        message_rules.POST,
        post(applied_tags=["1", "2", "3", "4", "5"], type=11),
        post(applied_tags=["1"] * 6),
        "applied_tags",
        TOO_LONG,
    ),
    Case(message_rules.POST, post(name="x" * 100), post(name="x" * 101), "name", BAD_LENGTH),
    Case(message_rules.POST, post(name="x"), post(name=""), "name", MISSING),
    Case(
        message_rules.POST,
        post(applied_tags=[]),
        post(applied_tags=[""]),
        "applied_tags.0",
        NO_NUMBER,
    ),
    Case(message_rules.POST, post(), post(type=12), "type", NO_CHOICE),
    Case(message_rules.POST, post(), post(message={"nonce": "1"}), "message.nonce", UNKNOWN),
    Case(
        message_rules.POST,
        post(message={"embeds": TOTAL}),
        post(message={"embeds": [*TOTAL, {"title": "x"}]}),
        "message.embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    Case(
        message_rules.POST,
        post(rate_limit_per_user=21_600),
        post(rate_limit_per_user=21_601),
        "rate_limit_per_user",
        TOO_HIGH,
    ),
    Case(
        message_rules.POST,
        post(rate_limit_per_user=0),
        post(rate_limit_per_user=-1),
        "rate_limit_per_user",
        TOO_LOW,
    ),
    *(Case(message_rules.POST, post(**one), post(**NEVER), *ARCHIVING) for one in DURATIONS),
    *(Case(message_rules.THREAD, one, NEVER, *ARCHIVING) for one in DURATIONS),
    Case(message_rules.THREAD, {"name": "x" * 100}, {"name": "x" * 101}, "name", BAD_LENGTH),
    Case(message_rules.THREAD, {"name": "x"}, {"name": ""}, "name", MISSING),
    Case(
        message_rules.THREAD,
        {"applied_tags": ["1", "2", "3", "4", "5"]},
        {"applied_tags": ["1"] * 6},
        "applied_tags",
        TOO_LONG,
    ),
    Case(message_rules.THREAD, {"applied_tags": []}, {"applied_tags": 5}, "applied_tags", NO_LIST),
    Case(message_rules.THREAD, {"archived": True}, {"invitable": True}, "invitable", UNKNOWN),
    Case(message_rules.ARCHIVED, {"limit": 100}, {"limit": 101}, "limit", TOO_HIGH),
    Case(message_rules.ARCHIVED, {"limit": 2}, {"limit": 1}, "limit", TOO_LOW),
    Case(
        message_rules.ARCHIVED,
        {"before": "2024-05-01T12:00:00.000001+00:00"},
        {"before": "yesterday"},
        "before",
        "DATE_TIME_TYPE_PARSE",
    ),
    Case(
        message_rules.DIRECT, {"recipient_id": 5}, {"recipient_id": "me"}, "recipient_id", NO_NUMBER
    ),
    Case(message_rules.DIRECT, {"recipient_id": "5"}, {}, "recipient_id", MISSING),
    Case(message_rules.DIRECT, {"recipient_id": "5"}, {"recipients": ["5"]}, "recipients", UNKNOWN),
    Case(message_rules.CREATE, rows(5), rows(6), "components", TOO_LONG),
    Case(
        message_rules.CREATE,
        in_row(*buttons(5)),
        in_row(*buttons(6)),
        "components.0.components",
        BAD_LENGTH,
    ),
    Case(message_rules.CREATE, in_row(button()), in_row(), "components.0.components", BAD_LENGTH),
    Case(
        message_rules.CREATE,
        in_row(select()),
        in_row(select(), button()),
        "components.0.components",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    Case(
        message_rules.CREATE,
        in_row(link(), link()),
        in_row(button(), button()),
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    Case(
        message_rules.CREATE,
        in_row(button()),
        {"components": [button()]},
        "components.0.type",
        NO_CHOICE,
    ),
    Case(message_rules.CREATE, in_row(button()), in_row({"type": 5}), f"{COMPONENT}.type", NO_TYPE),
    Case(
        message_rules.CREATE,
        in_row(button(id=1), link(id=2), link(id=0), link(id=0)),
        in_row(button(id=1), link(id=1)),
        "components",
        "COMPONENT_ID_DUPLICATED",
    ),
    Case(
        message_rules.CREATE,
        {"components": [{**in_row(link())["components"][0], "id": 1}]},
        {"components": [{**in_row(link(id=1))["components"][0], "id": 1}]},
        "components",
        "COMPONENT_ID_DUPLICATED",
    ),
    Case(message_rules.EDIT, {"content": None}, {"nonce": "1"}, "nonce", UNKNOWN),
    Case(message_rules.EDIT, {"flags": 4}, {"flags": 64}, "flags", "MESSAGE_FLAGS_INVALID"),
    Case(message_rules.ANSWER, {"flags": 64}, {"flags": 1 << 15}, "flags", "MESSAGE_FLAGS_INVALID"),
    Case(message_rules.DEFERRED, {"flags": 64}, {"content": "x"}, "content", UNKNOWN),
    Case(message_rules.CHOICES, choices(25), choices(26), "choices", TOO_LONG),
    Case(
        message_rules.CHOICES,
        choices(1, name="x" * 100),
        choices(1, name="x" * 101),
        "choices.0.name",
        BAD_LENGTH,
    ),
    Case(
        message_rules.CHOICES,
        choices(1, value="x" * 100),
        choices(1, value="x" * 101),
        "choices.0.value",
        TOO_LONG,
    ),
    Case(
        message_rules.CHOICES,
        choices(1, value=5),
        choices(1, value=None),
        "choices.0.value",
        MISSING,
    ),
    Case(
        message_rules.CHOICES, choices(1, name="x"), choices(1, name=""), "choices.0.name", MISSING
    ),
    Case(
        message_rules.CHOICES,
        choices(1, value=""),
        choices(1, value=[]),
        "choices.0.value",
        NO_TEXT,
    ),
    Case(message_rules.CHOICES, choices(0), {"choices": 5}, "choices", NO_LIST),
    Case(
        message_rules.CHOICES,
        choices(1, name_localizations={"de": "x" * 100, "fr": "x"}),
        choices(1, name_localizations={"de": "x" * 101}),
        "choices.0.name_localizations.de",
        BAD_LENGTH,
    ),
    Case(
        message_rules.CHOICES,
        choices(1, name_localizations={"de": "x"}),
        choices(1, name_localizations={"de": ""}),
        "choices.0.name_localizations.de",
        MISSING,
    ),
    Case(message_rules.HISTORY, {"limit": 100}, {"limit": 101}, "limit", TOO_HIGH),
    Case(message_rules.HISTORY, {"limit": 1}, {"limit": 0}, "limit", TOO_LOW),
    Case(message_rules.HISTORY, {"before": 5}, {"before": "soon"}, "before", NO_NUMBER),
]


def every_case() -> Iterator[Case]:
    for key, good, bad, path, code in MESSAGE_CASES:
        yield Case(
            message_rules.CREATE, {key: good} if good is not None else {}, {key: bad}, path, code
        )
    yield from OTHER_CASES


@table(every_case())
def test_the_limit_is_kept(case: Case):
    case.verify()
