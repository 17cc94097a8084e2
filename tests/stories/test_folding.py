"""When an event becomes a line under an edition: it is like one that was told before."""

import math

import pytest

from bot.stories.events import HOUR, Member
from bot.stories.folding import FOLD_COPY, FOLD_SIMILARITY, FOLD_WITHIN, Told, is_like, told_by
from bot.stories.similarity import Vector

START = 1_600_000_000


def told(likeness: float = 1, hours: float = 0, owner: str | None = None) -> Told:
    """An event with this cosine to the one that was told first."""
    centroid = {"ferry": likeness, "other": math.sqrt(1 - likeness**2)}
    return Told(centroid, START + int(hours * HOUR), owner)


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
    assert is_like(told(likeness, hours), told()) is folded


def test_two_notices_of_one_vendor_are_never_alike():
    vendor = told(owner="vendor")
    assert not is_like(told(owner="vendor"), vendor)
    assert is_like(told(owner="paper"), vendor)
    assert is_like(told(), vendor)


def member(number: int, vector: Vector, hours: int, owner: str) -> Member:
    return Member(number, str(number), vector, frozenset(), START + hours * HOUR, owner, owner)


def test_an_event_is_the_centroid_of_its_stories_from_its_first_one_on():
    stories = [member(1, {"ferry": 1}, 5, "a"), member(2, {"quay": 1}, 3, "b")]
    found = told_by(stories)
    assert found.centroid == pytest.approx({"ferry": math.sqrt(0.5), "quay": math.sqrt(0.5)})
    assert (found.first_at, found.owner) == (START + 3 * HOUR, None)
    assert told_by(stories[:1]).owner == "a"
