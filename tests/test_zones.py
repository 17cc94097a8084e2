"""Time zones: what people write, which zones they are offered, and the note on a chosen zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.completions import timezone_choices
from bot.config import parse_timezone
from bot.errors import BadValue
from bot.zones import (
    local_time,
    offset_name,
    on_summer_time,
    suggestion,
    timezones,
    zone_named,
    zones_meant,
)

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
MOMENTS = st.integers(1_600_000_000, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
HOURS, MINUTES = st.integers(0, 14), st.sampled_from((None, 0, 15, 30, 45))


def offset_of(name: str, now: datetime) -> timedelta | None:
    return now.astimezone(ZoneInfo(name)).utcoffset()


@given(
    st.sampled_from(("gmt", "GMT", "utc", "UTC ", "Z", "", " ")),
    st.sampled_from("+-\N{MINUS SIGN}"),
    HOURS,
    MINUTES,
    st.sampled_from(("", ":")),
    MOMENTS,
)
def test_an_offset_is_offered_zones_of_that_offset_now_and_no_other(
    before: str, sign: str, hours: int, minutes: int | None, colon: str, now: datetime
):
    end = "" if minutes is None else f"{colon}{minutes:02}"
    typed = f"{before}{sign}{hours:0{2 if end else 1}}{end}"
    wanted = timedelta(hours=hours, minutes=minutes or 0) * (1 if sign == "+" else -1)
    offered = timezone_choices(typed, (), now)
    assert all(offset_of(choice.value, now) == wanted for choice in offered)
    assert len(offered) <= 25
    if wanted in (timedelta(hours=hour) for hour in range(-10, 13)) and wanted != -timedelta(
        hours=2
    ):
        assert offered


@pytest.mark.parametrize("typed", ["g", "gm", "gmt", "gmt+", "etc", "etc/gmt+2", "GMT-1", "gmt+0"])
def test_no_zone_called_by_an_offset_is_offered(typed: str):
    for choice in timezone_choices(typed, ()):
        assert "GMT+" not in choice.value
        assert "GMT-" not in choice.value


def test_without_a_moment_the_offset_is_that_of_now():
    (first, *_) = timezone_choices("gmt+2", ())
    assert offset_of(first.value, datetime.now(UTC)) == timedelta(hours=2)  # noqa: TID251 - that is the point


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("est", "America/New_York"),
        ("EDT", "America/New_York"),
        ("cst", "America/Chicago"),
        ("mst", "America/Denver"),
        ("PST", "America/Los_Angeles"),
        ("pdt", "America/Los_Angeles"),
        ("hst", "Pacific/Honolulu"),
        ("bst", "Europe/London"),
        ("CEST", "Europe/Berlin"),
        ("ist", "Asia/Kolkata"),
        ("jst", "Asia/Tokyo"),
        ("aest", "Australia/Sydney"),
        ("berl", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("  New   York ", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_city_or_an_abbreviation_is_offered_its_zone_first(typed: str, first: str):
    assert timezone_choices(typed, ())[0].value == first
    assert first in suggestion(typed, WINTER)


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("GMT+2", "name a city's; that is the time now in Europe/Athens, "),
        ("UTC+2", "name a city's; that is the time now in Europe/Athens, "),
        ("+02:00", "name a city's; that is the time now in Europe/Athens, "),
        ("UTC-3:30", "name a city's; that is the time now in America/St_Johns"),
        ("PST", "write America/Los_Angeles"),
        ("CEST", "write Europe/Berlin, "),
        ("Berlin", "write Europe/Berlin"),
        ("new york", "write America/New_York"),
        ("Lodnon", "write Europe/London"),
        ("Atlantis", "write it like Europe/Berlin or UTC"),
        ("", "write it like Europe/Berlin or UTC"),
        ("x" * 6000, "write it like Europe/Berlin or UTC"),
    ],
)
def test_what_is_no_zone_is_told_with_those_that_may_be_meant(typed: str, advice: str):
    with pytest.raises(BadValue) as caught:
        parse_timezone(typed, WINTER)
    assert caught.value.advice.startswith(f"is not a time zone; {advice}")


def test_the_same_offset_is_other_cities_in_summer():
    assert "Europe/Berlin" not in zones_meant("UTC+2", WINTER)
    assert "Europe/Berlin" in zones_meant("UTC+2", SUMMER)


@given(st.text(max_size=60), MOMENTS)
def test_whatever_is_typed_is_offered_zones_that_are_taken(typed: str, now: datetime):
    assert all(zone_named(name) == name for name in zones_meant(typed, now))
    assert suggestion(typed, now)


@pytest.mark.parametrize("name", ["Factory", "localtime", "posixrules"])
def test_what_stands_for_a_machine_without_a_zone_is_none(name: str):
    assert zone_named(name) is None
    assert name not in timezones().values()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EST", "EST has no summer time; America/New_York has."),
        ("MST", "MST has no summer time; America/Denver has."),
        ("HST", "HST has no summer time."),
        *((name, None) for name in ("UTC", "GMT", "CET", "EST5EDT", "Europe/Berlin", "Asia/Tokyo")),
    ],
)
def test_a_zone_that_only_looks_as_if_it_had_summer_time_is_told_of(name: str, words: str | None):
    assert on_summer_time(name, WINTER) == on_summer_time(name, SUMMER) == words


def test_how_late_it_is_is_told_with_the_offset():
    assert local_time("Europe/Berlin", WINTER) == "13:00 there now (UTC+1)"
    assert local_time("Etc/GMT+2", WINTER) == "10:00 there now (UTC-2)"
    assert local_time("Asia/Kathmandu", WINTER) == "17:45 there now (UTC+5:45)"
    assert local_time("America/St_Johns", WINTER) == "08:30 there now (UTC-3:30)"
    assert offset_name(timedelta()) == "UTC"
