"""Values of every setting, for all tests of settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NO_TIME: Final = ("25:00", "sunrise", "")
NO_ZONE: Final = ("US/Pacific-New", "../etc/passwd", "", "US")


@dataclass(frozen=True)
class Example:
    """`other`: a value that differs from config/'s, and `same`: config/'s value, both as a user
    writes them. `stored`: values as in the database, `unknown`: values of another version.
    """

    other: str
    same: str
    stored: Sequence[object]
    unknown: Sequence[object]


EXAMPLES: Final[Mapping[str, Example]] = {
    "time": Example("09:30", "08:00", ("06:00", "07:00, 19:00"), NO_TIME),
    "timezone": Example("Europe/Berlin", "UTC", ("Europe/Berlin", "Asia/Tokyo"), NO_ZONE),
    "days": Example("weekend", "daily", ("mon", "sat, sun"), ("mon-holiday", "second tuesday")),
    "stories": Example("3", "5", (1, 10), (0, 11)),
    "layout": Example("compact", "cards", ("cards", "headlines"), ("mosaic",)),
    "minimum": Example("100", "50", (0, 1_000_000), (-1, 1_000_001)),
    "quiet_day": Example("note", "archive", ("note", "skip"), ("rotate",)),
    "mute": Example("CNET", "none", ("", "CNET\nForbes"), ("\n", "\n".join(map(str, range(26))))),
    "thread": Example("yes", "no", (0, 1), (2,)),
    "paused": Example("yes", "no", (0, 1), (7,)),
    "catch_up": Example("12", "3", (0.5, 24.0), (9e9, -1.0)),
    "publish": Example("yes", "no", (0, 1), (2,)),
    "role": Example("77", "0", (0, 2**63 - 1), (-5,)),
}
