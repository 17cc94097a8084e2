"""Times of digests in words."""

from datetime import timedelta
from itertools import product

import pytest

from bot.config import DigestConfig
from bot.digests.schedule import Occurrence
from bot.digests.setting_values import day_names
from bot.digests.settings import settings_of
from bot.render.moments import moment
from bot.weekdays import DAYS
from tests.conftest import START

SETTINGS = settings_of(DigestConfig())


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=-3), "now"),
        (timedelta(), "now"),
        (timedelta(seconds=59), "less than a minute from now"),
        (timedelta(seconds=119), "1 minute from now"),
        (timedelta(minutes=59), "59 minutes from now"),
        (timedelta(minutes=60), "1 hour from now"),
        (timedelta(minutes=61), "1 hour 1 minute from now"),
        (timedelta(minutes=84), "1 hour 24 minutes from now"),
        (timedelta(minutes=125), "2 hours from now"),
        (timedelta(hours=2, minutes=40), "3 hours from now"),
        (timedelta(hours=23, minutes=59), "1 day from now"),
        (timedelta(hours=24, minutes=30), "1 day from now"),
        (timedelta(hours=25), "1 day 1 hour from now"),
        (timedelta(hours=47, minutes=59), "2 days from now"),
        (timedelta(hours=71), "2 days 23 hours from now"),
        (timedelta(days=3, hours=22), "3 days 22 hours from now"),
        (timedelta(days=11, hours=22), "12 days from now"),
        (timedelta(days=400), "400 days from now"),
    ],
)
def test_how_far_away_is_told_in_the_largest_units(span: timedelta, words: str) -> None:
    occurrence = Occurrence(START + span, START.date(), 1)
    assert moment(occurrence, SETTINGS, START).split(", ")[1] == words


def expected(days: list[str]) -> str:
    if len(days) == 7:
        return "every day"
    shown = [day.capitalize() for day in days]
    in_a_row = "".join(days) in "".join(DAYS)
    return f"{shown[0]} to {shown[-1]}" if in_a_row and len(days) > 2 else ", ".join(shown)


def test_every_choice_of_days_reads_as_what_it_is() -> None:
    for chosen in product((False, True), repeat=7):
        days = [day for day, taken in zip(DAYS, chosen, strict=True) if taken]
        if days:
            assert day_names(", ".join(days)) == expected(days)
    assert day_names("mon, wed") == "Mon, Wed"
    assert day_names("mon, tue, wed, thu, fri") == "Mon to Fri"
