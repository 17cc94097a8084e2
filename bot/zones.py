"""Time zones: their names, what people write instead of one, and the local time there."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_NO_ZONES: Final = {"localtime", "Factory"}
"""Files of the IANA data for a machine without a zone."""
_FIRST: Final = (
    "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Athens", "Europe/Moscow",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Halifax", "America/Sao_Paulo", "America/Mexico_City", "America/Bogota",
    "Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo", "Africa/Nairobi", "Asia/Dubai",
    "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Singapore",
    "Asia/Tokyo", "Asia/Seoul", "Australia/Sydney", "Australia/Brisbane", "Pacific/Auckland",
    "Pacific/Honolulu", "Europe/Dublin", "Asia/Jerusalem",
)  # fmt: skip
"""Zones of many people: among equally good matches they are offered first."""
_OFFSET: Final = re.compile(
    r"(?:gmt|utc|z)?\s*([+\N{MINUS SIGN}\N{EN DASH}-])\s*(\d{1,2})(?:[:.]?([0-5]\d))?"
)
_FAR: Final = 14
"""The offset from UTC, in hours, of the zone that is farthest ahead."""
_LONGEST: Final = 40
"""How many characters a zone's name may have; none is longer."""
_SUGGESTED: Final = 3


@cache
def timezones() -> Mapping[str, str]:
    """Every time zone of the IANA data: lower-case name -> name, in the order of names."""
    return {name.lower(): name for name in sorted(available_timezones() - _NO_ZONES)}


def zone_named(text: str) -> str | None:
    """The name of the zone in its proper spelling; None = there is none."""
    return timezones().get(_key(text))


def zones_meant(text: str, now: datetime) -> list[str]:
    """Names of zones that a user may mean, best first: by a current offset from UTC, an
    abbreviation, or the beginning or any part of a name. Never a zone named by its offset: the sign
    in `Etc/GMT+2` is the other way round.
    """
    key = _key(text)
    offset = _offset(key.replace("_", " "))
    if offset is not None:
        utc = ["UTC"] if not offset else []
        return utc + [name for name in _cities() if _zone(name).utcoffset(now) == offset]
    abbreviated = [name for name in _cities() if key in _abbreviations(name, now.year)]
    held = [name for name in timezones().values() if key in name.lower() and not _is_offset(name)]
    held.sort(key=lambda name: (not _begins(name.lower(), key), name.startswith("Etc/"), name))
    return list(dict.fromkeys((*abbreviated, *held)))


def suggestion(text: str, now: datetime) -> str:
    """What to write instead of a text that is not a zone."""
    found = zones_meant(text, now)[:_SUGGESTED] if text.strip() else []
    if found and _offset(_key(text).replace("_", " ")) is not None:
        return f"name a city's; that is the time now in {_listed(found, 'and')}"
    cities = {name.rsplit("/", 1)[-1].lower(): name for name in _cities()}
    near = found or [cities[one] for one in get_close_matches(_key(text), cities, n=1, cutoff=0.75)]
    return f"write {_listed(near, 'or')}" if near else "write it like Europe/Berlin or UTC"


def local_time(name: str, now: datetime) -> str:
    """The local time in a zone, and its offset: `17:31 there now (UTC+1)`."""
    local = now.astimezone(ZoneInfo(name))
    return f"{local:%H:%M} there now ({offset_name(local.utcoffset() or timedelta())})"


def offset_name(offset: timedelta) -> str:
    """`UTC`, `UTC+2` or `UTC-3:30`."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    shown = f"{hours}:{rest:02}" if rest else f"{hours}"
    return f"UTC{'+' if minutes > 0 else '-'}{shown}" if minutes else "UTC"


def on_summer_time(name: str, now: datetime) -> str | None:
    """A note on a zone that looks as if it had summer time but has none, like `EST`."""
    if not _is_abbreviation(name, now.year):
        return None
    best = next((one for one in _cities() if name.lower() in _abbreviations(one, now.year)), name)
    other = f"; {best} has" if len(_abbreviations(best, now.year)) > 1 else ""
    return f"{name} has no summer time{other}."


def _key(text: str) -> str:
    return re.sub(r"\s+", "_", text[: 2 * _LONGEST].strip().lower())


def _offset(key: str) -> timedelta | None:
    match = _OFFSET.fullmatch(key)
    if match is None or int(match[2]) > _FAR:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return offset if match[1] == "+" else -offset


@cache
def _cities() -> Sequence[str]:
    """The zones of places, without their older names, those of many people first."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    named = {row[2] for row in rows} & {*timezones().values()}
    return sorted(named, key=lambda name: (_rank(name), name))


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


@cache
def _zone(name: str) -> ZoneInfo:
    """Cached, since ZoneInfo itself keeps only the last eight."""
    return ZoneInfo(name)


@cache
def _abbreviations(name: str, year: int) -> Collection[str]:
    """The abbreviations of a zone's times in a year, in lower case: `{"cet", "cest"}`."""
    days = (datetime(year, month, 1, tzinfo=UTC) for month in (1, 7))
    return {str(day.astimezone(_zone(name)).tzname()).lower() for day in days}


def _is_offset(name: str) -> bool:
    return re.search(r"GMT[+-]?\d", name) is not None


def _is_abbreviation(name: str, year: int) -> bool:
    """Whether its name is the abbreviation of its time all year: `EST`, but not `CET`."""
    return name not in ("UTC", "GMT") and _abbreviations(name, year) == {name.lower()}


def _begins(name: str, begun: str) -> bool:
    return any(part.startswith(begun) for part in (name, name.rsplit("/", 1)[-1]))


def _listed(names: Sequence[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
