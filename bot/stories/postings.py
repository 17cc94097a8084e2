"""Which stories hold a term. A window of 14,000 stories has 290,000 such places, hence arrays; and
one for each term, because whoever looks for garbage looks at each.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Self, TypeVar

_Place = TypeVar("_Place", bound=tuple[object, ...])


class Posting(array):  # type: ignore[type-arg] # generic only since Python 3.12
    """The stories that hold a term, in order of time: the id of each, and the term's weight there.

    Ids are floats here, which are exact up to 2^53.
    """

    __slots__ = ()

    @classmethod
    def of(cls, story_id: int, weight: float) -> Self:
        """The posting of a term that one story holds."""
        return cls("d", (story_id, weight))

    @property
    def number(self) -> int:
        """How many stories hold the term."""
        return len(self) // 2

    def add(self, at: int, story_id: int, weight: float) -> None:
        """Add a story at a place."""
        if at == self.number:  # as mostly
            self.extend((story_id, weight))
        else:
            self[2 * at : 2 * at] = array("d", (story_id, weight))

    def drop(self, story_id: int) -> None:
        """Drop a story that is there."""
        at = 2 * self[::2].index(story_id)  # mostly it is the oldest
        del self[at : at + 2]

    def latest(self, number: int, most: int) -> Iterable[tuple[float, float]]:
        """The last ones of the first so many stories, `most` at most, with their weights."""
        part = slice(2 * max(number - most, 0), 2 * number)
        both = iter(self if number == self.number <= most else self[part])
        return zip(both, both, strict=True)

    def count_before(self, place: _Place, place_of: Callable[[int], _Place]) -> int:
        """How many of the stories come before a place."""
        places = range(self.number)
        return bisect_left(places, place, key=lambda at: place_of(int(self[2 * at])))
