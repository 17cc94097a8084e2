"""Reads JSON Feed 1.0 and 1.1, and RSS written as JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from bot.origins.feeds.document import NotAFeed
from bot.origins.feeds.html_text import MAX_HTML
from bot.origins.feeds.raw import Claim, Enough, RawFeed, RawItem, RawText, Take, joined

MAX_JSON: Final = 2 * 1024 * 1024
"""How many bytes of JSON are read; it is parsed as a whole. The largest real one has 154 kB."""
MAX_VALUES: Final = 100_000
"""How many values a document may hold, each of which takes some 60 bytes; real ones hold 3,000."""
_ITEMS: Final = re.compile(r'"items"\s*:\s*\[')
_NEXT: Final = re.compile(r"[\s,]*+\{")


def read_json(document: bytes, url: str, take: Take) -> RawFeed:
    """The feed in a JSON document; each item goes to `take`. Raises NotAFeed."""
    if len(document) > MAX_JSON or sum(map(document.count, (b",", b"{", b"["))) > MAX_VALUES:
        raise NotAFeed("it is too much JSON for a feed")
    values, broken = _values(document)
    if isinstance(values, dict) and isinstance(values.get("rss"), dict):
        return _rss(values["rss"], url, take)
    entries = values.get("items") if isinstance(values, dict) else None
    version = _text(values, "version") if isinstance(values, dict) else ""
    if not isinstance(entries, list) or not (
        version.find("jsonfeed.org") >= 0 or "title" in values
    ):
        raise NotAFeed("it is JSON, but no JSON Feed")
    feed = _json_feed(values, version, entries, url, take)
    feed.broken = broken
    return feed


def _values(document: bytes) -> tuple[Any, str]:
    """The values, and what is wrong with their JSON, if anything is. Raises NotAFeed."""
    text = document.decode()
    try:
        return json.loads(text, strict=False), ""
    except RecursionError as error:
        raise NotAFeed("its JSON is nested too deeply") from error
    except ValueError as error:
        return _salvaged(text), f"its JSON is broken ({error})"


def _salvaged(text: str) -> Any:  # noqa: ANN401 - any value of JSON
    """The values up to the first broken item. Raises NotAFeed if nothing can be read."""
    decoder = json.JSONDecoder(strict=False)
    start = _ITEMS.search(text)
    items: list[Any] = []
    try:
        values = decoder.decode(f"{text[: start.end()]}]}}" if start else "")
    except (ValueError, RecursionError) as error:
        raise NotAFeed("its JSON is broken") from error
    place = start.end() if start else 0
    with suppress(ValueError, RecursionError):
        while match := _NEXT.match(text, place):
            value, place = decoder.raw_decode(text, match.end() - 1)
            items.append(value)
    return {**values, "items": items}


def _json_feed(
    values: Mapping[str, Any], version: str, entries: list[Any], url: str, take: Take
) -> RawFeed:
    number = version.rstrip("/").rpartition("/")[2] if version else ""
    feed = RawFeed(
        format=f"JSON Feed {number[:8]}".strip(),
        title=RawText(_text(values, "title"), is_html=False),
        site=joined(url, _text(values, "home_page_url")),
        language=_text(values, "language"),
    )
    with suppress(Enough):
        for entry in entries:
            if isinstance(entry, dict):
                take(_item(entry, url))
    return feed


def _item(entry: Mapping[str, Any], url: str) -> RawItem:
    item = RawItem(
        id=_text(entry, "id"),
        dates={name: _text(entry, name) for name in ("date_published", "date_modified")},
        categories=[*_strings(entry.get("tags"))],
        author=next(_authors(entry), ""),
        image=joined(url, _text(entry, "image") or _text(entry, "banner_image")),
    )
    for name, key, is_html in (
        ("title", "title", False),
        ("summary", "summary", False),
        ("content", "content_html", True),
        ("content", "content_text", False),
    ):
        if text := _text(entry, key):
            item.texts.setdefault(name, RawText(text, is_html))
    for claim, key in (
        (Claim.PAGE, "url"),
        (Claim.RELATED, "external_url"),
        (Claim.IDENTITY, "id"),
    ):
        link = _text(entry, key)
        if claim is not Claim.IDENTITY or link.startswith("http"):
            item.add_link(claim, joined(url, link))
    return item


def _authors(entry: Mapping[str, Any]) -> Iterator[str]:
    authors = entry.get("authors")
    for author in [*(authors if isinstance(authors, list) else []), entry.get("author")]:
        if isinstance(author, dict) and _text(author, "name"):
            yield _text(author, "name")


def _rss(values: Mapping[str, Any], url: str, take: Take) -> RawFeed:
    """RSS as JSON: each element is a value, and its attributes are values beside `#value`."""
    channel = values.get("channel")
    if not isinstance(channel, dict):
        raise NotAFeed("it is JSON, but no feed")
    feed = RawFeed(
        format=f"RSS {_text(values, 'version')[:8]} as JSON",
        title=RawText(_text(channel, "title")),
        site=joined(url, _text(channel, "link")),
        language=_text(channel, "language"),
        hints={"ttl": _text(channel, "ttl")},
    )
    entries = channel.get("item")
    with suppress(Enough):
        for entry in entries if isinstance(entries, list) else [entries]:
            if isinstance(entry, dict):
                take(_rss_item(entry, url))
    return feed


def _rss_item(entry: Mapping[str, Any], url: str) -> RawItem:
    item = RawItem(
        id=_text(entry, "guid"),
        dates={"pubdate": _text(entry, "pubDate")},
        categories=[*_strings(entry.get("category"))],
        author=_text(entry, "author"),
    )
    for name, key in (("title", "title"), ("summary", "description")):
        if text := _text(entry, key):
            item.texts[name] = RawText(text)
    item.add_link(Claim.PAGE, joined(url, _text(entry, "link")))
    if item.id.startswith("http"):
        item.add_link(Claim.IDENTITY, item.id)
    return item


def _strings(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        text = _text({"one": one}, "one")
        if text:
            yield text


def _text(values: Mapping[str, Any], key: str) -> str:
    """A value as text; "" if it is neither text nor a number."""
    value = values.get(key)
    if isinstance(value, dict):
        value = value.get("#value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)[:MAX_HTML].strip()
    return text.encode("utf-8", "replace").decode()  # JSON can write half a character
