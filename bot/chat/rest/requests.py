"""Sends single requests to Discord's HTTP API and tells their outcomes apart.

discord.py's own requests repeat a 5xx up to five times, sleep through rate limits and do not say
whether a limit applies to the whole bot (measured with 2.7.1). Here each request is sent once,
since the ledger decides what happens next.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import discord
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from discord.http import Route

from bot.errors import OutcomeUnknown, TryLater
from bot.render.sanitizer import plain

logger = logging.getLogger(__name__)

TIMEOUT: Final = 20
"""Seconds for one request; after that its outcome is unknown."""
TOKEN_WAIT: Final = 600.0
"""Seconds until a token that was refused is tried again: a refusal counts towards a ban."""
LONGEST_WAIT: Final = 3600.0
"""Seconds; if Discord names a longer wait, it is asked again after this."""
_PASSING: Final = {*range(300, 400), 409, 421, 423, 425}
"""Statuses that are not a refusal by Discord, but come from something in front of it."""
_WORDS: Final = 200
"""How many characters of Discord's own messages are kept."""
LARGEST_ID: Final = 2**63 - 1
"""An id may come from anybody; SQLite accepts no larger number, and Discord issues none."""
_LONGEST_WAIT: Final = 7 * 86_400.0
"""Seconds; a longer wait is an error or not a wait, and counts as if no wait were named."""
NO_ANSWER: Final = "Discord did not answer"
UNUSABLE: Final = "Discord's answer cannot be used"
NO_WAY: Final = "Discord cannot be reached"
NOT_NOW: Final = "another process may be at this work"

OnStatus = Callable[[int], None]
"""Called with the HTTP status of every answer."""


class RestError(Exception):
    """A 4xx answer about this request alone: HTTP status, Discord's code and message."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(f"{text} ({code})")
        self.status, self.code, self.text = status, code, text


def trace(on_status: OnStatus) -> aiohttp.TraceConfig:
    """Has every answer of a session counted, also those to discord.py itself."""

    async def ended(_: object, __: object, params: aiohttp.TraceRequestEndParams) -> None:
        on_status(params.response.status)

    config = aiohttp.TraceConfig()
    config.on_request_end.append(ended)
    return config


def _always() -> bool:
    return True


class Rest:
    """Sends requests on behalf of a client that has logged in, as long as it `may_send`."""

    def __init__(
        self, client: discord.Client, on_status: OnStatus, may_send: Callable[[], bool] = _always
    ) -> None:
        self._client, self._on_status, self._may_send = client, on_status, may_send
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send one request and return the JSON of its answer.

        Raises RestError if Discord refuses it, TryLater if it was certainly not done and may be
        tried later, OutcomeUnknown if its outcome is unknown.
        """
        session = self._opened()
        headers = {"Authorization": f"Bot {self._client.http.token}"}
        try:
            async with session.request(
                method, Route.BASE + path, json=body, headers=headers, allow_redirects=False
            ) as response:
                return _judged(response, await _content(response))
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError) as error:
            logger.warning("%s: %s", NO_WAY, error)
            raise TryLater(NO_WAY) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            logger.warning("%s: %s %s: %s", NO_ANSWER, method, path, type(error).__name__)
            raise OutcomeUnknown(NO_ANSWER) from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": self._client.http.user_agent},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT),
                trace_configs=[trace(self._on_status)],
                request_class=_sent_only_if(self._may_send),
            )
        return self._session


def _sent_only_if(may_send: Callable[[], bool]) -> type[aiohttp.ClientRequest]:
    """A request that asks at the last moment: its process may have stood still until then."""

    class Request(aiohttp.ClientRequest):
        async def send(self, conn: Connection) -> aiohttp.ClientResponse:
            if not may_send():
                raise TryLater(NOT_NOW)
            return await super().send(conn)

        async def write_bytes(
            self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
        ) -> None:
            """A task of its own, which writes the head too; so it asks again."""
            if may_send():
                await super().write_bytes(writer, conn, content_length)
            elif conn.protocol is not None:
                conn.protocol.set_exception(TryLater(NOT_NOW))

    return Request


async def _content(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - JSON
    """The JSON of an answer; None if it is not JSON, like Cloudflare's pages."""
    try:
        return await response.json(encoding="utf-8", content_type=None)
    except (ValueError, RecursionError):
        return None


def _judged(response: aiohttp.ClientResponse, content: Any) -> Any:  # noqa: ANN401 - JSON
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return content
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise _limit(response.headers, content if isinstance(content, dict) else {})
    if status == HTTPStatus.UNAUTHORIZED:
        raise TryLater("Discord does not accept the token any more", TOKEN_WAIT, everywhere=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise OutcomeUnknown(f"Discord failed: HTTP {status}")
    if status in _PASSING or not isinstance(content, dict):
        raise TryLater(f"{UNUSABLE}: HTTP {status}")
    raise RestError(status, _code(content.get("code")), _words(content) or f"HTTP {status}")


def _words(answer: Mapping[str, Any]) -> str:
    """Discord's own message for users and the log: arbitrary text, cut to a sentence's length."""
    return plain(str(answer.get("message") or "")[: 2 * _WORDS], _WORDS)


def _code(given: object) -> int:
    return given if isinstance(given, int) else 0


def _limit(headers: Mapping[str, str], answer: Mapping[str, Any]) -> TryLater:
    """A rate limit, or Cloudflare's ban of the address, which is not JSON and has no Via header.

    If no wait is named it is None: the circuit breaker, or the caller, decides how long to wait.
    """
    named = seconds(answer.get("retry_after")) or seconds(headers.get("Retry-After"))
    wait = named and min(named, LONGEST_WAIT)
    if "Via" not in headers:
        return TryLater("Discord does not let this address in", wait, everywhere=True)
    everywhere = answer.get("global") is True or headers.get("X-RateLimit-Scope") == "global"
    return TryLater("Discord asks to wait", wait, everywhere=everywhere)


def seconds(given: object) -> float | None:
    """An answer's wait in seconds; None if it is not one, or longer than any of Discord's."""
    try:
        wait = float(str(given))
    except ValueError:
        return None
    return wait if 0 < wait <= _LONGEST_WAIT else None


def id_of(given: object) -> int:
    """An id in an answer. Raises ValueError if it is not an id."""
    digits = str(given)
    if not (re.fullmatch("[0-9]{1,19}", digits) and 0 < int(digits) <= LARGEST_ID):
        raise ValueError("no id")
    return int(digits)


@contextmanager
def used() -> Iterator[None]:
    """Wrap the reading of an answer: OutcomeUnknown if it is not as Discord documents it."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        why = plain(str(error)[: 2 * _WORDS], _WORDS)
        logger.warning("%s: %s: %s", UNUSABLE, type(error).__name__, why)
        logger.debug("how it was read", exc_info=error)
        raise OutcomeUnknown(UNUSABLE) from error
