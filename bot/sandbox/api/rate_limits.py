"""REST rate limits, in real time: the global limit, and buckets by route.

Documented: 50 requests a second over all routes except interactions; ten crossposts per hour and
channel. Discord gives no other figures, since they may change: five messages in five seconds per
channel have been observed, the rest of the table is a guess.

Known differences from Discord: windows are fixed, from a bucket's first request on; routes share no
bucket; ten thousand refusals do not ban the address; first answers to interactions are not limited.
"""

import hashlib
import time
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.rules.errors import ApiError, Code

PER_SECOND = 50
"""How many requests a second are allowed over all routes."""

_MESSAGES = "/channels/{channel}/messages"
_MESSAGE = _MESSAGES + "/{message}"

ROUTES: dict[tuple[str, str], tuple[int, float]] = {
    ("POST", _MESSAGES): (5, 5.0),
    ("PATCH", _MESSAGE): (5, 5.0),
    ("DELETE", _MESSAGE): (5, 1.0),
    ("GET", _MESSAGES): (10, 5.0),
    ("POST", _MESSAGE + "/crosspost"): (10, 3600.0),
    ("POST", "/channels/{channel}/threads"): (5, 15.0),
    ("POST", _MESSAGE + "/threads"): (5, 15.0),
    ("POST", "/webhooks/{application}/{token}"): (5, 2.0),
}
"""How many requests in how many seconds, by method and path."""
OTHER_ROUTES = (10, 2.0)

TOO_MANY_BUCKETS = 1000
"""From how many buckets on the expired ones are deleted."""

Headers = dict[str, str]


class Limited(ApiError):
    """A request beyond a limit: how many seconds to wait, and whether the whole bot must."""

    def __init__(self, seconds: float, headers: Headers, *, everywhere: bool) -> None:
        super().__init__(Code.RATE_LIMITED)
        self.seconds = round(seconds, 3)
        self.everywhere = everywhere
        self.headers = {**headers, "Retry-After": str(int(seconds) + 1)}
        self.headers["X-RateLimit-Scope"] = "global" if everywhere else "user"
        if everywhere:
            self.headers["X-RateLimit-Global"] = "true"

    def body(self) -> dict[str, object]:
        """The JSON of the answer."""
        words = self.code.value[2]
        return {"message": words, "retry_after": self.seconds, "global": self.everywhere}


@dataclass
class _Bucket:
    """A window: how many requests it allows, how many there were, when it ends (monotonic)."""

    limit: int
    ends: float
    used: int = 0

    def take(self) -> bool:
        self.used += 1
        return self.used <= self.limit

    @property
    def left(self) -> float:
        """Seconds to its end; waiting exactly this long must be enough."""
        return max(0.001, self.ends - time.monotonic())


class Limits:
    """The limits of one bot; nothing is limited unless `enabled`."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self._global = _Bucket(PER_SECOND, 0.0)
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def take(self, request: web.Request, path: str) -> Headers:
        """Count a request to a route, given as a pattern without the base; or raise Limited."""
        if path.endswith("/callback"):
            return {}
        if "token" not in request.match_info:
            self._take_globally()
        name, bucket = self._bucket(request, path)
        taken = bucket.take()
        headers = _headers(name, bucket)
        if not taken:
            raise Limited(bucket.left, headers, everywhere=False)
        return headers

    def end_windows(self) -> None:
        """End every window: the sandbox's clock was moved on, and they are counted in real time."""
        self._global.ends = 0.0
        self._buckets.clear()

    def _take_globally(self) -> None:
        if self._global.ends <= time.monotonic():
            self._global = _Bucket(PER_SECOND, time.monotonic() + 1)
        if not self._global.take():
            raise Limited(self._global.left, {}, everywhere=True)

    def _bucket(self, request: web.Request, path: str) -> tuple[str, _Bucket]:
        """The bucket of a route and of the channel, server or token in the request."""
        major = (request.match_info.get(key, "") for key in ("channel", "guild", "token"))
        key = (request.method, path, *major)
        found = self._buckets.get(key)
        if found is None or found.ends <= time.monotonic():
            count, seconds = ROUTES.get((request.method, path), OTHER_ROUTES)
            self._forget_old()
            found = self._buckets[key] = _Bucket(count, time.monotonic() + seconds)
        return f"{request.method} {path}", found

    def _forget_old(self) -> None:
        if len(self._buckets) >= TOO_MANY_BUCKETS:
            now = time.monotonic()
            self._buckets = {key: one for key, one in self._buckets.items() if one.ends > now}


def _headers(name: str, bucket: _Bucket) -> Headers:
    left = bucket.left
    return {
        "X-RateLimit-Limit": str(bucket.limit),
        "X-RateLimit-Remaining": str(max(0, bucket.limit - bucket.used)),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": hashlib.sha256(name.encode()).hexdigest()[:32],
    }
