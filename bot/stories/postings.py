"""Which stories hold a term. A window of 13,000 stories has 270,000 such places, hence arrays."""

from array import array
from bisect import bisect_left
from collections.abc import Callable

Place = tuple[int, str, int]
"""Time, key and id of a story."""


class Posting:
    """The stories that hold a term, in order of their places, each with the term's weight."""

    __slots__ = ("stories", "times", "weights")

    def __init__(self) -> None:
        self.times, self.stories, self.weights = array("q"), array("q"), array("d")

    def __len__(self) -> int:
        return len(self.times)

    def add(self, place: Place, weight: float, place_of: Callable[[int], Place]) -> None:
        """Add a story; `place_of` gives the places of those that are there."""
        at = len(self.times)
        if at and place[0] <= self.times[-1]:  # mostly it is the newest
            at = bisect_left(self.stories, place, key=place_of)
        self.times.insert(at, place[0])
        self.stories.insert(at, place[2])
        self.weights.insert(at, weight)

    def remove(self, story_id: int) -> None:
        """Remove a story that is there."""
        at = self.stories.index(story_id)  # mostly it is the oldest
        del self.times[at], self.stories[at], self.weights[at]
