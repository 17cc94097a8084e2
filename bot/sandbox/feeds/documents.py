"""Feeds and pages as bytes: RSS 2.0, RSS 1.0 (RDF), Atom, JSON Feed, and the page that names them.

What a document says depends on its items alone, so that it is the same until they change.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from html import escape


class Format(StrEnum):
    """The formats, each by its content type."""

    RSS = "application/rss+xml"
    RDF = "application/rdf+xml"
    ATOM = "application/atom+xml"
    JSON = "application/feed+json"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who published an item that a feed only passes on. `url` is that of its site."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed. Times are aware; `shown_at` is when it appeared or was last edited."""

    id: str
    url: str
    title: str
    text: str
    published_at: datetime
    shown_at: datetime
    categories: tuple[str, ...] = ()
    publisher: Publisher | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What a feed says of itself. `url` is its own address, `home` that of its site."""

    title: str
    url: str
    home: str


def document(form: Format, head: Head, items: Sequence[Item]) -> bytes:
    """The feed with these items, in their order."""
    return _WRITERS[form](head, items).encode()


def page(title: str, feeds: Iterable[tuple[Format, str, str]]) -> bytes:
    """A page that names feeds, each with its format, title and path."""
    links = "\n".join(
        f'<link rel="alternate" type="{form}" title="{escape(name)}" href="{escape(path)}">'
        for form, name, path in feeds
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{links}\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        "</body>\n</html>\n"
    ).encode()


def changed_at(items: Iterable[Item]) -> datetime | None:
    """When a feed with these items last changed; None if it has none."""
    return max((one.shown_at for one in items), default=None)


def _rss(head: Head, items: Sequence[Item]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n'
        f"{_tag('title', head.title)}{_tag('link', head.home)}"
        f"{_tag('description', head.title)}{_tag('language', 'en')}"
        f"{''.join(map(_rss_item, items))}</channel>\n</rss>\n"
    )


def _rss_item(item: Item) -> str:
    source = item.publisher
    return (
        f"<item>\n{_tag('title', item.title)}{_tag('link', item.url)}"
        f"{_tag('description', f'<p>{escape(item.text)}</p>')}"
        f"{''.join(_tag('category', one) for one in item.categories)}"
        f'<guid isPermaLink="false">{escape(item.id)}</guid>\n'
        f"{_tag('pubDate', format_datetime(item.published_at))}"
        + (f'<source url="{escape(source.url)}">{escape(source.name)}</source>\n' if source else "")
        + "</item>\n"
    )


def _rdf(head: Head, items: Sequence[Item]) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{escape(one.url)}"/>\n' for one in items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{escape(head.url)}">\n{_tag("title", head.title)}'
        f"{_tag('link', head.home)}{_tag('description', head.title)}"
        f"<items><rdf:Seq>\n{listed}</rdf:Seq></items>\n</channel>\n"
        f"{''.join(map(_rdf_item, items))}</rdf:RDF>\n"
    )


def _rdf_item(item: Item) -> str:
    return (
        f'<item rdf:about="{escape(item.url)}">\n{_tag("title", item.title)}'
        f"{_tag('link', item.url)}{_tag('description', item.text)}"
        f"{_tag('dc:date', item.published_at.isoformat())}"
        f"{''.join(_tag('dc:subject', one) for one in item.categories)}</item>\n"
    )


def _atom(head: Head, items: Sequence[Item]) -> str:
    updated = changed_at(items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"{_tag('title', head.title)}{_tag('id', head.url)}"
        f'<link href="{escape(head.home)}"/>\n'
        f'<link rel="self" href="{escape(head.url)}"/>\n'
        + (_tag("updated", updated.isoformat()) if updated else "")
        + f"{''.join(map(_atom_entry, items))}</feed>\n"
    )


def _atom_entry(item: Item) -> str:
    categories = "".join(f'<category term="{escape(one)}"/>\n' for one in item.categories)
    return (
        f"<entry>\n{_tag('title', item.title)}{_tag('id', item.id)}"
        f'<link href="{escape(item.url)}"/>\n{_tag("published", item.published_at.isoformat())}'
        f"{_tag('updated', item.shown_at.isoformat())}"
        f'<summary type="text">{escape(item.text)}</summary>\n{categories}</entry>\n'
    )


def _json(head: Head, items: Sequence[Item]) -> str:
    given = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "home_page_url": head.home,
        "feed_url": head.url,
        "items": [_json_item(one) for one in items],
    }
    return json.dumps(given, ensure_ascii=False, indent=1)


def _json_item(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_text": item.text,
        "date_published": item.published_at.isoformat(),
        "date_modified": item.shown_at.isoformat(),
        "tags": item.categories,
    }


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>\n"


_WRITERS = {Format.RSS: _rss, Format.RDF: _rdf, Format.ATOM: _atom, Format.JSON: _json}
