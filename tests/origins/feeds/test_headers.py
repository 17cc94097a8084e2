"""Headers are a stranger's text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.headers import LONGEST_WAIT, max_age, retry_after, validator

NOW = datetime(2020, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", ['"abc"', 'W/"abc"', "no quotes", '"a\'b\\c"', "'"])
def test_a_validator_is_kept_byte_for_byte(value: str):
    assert validator({"ETag": value}, "ETag") == value


@pytest.mark.parametrize("value", ["", "ä", "\udcff", "a\x00b", "a\tb", "x" * 1001])
def test_a_validator_that_cannot_be_sent_back_so_is_dropped(value: str):
    assert validator({"ETag": value}, "ETag") is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("max-age=600", 600),
        ("public, max-age=600, stale-while-revalidate=5", 600),
        ('MAX-AGE="60"', 60),
        ("max-age=0", 0),
        ("public,max-age=31536000", 31_536_000),
        ("s-maxage=600", None),
        ("no-cache", None),
        ("max-age=", None),
        ("max-age=-1", None),
        ("x-max-age=5", None),
        ("", None),
    ],
)
def test_max_age_is_read_where_it_is_said(said: str, seconds: int | None):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert max_age({"Cache-Control": said}) == expected


@pytest.mark.parametrize(
    ("age", "left"),
    [("100", 500), ("700", 0), ("99999999999", 0), ("x", 600), ("-5", 600), ("", 600)],
)
def test_time_in_a_cache_counts(age: str, left: int):
    assert max_age({"Cache-Control": "max-age=600", "Age": age}) == timedelta(seconds=left)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("Wed, 01 Jan 2020 13:00:00 GMT", 3600),
        ("Wed, 01 Jan 2020 14:00:00 +0100", 3600),
        ("Wednesday, 01-Jan-20 13:00:00 GMT", 3600),
        ("Wed Jan  1 13:00:00 2020", 3600),
        ("Wed, 01 Jan 2020 11:00:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("", None),
        ("9999999999", 86_400),
        ("99999999999", 86_400),
        ("00000000000120", 120),
        ("9" * 8000, 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
    ],
)
def test_a_pause_is_read_from_seconds_or_a_date(said: str, seconds: int | None):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after({"Retry-After": said}, NOW) == expected


@given(st.text(), st.text(), st.text())
def test_any_text_can_stand_in_a_header(first: str, second: str, third: str):
    headers = {"Retry-After": first, "Cache-Control": second, "Age": third, "ETag": first}
    wait = retry_after(headers, NOW)
    assert wait is None or timedelta(0) < wait <= LONGEST_WAIT
    assert (max_age(headers) or timedelta(0)) >= timedelta(0)
    assert (validator(headers, "ETag") or first) == first
