"""Times of day: what people write, and the form in which they are stored."""

import re
import unicodedata
from datetime import time
from functools import lru_cache
from typing import Final, NamedTuple

from bot.errors import BadValue

MAX_TIMES: Final = 6
"""How many editions a day a digest may have."""
_KEPT: Final = 1024
"""How many values are kept as they were read: each digest's are read again and again."""
_LONGEST: Final = 200
"""How many characters may say times; six of them in words have half as many."""
_SHOWN: Final = 40
"""How many characters of what was written an error repeats."""
_NAMED: Final = {
    "midnight": "00:00",
    "morning": "08:00",
    "noon": "12:00",
    "midday": "12:00",
    "lunchtime": "12:00",
    "afternoon": "15:00",
    "evening": "18:00",
}
"""Times that have a name; the answer says which one was understood."""
_HALF: Final = {"a": 0, "p": 12, "morning": 0, "afternoon": 12, "evening": 12}
_ADVICE: Final = "is not a time of day; write it like 08:00, 8am or 18:30"
_MORE: Final = "is more than a time of day; days and the time zone are settings of their own"
_TIME: Final = re.compile(
    rf"""
    (?:at\s+|@\s*|um\s+|kl\.?\s*)?
    (?:
        (?:12\s*|in\s+the\s+|every\s+|each\s+)?(?P<name>{"|".join(_NAMED)})s?\b
    |   (?:
            (?P<hour>\d{{1,2}})
            (?: (?:\s*[:.]\s*|\s(?=\d\d\s?[ap]\.?\s?m\b))(?P<minute>\d\d)(?!\d)(?::00)?
            |   \s*(?:h|uhr)\s*(?P<minute3>\d\d)(?!\d|\s*(?:[:.]\d|h\b|uhr))
            |   (?!\d)
            )
        |   (?P<hour2>\d{{1,2}})(?P<minute2>\d\d)(?!\d)
        )
        (?:\s*(?:h|hrs?|hours?|uhr|o['\u2019]?clock|m|min|heures?)\b)?
        (?:\s*(?P<half>[ap])\.?\s?(?:m\b\.?|\b(?!\.\w))
        |   \s+in\s+the\s+(?P<part>morning|afternoon|evening)\b
        )?
    )
    """,
    re.VERBOSE,
)
_BETWEEN: Final = re.compile(r"\s*(?:[,;/&+|]|\b(?:and|und)\b)\s*|\s+")
_RANGE: Final = re.compile(r"\s*(?:[-\u2010-\u2015\u2212]|\b(?:to|until|till|bis)\b)\s*")
_APART: Final = re.compile(r"(\d{1,2})([ ,;])(\d\d)")
_OFFSET: Final = re.compile(r"(\d{1,2}:\d\d)(?::\d\d)?\+((?:0?\d|1[0-4])(?::?[0-5]\d)?)")


class _Minute(NamedTuple):
    hour: int
    minute: int

    def __str__(self) -> str:
        return f"{self.hour:02}:{self.minute:02}"


@lru_cache(_KEPT)
def parse_times(text: str) -> tuple[time, ...]:
    """Local times of day, in order, from whatever says them: `8am`, `20h`, `7h30`, `noon`, `0800`,
    `08:00 and 18:00`. Raises BadValue, or a ValueError for too many.
    """
    if len(text) > _LONGEST:
        raise BadValue(text.strip()[:_SHOWN], _ADVICE)
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split()).removesuffix(".")
    _refuse_unclear(text, plain)
    found, rest = set[_Minute](), plain
    while rest or not found:
        match = _TIME.match(rest)
        one = _minute(match) if match else None
        if match is None or one is None:
            raise BadValue(text.strip()[:_SHOWN], _MORE if found and match is None else _ADVICE)
        found.add(one)
        rest = _after_separator(text, plain, rest[match.end() :])
    if len(found) > MAX_TIMES:
        raise ValueError(f"{len(found)} times a day are too many; the limit is {MAX_TIMES}")
    return tuple(time(*one) for one in sorted(found))


def stored_times(text: str) -> str:
    """The times that `parse_times` reads, in the form in which they are stored: `08:00, 18:30`."""
    return ", ".join(f"{moment:%H:%M}" for moment in parse_times(text))


def _after_separator(text: str, plain: str, rest: str) -> str:
    """What follows a separator; "" at the end. Raises BadValue for a range, or no separator."""
    if not rest:
        return rest
    if _RANGE.match(rest) and len(ends := _RANGE.split(plain)) > 1:
        raise BadValue(
            text.strip()[:_SHOWN],
            "is a span of time; a digest comes at single times, like 08:00 and 18:00",
            _readable(", ".join(ends)) if len(ends) == 2 else (),  # noqa: PLR2004 - both ends
        )
    separator = _BETWEEN.match(rest)
    if separator is None or separator.end() == len(rest):
        raise BadValue(text.strip()[:_SHOWN], _ADVICE)
    return rest[separator.end() :]


def _refuse_unclear(text: str, plain: str) -> None:
    """Raise BadValue for `8 30`, which is a time or two, and for `08:00+02:00`, which is most
    likely one with an offset from UTC.
    """
    match = _APART.fullmatch(plain)
    if match and (match[2] == " " or int(match[3]) > 24):  # noqa: PLR2004 - no hour
        choices = _readable(f"{match[1]}:{match[3]}", f"{match[1]} and {match[3]}")
        advice = "may be one time or two; write it like 08:30"
        raise BadValue(text.strip()[:_SHOWN], advice, choices)
    if match := _OFFSET.fullmatch(plain):
        raise BadValue(text.strip()[:_SHOWN], _MORE, _readable(f"{match[1]}, {match[2]}", match[1]))


def _readable(*texts: str) -> tuple[str, ...]:
    """The stored form of each text that says times."""
    found = []
    for text in texts:
        try:
            found.append(stored_times(text))
        except ValueError:  # it is no choice
            continue
    return tuple(found)


def _minute(match: re.Match[str]) -> _Minute | None:
    """The time that a match says; None for one that does not exist, like 25:00 or 13am."""
    if match["name"]:
        return _Minute(*map(int, _NAMED[match["name"]].split(":")))
    hour = int(match["hour"] or match["hour2"])
    minute = int(match["minute"] or match["minute2"] or match["minute3"] or 0)
    half = match["half"] or match["part"]
    if half and not _HALF[half]:
        hour = hour % 12 if hour <= 12 else -1  # noqa: PLR2004 - hours of a clock face
    elif half:
        hour = -1 if hour == 0 else hour % 12 + 12 if hour <= 12 else hour  # noqa: PLR2004
    if (hour, minute) == (24, 0):
        hour = 0
    in_day = 0 <= hour < 24 and minute < 60  # noqa: PLR2004 - the hours and minutes of a day
    return _Minute(hour, minute) if in_day else None
