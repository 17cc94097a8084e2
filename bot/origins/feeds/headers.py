"""What the headers of an answer say. All of it is a stranger's text."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = timedelta(days=1)
"""No host can ask for a longer pause."""
LONGEST_VALIDATOR: Final = 1000
"""Characters of an ETag or a date that are kept and sent back; real ETags have less than 100."""

_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,10})", re.IGNORECASE)
_SECONDS: Final = re.compile(r"0*([0-9]{1,10})[0-9]*")
"""A number of seconds; of one that is longer than any pause the first digits say enough."""


def validator(headers: Mapping[str, str], name: str) -> str | None:
    """An ETag or Last-Modified, to be sent back byte for byte; None if that is not possible."""
    value = headers.get(name, "")
    plain = value.isascii() and value.isprintable() and len(value) <= LONGEST_VALIDATOR
    return value if value and plain else None


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """For how long from now the answer stays fresh; caches on its way have used up some of it."""
    found = _MAX_AGE.search(headers.get("Cache-Control", ""))
    if found is None:
        return None
    used = _SECONDS.fullmatch(headers.get("Age", ""))
    return timedelta(seconds=max(0, int(found[1]) - (int(used[1]) if used else 0)))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long to wait, from seconds or a date; None if it is not said, or over."""
    text = headers.get("Retry-After", "").strip()
    if seconds := _SECONDS.fullmatch(text):
        wait = timedelta(seconds=int(seconds[1]))
    else:
        until = _date(text)
        wait = until - now if until else timedelta(0)
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text[:100])
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # all of these, for broken dates
        return None
