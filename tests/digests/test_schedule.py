"""When a digest is due, tested for every zone."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.schedule import Key, Occurrence, instant, next_occurrence, occurrences
from bot.digests.setting_types import Timetable
from bot.weekdays import DAYS
from bot.zones import timezones
from tests.soak.figures import note

FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)
DAILY = ", ".join(DAYS)
ZONES = sorted(timezones().values())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(time_: str = "08:00", zone: str = "UTC", days: str = DAILY) -> Timetable:
    return Timetable(time_, zone, days)


def first_instant_at_or_after(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """Found by checking every minute: the first whose local time has reached the requested one."""
    wanted = datetime.combine(day, moment)
    minute = datetime.combine(day, moment, UTC) - timedelta(hours=27)
    while minute.astimezone(zone).replace(tzinfo=None) < wanted:
        minute += timedelta(minutes=1)
    return minute


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The instants at which a zone changes its offset, from FIRST to LAST."""
    zone = ZoneInfo(name)
    noons = [
        datetime.combine(date.fromordinal(n), time(12), UTC)
        for n in range(FIRST.toordinal() - 1, LAST.toordinal() + 1)
    ]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
    days = zip(pairwise(noons), pairwise(offsets), strict=True)
    return tuple(change_between(*noon, zone) for noon, (old, new) in days if old != new)


def change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
            low = middle
        else:
            high = middle
    return high


@cache
def unlike_zones() -> tuple[str, ...]:
    """One zone for each pattern of offsets from FIRST to LAST."""
    by_behaviour = {}
    for name in ZONES:
        offset = datetime.combine(FIRST, time(), UTC).astimezone(ZoneInfo(name)).utcoffset()
        by_behaviour[offset, changes(name)] = name
    return tuple(by_behaviour.values())


def days_of_change(zones: Iterable[str]) -> Iterator[tuple[str, date]]:
    for name in zones:
        for change in changes(name):
            yield name, change.astimezone(ZoneInfo(name)).date()


def times_of_day(count: int) -> list[time]:
    """This many times of a day, from midnight on."""
    midnight = datetime.combine(FIRST, time())
    return [(midnight + n * timedelta(days=1) / count).time() for n in range(count)]


def test_every_zone_of_the_time_zone_data_is_known():
    assert len(ZONES) > 590
    assert {"Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe", "UTC"} <= set(ZONES)


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(FIRST, LAST),
    moment=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_a_local_time_is_the_first_instant_at_which_the_clock_on_the_wall_has_reached_it(
    zone: str, day: date, moment: time
):
    expected = first_instant_at_or_after(day, moment, ZoneInfo(zone))
    assert instant(day, moment, ZoneInfo(zone)) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zones", "count"),
    [(unlike_zones, 48), pytest.param(lambda: ZONES, 96, marks=pytest.mark.soak)],
    ids=["unlike zones", "every zone"],
)
def test_on_every_day_of_change_until_2030_every_time_of_day_is_right_and_comes_once(
    zones: Callable[[], Iterable[str]], count: int
):
    editions = 0
    for name, day in days_of_change(zones()):
        zone = ZoneInfo(name)
        start = datetime.combine(day, time(), UTC) - timedelta(hours=27)
        minutes = [start + timedelta(minutes=n) for n in range(0, 66 * 60, 15)]
        walls = [minute.astimezone(zone).replace(tzinfo=None) for minute in minutes]
        for moment in times_of_day(count):
            wanted = datetime.combine(day, moment)
            reached = next(n for n, wall in enumerate(walls) if wall >= wanted)
            assert instant(day, moment, zone) == minutes[reached], (name, day, moment)
            came = planned_around(day, table(f"{moment:%H:%M}", name))
            days = [day + timedelta(days=n) for n in (-1, 0, 1)]
            assert [(o.local_date, o.slot) for o in came] == [(d, 1) for d in days], (name, moment)
            assert came[1].due_at == minutes[reached], (name, day, moment)
            editions += len(came)
    what = (
        f"{'every zone' if count == 96 else 'unlike zones'} x every change x {count} times of day"
    )
    note(what, "exactly one edition per slot and date", f"{editions:,} editions, each once")


def planned_around(day: date, chosen: Timetable) -> list[Occurrence]:
    """The editions of the day before, the day and the day after, if each is planned when due."""
    eve = instant(day - timedelta(days=1), time(), chosen.zone) - timedelta(seconds=1)
    came: list[Occurrence] = []
    while not came or came[-1].local_date < day + timedelta(days=1):
        taken = {(one.local_date, one.slot) for one in came}
        taken.add((day - timedelta(days=2), 1))
        came.append(next_occurrence(chosen, came[-1].due_at if came else eve, taken))
    return came


@pytest.mark.slow
def test_in_every_zone_each_slot_comes_once_a_local_date_and_each_slot_comes_later_than_before():
    times = ("00:00", "02:30", "23:59")
    for name in unlike_zones():
        endless = occurrences(table(", ".join(times), name), FIRST)
        coming = list(takewhile(lambda o: o.local_date <= LAST, endless))
        keys = [(o.local_date, o.slot) for o in coming]
        days = map(date.fromordinal, range(FIRST.toordinal(), LAST.toordinal() + 1))
        assert keys == [(day, slot) for day in days for slot in (1, 2, 3)]
        for slot in range(3):
            assert all(a.due_at < b.due_at for a, b in pairwise(coming[slot::3])), name
        assert all(a.due_at <= b.due_at for a, b in pairwise(coming)), name


@pytest.mark.parametrize(
    ("zone", "day", "moment", "expected"),
    [
        pytest.param("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29T00:59", id="before a gap"),
        pytest.param("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T01:00", id="gap begins"),
        pytest.param("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00", id="in a gap"),
        pytest.param("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00", id="gap ends"),
        pytest.param("Europe/Berlin", "2026-10-25", "02:00", "2026-10-25T00:00", id="fold begins"),
        pytest.param("Europe/Berlin", "2026-10-25", "02:59", "2026-10-25T00:59", id="in a fold"),
        pytest.param("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T02:00", id="fold ends"),
        pytest.param("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00", id="no midnight"),
        pytest.param("Africa/Cairo", "2026-04-24", "00:59", "2026-04-23T22:00", id="nor after it"),
        pytest.param("Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T20:30", id="two midnights"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30", id="30 min"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", id="back"),
        pytest.param("Pacific/Chatham", "2026-09-27", "03:15", "2026-09-26T14:00", id="12:45 east"),
        pytest.param("Pacific/Chatham", "2026-04-05", "03:00", "2026-04-04T13:15", id="and back"),
        pytest.param("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30T10:00", id="no such day"),
        pytest.param("Pacific/Apia", "2011-12-31", "08:00", "2011-12-30T18:00", id="the next day"),
        pytest.param("Antarctica/Troll", "2026-03-29", "02:30", "2026-03-29T01:00", id="two hours"),
        pytest.param("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T02:00", id="Ramadan"),
    ],
)
def test_gaps_and_folds_known_by_hand(zone: str, day: str, moment: str, expected: str):
    found = instant(date.fromisoformat(day), time.fromisoformat(moment), ZoneInfo(zone))
    assert found == at(expected)


def test_a_skipped_local_date_has_its_occurrence_when_the_next_date_begins():
    coming = occurrences(table("08:00", "Pacific/Apia"), date(2011, 12, 29))
    found = [next(coming) for _ in range(3)]
    assert found == [
        Occurrence(at("2011-12-29T18:00"), date(2011, 12, 29), 1),
        Occurrence(at("2011-12-30T10:00"), date(2011, 12, 30), 1),
        Occurrence(at("2011-12-30T18:00"), date(2011, 12, 31), 1),
    ]


def test_times_that_fall_into_one_gap_come_as_one_edition():
    berlin = table("02:00, 02:30, 03:00", "Europe/Berlin")
    first = next_occurrence(berlin, at("2026-03-29T00:00"), ())
    assert first == Occurrence(at("2026-03-29T01:00"), date(2026, 3, 29), 1)
    then = next_occurrence(berlin, first.due_at, {(first.local_date, first.slot)})
    assert then == Occurrence(at("2026-03-30T00:00"), date(2026, 3, 30), 1)


@given(days=st.sets(st.sampled_from(DAYS), min_size=1), zone=st.sampled_from(ZONES))
def test_only_the_weekdays_asked_for_have_occurrences(days: set[str], zone: str):
    chosen = table("08:00", zone, ", ".join(day for day in DAYS if day in days))
    coming = occurrences(chosen, FIRST)
    found = [next(coming).local_date for _ in range(3 * len(days))]
    expected = [
        day
        for day in map(date.fromordinal, range(FIRST.toordinal(), FIRST.toordinal() + 21))
        if DAYS[day.weekday()] in days
    ]
    assert found == expected


def test_slots_are_numbered_by_time_of_day_from_1():
    coming = occurrences(table("18:00, 06:00, 12:00"), FIRST)
    found = [next(coming) for _ in range(3)]
    assert [(o.slot, o.due_at.hour) for o in found] == [(1, 6), (2, 12), (3, 18)]


KEYS = st.sets(st.tuples(st.dates(FIRST, FIRST + timedelta(days=30)), st.integers(-2, 4)))


@given(
    times=st.sets(st.times(), min_size=1, max_size=4),
    zone=st.sampled_from(ZONES),
    after=st.datetimes(
        datetime.combine(FIRST, time()), datetime.combine(LAST, time()), timezones=st.just(UTC)
    ),
    taken=KEYS,
)
def test_the_next_occurrence_is_the_first_after_now_whose_key_is_free(
    times: set[time], zone: str, after: datetime, taken: set[Key]
):
    chosen = table(", ".join(f"{moment:%H:%M}" for moment in times), zone)
    found = next_occurrence(chosen, after, taken)
    assert found.due_at > after
    assert (found.local_date, found.slot) not in taken
    earlier = takewhile(
        lambda o: o.due_at < found.due_at, occurrences(chosen, after.date() - timedelta(days=3))
    )
    assert all(o.due_at <= after or (o.local_date, o.slot) in taken for o in earlier)


def test_even_a_month_of_taken_keys_leaves_a_next_occurrence():
    taken = {(FIRST + timedelta(days=n), 1) for n in range(60)}
    found = next_occurrence(table(), at("2026-01-01T00:00"), taken)
    assert found.local_date == FIRST + timedelta(days=60)


@pytest.mark.parametrize("moved", ["06:00", "09:00", "18:00"])
def test_retiming_a_slot_that_had_its_edition_makes_none_again_that_day(moved: str):
    today = date(2026, 5, 4)
    found = next_occurrence(table(moved), at("2026-05-04T08:30"), {(today, 1)})
    assert found == Occurrence(at(f"2026-05-05T{moved}"), today + timedelta(days=1), 1), (
        "one edition for a digest, local date and slot"
    )


def test_retiming_a_slot_that_had_none_yet_still_gives_todays():
    today = date(2026, 5, 4)
    found = next_occurrence(table("18:00"), at("2026-05-04T07:30"), ())
    assert found == Occurrence(at("2026-05-04T18:00"), today, 1)


def test_a_second_time_of_day_has_its_own_edition_on_the_day_it_is_added():
    today = date(2026, 5, 4)
    found = next_occurrence(table("08:00, 18:00"), at("2026-05-04T08:30"), {(today, 1)})
    assert found == Occurrence(at("2026-05-04T18:00"), today, 2)


@given(
    old=st.sampled_from(ZONES),
    new=st.sampled_from(ZONES),
    day=st.dates(FIRST + timedelta(days=3), LAST),
    later=st.integers(0, 24 * 60),
)
def test_after_a_change_of_zone_no_local_date_has_two_editions(
    old: str, new: str, day: date, later: int
):
    posted = instant(day, time(8), ZoneInfo(old))
    taken = {(day - timedelta(days=n), 1) for n in range(3)}
    now = posted + timedelta(minutes=later)
    found = next_occurrence(table("08:00", new), now, taken)
    assert found.due_at > now
    assert found.local_date > day
    assert found.due_at - now <= timedelta(hours=75), "at most the date's difference, and a day"


def test_a_change_of_zone_to_the_east_waits_for_the_next_free_date():
    posted_in_new_york = {(date(2026, 5, 4), 1)}
    found = next_occurrence(
        table("08:00", "Asia/Tokyo"), at("2026-05-04T12:30"), posted_in_new_york
    )
    assert found == Occurrence(at("2026-05-04T23:00"), date(2026, 5, 5), 1)
