"""The line that names an edition."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests import edition
from bot.digests.edition import (
    edition_line,
    read_edition_line,
)

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
EVER_POSTED: Final = {
    "Monday 4 May 2026": (date(2026, 5, 4), 1, 1),
    "Tuesday 31 December 2019, part 2": (date(2019, 12, 31), 1, 2),
    "Monday 4 May 2026, edition 2, part 3": (date(2026, 5, 4), 2, 3),
    "Sunday 22 December 2019, extra edition": (date(2019, 12, 22), 0, 1),
    "Monday 4 May 2026, edition 1": (date(2026, 5, 4), 1, 1),
    "Tuesday 31 December 2019, edition 6": (date(2019, 12, 31), 6, 1),
    "Monday 4 May 2026, edition 1, part 3": (date(2026, 5, 4), 1, 3),
    "Sunday 22 December 2019, extra edition 1": (date(2019, 12, 22), 0, 1),
    "Thursday 29 February 2024, extra edition 12, part 2": (date(2024, 2, 29), -11, 2),
}
"""Lines as they are in channels, in every format that a version has posted: remove none."""


def test_no_two_editions_or_parts_have_the_same_line():
    days = [date(2025, 12, 30) + timedelta(days=n) for n in range(800)]
    keys = list(product(days, range(-6, 7), range(1, 5)))
    assert len({edition_line(*key) for key in keys}) == len(keys)


def test_a_line_names_the_day_in_words_and_counts_from_the_second_edition_on():
    assert edition_line(date(2026, 5, 4), 1, 1) == "Monday 4 May 2026"
    assert edition_line(date(2026, 5, 4), 2, 1) == "Monday 4 May 2026, edition 2"
    assert edition_line(date(2026, 5, 4), 1, 3) == "Monday 4 May 2026, part 3"
    assert edition_line(date(2026, 5, 4), 0, 1) == "Monday 4 May 2026, extra edition"
    assert edition_line(date(2026, 5, 4), -1, 1) == "Monday 4 May 2026, extra edition 2"


@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)), st.integers(-50, 6), st.integers(1, 50))
def test_a_line_is_read_back_as_it_was_written(day: date, slot: int, number: int):
    assert read_edition_line(edition_line(day, slot, number)) == (day, slot, number)


@given(st.text() | st.from_regex(r"[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+ \d{4}, edition \d{1,4}"))
def test_any_other_line_is_none_of_ours(line: str):
    found = read_edition_line(line)
    assert found is None or read_edition_line(edition_line(*found)) == found


@pytest.mark.parametrize("line", EVER_POSTED)
def test_a_line_that_was_ever_posted_is_read(line: str):
    assert read_edition_line(line) == EVER_POSTED[line]


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in edition._FORMATS])
def test_every_known_format_stands_among_the_posted_lines(pattern: re.Pattern[str]):
    assert any(map(pattern.fullmatch, EVER_POSTED))


def test_a_line_is_written_in_the_newest_format():
    newest, _ = edition._FORMATS[0]
    assert all(newest.fullmatch(edition_line(*key)) for key in EVER_POSTED.values())


def test_words_can_change_and_older_lines_are_still_read(monkeypatch: pytest.MonkeyPatch):
    """A future version puts its format in front of the others."""
    newer = re.compile(r"Digest (?P<number>\d+)(?P<extra>x?) of (?P<day>[\d-]+), p\. (?P<part>\d+)")
    monkeypatch.setattr(edition, "_FORMATS", ((newer, "%Y-%m-%d"), *edition._FORMATS))
    assert read_edition_line("Digest 2 of 2027-01-31, p. 1") == (date(2027, 1, 31), 2, 1)
    assert [read_edition_line(line) for line in EVER_POSTED] == [*EVER_POSTED.values()]
