"""Times of day: whatever says one is understood, and nothing else."""

from collections.abc import Sequence
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadValue
from bot.times_of_day import MAX_TIMES, parse_times, stored_times

TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None))
WRITTEN = st.sampled_from(
    (
        "{h}:{m:02}",
        "{h:02}:{m:02}",
        "{h}.{m:02}",
        "{h}h{m:02}",
        "{h} Uhr {m:02}",
        "{h:02}{m:02}",
        "{half}:{m:02}{ap}m",
        "{half}:{m:02} {AP}M",
        "{half}.{m:02} {ap}.m.",
        "{half} {m:02} {ap}m",
        "at {h}:{m:02}",
        "{h:02}:{m:02}:00",
        "{h}:{m:02} o'clock",
        "{half}{m:02}{ap}",
    )
)


def written(form: str, one: time) -> str:
    half = "ap"[one.hour >= 12]
    hour = one.hour % 12 or 12
    return form.format(h=one.hour, m=one.minute, half=hour, ap=half, AP=half.upper())


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("8am", "08:00"),
        ("8 pm", "20:00"),
        ("8:30pm", "20:30"),
        ("20h", "20:00"),
        ("7h30", "07:30"),
        ("noon", "12:00"),
        ("midnight", "00:00"),
        ("8", "08:00"),
        ("8.30", "08:30"),
        ("0800", "08:00"),
        ("08:00 and 18:00", "08:00, 18:00"),
        ("morning", "08:00"),
        *(("8 a.m.", "08:00"), ("8:30 PM", "20:30"), ("20 Uhr", "20:00"), ("8h", "08:00")),
        *(("12am", "00:00"), ("12pm", "12:00"), ("12:30 a.m.", "00:30"), ("12 noon", "12:00")),
        *(("24:00", "00:00"), ("24", "00:00"), ("0", "00:00"), ("00:00", "00:00")),
        *(("8 o'clock", "08:00"), ("at 8", "08:00"), ("@8", "08:00"), ("18:00h", "18:00")),
        *(("8 in the evening", "20:00"), ("every morning", "08:00"), ("Evening", "18:00")),
        *(("20:00 pm", "20:00"), ("930", "09:30"), ("8p", "20:00"), ("9 30 am", "09:30")),
        *(("um 8 Uhr", "08:00"), ("18 h 30", "18:30"), ("\uff19\uff1a\uff10\uff10", "09:00")),
        ("8am, 6pm", "08:00, 18:00"),
        ("8am 6pm", "08:00, 18:00"),
        ("8:30 p.m. and 9 a.m.", "09:00, 20:30"),
        ("8 and 18", "08:00, 18:00"),
        ("8 & 18", "08:00, 18:00"),
        ("8/18", "08:00, 18:00"),
        ("8h 18h", "08:00, 18:00"),
        ("noon and midnight", "00:00, 12:00"),
        ("18:30 8:00,08:00 , 23:59", "08:00, 18:30, 23:59"),
    ],
)
def test_a_time_is_understood_as_people_write_it(text: str, stored: str):
    assert stored_times(text) == stored


@given(st.lists(TIMES, min_size=1, max_size=MAX_TIMES), WRITTEN)
def test_every_minute_is_understood_in_every_form(times: list[time], form: str):
    text = ", ".join(written(form, one) for one in times)
    assert parse_times(text) == tuple(sorted({*times}))
    assert stored_times(stored_times(text)) == stored_times(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "25:00",
        "24:30",
        "8:0",
        "8:5",
        "08:60",
        "-1:00",
        "13am",
        "0pm",
        "99",
        "pm",
        "hourly",
        "sunrise",
        "8..30",
        "8,",
        "at",
        "08:00:30",
        "every 6 hours",
        "x" * 6000,
        "8," * 3000,
    ],
)
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(BadValue, match="not a time of day"):
        parse_times(text)


@pytest.mark.parametrize("text", ["8am Berlin", "08:00 UTC", "8pm on mondays", "8:00 CET"])
def test_a_zone_or_day_beside_a_time_is_refused_with_the_reason(text: str):
    with pytest.raises(BadValue, match="days and the time zone are settings of their own"):
        parse_times(text)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("8 30", ("08:30",)),
        ("8,30", ("08:30",)),
        ("8 18", ("08:18", "08:00, 18:00")),
        ("8-18", ("08:00, 18:00",)),
        ("8am - 6pm", ("08:00, 18:00",)),
        ("8 to 10", ("08:00, 10:00",)),
        ("8\u201325", ()),
        ("08:00+02:00", ("02:00, 08:00", "08:00")),
        ("8:00+0200", ("02:00, 08:00", "08:00")),
        ("2026-01-01 08:00", ()),
    ],
)
def test_what_may_be_one_time_or_two_is_asked_for(text: str, choices: tuple[str, ...]):
    with pytest.raises(BadValue) as caught:
        parse_times(text)
    assert caught.value.choices == choices
    assert [stored_times(one) for one in choices] == [*choices]


def test_no_more_times_than_a_digest_may_have():
    with pytest.raises(ValueError, match="the limit is 6"):
        parse_times("1 am, 2 am, 3 am, 4 am, 5 am, 6 am, 7 am")


@given(st.text() | st.text("0123456789apm:.h ,-"))
def test_whatever_is_written_is_read_or_refused(text: str):
    for stored in understood(text):
        assert stored_times(stored) == stored


def understood(text: str) -> Sequence[str]:
    try:
        return [stored_times(text)]
    except BadValue as error:
        return error.choices
    except ValueError:  # too many
        return ()
