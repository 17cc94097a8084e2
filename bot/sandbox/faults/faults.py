"""Injected faults: what can happen to a request between the bot and Discord.

A fault matches requests by method and path; the oldest fault that matches acts. An "after" fault
acts once the request has been carried out, so that the bot cannot know; a refused request is
answered with its refusal, since it did nothing.

Rules on content are faults too: a fault that `contains` a text matches requests whose body has it
somewhere, such as `Fault("status", "POST", "/channels/*", 400, 200000, None, contains="gold")`; the
answer to a code of 50035 names its place.

A status of 429 is Cloudflare's answer to an address that it has banned: an HTML page without a Via
header. A rate limit, which says how long to wait, is a separate kind.
"""

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus

from aiohttp import web

from bot.sandbox.api.bodies import sent_with
from bot.sandbox.rules import body_schema
from bot.sandbox.rules.errors import ApiError, Code

Serve = Callable[[], Awaitable[web.StreamResponse]]

A_MOMENT = 1.0
"""How many seconds a fault takes if it does not say."""
STATUSES = range(400, 600)
"""The statuses that a fault can answer with."""

_WORDS = {number: words for number, _, words in (one.value for one in Code) if number}
_BAD_TEXT = ("STRING_TYPE_REGEX", "String value did not match validation regex.")

_log = logging.getLogger(__name__)


class FaultKind(StrEnum):
    """The kinds of faults."""

    STATUS = "status"
    STATUS_AFTER = "status_after"
    HANG = "hang"
    HANG_AFTER = "hang_after"
    RESET = "reset"
    RESET_AFTER = "reset_after"
    LATE_STORE = "late_store"
    RATE_LIMIT = "rate_limit"


_AFTER = {FaultKind.STATUS_AFTER, FaultKind.HANG_AFTER, FaultKind.RESET_AFTER}


@dataclass(frozen=True)
class Fault:
    """One fault.

    `path` is the part after /api/v10, without its query; in it and in `method`, `*` stands for
    anything, also slashes: "/channels/*/messages". `times` counts down, None = until removed.

    `status` (400 to 599, also those of proxies such as 520) and `code` (Discord's, which a 429 does
    not have) are answered, also by `late_store`. `contains`: only requests with this text in one of
    their body's texts. `seconds`: how long a hang lasts before the connection is reset (None =
    until the fault is removed or the sandbox stops), when a late message is stored, and how long a
    rate limit asks to wait (None = 1 s). It is for all routes if `everywhere`, else for one.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    status: int = 500
    code: int = 0
    times: int | None = 1
    seconds: float | None = None
    everywhere: bool = False
    contains: str = ""

    def __post_init__(self) -> None:
        """ValueError: the kind or status does not exist."""
        FaultKind(self.kind)
        if self.status not in STATUSES:
            raise ValueError(f"a status is from {STATUSES[0]} to {STATUSES[-1]}")
        if self.times is not None and self.times < 1:
            raise ValueError("a fault happens at least once")
        if self.seconds is not None and self.seconds < 0:
            raise ValueError("a fault takes no negative time")

    def matches(self, method: str, path: str, body: object) -> bool:
        """Whether the fault matches a request, whose body is decoded."""
        meant = fnmatchcase(method, self.method.upper()) and fnmatchcase(path, self.path)
        return meant and (not self.contains or _place_of(self.contains, body) is not None)


class Faults:
    """The injected faults, by number from 1."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._last = 0
        self._hanging: dict[asyncio.Event, int] = {}
        self._late: set[asyncio.Task[None]] = set()

    def add(self, fault: Fault) -> int:
        """Add a fault and return its number."""
        self._last += 1
        self._faults[self._last] = fault
        return self._last

    def remove(self, number: int) -> None:
        """Remove a fault and release requests that hang because of it; it may be over already."""
        self._faults.pop(number, None)
        for event, cause in self._hanging.items():
            if cause == number:
                event.set()

    def list(self) -> dict[int, Fault]:
        """The remaining faults, by number; `times` is the number left."""
        return dict(self._faults)

    def clear(self) -> None:
        """Remove every fault and release hanging requests; late messages are still stored."""
        self._faults.clear()
        for event in self._hanging:
            event.set()

    async def close(self) -> None:
        """Release hanging requests, and drop messages to be stored late. Faults stay."""
        for event in self._hanging:
            event.set()
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    def take(self, method: str, path: str, body: object) -> tuple[int, Fault] | None:
        """The fault for a request, counted down, and its number."""
        for number, fault in self._faults.items():
            if fault.matches(method, path, body):
                self._count_down(number, fault)
                return number, fault
        return None

    def _count_down(self, number: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times == 1:
            del self._faults[number]
        else:
            self._faults[number] = replace(fault, times=fault.times - 1)

    async def apply(
        self, number: int, fault: Fault, request: web.Request, serve: Serve
    ) -> web.StreamResponse:
        """Apply a fault to a request; `serve` carries it out, or raises ApiError."""
        if fault.kind in _AFTER:
            await serve()
        match FaultKind(fault.kind):
            case FaultKind.STATUS | FaultKind.STATUS_AFTER:
                return _refusal(fault, request)
            case FaultKind.RATE_LIMIT:
                return _slow_down(fault)
            case FaultKind.LATE_STORE:
                self._store_later(fault, serve)
                return _refusal(fault, request)
            case FaultKind.HANG | FaultKind.HANG_AFTER:
                await self._hang(number, fault.seconds)
        _reset(request)
        return NoAnswer()

    async def _hang(self, number: int, seconds: float | None) -> None:
        event = asyncio.Event()
        self._hanging[event] = number
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        finally:
            del self._hanging[event]

    def _store_later(self, fault: Fault, serve: Serve) -> None:
        seconds = A_MOMENT if fault.seconds is None else fault.seconds
        task = asyncio.create_task(_serve_later(seconds, serve))
        self._late.add(task)
        task.add_done_callback(self._late.discard)


class NoAnswer(web.Response):
    """Stands for the answer on a broken connection; nobody receives it."""


class Ban(web.Response):
    """Cloudflare's own answer: it did not come from Discord, so it lacks Discord's headers."""


async def _serve_later(seconds: float, serve: Serve) -> None:
    await asyncio.sleep(seconds)
    try:
        await serve()
    except ApiError as error:
        _log.info("What was to be stored late was refused: %s", error)


def _refusal(fault: Fault, request: web.Request) -> web.Response:
    if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
        page = "<!doctype html><title>Access denied</title><p>You are being rate limited.</p>"
        return Ban(text=page, status=fault.status, content_type="text/html")
    plain = f"{fault.status}: {_phrase(fault.status)}"
    body = {"message": _WORDS.get(fault.code, plain), "code": fault.code}
    if fault.code == Code.INVALID_FORM.value[0]:
        place = _place_of(fault.contains, sent_with(request)[1]) or ()
        body["errors"] = body_schema.nested([body_schema.Violation(place, *_BAD_TEXT)])
    return _answer(body, fault.status)


def _place_of(text: str, value: object) -> tuple[str, ...] | None:
    """The path in decoded JSON to the first text that contains this one, as keys from the top."""
    if isinstance(value, str):
        return () if text in value else None
    inside = value.items() if isinstance(value, dict) else ()
    for key, below in enumerate(value) if isinstance(value, list) else inside:
        place = _place_of(text, below)
        if place is not None:
            return str(key), *place
    return None


def _phrase(status: int) -> str:
    """The name of a status; Cloudflare's are in no standard."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown Error"


def _slow_down(fault: Fault) -> web.Response:
    seconds = A_MOMENT if fault.seconds is None else fault.seconds
    words = "You are being rate limited."
    body = {"message": words, "retry_after": seconds, "global": fault.everywhere}
    response = _answer(body, HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(max(1, round(seconds)))
    response.headers["X-RateLimit-Scope"] = "global" if fault.everywhere else "user"
    if fault.everywhere:
        response.headers["X-RateLimit-Global"] = "true"
    return response


def _answer(body: object, status: int) -> web.Response:
    encoded = json.dumps(body).encode()
    return web.Response(body=encoded, status=status, content_type="application/json")


def _reset(request: web.Request) -> None:
    """End the connection with a TCP RST, which the kernel sends on a close without lingering."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
