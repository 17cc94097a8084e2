"""What may be asked with "did you mean": near names, and never a far-fetched one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.typos import apart, meant_by, mistyped

TOPICS = ("ai", "artificial-intelligence", "facebook-ai", "gaming", "robotics", "space", "wealth")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gamin", ["gaming"]),
        ("gamign", ["gaming"]),
        ("spce", ["space"]),
        ("robots", ["robotics"]),
        ("robtoics", ["robotics"]),
        ("artifical-inteligence", ["artificial-intelligence"]),
        ("artificial", ["artificial-intelligence"]),
        ("facebook", ["facebook-ai"]),
        ("ai-news", ["ai"]),
        *((far, []) for far in ("politics", "health", "a", "", "zebra", "sports", "gambling")),
    ],
)
def test_only_what_is_near_may_have_been_meant(typed: str, meant: list[str]):
    assert meant_by(typed, TOPICS) == meant


def test_a_typo_is_less_than_a_part_of_a_name():
    assert mistyped("artificial", TOPICS) == []
    assert mistyped("gamimg", TOPICS) == ["gaming"]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_distance_is_the_same_from_both_sides_and_none_from_itself(one: str, other: str):
    assert apart(one, other, 9) == apart(other, one, 9)
    assert (apart(one, other, 9) == 0) == (one == other)
    assert apart(one, other, 2) == min(apart(one, other, 9), 3)


@given(st.text("abcdefgh", min_size=4, max_size=12), st.integers(0, 11))
def test_one_letter_lost_added_or_swapped_is_one_typo(word: str, place: int):
    at = place % (len(word) - 1)
    lost, added = word[:at] + word[at + 1 :], word[:at] + "x" + word[at:]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert (apart(word, lost, 2), apart(word, added, 2)) == (1, 1)
    assert apart(word, swapped, 2) == (0 if swapped == word else 1)
