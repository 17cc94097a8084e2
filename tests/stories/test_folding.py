"""When an event becomes a line under an edition: it is like one that was told before."""

import math

import pytest

from bot.stories.comparison import Member
from bot.stories.events import HOUR
from bot.stories.folding import FOLD_COPY, FOLD_SIMILARITY, FOLD_WITHIN, Told, is_like, told_by
from bot.stories.frequencies import shipped
from bot.stories.similarity import Vector, terms, vector

START = 1_600_000_000


def told(likeness: float = 1, hours: float = 0, owners: str = "later") -> Told:
    """An event with this cosine to the one that was told first."""
    centroid = {"ferry": likeness, "other": math.sqrt(1 - likeness**2)}
    return Told(centroid, START + int(hours * HOUR), frozenset(owners.split()))


@pytest.mark.parametrize(
    ("likeness", "hours", "folded"),
    [
        (FOLD_SIMILARITY + 0.01, 0, True),
        (FOLD_SIMILARITY + 0.01, FOLD_WITHIN / HOUR, True),
        (FOLD_SIMILARITY - 0.01, 1, False),
        (FOLD_SIMILARITY + 0.01, FOLD_WITHIN / HOUR + 1, False),
        (FOLD_SIMILARITY + 0.01, -1, False),
        (FOLD_COPY + 0.01, FOLD_WITHIN / HOUR + 1, True),
        (FOLD_COPY + 0.01, -1, True),
        (FOLD_COPY - 0.01, 100, False),
    ],
)
def test_a_later_report_needs_little_likeness_and_a_distant_one_much(
    likeness: float, hours: float, folded: bool
):
    assert is_like(told(likeness, hours), told(owners="first")) is folded


@pytest.mark.parametrize(
    ("later", "first", "folded"),
    [
        ("vendor", "vendor", False),
        ("paper", "vendor paper", False),
        ("paper", "vendor", True),
        ("vendor paper", "vendor", True),
    ],
)
def test_an_event_whose_publishers_all_told_the_other_is_news(later: str, first: str, folded: bool):
    assert is_like(told(owners=later), told(owners=first)) is folded


def member(number: int, vector: Vector, hours: int, owner: str) -> Member:
    return Member(number, str(number), vector, "", "", START + hours * HOUR, owner, owner)


def test_an_event_is_the_centroid_of_its_stories_from_its_first_one_on():
    stories = [member(1, {"ferry": 1}, 5, "a"), member(2, {"quay": 1}, 3, "b")]
    found = told_by(stories, shipped())
    assert found.centroid == pytest.approx({"ferry": math.sqrt(0.5), "quay": math.sqrt(0.5)})
    assert (found.first_at, found.owners) == (START + 3 * HOUR, frozenset("ab"))


@pytest.mark.parametrize(
    ("title", "folded"),
    [("Weekly roundup", False), ("Ferry strike strands island commuters", True)],
)
def test_a_headline_that_tells_little_is_like_no_other(title: str, folded: bool):
    text = vector(terms(title, ""), shipped())
    first, later = (told_by([member(n, text, n, f"owner {n}")], shipped()) for n in (1, 2))
    assert is_like(later, first) is folded
