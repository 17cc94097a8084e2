"""Publishers by their names: as people list them, and as every kind of database compares them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.publishers import name_key, named_in, near_names

NAMES = (
    *("Forbes", "ZDNet", "Morningstar, Inc.", "USA TODAY", "U.S. News & World Report", "Élan"),
    *("Here;Now", "North,South"),
)
KNOWN = {name_key(name): name for name in NAMES}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Forbes", ["Forbes"]),
        ("forbes, ZDNET", ["Forbes", "ZDNet"]),
        (" zdnet ;Forbes\nusa   today,", ["ZDNet", "Forbes", "USA TODAY"]),
        ("Forbes, forbes, FORBES", ["Forbes"]),
        ("Morningstar, Inc.", ["Morningstar, Inc."]),
        ("Forbes, morningstar, inc., ZDNet", ["Forbes", "Morningstar, Inc.", "ZDNet"]),
        ("u.s. news & world report", ["U.S. News & World Report"]),
        ("", []),
        (" , ;\n", []),
    ],
)
def test_a_list_names_publishers_in_any_case(text: str, found: list[str]):
    assert named_in(text, KNOWN) == (found, [])


@pytest.mark.parametrize(
    ("text", "name", "near"),
    [
        ("Forbse", "Forbse", {"Forbes"}),
        ("Forbes, ZDNett", "ZDNett", {"ZDNet"}),
        ("Harbor Courier", "Harbor Courier", set()),
        ("Inc.", "Inc.", {"Morningstar, Inc."}),
        ("Forbes ZDNet Monthly", "Forbes ZDNet Monthly", {"ZDNet", "Forbes"}),
        ("\u202eForbse", "Forbse", {"Forbes"}),
    ],
)
def test_an_unknown_name_is_told_with_those_that_may_be_meant(text: str, name: str, near: set[str]):
    _, unknown = named_in(text, KNOWN)
    assert unknown == [name]
    assert {*near_names(name, KNOWN)} == near


def test_a_list_of_any_length_is_read_at_once():
    many = {f"paper {number}": f"Paper {number}" for number in range(2000)}
    began = time.process_time()
    assert len(named_in("a," * 3000 + "Paper 7," * 1000, many)[1]) == 1
    assert time.process_time() - began < 1


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_whatever_is_listed_by_its_name_is_found(names: list[str]):
    assert named_in(", ".join(names), KNOWN) == (names, [])


@given(st.text())
def test_any_text_can_be_read(text: str):
    found, unknown = named_in(text, KNOWN)
    assert {*found} <= {*NAMES}
    assert all(name and "\n" not in name for name in unknown)


@pytest.mark.parametrize(
    ("name", "key"), [("ZDNet", "zdnet"), ("USA TODAY", "usa today"), ("ÉLAN", "Élan")]
)
def test_capitals_of_a_to_z_make_no_difference(name: str, key: str):
    assert name_key(name) == key
