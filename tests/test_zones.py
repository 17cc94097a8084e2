"""Time zones: what people write, which are asked for, and how the time there is told."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.completions import timezone_choices
from bot.errors import BadValue
from bot.zones import (
    in_zone,
    now_there,
    offset_name,
    on_summer_time,
    parse_zone,
    timezones,
    zone_label,
    zone_of,
    zone_of_operator,
    zone_title,
    zones_meant,
)

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
MOMENTS = st.integers(1_600_000_000, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
SIGNED = st.tuples(
    st.sampled_from(("gmt", "GMT", "utc", "UTC ", "Z", "", " ")),
    st.sampled_from("+-\N{MINUS SIGN}\N{EN DASH}"),
    st.integers(0, 12),
    st.sampled_from((None, 0, 15, 30, 45)),
    st.sampled_from(("", ":")),
)
"""An offset in every way that people write it."""


def offset_of(name: str, now: datetime) -> timedelta | None:
    return now.astimezone(zone_of(name)).utcoffset()


def typed_and_meant(
    before: str, sign: str, hours: int, minutes: int | None, colon: str
) -> tuple[str, timedelta]:
    end = "" if minutes is None else f"{colon}{minutes:02}"
    away = timedelta(hours=hours, minutes=minutes or 0)
    return f"{before}{sign}{hours:0{2 if end else 1}}{end}", away if sign == "+" else -away


def choices(text: str) -> tuple[str, ...]:
    with pytest.raises(BadValue) as caught:
        parse_zone(text)
    return caught.value.choices


def understood(text: str) -> tuple[str, ...]:
    try:
        return (parse_zone(text),)
    except BadValue as error:
        return error.choices


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("  New   York ", "America/New_York"),
        ("America/New York", "America/New_York"),
        *((text, "America/New_York") for text in ("NYC", "ET", "EDT", "Eastern Time", "Boston")),
        *((text, "America/Los_Angeles") for text in ("PST", "pdt", "Seattle", "Pacific time")),
        *((text, "Europe/Berlin") for text in ("germany", "Deutschland", "Munich", "M\u00fcnchen")),
        *((text, "Europe/Berlin") for text in ("koeln", "CEST", "MEZ", "Frankfurt", "Berlin time")),
        *((text, "Europe/Berlin") for text in ("Central European Time", "Berlin, Germany")),
        *((text, "Europe/London") for text in ("UK", "England", "London (UK)", "BST", "london")),
        *((text, "Europe/Madrid") for text in ("Spain", "Espa\u00f1a", "Barcelona")),
        *((text, "Asia/Kolkata") for text in ("India", "Mumbai", "Bangalore")),
        *((text, "Asia/Tokyo") for text in ("Japan", "\u65e5\u672c", "JST", "tokyo")),
        *((text, "Asia/Shanghai") for text in ("China", "Beijing")),
        *((text, "America/Sao_Paulo") for text in ("S\u00e3o Paulo", "sao paulo", "Rio", "BRT")),
        ("Portland, Oregon", "America/Los_Angeles"),
        ("Portland, Maine", "America/New_York"),
        ("Paris, Texas", "America/Chicago"),
        ("St. John's", "America/St_Johns"),
        ("Odessa", "Europe/Kyiv"),
        ("Bali", "Asia/Makassar"),
        ("CET", "CET"),
        *((text, "UTC+2") for text in ("UTC+2", "+02:00", "GMT+2", "gmt +02", "Etc/GMT-2")),
        *((text, "UTC+5:30") for text in ("UTC+5:30", "+0530", "GMT+5.5")),
        *((text, "UTC-2") for text in ("Etc/GMT+2", "UTC-2", "\u22122", "GMT\u20132")),
        *((text, "UTC") for text in ("UTC", "gmt", "Z", "GMT+0", "Etc/UTC", "zulu", "UTC+00:00")),
    ],
)
def test_a_zone_is_understood_as_people_say_it(text: str, stored: str):
    assert parse_zone(text) == stored


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("CST", ["America/Chicago", "Asia/Shanghai", "America/Havana", "America/Costa_Rica"]),
        ("IST", ["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"]),
        ("EST", ["America/New_York", "UTC-5"]),
        ("Eastern Standard Time", ["America/New_York", "UTC-5"]),
        ("mst", ["America/Denver", "America/Phoenix"]),
        ("HST", ["Pacific/Honolulu", "America/Adak"]),
        ("AEST", ["Australia/Sydney", "Australia/Brisbane"]),
        ("San Jose", ["America/Los_Angeles", "America/Costa_Rica"]),
        ("Georgia", ["America/New_York", "Asia/Tbilisi"]),
        ("Indonesia", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
        ("utc 2", ["UTC+2", "UTC-2"]),
    ],
)
def test_what_may_be_several_zones_is_asked_for(text: str, asked: list[str]):
    assert choices(text) == tuple(asked)
    assert [parse_zone(one) for one in asked] == asked


def test_a_country_of_several_zones_is_asked_for_with_each_clock_once():
    usa = choices("USA")
    assert usa[:4] == (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
    )
    assert {"Pacific/Honolulu", "America/Anchorage", "America/Phoenix"} <= {*usa}
    clocks = {(offset_of(one, WINTER), offset_of(one, SUMMER)) for one in usa}
    assert len(clocks) == len(usa)
    assert choices("us") == choices("United States") == choices("america") == usa


@pytest.mark.parametrize("text", ["Australia", "Brazil", "Canada", "Mexico", "Russia", "Congo"])
def test_no_country_of_several_zones_is_guessed(text: str):
    assert len(choices(text)) > 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Factory",
        "localtime",
        "posixrules",
        "Atlantis",
        "mars",
        "2",
        "-13",
        "UTC+15",
        "EU",
        "UTC+2:17",
        "+25",
        "x" * 6000,
        "../etc/passwd",
        "US/Pacific-New",
        ";",
        "\x00",
    ],
)
def test_what_is_no_zone_is_refused_and_nothing_far_fetched_offered(text: str):
    assert choices(text) == ()


@pytest.mark.parametrize(
    ("text", "meant"), [("Lodnon", "Europe/London"), ("Berln", "Europe/Berlin")]
)
def test_a_typo_is_asked_for(text: str, meant: str):
    assert choices(text)[0] == meant


@given(SIGNED, MOMENTS)
def test_an_offset_is_stored_with_the_sign_that_was_written(signed, now: datetime):
    typed, wanted = typed_and_meant(*signed)
    if wanted < timedelta(hours=-12):
        assert choices(typed) == ()
    else:
        stored = parse_zone(typed)
        assert offset_of(stored, now) == wanted
        assert parse_zone(stored) == stored == offset_name(wanted)


@given(SIGNED, MOMENTS)
def test_an_offset_is_offered_itself_and_cities_with_that_time_now(signed, now: datetime):
    typed, wanted = typed_and_meant(*signed)
    offered = timezone_choices(typed, (), now)
    assert all(offset_of(choice.value, now) == wanted for choice in offered)
    assert len(offered) <= 25
    assert bool(offered) == (wanted >= timedelta(hours=-12))


def test_every_zone_of_the_iana_data_is_understood_and_keeps_its_time():
    for name in timezones().values():
        assert zone_of_operator(f" {name.upper()} ") == name
        if name in {"EST", "MST", "HST"}:
            assert choices(name)
            continue
        stored = parse_zone(f" {name.lower()} ")
        assert parse_zone(stored) == stored
        for now in (WINTER, SUMMER):
            assert offset_of(stored, now) == now.astimezone(ZoneInfo(name)).utcoffset(), name


@given(st.text(max_size=60) | st.text("utcgm+-:0123456789 "), MOMENTS)
def test_whatever_is_written_is_read_asked_for_or_refused(text: str, now: datetime):
    for stored in understood(text):
        assert parse_zone(stored) == stored
        assert offset_of(stored, now) is not None
    for zone in zones_meant(text, now):
        assert parse_zone(zone) == zone
    assert len(timezone_choices(text, ("default",), now)) <= 25


def test_every_choice_has_a_name_that_discord_takes():
    for text in ("", "a", "new", "UTC+2", "Argentina", "USA"):
        for choice in timezone_choices(text, ("default", "UTC"), WINTER):
            assert 0 < len(choice.name) <= 100
            assert len(choice.value) <= 40


@pytest.mark.parametrize(
    ("typed", "first", "name"),
    [
        ("berl", "Europe/Berlin", "Berlin (Europe/Berlin, now 13:00 there)"),
        ("munich", "Europe/Berlin", "Berlin (Europe/Berlin, now 13:00 there)"),
        ("muni", "Europe/Berlin", "Munich (Europe/Berlin, now 13:00 there)"),
        ("UTC+2", "UTC+2", "UTC+2, no summer time (now 14:00)"),
        ("cst", "America/Chicago", "Chicago (America/Chicago, now 06:00 there)"),
        ("ist", "Asia/Kolkata", "Kolkata (Asia/Kolkata, now 17:30 there)"),
        ("germ", "Europe/Berlin", "Germany (Europe/Berlin, now 13:00 there)"),
    ],
)
def test_what_is_typed_is_completed_by_city_country_and_offset(typed: str, first: str, name: str):
    choice = timezone_choices(typed, (), WINTER)[0]
    assert (choice.value, choice.name) == (first, name)


@pytest.mark.parametrize("typed", ["g", "gm", "gmt", "gmt+", "etc", "etc/gmt+2", "GMT-1", "gmt+0"])
def test_no_zone_called_by_an_offset_is_offered(typed: str):
    for choice in timezone_choices(typed, ()):
        assert "GMT" not in choice.value


def test_without_a_moment_the_offset_is_that_of_now():
    (_, city, *_) = timezone_choices("gmt+2", ())
    assert offset_of(city.value, datetime.now(UTC)) == timedelta(hours=2)  # noqa: TID251 - that is the point


def test_the_same_offset_is_other_cities_in_summer():
    assert "Europe/Berlin" not in zones_meant("UTC+2", WINTER)
    assert "Europe/Berlin" in zones_meant("UTC+2", SUMMER)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EST", "EST has no summer time; New York has."),
        ("MST", "MST has no summer time; Denver has."),
        ("HST", "HST has no summer time."),
        *((name, None) for name in ("UTC", "GMT", "CET", "EST5EDT", "Europe/Berlin", "Asia/Tokyo")),
    ],
)
def test_a_zone_that_only_looks_as_if_it_had_summer_time_is_told_of(name: str, words: str | None):
    assert on_summer_time(name, WINTER) == on_summer_time(name, SUMMER) == words


@pytest.mark.parametrize(
    ("name", "title", "behind", "now"),
    [
        ("Europe/Berlin", "Berlin", "in Berlin", "now 13:00 there"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "in Buenos Aires", "now 09:00 there"),
        ("UTC", "UTC", "UTC", "now 12:00"),
        ("UTC+2", "UTC+2, no summer time", "UTC+2", "now 14:00"),
        ("UTC-3:30", "UTC-3:30, no summer time", "UTC-3:30", "now 08:30"),
        ("Etc/GMT+2", "UTC-2, no summer time", "UTC-2", "now 10:00"),
        ("CET", "CET, with summer time", "CET", "now 13:00"),
        ("Australia/West", "Perth", "in Perth", "now 20:00 there"),
        ("Pacific/Samoa", "Pago Pago", "in Pago Pago", "now 01:00 there"),
    ],
)
def test_a_zone_is_told_as_people_call_it(name: str, title: str, behind: str, now: str):
    assert (zone_title(name), in_zone(name), now_there(name, WINTER)) == (title, behind, now)


@pytest.mark.parametrize("zone", ["UTC+2", "UTC-3:30", "America/New_York", "Asia/Tokyo", "CET"])
def test_a_zone_is_read_as_answers_and_the_form_show_it(zone: str):
    label, _, _ = zone_label(zone, SUMMER).partition(" (")
    assert [parse_zone(shown) for shown in (zone_title(zone), label)] == [zone, zone]


def test_no_zone_is_told_by_the_name_of_a_place_with_another_time():
    for zone in (one for one in timezones().values() if "/" in one):
        with suppress(BadValue):  # a place of that name may be any of several
            read = parse_zone(zone_title(zone))
            for when in (SUMMER, WINTER):
                assert offset_of(read, when) == offset_of(zone, when), (zone, read)


def test_zones_to_choose_from_say_whether_they_have_summer_time():
    assert zone_label("America/New_York", SUMMER) == "New York, with summer time (now 08:00)"
    assert zone_label("America/Phoenix", SUMMER) == "Phoenix, no summer time (now 05:00)"
    assert zone_label("UTC-5", SUMMER) == "UTC-5, no summer time (now 07:00)"
