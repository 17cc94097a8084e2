"""Asks feeds over HTTP, politely and safely: one request in, one answer or one failure out."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver

from bot.clock import Clock, SystemClock
from bot.errors import BroadsheetError
from bot.origins.feeds.address_guard import IsAllowed, is_public
from bot.origins.feeds.host_pace import HostPace
from bot.stories.feeds import FaultKind, HostState


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at most: for a whole answer, for a connection, for the next bytes."""

    total: float = 30
    connect: float = 10
    read: float = 15


@dataclass(frozen=True)
class FetchPolicy:
    """How feeds are asked; all clients of a process share one.

    `resolver` None = the system's. `is_allowed` says which addresses may be connected to. `hosts`
    is what is known of hosts: fetching changes it, and whoever keeps it across restarts reads it.
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


class FetchFailed(BroadsheetError):
    """A feed gave no answer that can be used.

    `detail` is for people and has no address in it. `retry_after` is how long the host asks to be
    left alone. `asked` False: it was not asked at all, since the host had asked so before.
    """

    def __init__(
        self,
        kind: FaultKind,
        detail: str,
        retry_after: timedelta | None = None,
        *,
        asked: bool = True,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail
        self.retry_after, self.asked = retry_after, asked


class FeedClient:
    """Asks feeds. An async context manager."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy

    async def __aenter__(self) -> Self:
        """Open the session."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session and its connections."""

    async def fetch(self, request: Request) -> Answer:
        """Ask a feed. Raises FetchFailed."""
        raise NotImplementedError


def without_secrets(url: str) -> str:
    """The address for logs: without user, password, query and fragment."""
    raise NotImplementedError
