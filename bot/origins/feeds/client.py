"""Asks feeds over HTTP, politely and safely: one request in, one answer or one failure out."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot import __version__
from bot.clock import Clock, SystemClock
from bot.origins.feeds import headers, robots
from bot.origins.feeds.address_guard import IsAllowed, guarded_socket, is_public
from bot.origins.feeds.bodies import read_body
from bot.origins.feeds.content_coding import ACCEPTED
from bot.origins.feeds.failures import FetchFailed, as_fetch_failed, failure_of_status
from bot.origins.feeds.host_pace import HostPace
from bot.stories.feeds import FaultKind, HostState

MOST_REDIRECTS: Final = 5
ROBOTS_EVERY: Final = timedelta(days=1)

_ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_PERMANENT: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
_REDIRECTS: Final = _PERMANENT | {
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
}
_OF_ITS_HOST: Final = frozenset({FaultKind.UNREACHABLE, FaultKind.BUSY, FaultKind.FORBIDDEN})
"""Faults of robots.txt that the feed of the same host would meet as well."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at most: for a whole answer, for a connection, for the next bytes."""

    total: float = 30
    connect: float = 10
    read: float = 15


@dataclass(frozen=True)
class FetchPolicy:
    """How feeds are asked; all clients of a process share one.

    `resolver` None = the system's. `is_allowed` says which addresses and ports may be connected
    to. `hosts` is what is known of hosts: fetching changes it, and whoever keeps it across restarts
    reads it.
    """

    clock: Clock = field(default_factory=SystemClock)
    contact: str | None = None
    resolver: AbstractResolver | None = None
    is_allowed: IsAllowed = is_public
    pace: HostPace = field(default_factory=HostPace)
    timeouts: Timeouts = Timeouts()
    hosts: dict[str, HostState] = field(default_factory=dict)


def guarded(contact: str | None, clock: Clock | None = None) -> FetchPolicy:
    """The policy for the internet: public addresses only, two requests at once a host and a second
    apart. `contact` is where people reach who runs this bot: an address of mail or of a page.
    """
    return FetchPolicy(clock=clock or SystemClock(), contact=contact)


@dataclass(frozen=True, slots=True)
class Request:
    """A feed to ask. `etag` and `last_modified` are those of its last answer, byte for byte."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a feed answered: 200 with a body, or 304, not modified, without.

    `url` is where the answer came from, after redirects. `permanent_url` is where permanent ones
    led, None = there were none. `max_age` is for how long the publisher says it stays the same.
    `body` is decoded, and `body_hash` its hash.
    """

    status: int
    url: str
    permanent_url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    max_age: timedelta | None = None
    body: bytes | None = None
    body_hash: bytes | None = None


class FeedClient:
    """Asks feeds. An async context manager."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._asking_robots: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = _session(self._policy)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session and its connections."""
        await self._session.close()

    @property
    def hosts(self) -> dict[str, HostState]:
        """What is known of hosts; see FetchPolicy."""
        return self._policy.hosts

    @property
    def agent(self) -> str:
        """How the bot names itself."""
        return self._session.headers["User-Agent"]

    def use_contact(self, contact: str | None) -> None:
        """Name this contact from now on."""
        self._session.headers["User-Agent"] = user_agent(contact)

    async def fetch(self, request: Request) -> Answer:
        """Ask a feed. Raises FetchFailed."""
        with as_fetch_failed():
            given = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
            conditions = {name: value for name, value in given.items() if value}
            async with self._followed(_web_address(request.url), conditions) as (response, moved):
                if response.status == HTTPStatus.NOT_MODIFIED and conditions:
                    return _unchanged(request, response, moved)
                if response.status != HTTPStatus.OK:
                    raise failure_of_status(response.status)
                return await _with_body(response, moved)

    @asynccontextmanager
    async def _followed(
        self, url: URL, conditions: Mapping[str, str], *, by_robots: bool = True
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, URL | None]]:
        """The answer at the end of redirects, and where permanent ones led."""
        moved, permanent = None, True
        for _ in range(MOST_REDIRECTS + 1):
            if by_robots and not robots.is_allowed(await self._rules(url), url.raw_path_qs):
                raise FetchFailed(FaultKind.REFUSED, "its robots.txt forbids it")
            async with self._asked(url, conditions, may_end=by_robots) as response:
                if response.status not in _REDIRECTS:
                    yield response, moved
                    return
                permanent = permanent and response.status in _PERMANENT
                url = _redirected(url, response)
                moved = url if permanent else moved
        raise FetchFailed(FaultKind.BROKEN, f"more than {MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _asked(
        self, url: URL, conditions: Mapping[str, str], *, may_end: bool
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to one request, in the host's turn; one that says no is raised. The connection
        ends with it if it `may_end` and nobody else asks the host: 2,000 open ones took 6 MB.
        """
        host, pace = _host(url), self._policy.pace
        async with pace.turn(host, lambda: self._check_wait(host)):
            ending = {} if pace.is_shared(host) or not may_end else {"Connection": "close"}
            async with self._get(url, {**conditions, **ending}) as response:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise self._refused(host, response)
                yield response

    def _get(
        self, url: URL, sent: Mapping[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session.get(url, headers=sent, allow_redirects=False)

    def _check_wait(self, host: str) -> None:
        """Raises FetchFailed while the host asks not to be asked."""
        until = self._policy.hosts.get(host, HostState()).waits_until
        wait = until - self._policy.clock.now() if until else timedelta(0)
        # One that is longer than any host can ask for is from before the clock was set back.
        if timedelta(0) < wait <= headers.LONGEST_WAIT:
            raise FetchFailed(FaultKind.BUSY, "its host asked for a pause", wait, asked=False)

    def _refused(self, host: str, response: aiohttp.ClientResponse) -> FetchFailed:
        """The failure that an answer is; the whole host is left alone for as long as it asks."""
        now = self._policy.clock.now()
        failure = failure_of_status(response.status)
        if failure.kind is FaultKind.BUSY:
            failure.retry_after = headers.retry_after(response.headers, now)
        if failure.retry_after:
            known = self._policy.hosts.get(host, HostState())
            self._policy.hosts[host] = replace(known, waits_until=now + failure.retry_after)
        return failure

    async def _rules(self, url: URL) -> str:
        """What robots.txt of the address's host says to this bot; asked once a day."""
        host, now = _host(url), self._policy.clock.now()
        async with self._asking_robots.setdefault(host, asyncio.Lock()):
            known = self._policy.hosts.get(host, HostState())
            age = now - known.robots_at if known.robots_at else ROBOTS_EVERY
            if timedelta(0) <= age < ROBOTS_EVERY:
                return known.robots
            text = await self._robots_txt(url)
            rules = known.robots if text is None else robots.rules_for_us(text)
            known = self._policy.hosts.get(host, HostState())
            self._policy.hosts[host] = replace(known, robots=rules, robots_at=now)
            return rules

    async def _robots_txt(self, url: URL) -> str | None:
        """The text; "" if there is none, None if it cannot be read now. Raises FetchFailed if the
        host cannot be asked at all.
        """
        try:
            with as_fetch_failed():
                address = url.join(URL("/robots.txt"))
                async with self._followed(address, {}, by_robots=False) as (response, _):
                    if response.status != HTTPStatus.OK:
                        return None
                    body = await read_body(response, robots.MOST_BYTES, cut=True)
                    return body.content.decode("utf-8-sig", "replace")
        except FetchFailed as failure:
            if failure.kind in _OF_ITS_HOST:
                raise
            return "" if failure.kind in {FaultKind.MISSING, FaultKind.GONE} else None


def _session(policy: FetchPolicy) -> aiohttp.ClientSession:
    timeouts = policy.timeouts
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=policy.resolver,
            use_dns_cache=False,  # a host is asked minutes apart
            keepalive_timeout=3,  # after robots.txt the feed is asked a second later
            socket_factory=guarded_socket(policy.is_allowed),
        ),
        headers={
            "User-Agent": user_agent(policy.contact),
            "Accept": _ACCEPT,
            "Accept-Encoding": ACCEPTED,
        },
        timeout=aiohttp.ClientTimeout(
            total=timeouts.total, connect=timeouts.connect, sock_read=timeouts.read
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # it counts no bytes on the wire
        trust_env=False,  # a proxy would resolve names by itself, past the guard
    )


def user_agent(contact: str | None) -> str:
    """How the bot names itself, and whom to write to because of it."""
    written = re.sub(r"[^!-~]|[()]", "", contact or "")
    return f"Broadsheet/{__version__} ({f'+{written}' if written else 'feed reader'})"


def without_secrets(url: str) -> str:
    """The address for logs: without user, password, query and fragment."""
    try:
        found = URL(url)
        plain = found.with_user(None).with_query(None).with_fragment(None)
    except ValueError:
        return "(no web address)"
    return f"{plain}?…" if found.raw_query_string else str(plain)


def _web_address(url: str) -> URL:
    found = URL(url).with_fragment(None)
    if found.scheme not in {"http", "https"} or not found.raw_host:
        raise FetchFailed(FaultKind.FORBIDDEN, "not an address of http or https")
    return found


def _redirected(url: URL, response: aiohttp.ClientResponse) -> URL:
    """Where a redirect leads. User and password go along to the same host only."""
    target = _web_address(str(url.join(URL(response.headers.get("Location", "")))))
    if target == url:
        raise FetchFailed(FaultKind.BROKEN, "it redirects to itself")
    same_host = target.host == url.host and (target.scheme == "https" or url.scheme == "http")
    if url.user and same_host and not target.user:
        target = target.with_user(url.user).with_password(url.password)
    return target


def _host(url: URL) -> str:
    """The host, and its port if that is not the usual one."""
    return f"{url.raw_host}" if url.is_default_port() else f"{url.raw_host}:{url.port}"


def _unchanged(request: Request, response: aiohttp.ClientResponse, moved: URL | None) -> Answer:
    return Answer(
        status=response.status,
        url=str(response.url),
        permanent_url=str(moved) if moved else None,
        etag=headers.validator(response.headers, "ETag") or request.etag,
        last_modified=headers.validator(response.headers, "Last-Modified") or request.last_modified,
        max_age=headers.max_age(response.headers),
    )


async def _with_body(response: aiohttp.ClientResponse, moved: URL | None) -> Answer:
    body = await read_body(response)
    return Answer(
        status=response.status,
        url=str(response.url),
        permanent_url=str(moved) if moved else None,
        etag=headers.validator(response.headers, "ETag"),
        last_modified=headers.validator(response.headers, "Last-Modified"),
        content_type=response.headers.get("Content-Type"),
        max_age=headers.max_age(response.headers),
        body=body.content,
        body_hash=body.hash,
    )
