"""Each limit of embeds, with cases within and beyond it."""

from collections.abc import Iterator

from bot.sandbox.rules import message_rules
from tests.sandbox.rules.cases import (
    BAD_LENGTH,
    MISSING,
    NO_CHOICE,
    NO_LINK,
    NO_NUMBER,
    NO_TEXT,
    TOO_HIGH,
    TOO_LONG,
    TOO_LOW,
    UNKNOWN,
    Case,
    Json,
    table,
)

Row = tuple[str, object, object, str, str]

FIELD = {"name": "n", "value": "v"}
LONG_URL = "https://x.org/" + "x" * 2034
PICTURE = {"url": "attachment://a.png"}


def of_embed(**keys: object) -> Json:
    return {"embeds": [{"title": "t", **keys}]}


EMBED_CASES: list[Row] = [
    ("title", "x" * 256, "x" * 257, "title", TOO_LONG),
    ("description", "x" * 4096, "x" * 4097, "description", TOO_LONG),
    ("type", "rich", "image", "type", NO_CHOICE),
    ("url", "https://x.org/a?b=c", "ftp://x.org", "url", NO_LINK),
    ("url", "http://x.org", "https://", "url", NO_LINK),
    ("url", None, "x.org/a", "url", NO_LINK),
    ("url", None, "https://x.org/a b", "url", NO_LINK),
    ("url", None, "http://[", "url", NO_LINK),
    ("url", LONG_URL, LONG_URL + "x", "url", TOO_LONG),
    ("thumbnail", PICTURE, {"url": "data:image/png;base64,AA"}, "thumbnail.url", NO_LINK),
    ("thumbnail", {"url": "https://x.org/i"}, {}, "thumbnail.url", MISSING),
    ("image", {"url": LONG_URL}, {"url": LONG_URL + "x"}, "image.url", TOO_LONG),
    ("timestamp", "2024-05-01T12:00:00Z", "yesterday", "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("timestamp", "2024-05-01 12:00", "2024-05-01", "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("timestamp", None, 20240501, "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("timestamp", None, "2024-05-41T12:00", "timestamp", "DATE_TIME_TYPE_PARSE"),
    ("color", 0xFFFFFF, 0x1000000, "color", TOO_HIGH),
    ("color", 0, "red", "color", NO_NUMBER),
    ("flags", 0, -1, "flags", TOO_LOW),
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
IMAGE_CASES: list[Row] = [
    ("description", "x" * 4096, "x" * 4097, "description", TOO_LONG),
    ("placeholder", "x" * 64, "x" * 65, "placeholder", TOO_LONG),
    ("placeholder_version", 0, -1, "placeholder_version", TOO_LOW),
    ("content_type", "x" * 256, "x" * 257, "content_type", TOO_LONG),
    ("proxy_url", "x" * 2048, "x" * 2049, "proxy_url", TOO_LONG),
    ("width", 0, -1, "width", TOO_LOW),
    ("height", 0, -1, "height", TOO_LOW),
    ("flags", 0, -1, "flags", TOO_LOW),
    *((one, "", 5, one, NO_TEXT) for one in ("description", "placeholder")),
    *((one, "", 5, one, NO_TEXT) for one in ("content_type", "proxy_url")),
]
ICON_CASES: list[Row] = [
    ("proxy_icon_url", "x" * 2048, "x" * 2049, "proxy_icon_url", TOO_LONG),
    ("proxy_icon_url", "", 5, "proxy_icon_url", NO_TEXT),
]


def every_case() -> Iterator[Case]:
    for key, good, bad, path, code in EMBED_CASES:
        kept = of_embed(**{key: good}) if good is not None else of_embed()
        yield Case(message_rules.CREATE, kept, of_embed(**{key: bad}), f"embeds.0.{path}", code)
    yield from inner_cases("image", PICTURE, IMAGE_CASES)
    yield from inner_cases("thumbnail", PICTURE, IMAGE_CASES)
    yield from inner_cases("footer", {"text": "f"}, ICON_CASES)
    yield from inner_cases("author", {"name": "a"}, ICON_CASES)


def inner_cases(part: str, whole: Json, cases: list[Row]) -> Iterator[Case]:
    """Cases of a part of an embed."""
    for key, good, bad, path, code in cases:
        kept, refused = ({part: {**whole, key: one}} for one in (good, bad))
        where = f"embeds.0.{part}.{path}"
        yield Case(message_rules.CREATE, of_embed(**kept), of_embed(**refused), where, code)


@table(every_case())
def test_the_limit_is_kept(case: Case):
    case.verify()
