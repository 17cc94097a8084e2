"""Weekdays: what people write, and the form in which they are stored."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from bot.errors import BadValue
from bot.typos import mistyped

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Weekdays, in the order of `date.weekday()`."""
TABLE: Final = Path(__file__).with_name("weekdays.txt")
"""The names of days in the languages of Discord's client, as CLDR has them: a line for each day in
their order. A name that is another day in another language is left out.
tests/evaluation/name_places.py made it.
"""
_ENGLISH: Final = (
    "mo mon monday mondays",
    "tu tue tues tuesday tuesdays",
    "we wed weds wednesday wednesdays",
    "th thu thur thurs thursday thursdays",
    "fr fri friday fridays",
    "sa sat saturday saturdays",
    "su sun sunday sundays",
)
_FULL: Final = tuple(names.split()[-2] for names in _ENGLISH)
_GROUPS: Final = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
_KEPT: Final = 1024
"""How many values are kept as they were read: each digest's are read again and again."""
_LONGEST: Final = 200
"""How many characters may say days."""
_SHOWN: Final = 40
"""How many characters of what was written an error repeats."""
_REWRITTEN: Final = (
    (r"\b(?:working|business|work|week)[ -]?days?\b", " weekdays "),
    (r"\bweek[ -]?ends?(?: days?)?\b", " weekend "),
    (
        r"\b(?:every|each|all|any) (?:single )?days?\b|\beveryday\b|\ball week\b|\ball\b(?!\s+\w)",
        " daily ",
    ),
    (r"\b(?:every|each|all|on|the|only|and|und)\b|[,;/&+|.]", " "),
    (r"\s*(?:[-\u2010-\u2015\u2212]|\b(?:to|through|thru|until|till|bis)\b)\s*", "-"),
)
"""Each pattern, and what is read instead."""
_LEFT_OUT: Final = re.compile(r"\b(?:except|but not|but|without|not)\b(?: for\b| on\b)?")
_ADVICE: Final = "is not a day; write daily, weekdays, weekend, mon-thu or mon, wed"


@lru_cache(_KEPT)
def parse_days(text: str) -> tuple[str, ...]:
    """Weekdays, Monday first, from whatever says them: `every day`, `weekends`, `Mo-Fr`,
    `tuesdays`, `Mon/Wed`, `sat & sun`, `daily except sunday`; a range may cross Sunday.

    Raises BadValue.
    """
    if len(text) > _LONGEST:
        raise BadValue(text.strip()[:_SHOWN], _ADVICE)
    plain = unicodedata.normalize("NFKC", text).casefold()
    named, *left_out = _LEFT_OUT.split(plain)
    found = _days(text, named).difference(*(_days(text, part) for part in left_out))
    if not found:
        raise BadValue(text.strip()[:_SHOWN], "leaves no day; to stop digests, pause them")
    return tuple(day for day in DAYS if day in found)


def stored_days(text: str) -> str:
    """The days that `parse_days` reads, in the form in which they are stored: `mon, wed`."""
    return ", ".join(parse_days(text))


def _days(text: str, plain: str) -> set[str]:
    """The days that a part of the text names, at least one. Raises BadValue."""
    for pattern, instead in _REWRITTEN:
        plain = re.sub(pattern, instead, plain)
    found, parts = set[str](), plain.split()
    for part in parts or [""]:
        days = _GROUPS.get(part) or _day_range(*part.split("-"))
        if not days:
            meant = [day[:3] for day in mistyped(part, _FULL, most=1) if len(parts) == 1]
            raise BadValue(part[:_SHOWN] or text.strip()[:_SHOWN], _ADVICE, meant)
        found.update(days)
    return found


def _day_range(*ends: str) -> Sequence[str]:
    """The days from the first end to the last, or the one day; () if an end is not a day."""
    places = [place for place in map(_places().get, ends) if place is not None]
    if len(places) != len(ends) or len(ends) > 2:  # noqa: PLR2004 - a range has two ends
        return ()
    length = (places[-1] - places[0]) % len(DAYS) + 1
    return [DAYS[(places[0] + step) % len(DAYS)] for step in range(length)]


@cache
def _places() -> dict[str, int]:
    """Every name of a day, and its place in the week."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {
        name: place
        for one in (lines, _ENGLISH)
        for place, names in enumerate(one)
        for name in names.split()
    }
