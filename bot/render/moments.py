"""When a digest comes, in words."""

from datetime import datetime, timedelta
from typing import Final

from bot.digests.schedule import Occurrence
from bot.digests.setting_types import DigestSettings
from bot.digests.setting_values import quantity
from bot.weekdays import DAYS
from bot.zones import beside

_UNITS: Final = (
    (timedelta(days=1), "day", "a day"),
    (timedelta(hours=1), "hour", "an hour"),
    (timedelta(minutes=1), "minute", "a minute"),
)


def moment(occurrence: Occurrence, settings: DigestSettings, now: datetime) -> str:
    """`Tue 08:00 (Berlin), 14 hours from now`: local time, zone, and how far away."""
    far = _span(occurrence.due_at - now)
    return f"{local_time(occurrence, settings, now)}, {f'{far} from now' if far else 'now'}"


def local_time(occurrence: Occurrence, settings: DigestSettings, now: datetime) -> str:
    """`Tue 08:00 (Berlin)`."""
    local = occurrence.due_at.astimezone(settings.timetable.zone)
    day = f"{local:%a %H:%M}"
    if occurrence.due_at - now > timedelta(days=6):
        day = f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"{day} {beside(settings.timetable.timezone)}"


def next_day(occurrence: Occurrence, settings: DigestSettings, now: datetime) -> str:
    """`tomorrow`, `today at 18:00`, `on Mon at 08:00`: the time only if the day has several, or if
    it is today.
    """
    zone = settings.timetable.zone
    local = occurrence.due_at.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    near = {0: "today", 1: "tomorrow"}
    far = f"on {local:%a}" if days < len(DAYS) else f"on {local:%a} {local.day} {local:%b}"
    several = "," in settings.timetable.time
    at = f" at {local:%H:%M}" if several or days == 0 else ""
    return f"{near.get(days, far)}{at}"


def span(time: timedelta) -> str:
    """`an hour`, `2 days`, rounded down; "" for less than a minute."""
    for size, unit, single in _UNITS:
        if time >= size:
            count = time // size
            return single if count == 1 else quantity(count, unit)
    return ""


def away(span: timedelta) -> str:
    """`in 14 hours`, or `now`; see `_span`."""
    words = _span(span)
    return f"in {words}" if words else "now"


def _span(span: timedelta) -> str:
    """`59 minutes`, `1 hour 24 minutes`, `14 hours`, `3 days 22 hours`, `12 days`; "" = none."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute" if span > timedelta() else ""
    if minutes < 2 * 60:
        return _both(minutes // 60, "hour", minutes % 60, "minute")
    hours = round(span / timedelta(hours=1))
    if hours >= len(DAYS) * 24:
        hours = round(hours / 24) * 24
    return _both(hours // 24, "day", hours % 24, "hour")


def _both(many: int, name: str, few: int, part: str) -> str:
    return " ".join(quantity(*one) for one in ((many, name), (few, part)) if one[0])
