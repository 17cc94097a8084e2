"""The server of invented feeds: one loopback port, and a site for each host that it is asked for.

A feed's site is its host; `/` there is a page that names the feeds of the site. Answers are what
careful publishers send: an ETag, a Last-Modified, and 304 for what has not changed.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum

from aiohttp import web

from bot.sandbox.feeds.documents import Format, Head, Item, changed_at, document, page

HOST = "127.0.0.1"
DRIP = 0.25
"""Seconds between two bytes of a slow answer, which never ends by itself."""


class Fault(StrEnum):
    """What is wrong with a site."""

    DOWN = "down"  # its name is not found, and open connections break
    SLOW = "slow"  # answers a byte at a time, without end
    ERROR = "error"  # 500
    PAGE = "page"  # a page instead of every feed
    ASTRAY = "astray"  # redirects to an address on this machine
    UNCHANGED = "unchanged"  # 304 to everything


@dataclass(frozen=True)
class InventedFeed:
    """A feed. `items` are those that it shows at a moment, newest first."""

    host: str
    path: str
    form: Format
    title: str
    items: Callable[[datetime], Sequence[Item]]
    topics: tuple[str, ...] = ()
    fault: Fault | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}{self.path}"

    @property
    def head(self) -> Head:
        """What it says of itself."""
        return Head(self.title, self.url, f"http://{self.host}/")


class FeedServer:
    """Serves feeds as of `now`. `faults` are those of hosts; they may be changed at any time.

    `asked` has the statuses of the answers by address, robots.txt aside.
    """

    def __init__(self, feeds: Iterable[InventedFeed], now: Callable[[], datetime]) -> None:
        self._now = now
        self._sites: dict[str, dict[str, InventedFeed]] = {}
        self.faults: dict[str, Fault] = {}
        self.asked: dict[str, list[int]] = {}
        for one in feeds:
            self._sites.setdefault(one.host, {})[one.path] = one
            if one.fault:
                self.faults[one.host] = one.fault
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen on any free port of 127.0.0.1."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0, backlog=1024).start()
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Close everything, including clients' connections."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def is_found(self, host: str) -> bool:
        """Whether there is a site of this name, and it is not down."""
        return host in self._sites and self.faults.get(host) is not Fault.DOWN

    def is_here(self, address: str, port: int) -> bool:
        """Whether an address and port are those that it listens on."""
        return (address, port) == (HOST, self.port)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        host = request.url.host or ""
        fault = self.faults.get(host)
        if host not in self._sites or (request.path == "/robots.txt" and fault is not Fault.DOWN):
            return web.Response(status=404)
        answer = await self._failing(request, fault) if fault else self._good(request, host)
        self.asked.setdefault(f"http://{host}{request.path}", []).append(answer.status)
        return answer

    def _good(self, request: web.Request, host: str) -> web.StreamResponse:
        site = self._sites[host]
        if feed := site.get(request.path):
            return self._feed(request, feed)
        if request.path == "/":
            named = [(one.form, one.title, one.path) for one in site.values()]
            body = page(next(iter(site.values())).title, named)
            return web.Response(body=body, content_type="text/html", charset="utf-8")
        return web.Response(status=404)

    def _feed(self, request: web.Request, feed: InventedFeed) -> web.StreamResponse:
        items = feed.items(self._now())
        body = document(feed.form, feed.head, items)
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        headers = {"ETag": etag}
        if changed := changed_at(items):
            headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
        if _has_it(request, etag, changed):
            return web.Response(status=304, headers=headers)
        return web.Response(
            body=body, headers={**headers, "Content-Type": f"{feed.form}; charset=utf-8"}
        )

    async def _failing(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault:
            case Fault.DOWN:
                if request.transport:
                    request.transport.abort()
                return web.Response(status=503)
            case Fault.SLOW:
                return await _drip(request)
            case Fault.ERROR:
                return web.Response(status=500)
            case Fault.ASTRAY:
                return web.Response(status=302, headers={"Location": f"http://{HOST}:9/feed"})
            case Fault.UNCHANGED:
                return web.Response(status=304)
            case Fault.PAGE:
                body = page("Under repair", ())
                return web.Response(body=body, content_type="text/html", charset="utf-8")


def _has_it(request: web.Request, etag: str, changed: datetime | None) -> bool:
    """Whether the client has what would be sent; If-None-Match goes before the time (RFC 9110)."""
    if (tags := request.headers.get("If-None-Match")) is not None:
        return tags.strip() == "*" or etag in [one.strip() for one in tags.split(",")]
    since = request.headers.get("If-Modified-Since")
    if since is None or changed is None:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": Format.RSS})
    await response.prepare(request)
    try:
        while True:
            await response.write(b" ")
            await asyncio.sleep(DRIP)
    except ConnectionError:  # the client had enough
        return response
