"""When digests come, in words: instants, timetables, days."""

from datetime import datetime, timedelta
from typing import Final

from bot.config import DAYS
from bot.digests.schedule import Occurrence
from bot.digests.settings import DigestSettings

_RANGE: Final = 3
"""So many days in a row are written as a range."""


def moment(occurrence: Occurrence, settings: DigestSettings, now: datetime) -> str:
    """`Tue 08:00 UTC, in 14 hours`: local time, zone, and how far away."""
    local = occurrence.due_at.astimezone(settings.timetable.zone)
    day = f"{local:%a %H:%M}"
    if occurrence.due_at - now > timedelta(days=6):
        day = f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"{day} {settings.timetable.timezone}, {_away(occurrence.due_at - now)}"


def _away(span: timedelta) -> str:
    """`in 14 hours`, rounded down; `in 1 hour 24 minutes` where the largest unit is but one."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "in less than a minute" if span > timedelta() else "now"
    for size, name, smaller, part in ((1440, "day", 60, "hour"), (60, "hour", 1, "minute")):
        if minutes >= size:
            rest = minutes % size // smaller if minutes < 2 * size else 0
            more = f" {_counted(rest, part)}" if rest else ""
            return f"in {_counted(minutes // size, name)}{more}"
    return f"in {_counted(minutes, 'minute')}"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def hours(span: timedelta) -> str:
    """`3 hours`, `half an hour` is `30 minutes`."""
    minutes = round(span.total_seconds() / 60)
    if minutes % 60:
        return _counted(minutes, "minute")
    return _counted(minutes // 60, "hour")


def timetable(settings: DigestSettings) -> str:
    """`08:00 UTC, every day`."""
    table = settings.timetable
    return f"{table.time} {table.timezone}, {day_names(table.days)}"


def day_names(days: str) -> str:
    """`every day`, `Mon to Fri` or `Mon, Wed`, from `mon, wed` as it is stored."""
    names = days.split(", ")
    if len(names) == len(DAYS):
        return "every day"
    shown = [name.capitalize() for name in names]
    in_a_row = DAYS.index(names[-1]) - DAYS.index(names[0]) == len(names) - 1
    return f"{shown[0]} to {shown[-1]}" if in_a_row and len(names) >= _RANGE else ", ".join(shown)
