"""The rules for embeds: Discord's documented limits."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.rules.body_schema import (
    LARGEST,
    REQUIRED,
    Violation,
    below,
    boolean,
    chain,
    choice,
    each,
    number,
    table,
    text,
    timestamp,
    url,
)

Json = dict[str, Any]

EMBED_TOTAL = 6000
"""How many characters a message's embeds may have: title, description, fields, footer, author."""

web = url(2048, "http", "https")
picture = url(2048, "http", "https", "attachment")

# A bot may send back an embed that it has read: proxies and sizes are accepted and ignored.
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


def _shows_something(embed: Json) -> Iterator[Violation]:
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
            "timestamp": timestamp,
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


def embeds_fit_together(body: Json) -> Iterator[Violation]:
    """All embeds of a message together stay within the total."""
    if sum(embed_length(one) for one in body.get("embeds") or []) > EMBED_TOTAL:
        words = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        yield Violation(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words)
