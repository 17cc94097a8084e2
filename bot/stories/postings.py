"""Which stories hold a term. A window of 14,000 stories has 290,000 such places, hence arrays."""

from array import array
from collections.abc import Iterable


class Posting:
    """The stories that hold a term, in order of time, each with the term's weight there."""

    __slots__ = ("stories", "weights")

    def __init__(self, story_id: int, weight: float) -> None:
        self.stories, self.weights = array("q", (story_id,)), array("d", (weight,))

    def insert(self, at: int, story_id: int, weight: float) -> None:
        """Add a story at a place."""
        self.stories.insert(at, story_id)
        self.weights.insert(at, weight)

    def latest(self, number: int, most: int) -> Iterable[tuple[int, float]]:
        """The last ones of the first so many stories, `most` at most, with their weights."""
        if number <= most and number == len(self.stories):
            return zip(self.stories, self.weights, strict=True)
        part = slice(max(number - most, 0), number)
        return zip(self.stories[part], self.weights[part], strict=True)

    def remove(self, story_id: int) -> None:
        """Remove a story that is there."""
        at = self.stories.index(story_id)  # mostly it is the oldest
        del self.stories[at], self.weights[at]
