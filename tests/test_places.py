"""The table of places: whole and in order, and what is found in it."""

from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from bot.places import TABLE, folded, places_beginning, places_near, zones_at, zones_beginning
from bot.zones import FIRST, timezones

LINES = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]


def test_every_line_is_a_zone_and_names_as_they_are_looked_up():
    zones = [zone for zone, _ in LINES]
    assert len({*zones}) == len(zones) > 400
    assert {*zones} <= {*timezones().values()}
    assert [zone for zone in zones if zone in FIRST] == [*FIRST]
    for zone, listed in LINES:
        assert ZoneInfo(zone).key == zone
        assert listed[0] == listed[-1] == ";"
        names = listed.strip(";").split(";")
        assert len({*names}) == len(names)
        assert all(folded(name) == name != "" for name in names)


def test_most_places_have_one_zone_and_none_has_more_than_a_select_shows():
    zones = Counter(name for _, listed in LINES for name in listed.strip(";").split(";"))
    several = [name for name, count in zones.items() if count > 1]
    assert len(several) < len(zones) / 20
    assert max(zones.values()) == len(zones_at("Russia")) <= 25


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("S\u00e3o Paulo", "sao paulo"),
        ("Saint-\u00c9tienne", "st etienne"),
        ("St. John's", "st john s"),
        ("\u0141\u00f3d\u017a", "lodz"),
        ("K\u00f8benhavn ", "kobenhavn"),
        ("\u6771\u4eac", "\u6771\u4eac"),
        ("; \t", ""),
    ],
)
def test_a_name_is_looked_up_without_case_accents_and_punctuation(name: str, key: str):
    assert folded(name) == key


@pytest.mark.parametrize("name", ["", ";", " ", ";;", "\t", "berlin;hamburg"])
def test_what_is_no_name_finds_nothing(name: str):
    assert zones_at(name) == []
    assert places_near(name) == []


def test_places_are_found_by_whole_words_by_their_beginning_and_by_a_typo():
    assert zones_beginning("Frankfurt") == ["Europe/Berlin"]
    assert zones_beginning("Fran") == []
    assert places_beginning("muni")["Europe/Berlin"] == "munich"
    assert places_near("Lodnon") == ["london"]
    assert places_near("Atlantis") == []
