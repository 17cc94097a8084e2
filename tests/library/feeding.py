"""Feeds on loopback, and all that asks them and loads what they give."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bot.library.feeds import Feeds
from bot.library.ingest import Ingestion
from bot.library.sweep import Sweep, SweepReport
from bot.origins.feeds.client import FeedClient, FetchPolicy
from bot.origins.feeds.origin import Feeds as FeedsOrigin
from bot.store.database import Database, every
from bot.stories.feeds import Feed, FeedSettings
from tests.conftest import SetClock, sentence
from tests.origins.feeds.serving import Asked, Server, policy, reply, serving

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Item:
    """An item of an RSS feed; items with other numbers share no words."""

    number: int
    title: str = ""
    excerpt: str | None = None
    url: str = ""
    guid: str = ""
    at: datetime | None = None

    def xml(self, host: str) -> str:
        fields = {
            "title": self.title or f"Headline {self.number:03}",
            "description": sentence(self.number) if self.excerpt is None else self.excerpt,
            "link": self.url or f"https://{host}/story/{self.number}",
            "guid": self.guid or f"item-{self.number}",
            "pubDate": format_datetime(self.at) if self.at else None,
        }
        given = ((name, escape(text)) for name, text in fields.items() if text is not None)
        return f"<item>{''.join(f'<{name}>{text}</{name}>' for name, text in given)}</item>"


def rss(*items: Item, title: str = "Gazette", host: str = "gazette.example") -> bytes:
    """A feed with these items."""
    told = "".join(item.xml(host) for item in items)
    return f"<rss version='2.0'><channel><title>{title}</title>{told}</channel></rss>".encode()


@dataclass
class Newsstand:
    """A server with feeds, and a sweep that asks them."""

    server: Server
    archive: Database
    clock: SetClock
    feeds: Feeds
    ingestion: Ingestion
    client: FeedClient
    policy: FetchPolicy
    sweep: Sweep

    async def add(self, path: str = "/feed", host: str = "gazette.example", **fields: Any) -> Feed:
        """Add a feed; its topic is AI."""
        settings = FeedSettings(self.server.url(path, host), topics=("AI",))
        return await self.feeds.add(replace(settings, **fields), "test")

    def put(self, *items: Item, path: str = "/feed", **changes: Any) -> None:
        """Let the server give these items from now on."""
        self.server.replies[path] = reply(200, rss(*items, **changes), content_type="text/xml")

    async def run(self, after: timedelta = timedelta(0), **given: Any) -> SweepReport:
        """Run a sweep, after a while."""
        self.clock.move(after)
        return await self.sweep.run(**given)

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.archive.reading() as db:
            return [tuple(row) for row in await every(db, sql, values)]

    async def stories(self) -> list[tuple[Any, ...]]:
        """Title, excerpt and time of every story that is not withdrawn."""
        sql = "SELECT title, excerpt, published_at FROM story WHERE withdrawn = 0 ORDER BY story_id"
        return await self.rows(sql)

    async def titles(self) -> list[str]:
        return sorted(title for title, *_ in await self.stories())

    async def feed(self) -> Feed:
        (found,) = await self.feeds.listed()
        return found


@asynccontextmanager
async def newsstand(
    archive: Database, clock: SetClock, ingestion: Ingestion, **changes: Any
) -> AsyncIterator[Newsstand]:
    """A server with an empty feed, and all that asks it."""
    given = policy(clock, **changes)
    async with serving(reply(200, rss())) as server, FeedClient(given) as client:
        origin = FeedsOrigin(archive)
        yield Newsstand(
            server,
            archive,
            clock,
            Feeds(archive, clock, Path("feeds.yaml"), ingestion.rules),
            ingestion,
            client,
            given,
            Sweep(archive, ingestion, origin, client, clock),
        )


def conditional(body: bytes, etag: str = '"1"') -> Any:
    """A reply that answers 304 to whoever has this version."""

    def answer(asked: Asked) -> bytes:
        same = asked.headers.get("if-none-match") == etag
        return reply(304, etag=etag) if same else reply(200, body, etag=etag)

    return answer


def paths(asked: Sequence[Asked]) -> list[str]:
    return [one.path for one in asked]
