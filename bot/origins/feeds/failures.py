"""Why a feed gave no answer that can be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import aiohttp

from bot.errors import BroadsheetError
from bot.origins.feeds.address_guard import ForbiddenAddress
from bot.stories.feeds import FaultKind


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


_OF_STATUS: Final = {
    401: FaultKind.REFUSED,
    403: FaultKind.REFUSED,
    404: FaultKind.MISSING,
    410: FaultKind.GONE,
    429: FaultKind.BUSY,
    503: FaultKind.BUSY,
}
# The first that fits holds: the special ones stand before their bases.
_OF_ERROR: Final[tuple[tuple[type[Exception], FaultKind, str], ...]] = (
    (aiohttp.ConnectionTimeoutError, FaultKind.UNREACHABLE, "no connection in time"),
    (TimeoutError, FaultKind.SLOW, "no whole answer in time"),
    (aiohttp.ClientConnectorDNSError, FaultKind.UNREACHABLE, "its host is not known"),
    (aiohttp.ClientSSLError, FaultKind.UNREACHABLE, "no secure connection"),
    (aiohttp.ClientConnectorError, FaultKind.UNREACHABLE, "no connection"),
    (aiohttp.InvalidURL, FaultKind.FORBIDDEN, "not an address that can be asked"),
    (aiohttp.ClientPayloadError, FaultKind.BROKEN, "its answer is not whole"),
    (aiohttp.ClientResponseError, FaultKind.BROKEN, "its answer is not HTTP"),
    (aiohttp.ClientError, FaultKind.BROKEN, "the connection ended before an answer"),
    (OSError, FaultKind.BROKEN, "the connection ended before an answer"),
    (ValueError, FaultKind.FORBIDDEN, "not an address that can be asked"),
)


@contextmanager
def as_fetch_failed() -> Iterator[None]:
    """Turn what asking raises into FetchFailed, without the error that it was: errors of aiohttp
    name the address, with what is secret in it.
    """
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _failure(error) from None


def _failure(error: Exception) -> FetchFailed:
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        if isinstance(cause, ForbiddenAddress):
            return FetchFailed(FaultKind.FORBIDDEN, str(cause))
    kind, detail = next(found[1:] for found in _OF_ERROR if isinstance(error, found[0]))
    return FetchFailed(kind, detail)


def failure_of_status(status: int, retry_after: timedelta | None = None) -> FetchFailed:
    """The failure that an answer with this status is."""
    kind = _OF_STATUS.get(status, FaultKind.BROKEN)
    try:
        named = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        named = str(status)
    return FetchFailed(kind, f"it answered {named}", retry_after)
