"""Which stories are compared with each other, and how probably a pair tells of one event.

Stories are compared by their own text, time and publisher only: what a file lists makes no two
stories one event. Measured on labelled news (docs/events.md).
"""

import math
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from bot.stories.comparison import TOLD, Compared, Comparison, Member
from bot.stories.frequencies import Frequencies
from bot.stories.postings import Posting

HOUR: Final = 3600
Edge = tuple[int, int, float]
"""Two stories, and the probability that they tell of one event."""
Place = tuple[int, str, int]
"""Time, key and id of a story: its place in the order of time."""

REACH: Final = 72 * HOUR
"""Seconds. Stories further apart in time are not compared."""
CANDIDATES: Final = 24
"""With how many stories one is compared at most: 16 and 32 give the same scores."""

_HEAVY: Final = 20
"""How many of a story's terms find candidates, its heaviest: 15 lose 0.3 points, 30 gain none."""
_LOOKED: Final = 200
"""How many occurrences of them are looked at, the rarest terms first, unless these find too few
stories: 60 lose 0.1 points, 1,000 gain none.
"""
_CONSTANT: Final = -7.35
_DENSITY: Final = -0.7
"""Of `ln(W / SPARSE)`, W the stories of the last 72 h: more stories, more likeness by chance."""
_SPARSE: Final = 30
_LEAST_LOGIT: Final = -4.6
"""Pairs below it (a probability of 0.01) are not kept."""


class Window:
    """The stories with which new ones are compared.

    Before that it holds all that were published less than REACH before or after the new ones. What
    else it holds changes nothing.
    """

    def __init__(self, frequencies: Frequencies) -> None:
        self._frequencies = frequencies
        self._held: dict[int, Compared] = {}
        self._postings: dict[str, Posting | Compared] = {}  # most terms are of one story only
        self._times: list[Place] = []

    def __len__(self) -> int:
        return len(self._held)

    def held(self, story_id: int) -> Compared | None:
        """A story that it holds."""
        return self._held.get(story_id)

    def keep(self, story_ids: Collection[int]) -> None:
        """Drop all but these stories."""
        self.drop([one for one in self._held if one not in story_ids])

    def drop(self, story_ids: Iterable[int]) -> None:
        """Drop those of these stories that it holds."""
        for one in story_ids:
            if one in self._held:
                self._drop(self._held[one])

    def hold(self, members: Iterable[Member]) -> None:
        """Add stories that were compared before."""
        for member in members:
            self._add(Compared.of(member, self._frequencies))

    def compare(self, members: Iterable[Member]) -> list[Edge]:
        """Compare new stories with those of the window and with each other, and add them.

        In whatever order they are given, the result is the same. A story has at most CANDIDATES
        edges to stories that came before it.
        """
        edges: list[Edge] = []
        for new in sorted((Compared.of(one, self._frequencies) for one in members), key=_place):
            self._forget(new.published_at - REACH)
            edges += [(new.story_id, other, p) for other, p in self._edges(new)]
            self._add(new)
        return edges

    def _forget(self, before: int) -> None:
        """Drop the stories published before a time."""
        for *_, story_id in self._times[: bisect_left(self._times, (before,))]:
            self._drop(self._held[story_id])

    def _add(self, one: Compared) -> None:
        place = _place(one)
        is_newest = not self._times or self._times[-1] < place
        insort(self._times, place)
        self._held[one.story_id] = one
        for term, weight in zip(one.terms[:_HEAVY], one.weights, strict=False):
            posting = self._posting(term)
            if posting is None:
                self._postings[term] = one
            else:
                at = posting.number if is_newest else self._count(posting, place)
                posting.add(at, one.story_id, weight)

    def _posting(self, term: str) -> Posting | None:
        """The stories that hold a term, of which there will be several now."""
        found = self._postings.get(term)
        if isinstance(found, Compared):
            weight = found.weights[found.terms.index(term)]
            found = self._postings[term] = Posting.of(found.story_id, weight)
        return found

    def _count(self, posting: Posting, before: Place | tuple[int]) -> int:
        """How many of the stories come before a place."""
        return posting.count_before(before, lambda one: _place(self._held[one]))

    def _drop(self, one: Compared) -> None:
        del self._held[one.story_id]
        del self._times[bisect_left(self._times, _place(one))]
        for term in one.terms[:_HEAVY]:
            posting = self._postings[term]
            if isinstance(posting, Posting):
                posting.drop(one.story_id)
                if posting:
                    continue
            del self._postings[term]

    def _edges(self, new: Compared) -> Iterator[tuple[int, float]]:
        """The stories that are probable enough, each with its probability."""
        if new.told < TOLD:
            return
        at = new.published_at
        stories = bisect_left(self._times, (at + 1,)) - bisect_left(self._times, (at - REACH,))
        constant = _CONSTANT + _DENSITY * math.log(max(stories, _SPARSE) / _SPARSE)
        comparison = Comparison(new, self._frequencies)
        for one in comparison.sharing(self._candidates(new)):
            logit = constant + comparison.evidence(one)
            if logit > _LEAST_LOGIT:
                yield one.story_id, 1 / (1 + math.exp(-logit))

    def _candidates(self, new: Compared) -> list[Compared]:
        """The stories within reach that share most of the heaviest terms, the rarest ones first."""
        after = (new.published_at + REACH + 1,)
        # What is too old is forgotten by now; mostly nothing is too new either.
        is_late = bool(self._times) and self._times[-1] >= after
        found = []
        for place, term in enumerate(new.terms[:_HEAVY]):
            posting = self._posting(term)
            if posting is not None:
                number = self._count(posting, after) if is_late else posting.number
                found.append((number, place, posting))
        found.sort()  # by the first two, of which no two are equal
        products: dict[float, float] = {}
        product, looked = products.get, 0  # in half the time of a defaultdict
        weights = new.weights
        for number, place, posting in found:
            if looked + number > _LOOKED and len(products) >= CANDIDATES:
                break
            looked += number
            weight = weights[place]
            for one, other in posting.latest(number, _LOOKED):
                products[one] = product(one, 0.0) + weight * other
        return self._best(products)

    def _best(self, products: Mapping[float, float]) -> list[Compared]:
        """The stories with the greatest products, by id."""
        held = self._held
        if len(products) <= CANDIDATES:
            return [held[int(one)] for one in products]
        least = sorted(products.values(), reverse=True)[CANDIDATES - 1]
        best = [(p, held[int(one)]) for one, p in products.items() if p >= least]
        if len(best) > CANDIDATES:
            best.sort(key=lambda found: (-found[0], _place(found[1])))
        return [one for _, one in best[:CANDIDATES]]


def _place(one: Compared) -> Place:
    return one.published_at, one.key, one.story_id
