"""Time zones: what people write instead of their names, how one is stored, and the time there.

A zone is stored as the IANA data name it, `Europe/Berlin`, or as its offset from UTC, `UTC+2`. The
sign is always the one that people mean: `Etc/GMT-2` of the IANA data is UTC+2.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import Ambiguous, BadValue
from bot.places import folded, places_beginning, places_near, zones_at, zones_beginning

_NO_ZONES: Final = {"localtime", "Factory", "posixrules"}
"""Files of the IANA data for a machine without a zone."""
FIRST: Final = (
    "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Athens", "Europe/Moscow",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Toronto", "America/Halifax", "America/Sao_Paulo", "America/Mexico_City",
    "America/Bogota",
    "Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo", "Africa/Nairobi", "Asia/Dubai",
    "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Singapore",
    "Asia/Tokyo", "Asia/Seoul", "Australia/Sydney", "Australia/Brisbane", "Pacific/Auckland",
    "Pacific/Honolulu", "Europe/Dublin", "Asia/Jerusalem",
)  # fmt: skip
"""Zones of many people: among equally good matches they are offered first."""
_ABBREVIATED: Final[Mapping[str, Sequence[str]]] = {
    "acdt": ["Australia/Adelaide"],
    "acst": ["Australia/Adelaide", "Australia/Darwin"],
    "aedt": ["Australia/Sydney"],
    "aest": ["Australia/Sydney", "Australia/Brisbane"],
    "akdt": ["America/Anchorage"],
    "akst": ["America/Anchorage"],
    "art": ["America/Argentina/Buenos_Aires"],
    "ast": ["America/Halifax", "America/Puerto_Rico", "Asia/Riyadh"],
    "awst": ["Australia/Perth"],
    "brt": ["America/Sao_Paulo"],
    "bst": ["Europe/London"],
    "cat": ["Africa/Maputo"],
    "cdt": ["America/Chicago"],
    "cest": ["Europe/Berlin"],
    "clt": ["America/Santiago"],
    "cot": ["America/Bogota"],
    "cst": ["America/Chicago", "Asia/Shanghai", "America/Havana", "America/Costa_Rica"],
    "ct": ["America/Chicago"],
    "eat": ["Africa/Nairobi"],
    "edt": ["America/New_York"],
    "eest": ["Europe/Athens"],
    "est": ["America/New_York", "UTC-5"],
    "et": ["America/New_York"],
    "gst": ["Asia/Dubai"],
    "hkt": ["Asia/Hong_Kong"],
    "hst": ["Pacific/Honolulu", "America/Adak"],
    "ict": ["Asia/Bangkok"],
    "idt": ["Asia/Jerusalem"],
    "ist": ["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"],
    "jst": ["Asia/Tokyo"],
    "kst": ["Asia/Seoul"],
    "mdt": ["America/Denver"],
    "mesz": ["Europe/Berlin"],
    "mez": ["Europe/Berlin"],
    "msk": ["Europe/Moscow"],
    "mst": ["America/Denver", "America/Phoenix"],
    "mt": ["America/Denver"],
    "ndt": ["America/St_Johns"],
    "npt": ["Asia/Kathmandu"],
    "nst": ["America/St_Johns"],
    "nzdt": ["Pacific/Auckland"],
    "nzst": ["Pacific/Auckland"],
    "nzt": ["Pacific/Auckland"],
    "pdt": ["America/Los_Angeles"],
    "pet": ["America/Lima"],
    "pht": ["Asia/Manila"],
    "pkt": ["Asia/Karachi"],
    "pst": ["America/Los_Angeles"],
    "pt": ["America/Los_Angeles"],
    "sast": ["Africa/Johannesburg"],
    "sgt": ["Asia/Singapore"],
    "sst": ["Pacific/Pago_Pago"],
    "trt": ["Europe/Istanbul"],
    "wat": ["Africa/Lagos"],
    "west": ["Europe/Lisbon"],
    "wib": ["Asia/Jakarta"],
    "wit": ["Asia/Jayapura"],
    "wita": ["Asia/Makassar"],
}
"""Common abbreviations of times, and the zones that they may mean. One is what nearly everybody
means by it. EST, MST and HST are zones of the IANA data, without the summer time that most of
those who write them have.
"""
_STANDARD: Final = re.compile(r"(eastern|central|mountain|hawaii|hawaii aleutian) standard time")
_UTC: Final = re.compile(r"(?:etc/)?(?:utc|gmt[+-]?0?|z|zulu|uct|universal|greenwich)")
_OFFSET: Final = re.compile(
    r"(?:gmt|utc|z)?\s*([+\N{MINUS SIGN}\N{EN DASH}-])\s*([01]?\d)(?:[:.]?([0-5]\d)|\.(5))?\s*h?"
)
_UNSIGNED: Final = re.compile(r"(?:gmt|utc)\s*(\d{1,2}(?::\d\d)?)")
_ETC: Final = re.compile(r"etc/gmt([+-])(\d{1,2})")
_FIXED: Final = re.compile(r"UTC([+-])(\d{1,2})(?::([0-5]\d))?")
_BEHIND, _AHEAD = timedelta(hours=-12), timedelta(hours=14)
"""The offsets from UTC that some place has."""
_QUARTER: Final = timedelta(minutes=15)
"""All offsets in use are a multiple of it."""
_CONTINENTS: Final = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
)  # fmt: skip
"""The first part of the names of zones that are named by a place."""
_TITLES: Final[Mapping[str, str]] = {
    "Australia/ACT": "Canberra",
    "Australia/LHI": "Lord Howe",
    "Australia/North": "Darwin",
    "Australia/NSW": "Sydney",
    "Australia/South": "Adelaide",
    "Australia/West": "Perth",
    "Pacific/Samoa": "Pago Pago",
}
"""What people call zones whose last part says nothing by itself, or another place."""
_LONGEST: Final = 40
"""How many characters of what was written an error repeats; no zone's name is longer."""
_AROUND: Final = re.compile(
    r"^(?:in|the time in|time in)\s+|,\s*(?:no|with) summer time$|\s+(?:local )?time(?: ?zone)?$"
)
"""What people write around the name of a place, and what `zone_title` and `zone_label` write."""
_CHOICES: Final = 25
"""As many as a select can show."""
_WITH_SUMMER_TIME: Final = frozenset(
    ("CET", "EET", "MET", "WET", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT")
)
"""Zones that are named by the offset of their winter."""
_ADVICE: Final = "is not a time zone; write a city, like Berlin, or an offset, like UTC+2"


@cache
def timezones() -> Mapping[str, str]:
    """Every time zone of the IANA data: lower-case name -> name, in the order of names."""
    return {name.lower(): name for name in sorted(available_timezones() - _NO_ZONES)}


def parse_zone(text: str) -> str:
    """The zone that a text says, as it is stored: `Berlin`, `Germany`, `CEST`, `UTC+2`.

    Raises BadValue, with choices if it may be one of several, or if one may have been meant.
    """
    meant = _meant(text)
    if len(meant) == 1:
        return meant[0]
    given = text.strip()[:_LONGEST]
    if meant:
        raise Ambiguous(given, _which(meant), meant[:_CHOICES])
    near = [zone for place in places_near(text) for zone in zones_at(place)]
    raise BadValue(given, _ADVICE, list(dict.fromkeys(near))[:_CHOICES])


def zone_of_operator(text: str) -> str:
    """As `parse_zone`, but a name of the IANA data is itself, also `EST`."""
    return timezones().get(_key(text)) or parse_zone(text)


def _which(meant: Sequence[str]) -> str:
    shown = [zone_title(zone) for zone in meant[:3]]
    more = " or another" if len(meant) > len(shown) else ""
    return f"may be {' or '.join(shown)}{more}; write a city"


def _meant(text: str) -> Sequence[str]:
    """The zones that a text says, likeliest first, as they are stored."""
    whole = " ".join(text[: 5 * _LONGEST].lower().split())
    key = _AROUND.sub("", whole)
    fixed = _fixed(key)
    if fixed is not None:
        return [fixed] if fixed else []
    if unsigned := _UNSIGNED.fullmatch(key):
        return [zone for sign in "+-" if (zone := _fixed(f"{sign}{unsigned[1]}"))]
    standard = _STANDARD.fullmatch(folded(text))
    short = f"{standard[1][0]}st" if standard else key.replace(".", "")
    if short in _ABBREVIATED:
        return _ABBREVIATED[short]
    iana = timezones().get(_key(key))
    if iana and iana.partition("/")[0] in _CONTINENTS:
        return [iana]
    if found := zones_at(whole) or zones_at(key):
        return found
    return [iana] if iana else zones_beginning(key) or _parted(text)


def _fixed(key: str) -> str | None:
    """The stored form of an offset from UTC; "" = no place has it, None = it is no offset."""
    if _UTC.fullmatch(key):
        return "UTC"
    if etc := _ETC.fullmatch(key):
        sign, hours, minutes = "-" if etc[1] == "+" else "+", etc[2], "0"
    elif match := _OFFSET.fullmatch(key):
        sign, hours, minutes = match[1], match[2], match[3] or ("30" if match[4] else "0")
    else:
        return None
    away = timedelta(hours=int(hours), minutes=int(minutes))
    offset = away if sign == "+" else -away
    if not _BEHIND <= offset <= _AHEAD or offset % _QUARTER:
        return ""
    return offset_name(offset)


def _parted(text: str) -> Sequence[str]:
    """The zones of `Portland, Oregon` or `London (UK)`: of its first place those of the last."""
    parts = [zones_at(part) for part in re.split(r"[,()]", text[: 5 * _LONGEST])]
    known = [zones for zones in parts if zones]
    if len(parts) == 1 or not known:
        return []
    return [zone for zone in known[0] if zone in known[-1]] or known[-1]


@cache
def zone_of(name: str) -> tzinfo:
    """The zone that is stored as `name`. ValueError, LookupError or OSError for an unknown one.

    Cached, since ZoneInfo itself keeps only the last eight.
    """
    match = _FIXED.fullmatch(name)
    if match is None:
        return ZoneInfo(name)
    away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(away if match[1] == "+" else -away, name)


def zones_meant(text: str, now: datetime) -> dict[str, str]:
    """Zones that a user may mean who is still typing, likeliest first, and the place of each by
    which it was found. Whatever `parse_zone` makes of the text comes first.
    """
    meant = _meant(text)
    found = {zone: zone_title(zone) for zone in meant}
    if meant and _FIXED.fullmatch(meant[0]):
        offset = now.astimezone(zone_of(meant[0])).utcoffset()
        cities = [one for one in _cities() if now.astimezone(zone_of(one)).utcoffset() == offset]
        return found | {zone: zone_title(zone) for zone in cities}
    begun = places_beginning(text) if folded(text) else {}
    found |= {zone: place.title() for zone, place in begun.items() if zone not in found}
    key = _key(text)
    held = [name for name in timezones().values() if key in name.lower() and _is_place(name)]
    found |= {name: zone_title(name) for name in held if name not in found}
    return found or {zone: place.title() for place in places_near(text) for zone in zones_at(place)}


def zone_title(name: str) -> str:
    """What people call a zone: `Berlin`, `UTC`, `UTC+2, no summer time`,
    `CET, with summer time`.
    """
    fixed = _fixed_offset(name)
    if fixed:
        return fixed if fixed == "UTC" else f"{fixed}, no summer time"
    if name in _WITH_SUMMER_TIME:
        return f"{name}, with summer time"
    place = _TITLES.get(name) or name.rsplit("/", 1)[-1].replace("_", " ")
    return place if _is_place(name) else name


def in_zone(name: str) -> str:
    """A zone behind a time of day: `in Berlin`, `UTC`, `UTC+2`."""
    return f"in {zone_title(name)}" if _is_place(name) else _fixed_offset(name) or name


def beside(name: str) -> str:
    """A zone behind a day and time: `(Berlin)`, `UTC`, `UTC+2`."""
    return f"({zone_title(name)})" if _is_place(name) else in_zone(name)


def zone_label(name: str, now: datetime) -> str:
    """A zone as one of several to choose from: `New York, with summer time (now 09:05)`."""
    title = zone_title(name)
    if _is_place(name):
        title += ", with summer time" if _has_summer_time(name, now) else ", no summer time"
    return f"{title} (now {_time(name, now)})"


def now_there(name: str, now: datetime) -> str:
    """The present time in a zone: `now 17:31 there`."""
    there = " there" if _is_place(name) else ""
    return f"now {_time(name, now)}{there}"


def _time(name: str, now: datetime) -> str:
    return f"{now.astimezone(zone_of(name)):%H:%M}"


def offset_name(offset: timedelta) -> str:
    """`UTC`, `UTC+2` or `UTC-3:30`."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    shown = f"{hours}:{rest:02}" if rest else f"{hours}"
    return f"UTC{'+' if minutes > 0 else '-'}{shown}" if minutes else "UTC"


def on_summer_time(name: str, now: datetime) -> str | None:
    """A note on a zone that looks as if it had summer time but has none, like `EST`."""
    if name not in {"EST", "MST", "HST"}:
        return None
    best = _ABBREVIATED[name.lower()][0]
    other = f"; {zone_title(best)} has" if _has_summer_time(best, now) else ""
    return f"{name} has no summer time{other}."


def _has_summer_time(name: str, now: datetime) -> bool:
    days = (datetime(now.year, month, 1, tzinfo=UTC) for month in (1, 7))
    return len({day.astimezone(zone_of(name)).utcoffset() for day in days}) > 1


def _fixed_offset(name: str) -> str | None:
    """The offset of a zone that is named by it; None for another zone."""
    return name if _FIXED.fullmatch(name) else _fixed(name.lower())


def _is_place(name: str) -> bool:
    return name.partition("/")[0] in _CONTINENTS


def _key(text: str) -> str:
    return re.sub(r"\s+", "_", text[: 2 * _LONGEST].strip().lower())


@cache
def _cities() -> Sequence[str]:
    """The zones of places, without their older names, those of many people first."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    named = {row[2] for row in rows} & {*timezones().values()}
    return sorted(named, key=lambda name: (_rank(name), name))


def _rank(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)
