"""Weekdays: whatever says them is understood, and nothing else."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadValue
from bot.weekdays import DAYS, TABLE, parse_days, stored_days

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK, WEEKEND = DAYS[:5], DAYS[5:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("weekends", WEEKEND), ("every day", DAYS), ("all", DAYS), ("Mo-Fr", WEEK)),
        *(("tuesdays", ["tue"]), ("Mon to Fri", WEEK), ("Mon/Wed", ["mon", "wed"])),
        *(("daily", DAYS), ("Weekdays", WEEK), ("weekend", WEEKEND), ("mo-fr", WEEK)),
        *(("Montag", ["mon"]), ("lundi", ["mon"]), ("Sa, So", WEEKEND), ("Di-Do", DAYS[1:4])),
        *(("every monday", ["mon"]), ("sat & sun", WEEKEND), ("on Mondays", ["mon"])),
        *(("fri-mon", ["mon", "fri", "sat", "sun"]), ("tue-mon", DAYS), ("sat\u2013sun", WEEKEND)),
        *(("everyday", DAYS), ("all week", DAYS), ("each day", DAYS), ("all days", DAYS)),
        *(("working days", WEEK), ("workdays", WEEK), ("every weekday", WEEK)),
        *(("the weekend", WEEKEND), ("Monday through Friday", WEEK), ("mon - fri", WEEK)),
        *(("Thurs", ["thu"]), ("Mon.", ["mon"]), ("mon wed", ["mon", "wed"])),
        ("sun, monday mon", ["mon", "sun"]),
        ("weekend, fri", DAYS[4:]),
        ("Monday\u2013wed, sat", ["mon", "tue", "wed", "sat"]),
        ("daily except sunday", DAYS[:6]),
        ("every day but monday", DAYS[1:]),
        ("weekdays and sat", DAYS[:6]),
    ],
)
def test_days_are_understood_as_people_write_them(text: str, expected: Sequence[str]):
    assert parse_days(text) == tuple(expected)


def test_every_range_of_days_holds_both_ends_and_what_lies_between():
    for first, last in product(range(7), repeat=2):
        expected = {DAYS[(first + step) % 7] for step in range((last - first) % 7 + 1)}
        for names, to in product((DAYS, NAMES), ("-", " to ", " \u2013 ")):
            assert set(parse_days(f"{names[first]}{to}{names[last]}")) == expected


def test_a_day_has_one_name_in_each_language_and_stands_for_no_other():
    lines = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(DAYS)
    assert len({name for names in lines for name in names}) == sum(map(len, lines))
    for day, names, english in zip(DAYS, lines, NAMES, strict=True):
        for name in (*names, english, day, english.upper(), f"{english}s", english[:2]):
            assert parse_days(name) == (day,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "never",
        "none",
        "1",
        "money",
        "sunny",
        "friend",
        "S",
        "MWF",
        "1-5",
        "every",
        "x" * 999,
        "mon-",
        "-mon",
        "mon-noday",
        "mon-tue-wed",
        "daily-mon",
        "mon fri-",
        "mon 8am",
        "the",
        "every other day",
        "second tuesday",
        "mon-holiday",
        "except monday",
    ],
)
def test_what_is_no_day_is_refused(text: str):
    with pytest.raises(BadValue, match="is not a day; write daily, weekdays, weekend") as caught:
        parse_days(text)
    assert not caught.value.choices


def test_a_typo_is_asked_for_and_no_day_at_all_is_refused():
    for text, meant in (("tusday", "tue"), ("Wendesday", "wed")):
        with pytest.raises(BadValue) as caught:
            parse_days(text)
        assert caught.value.choices == (meant,)
    with pytest.raises(BadValue, match="leaves no day; to stop digests, pause them"):
        parse_days("daily except all")


@given(st.text() | st.text("mon tuefri-,&"))
def test_whatever_is_written_is_read_or_refused(text: str):
    try:
        stored = stored_days(text)
    except BadValue:
        return
    assert stored_days(stored) == stored
