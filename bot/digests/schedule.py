"""When a digest is due: turns local times of day into instants, and finds the next free one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count

from bot.digests.setting_types import Timetable
from bot.times_of_day import parse_times
from bot.weekdays import DAYS, parse_days

Key = tuple[date, int]
"""A local date and a slot: a digest has one edition for each."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One future edition: the instant (UTC), its local date, its slot (from 1, by time of day)."""

    due_at: datetime
    local_date: date
    slot: int


def instant(day: date, moment: time, zone: tzinfo) -> datetime:
    """The instant (UTC) of a local time; in a gap the first instant after it, in a fold the first.

    A gap is found by converting to UTC and back: if that gives another time, the local time does
    not exist, and its two readings (fold 0 and 1) lie on either side of the end of the gap.
    """
    local = datetime.combine(day, moment, zone)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    return _end_of_gap(local.replace(fold=1).astimezone(UTC), utc, zone)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first instant after the change of offset between the two, by bisection."""
    low, high = int(before.timestamp()), int(after.timestamp())
    old_offset = before.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == old_offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def occurrences(table: Timetable, first: date) -> Iterator[Occurrence]:
    """Every occurrence from the local date `first` on, in order, without end.

    Times of one day that fall into the same gap share its end as their instant.
    """
    weekdays = {DAYS.index(day) for day in parse_days(table.days)}
    moments = parse_times(table.time)
    for day in map(date.fromordinal, count(first.toordinal())):
        if day.weekday() in weekdays:
            for slot, moment in enumerate(moments, start=1):
                yield Occurrence(instant(day, moment, table.zone), day, slot)


def next_occurrence(table: Timetable, after: datetime, taken: Collection[Key]) -> Occurrence:
    """The first occurrence after an instant whose key is free.

    Of several at one instant the first wins. So a slot that had its edition today gets no other one
    today, whatever its new time, and a change of zone makes no second edition for one date.
    """
    # One day early: the local date may be behind UTC's.
    days = occurrences(table, after.astimezone(table.zone).date() - timedelta(days=1))
    return next(o for o in days if o.due_at > after and (o.local_date, o.slot) not in taken)
