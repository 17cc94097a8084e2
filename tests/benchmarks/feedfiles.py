"""Invented feeds of all XML formats, of the sizes that real ones have."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice
from random import Random
from typing import Final

from bot.stories.model import Article
from tests.benchmarks.archive import make_archive
from tests.benchmarks.language import Speech

ITEMS: Final = 25
"""How many items a feed has; real ones have 2 to 60."""
BODY: Final = (1, 8)
"""How many paragraphs of 50 words an item's HTML has; the mean of real ones is 1,400 characters."""
NEWEST: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

_ATOM: Final = 'xmlns="http://www.w3.org/2005/Atom"'
_RDF: Final = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
)
_MODULES: Final = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/"'
)


@dataclass(frozen=True)
class Entry:
    """An item: its article, its HTML, and when it came."""

    article: Article
    body: str
    at: datetime


def make_feeds(rounds: int, seed: int = 1) -> list[bytes]:
    """Invented feeds: each of the formats so many times, always the same for a seed."""
    random = Random(seed)  # noqa: S311 - data
    speech, formats = Speech(random), (_rss, _rss_with_content, _rdf, _atom, _atom_xhtml)
    made = (one.story.article for one in make_archive(10 * rounds * len(formats) * ITEMS, seed))
    feeds = []
    for number in range(rounds * len(formats)):
        entries = [
            Entry(article, _body(speech, random), NEWEST - timedelta(minutes=97 * place))
            for place, article in enumerate(islice(made, ITEMS))
        ]
        feeds.append(formats[number % len(formats)](entries).encode())
    return feeds


def _body(speech: Speech, random: Random) -> str:
    """Paragraphs with a link and an emphasis each, and a picture."""
    paragraphs = []
    for _ in range(random.randint(*BODY)):
        first, linked, middle, stressed, last = (
            " ".join(speech.say(count)) for count in (15, 3, 14, 2, 16)
        )
        paragraphs.append(
            f'<p>{first} <a href="https://news.example/{len(last)}?a=1&amp;b=2">{linked}</a>'
            f" {middle} <em>{stressed}</em>, {last}.</p>"
        )
    return '<img src="https://news.example/i.png" alt="">' + "\n".join(paragraphs)


def _rss(entries: Sequence[Entry]) -> str:
    return _channel(
        f"<item><title>{html.escape(one.article.title)}</title><link>{one.article.url}</link>"
        f'<guid isPermaLink="false">{len(one.article.url)}-{one.article.url}</guid>'
        f"<pubDate>{format_datetime(one.at)}</pubDate><category>News</category>"
        f"<description>{html.escape(one.body)}</description></item>"
        for one in entries
    )


def _rss_with_content(entries: Sequence[Entry]) -> str:
    return _channel(
        f"<item><title>{html.escape(one.article.title)}</title><link>{one.article.url}</link>"
        f"<dc:creator><![CDATA[Ann Other]]></dc:creator><guid>{one.article.url}</guid>"
        f"<pubDate>{format_datetime(one.at)}</pubDate><category><![CDATA[News]]></category>"
        f"<description><![CDATA[<p>{html.escape(one.article.excerpt)}</p>]]></description>"
        f"<content:encoded><![CDATA[{one.body}]]></content:encoded>"
        '<media:thumbnail url="https://news.example/i.png"/></item>'
        for one in entries
    )


def _channel(items: Iterator[str]) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {_MODULES}><channel>'
        "<title>News</title><link>https://news.example/</link><description/>"
        f"<language>en</language>{''.join(items)}</channel></rss>"
    )


def _rdf(entries: Sequence[Entry]) -> str:
    items = (
        f'<item rdf:about="{one.article.url}"><title>{html.escape(one.article.title)}</title>'
        f"<link>{one.article.url}</link><dc:date>{one.at.isoformat()}</dc:date>"
        f"<description>{html.escape(one.article.excerpt)}</description></item>"
        for one in entries
    )
    return (
        f'<?xml version="1.0"?><rdf:RDF {_RDF} {_MODULES}><channel rdf:about="https://news.example/">'
        f"<title>News</title><link>https://news.example/</link></channel>{''.join(items)}</rdf:RDF>"
    )


def _atom(entries: Sequence[Entry]) -> str:
    return _feed(
        entries, [f'<content type="html">{html.escape(one.body)}</content>' for one in entries]
    )


def _atom_xhtml(entries: Sequence[Entry]) -> str:
    contents = [
        f"<summary>{html.escape(one.article.excerpt)}</summary>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
        + one.body.replace('alt="">', 'alt=""/>')
        + "</div></content>"
        for one in entries
    ]
    return _feed(entries, contents)


def _feed(entries: Sequence[Entry], contents: Sequence[str]) -> str:
    items = (
        f'<entry><title type="html">{html.escape(one.article.title)}</title>'
        f'<link rel="alternate" href="{one.article.url}"/><id>tag:{one.article.url}</id>'
        f"<published>{one.at.isoformat()}</published><updated>{one.at.isoformat()}</updated>"
        f'<author><name>Ann Other</name></author><category term="News"/>{content}</entry>'
        for one, content in zip(entries, contents, strict=True)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed {_ATOM}><title>News</title>'
        f'<link href="https://news.example/"/>{"".join(items)}</feed>'
    )
