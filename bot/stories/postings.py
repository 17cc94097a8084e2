"""Which stories hold a term. A window of 14,000 stories has 290,000 such places, hence arrays."""

from array import array


class Posting:
    """The stories that hold a term, in order of time, each with the term's weight there."""

    __slots__ = ("stories", "weights")

    def __init__(self, story_id: int, weight: float) -> None:
        self.stories, self.weights = array("q", (story_id,)), array("d", (weight,))

    def insert(self, at: int, story_id: int, weight: float) -> None:
        """Add a story at a place."""
        self.stories.insert(at, story_id)
        self.weights.insert(at, weight)

    def remove(self, story_id: int) -> None:
        """Remove a story that is there."""
        at = self.stories.index(story_id)  # mostly it is the oldest
        del self.stories[at], self.weights[at]
