"""Which topics a text names: whatever separates them, and whatever is a part of a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.text import slug
from bot.stories.topic_lists import means_all, names_in

TOPICS = {"ai", "space", "robotics", "arts-and-culture", "arts", "machine-learning", "r-d"}


def is_known(name: str) -> bool:
    return slug(name) in TOPICS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("AI", ["AI"]),
        ("AI, Space", ["AI", "Space"]),
        ("ai;space\nROBOTICS", ["ai", "space", "ROBOTICS"]),
        ("AI and Space", ["AI", "Space"]),
        ("AI & Space", ["AI", "Space"]),
        ("AI/Space + Robotics", ["AI", "Space", "Robotics"]),
        ("AI Space", ["AI", "Space"]),
        ("ai, AI, Ai", ["Ai"]),
        (" , AI,, ", ["AI"]),
        ("Arts and Culture", ["Arts and Culture"]),
        ("Arts and Culture, Space and AI", ["Arts and Culture", "Space", "AI"]),
        ("machine learning", ["machine learning"]),
        ("R&D", ["R&D"]),
        ("AI and Zebra", ["AI", "Zebra"]),
        ("Zebra and Lion", ["Zebra", "Lion"]),
        ("deep space", ["deep space"]),
        ("AI, deep space", ["AI", "deep space"]),
        ("", []),
        (" ", []),
    ],
)
def test_names_are_found_in_a_list_however_it_is_written(text: str, names: list[str]):
    assert names_in(text, is_known) == names


@given(st.text() | st.lists(st.sampled_from(sorted(TOPICS))).map(", ".join))
def test_every_text_is_a_list_of_names_that_are_not_empty(text: str):
    names = names_in(text, is_known)
    assert all(name.strip() == name != "" for name in names)
    assert len({slug(name) or name for name in names}) == len(names)


def test_all_is_said_in_some_ways_and_is_no_part_of_a_name():
    assert all(map(means_all, ("all", "ALL", " All ", "everything", "all topics", "*")))
    assert not any(map(means_all, ("", "all AI", "overall", "AI, all")))
