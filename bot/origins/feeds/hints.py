"""How often a feed says that it changes."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from bot.origins.feeds.document import Hints

LONGEST: Final = timedelta(hours=24)
"""The longest pause that a feed can ask for."""
_PERIODS: Final = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hints_of(given: Mapping[str, str], hours: Iterable[str], days: Iterable[str]) -> Hints:
    """The hints in what a feed gives: `ttl` in minutes, `sy:updateperiod` and
    `sy:updatefrequency` (how often in it), and the hours and days to skip.
    """
    lasting = (_minutes(given.get("ttl", "")), _period(given))
    floor = max((one for one in lasting if one), default=None)
    skipped = (_number(hour) for hour in hours)
    return Hints(
        floor=min(floor, LONGEST) if floor else None,
        skip_hours=frozenset(hour % 24 for hour in skipped if hour is not None and hour <= 24),  # noqa: PLR2004
        skip_days=frozenset(
            _DAYS.index(day) for one in days if (day := one.strip().lower()) in _DAYS
        ),
    )


def _minutes(text: str) -> timedelta | None:
    minutes = _number(text)
    return timedelta(minutes=minutes) if minutes else None


def _period(given: Mapping[str, str]) -> timedelta | None:
    period = _PERIODS.get(given.get("sy:updateperiod", "").strip().lower())
    frequency = _number(given.get("sy:updatefrequency", "")) or 1
    return period / frequency if period else None


def _number(text: str) -> int | None:
    """A whole number of at most six digits."""
    return int(text) if re.fullmatch(r"\s*\d{1,6}\s*", text) else None
