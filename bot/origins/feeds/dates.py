"""Dates as feeds write them, in six languages, right or nearly so.

A date without a zone is in UTC. What could be read in two ways (03/04/2021) is no date.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from unicodedata import normalize

_LONGEST: Final = 80
_DAY_LONG: Final = timedelta(days=1)

_MONTHS: Final = """
1 january januar janvier enero gennaio janeiro jan ene gen janv jaenner janner
2 february februar fevrier febrero febbraio fevereiro feb fev fevr febr
3 march marz mars marzo marco mar mrz maerz
4 april avril abril aprile apr avr abr
5 may mai mayo maggio maio mag
6 june juni juin junio giugno junho jun giu
7 july juli juillet julio luglio julho jul juil lug
8 august aout agosto aug ago
9 september septembre septiembre settembre setembro sep sept set sett setiembre
10 october oktober octobre octubre ottobre outubro oct okt ott out
11 november novembre noviembre novembro nov
12 december dezember decembre diciembre dicembre dezembro dec dez dic
"""
_MONTH: Final = {
    name: int(number)
    for number, *names in (line.split() for line in _MONTHS.strip().splitlines())
    for name in names
}
_HOURS: Final = """
UTC 0 GMT 0 UT 0 Z 0 WET 0 WEST 1 BST 1 CET 1 MEZ 1 CEST 2 MESZ 2 EET 2 EEST 3 MSK 3 TRT 3 GST 4
PKT 5 IST 5.5 WIB 7 ICT 7 SGT 8 HKT 8 PHT 8 AWST 8 JST 9 KST 9 ACST 9.5 ACDT 10.5 AEST 10 AEDT 11
NZST 12 NZDT 13 NST -3.5 NDT -2.5 BRT -3 ART -3 AST -4 ADT -3 EST -5 EDT -4 CST -6 CDT -5 MST -7
MDT -6 PST -8 PDT -7 AKST -9 AKDT -8 HST -10 ET -5 CT -6 MT -7 PT -8
"""
_words = _HOURS.split()
_ZONES: Final = {
    name: timedelta(hours=float(hours))
    for name, hours in zip(_words[::2], _words[1::2], strict=True)
}

_TIME: Final = r"(\d{1,2})[:.h](\d\d)(?:[:.](\d\d)(?:[.,:]\d+)?)?\s*([ap]\.?m\b\.?)?"
_ZONE: Final = r"(?:\s*\(?((?:[A-Za-z]{1,5}\s?)?(?:[+-]\s?\d{1,2}:?(?:\d\d)?)?)(?:\)|\b|$).*)?"
_AFTER: Final = r"(?:(?:\s*,)?\s+(?:at\s+|um\s+|a las\s+|-\s+|à\s+)?" + _TIME + _ZONE + r")?\s*"
_DAY: Final = r"(?:[^\W\d]{2,12}(?:-feira)?\.?\s*,?\s+)?"
_ISO: Final = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt\s]\s*(\d\d):?(\d\d)(?::?(\d\d)(?:[.,:]\d+)?)?)?"
    r"\s*([Zz]|[A-Za-z]{0,5}(?:[+-]\d\d:?(?:\d\d)?)?)\s*"
)
_MAIL: Final = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d\d?) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4}|[A-Z]{1,5})"
)
_SHORT: Final = re.compile(r"(\d{4})(?:-(\d\d))?")
_DAY_FIRST: Final = re.compile(
    _DAY + r"(\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s-]+(?:de\s+)?([^\W\d]{3,12})\.?,?[\s-]+"
    r"(?:de\s+)?(\d{4}|\d\d)" + _AFTER,
    re.IGNORECASE,
)
_MONTH_FIRST: Final = re.compile(
    _DAY + r"([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})" + _AFTER, re.IGNORECASE
)
_UNIX: Final = re.compile(
    r"[A-Za-z]{3} ([A-Za-z]{3}) +(\d\d?) (\d\d):(\d\d):(\d\d) ([A-Z]{1,5} |[+-]\d{4} )?(\d{4})"
)
_SLASHES: Final = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})" + _AFTER, re.IGNORECASE)
_SECONDS: Final = re.compile(r"(\d{10})(?:\d{3})?")
_OFFSET: Final = re.compile(r"([A-Za-z]*)\s*([+-])?\s?(\d{1,2})?:?(\d\d)?")


@lru_cache(maxsize=4096)  # a feed's dates are read again with each of its changes
def instant_of(text: str) -> datetime | None:
    """The instant that a text gives, in UTC and whole seconds; None if it gives none."""
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        return None
    for pattern, read in _READERS:
        if match := pattern.fullmatch(text):
            try:
                return read(match)
            except (ValueError, OverflowError):  # no such day, or out of the years' range
                return None
    return None


def _iso(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, zone = match.groups()
    return _at((year, int(month), day), (hour, minute, second, None), zone)


def _mail(match: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, zone = match.groups()
    return _at((year, _month(month), day), (hour, minute, second, None), zone)


def _short(match: re.Match[str]) -> datetime:
    return _at((match[1], int(match[2] or 1), "1"), (None,) * 4, None)


def _day_first(match: re.Match[str]) -> datetime:
    day, month, year, *time, zone = match.groups()
    return _at((_century(year), _month(month), day), time, zone)


def _month_first(match: re.Match[str]) -> datetime:
    month, day, year, *time, zone = match.groups()
    return _at((year, _month(month), day), time, zone)


def _unix(match: re.Match[str]) -> datetime:
    month, day, *time, zone, year = match.groups()
    return _at((year, _month(month), day), (*time, None), zone)


def _slashes(match: re.Match[str]) -> datetime:
    first, second, third, *time, zone = match.groups()
    if len(first) == 4:  # noqa: PLR2004 - a year
        return _at((first, int(second), third), time, zone)
    day, month = (first, second) if "." in match[0][:3] else _ordered(first, second)
    return _at((_century(third), int(month), day), time, zone)


def _ordered(first: str, second: str) -> tuple[str, str]:
    """Day and month of a date with slashes. Raises ValueError if either might be either."""
    if int(first) > 12 or first == second:  # noqa: PLR2004 - months
        return first, second
    if int(second) > 12:  # noqa: PLR2004
        return second, first
    raise ValueError


def _seconds(match: re.Match[str]) -> datetime:
    return datetime.fromtimestamp(int(match[1]), UTC)


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], datetime]], ...]] = (
    (_MAIL, _mail),
    (_ISO, _iso),
    (_SHORT, _short),
    (_DAY_FIRST, _day_first),
    (_MONTH_FIRST, _month_first),
    (_UNIX, _unix),
    (_SLASHES, _slashes),
    (_SECONDS, _seconds),
)


def _at(
    date: tuple[str, int, str], time: "list[str | None] | tuple[str | None, ...]", zone: str | None
) -> datetime:
    """The instant in UTC. 24:00 is the next day's beginning, and a leap second the one before."""
    year, month, day = date
    hour, minute, second, half = time
    hours = _hours(int(hour or 0), (half or "")[:1].lower())
    minutes, seconds = int(minute or 0), min(int(second or 0), 59)
    if hours == 24 and not minutes:  # noqa: PLR2004
        return datetime(int(year), month, int(day), tzinfo=UTC) + _DAY_LONG - _offset(zone or "")
    moment = datetime(int(year), month, int(day), hours, minutes, seconds, tzinfo=UTC)
    return moment - _offset(zone) if zone else moment


def _hours(hour: int, half: str) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half == "p" else 0)


@lru_cache(maxsize=256)
def _offset(zone: str) -> timedelta:
    """How far a zone is ahead of UTC; nothing for a name that is not known."""
    match = _OFFSET.fullmatch(zone.strip())
    if not match:
        return timedelta()
    name, sign, hours, minutes = match.groups()
    if not sign:
        return _ZONES.get(name.upper(), timedelta())
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if ahead > timedelta(hours=15):
        return timedelta()
    return ahead if sign == "+" else -ahead


def _month(name: str) -> int:
    """The month of a name. Raises ValueError."""
    plain = name.lower()
    if not plain.isascii():
        plain = "".join(c for c in normalize("NFKD", plain) if c.isascii())
    found = _MONTH.get(plain)
    if found is None:
        raise ValueError
    return found


def _century(year: str) -> str:
    """A year of two digits, as RFC 2822 reads it: 00 to 49 are of this century."""
    if len(year) > 2:  # noqa: PLR2004
        return year
    return f"20{year}" if int(year) < 50 else f"19{year}"  # noqa: PLR2004
