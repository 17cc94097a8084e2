"""Dates in six languages, with zones, at 24:00, and what is no date."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.dates import instant_of

FIFTH = datetime(2021, 2, 5, 10, 15, tzinfo=UTC)

WRITTEN = {
    # as RFC 822 asks for, and nearly so
    "Fri, 05 Feb 2021 10:15:00 GMT": FIFTH,
    "Fri, 05 Feb 2021 11:15:00 +0100": FIFTH,
    "Fri, 05 Feb 2021 11:15:00 +01:00": FIFTH,
    "Fri,  5 Feb 2021 10:15:00 Z": FIFTH,
    "Fri, 05 Feb 2021 10:15:00": FIFTH,
    "Friday, 05 February 21 10:15:00 GMT": FIFTH,
    "5 Feb 2021 10:15 UT": FIFTH,
    "05-Feb-2021 10:15:00": FIFTH,
    "Fri, 05 Feb 2021 10:15:00 +0000 (UTC)": FIFTH,
    "Fri, 05 Feb 2021 12:15:00 GMT+0200": FIFTH,
    "Fri, 05 Feb 2021 10:15:00 Europe/Nowhere": FIFTH,
    # as ISO 8601 asks for, and nearly so
    "2021-02-05T10:15:00Z": FIFTH,
    "2021-02-05T10:15:00.123456789Z": FIFTH,
    "2021-02-05T10:15:00,5+00:00": FIFTH,
    "2021-02-05T02:15:00-0800": FIFTH,
    "2021-02-05T15:45:00 +05:30": FIFTH,
    "2021-02-05 10:15:00 UTC": FIFTH,
    "2021-02-05t10:15z": FIFTH,
    "20210205T101500Z": FIFTH,
    "2021/02/05 10:15": FIFTH,
    "2021-2-5 10:15": FIFTH,
    "2021-02-05": FIFTH.replace(hour=0, minute=0),
    "2021-02": datetime(2021, 2, 1, tzinfo=UTC),
    "2021": datetime(2021, 1, 1, tzinfo=UTC),
    # zones by name
    "Fri, 05 Feb 2021 05:15:00 EST": FIFTH,
    "Fri, 05 Feb 2021 02:15:00 PST": FIFTH,
    "Fri, 05 Feb 2021 11:15:00 CET": FIFTH,
    "Fri, 05 Feb 2021 12:15:00 CEST": FIFTH,
    "Fri, 05 Feb 2021 15:45:00 IST": FIFTH,
    "Fri, 05 Feb 2021 19:15:00 JST": FIFTH,
    "Fri, 05 Feb 2021 11:15:00 MEZ": FIFTH,
    # six languages
    "Fr, 5. Februar 2021, 10:15": FIFTH,
    "Freitag, 5. Feb. 2021 um 10:15 Uhr": FIFTH,
    "ven., 05 févr. 2021 10:15:00 GMT": FIFTH,
    "vendredi 5 février 2021 à 10h15": FIFTH,
    "vie, 05 feb 2021 10:15:00 GMT": FIFTH,
    "5 de febrero de 2021 10:15": FIFTH,
    "ven, 5 feb 2021 10:15:00 GMT": FIFTH,
    "5 febbraio 2021, 10:15": FIFTH,
    "sexta-feira, 5 de fevereiro de 2021 10:15": FIFTH,
    # others
    "February 5, 2021 10:15 AM": FIFTH,
    "Fri, Feb 5 2021 10:15 am GMT": FIFTH,
    "Fri Feb  5 10:15:00 2021": FIFTH,
    "Fri Feb  5 05:15:00 EST 2021": FIFTH,
    "05.02.2021 10:15": FIFTH,
    "25/02/2021 10:15": FIFTH.replace(day=25),
    "02/25/2021 10:15 PM": FIFTH.replace(day=25, hour=22),
    "1612520100": FIFTH,
    "1612520100000": FIFTH,
    # the ends of days
    "Thu, 04 Feb 2021 24:00:00 GMT": FIFTH.replace(hour=0, minute=0),
    "2021-02-04T24:00:00Z": FIFTH.replace(hour=0, minute=0),
    "2021-12-31T24:00:00Z": datetime(2022, 1, 1, tzinfo=UTC),
    "2016-12-31T23:59:60Z": datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC),
    "5 Feb 2021 12:00 am": FIFTH.replace(hour=0, minute=0),
    "5 Feb 2021 12:00 pm": FIFTH.replace(hour=12, minute=0),
}
NO_DATES = [
    *("", " ", "yesterday", "Thu, 30 Feb 2021 10:15:00 GMT", "2021-13-05", "2021-02-05T25:00:00Z"),
    *("03/04/2021", "2021-02-05T24:01:00Z", "5 Nonsense 2021", "2021-W05", "12", "a" * 1000),
    *("9999-12-31T24:00:00Z", "0001-01-01T00:00:00+14:00", "0000-00-00T00:00:00Z"),
]
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
    " dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
}
instants = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 4, 14 * 4).map(lambda n: timezone(timedelta(minutes=15 * n))),
).map(lambda moment: moment.replace(microsecond=0))


@pytest.mark.parametrize("text", WRITTEN)
def test_a_date_is_read_as_it_is_meant(text: str):
    assert instant_of(text) == WRITTEN[text]


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_or_could_be_two_is_none(text: str):
    assert instant_of(text) is None


@pytest.mark.parametrize("language", MONTHS)
def test_each_month_has_a_name_in_each_language(language: str):
    names = MONTHS[language].split()
    for spelled in (names, [name.upper() for name in names]):
        found = [instant_of(f"5 {name} 2021") for name in spelled]
        assert found == [datetime(2021, month, 5, tzinfo=UTC) for month in range(1, 13)]


@given(instants)
def test_any_instant_is_read_from_mail_and_iso(moment: datetime):
    assert instant_of(format_datetime(moment)) == moment
    assert instant_of(moment.isoformat()) == moment


@given(st.text(max_size=90))
def test_any_text_gives_a_date_in_utc_or_none(text: str):
    found = instant_of(text)
    assert found is None or found.utcoffset() == timedelta()
