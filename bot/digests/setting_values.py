"""Values of settings: stored, read back, and put into words.

Readers raise ValueError, LookupError or OSError for a value that cannot be read here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from bot.config import (
    LONGEST_CATCH_UP,
    MAX_HEAT,
    MAX_STORIES,
    SHORTEST_CATCH_UP,
    Layout,
    QuietDay,
)
from bot.errors import BadValue
from bot.stories.publishers import name_key
from bot.times_of_day import stored_times
from bot.weekdays import DAYS, stored_days
from bot.zones import zone_of

QUIET_DAYS: Final[Mapping[str, str]] = {
    QuietDay.ARCHIVE: "post an older story, if one is left",
    QuietDay.NOTE: "post a short note",
    QuietDay.SKIP: "post nothing",
}
"""What is posted on a day without a new story, in words."""
_SIZES: Final = (
    (300, "the biggest"),
    (200, "big"),
    (100, "larger than most"),
    (50, "usual size"),
    (1, "also small ones"),
)
"""From which heat on a story is how big."""
LAYOUTS: Final[Mapping[str, str]] = {
    Layout.CARDS: "cards: an overview, and a card for each story",
    Layout.COMPACT: "compact: an overview, and a line of sources for each story",
    Layout.HEADLINES: "headlines: just the overview",
}
"""How an edition looks, in words."""
MOST_MUTED: Final = 25
"""How many publishers can be muted: as many as a list in Discord offers."""
NOBODY: Final = "none"
"""What an admin enters for no publisher to be muted."""
_RANGE: Final = 3
"""From how many days in a row on they are written as a range."""
_READ: Final = 4096
"""How many parsed values of a setting are cached: otherwise one is parsed for each digest."""

known_times = lru_cache(_READ)(stored_times)
known_days = lru_cache(_READ)(stored_days)


@lru_cache(_READ)
def known_zone(name: str) -> str:
    """The stored name of a zone, if this machine has it."""
    zone_of(name)
    return name


def known_flag(value: int) -> bool:
    """Yes or no, from 1 or 0."""
    if value not in (0, 1):
        raise ValueError(value)
    return bool(value)


def known_catch_up(hours: float) -> timedelta:
    """For how long a missed edition may still be posted."""
    if not SHORTEST_CATCH_UP <= hours <= LONGEST_CATCH_UP:
        raise ValueError(hours)
    return timedelta(hours=hours)


def known_stories(value: int) -> int:
    """How many stories an edition has at most."""
    if not 1 <= value <= MAX_STORIES:
        raise ValueError(value)
    return value


def known_minimum(value: int) -> int:
    """The heat below which an edition takes no story."""
    if not 0 <= value <= MAX_HEAT:
        raise ValueError(value)
    return value


def known_role(value: int) -> int | None:
    """The id of a role; 0 = none, even if one would be inherited."""
    if value < 0:
        raise ValueError(value)
    return value or None


def known_publishers(stored: str) -> tuple[str, ...]:
    """Publishers' names, one a line; the archive need not have them any more."""
    names = tuple(stored.split("\n")) if stored else ()
    if len(names) > MOST_MUTED or not all(names):
        raise ValueError(stored)
    return names


def stored_publishers(text: str) -> str:
    """Publishers' names, one a line, in the order of names and each once; `none` is nobody.
    BadValue if they are too many.
    """
    lines = [] if text.strip().lower() == NOBODY else text.split("\n")
    names = {name_key(name): name for name in lines if name.strip()}
    if len(names) > MOST_MUTED:
        advice = f"are too many: a digest can mute {MOST_MUTED} publishers"
        raise BadValue(f"{len(names)} publishers", advice)
    return "\n".join(names[key] for key in sorted(names))


def stored_hours(text: str) -> float:
    """The catch-up hours, from `3`, `0.5` or `3 hours`. BadValue names the limits."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)\s*(?:h|hours?)?", text.strip().lower())
    hours = float(match[1]) if match else 0.0
    if not SHORTEST_CATCH_UP <= hours <= LONGEST_CATCH_UP:
        limits = f"{SHORTEST_CATCH_UP:g} to {LONGEST_CATCH_UP:g} hours"
        raise BadValue(text[:20], f"is not a catch-up time; write {limits}, like 3")
    return hours


def stored_stories(text: str) -> int:
    """How many stories, from `5` or `5 stories`. BadValue names the limits."""
    match = re.fullmatch(r"(\d{1,2})(?:\s*(?:story|stories))?", text.strip().lower(), re.ASCII)
    number = int(match[1]) if match else 0
    if not 1 <= number <= MAX_STORIES:
        raise BadValue(text[:20], f"is not a number of stories; write 1 to {MAX_STORIES}")
    return number


def stored_minimum(text: str) -> int:
    """A minimum heat, from `50`. BadValue names the limits."""
    match = re.fullmatch(r"\d{1,7}", text.strip(), re.ASCII)
    if match is None or int(match[0]) > MAX_HEAT:
        raise BadValue(text[:20], "is not a minimum heat; write a number like 0, 50 or 100")
    return int(match[0])


def stored_layout(text: str) -> str:
    """A layout. BadValue names them all."""
    if text not in [*Layout]:
        raise BadValue(text[:20], f"is none of {', '.join(Layout)}")
    return text


def stored_quiet_day(text: str) -> str:
    """A policy for quiet days. BadValue names them all."""
    if text not in [*QuietDay]:
        raise BadValue(text[:20], f"is none of {', '.join(QuietDay)}")
    return text


def stored_flag(text: str) -> int:
    """1 for `yes`, 0 for `no`. BadValue for anything else."""
    if text not in ("yes", "no"):
        raise BadValue(text[:20], "is neither yes nor no")
    return int(text == "yes")


def hours(span: timedelta) -> str:
    """`3 hours`; half an hour is `30 minutes`."""
    minutes = round(span.total_seconds() / 60)
    return quantity(minutes, "minute") if minutes % 60 else quantity(minutes // 60, "hour")


def quantity(number: int, unit: str) -> str:
    """`1 hour`, `3 hours`."""
    return f"{number} {unit}{'' if number == 1 else 's'}"


def size_words(heat: int) -> str:
    """How big a story of so much heat is: `usual size (heat 50 or more)`."""
    if not heat:
        return "any size"
    size = next(words for least, words in _SIZES if heat >= least)
    return f"{size} (heat {heat} or more)"


def publisher_names(names: Sequence[str]) -> str:
    """`Forbes, ZDNet`, or `nobody`."""
    return ", ".join(names) or "nobody"


def day_names(days: str) -> str:
    """`every day`, `Mon to Fri` or `Mon, Wed`, from the stored form `mon, wed`."""
    names = days.split(", ")
    if len(names) == len(DAYS):
        return "every day"
    shown = [name.capitalize() for name in names]
    in_a_row = DAYS.index(names[-1]) - DAYS.index(names[0]) == len(names) - 1
    return f"{shown[0]} to {shown[-1]}" if in_a_row and len(names) >= _RANGE else ", ".join(shown)
