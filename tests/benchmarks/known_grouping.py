"""The grouping known from the literature, as the baseline for ours.

A stream of articles, TF-IDF with the counts so far, and group average: an article joins the group
within 72 hours whose newest members are most similar to it on average, if that is enough. Like
ours it finds candidates by an inverted index in memory.
"""

import heapq
import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Final

from bot.stories.comparison import Member
from bot.stories.events import REACH

CANDIDATES: Final = 60
QUERY: Final = 20
"""How many of an article's terms find candidates: as many as ours, so that both meet the same."""
COMPARED: Final = 30
"""With how many of a group's newest members an article is compared."""
ENOUGH: Final = 0.14


class KnownGrouping:
    """Groups articles that come in the order of time; `counts` are how often each term occurs."""

    def __init__(self) -> None:
        self._articles = 0
        self._found_in: Counter[str] = Counter()
        self._vectors: dict[int, dict[str, float]] = {}
        self._recent: deque[tuple[int, int]] = deque()
        self._postings: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._group_of: dict[int, int] = {}
        self._members: defaultdict[int, list[int]] = defaultdict(list)

    def group(self, members: Sequence[Member], counts: Sequence[Counter[str]]) -> list[int]:
        """The group of each article."""
        for member, terms in zip(members, counts, strict=True):
            self._forget(member.published_at - REACH)
            self._articles += 1
            self._found_in.update(terms.keys())
            vector = self._vector(terms)
            group = self._best(vector)
            self._add(member, vector, member.story_id if group is None else group)
        return [self._group_of[member.story_id] for member in members]

    def _vector(self, terms: Counter[str]) -> dict[str, float]:
        weights = {
            term: (1 + math.log(tf)) * math.log((self._articles + 1) / (self._found_in[term] + 0.5))
            for term, tf in terms.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {term: weight / length for term, weight in weights.items()}

    def _best(self, vector: dict[str, float]) -> int | None:
        products: defaultdict[int, float] = defaultdict(float)
        for term in heapq.nlargest(QUERY, vector, key=vector.__getitem__):
            weight = vector[term]
            for one, other in self._postings[term].items():
                products[one] += weight * other
        near = heapq.nlargest(CANDIDATES, products, key=products.__getitem__)
        best, best_mean = None, ENOUGH
        for group in {self._group_of[one] for one in near}:
            compared = [one for one in self._members[group] if one in self._vectors][-COMPARED:]
            mean = sum(self._cosine(vector, one) for one in compared) / len(compared)
            if mean > best_mean:
                best, best_mean = group, mean
        return best

    def _cosine(self, vector: dict[str, float], one: int) -> float:
        other = self._vectors[one]
        return sum(weight * other[term] for term, weight in vector.items() if term in other)

    def _add(self, member: Member, vector: dict[str, float], group: int) -> None:
        one = member.story_id
        self._recent.append((member.published_at, one))
        self._vectors[one] = vector
        for term, weight in vector.items():
            self._postings[term][one] = weight
        self._group_of[one] = group
        self._members[group].append(one)

    def _forget(self, before: int) -> None:
        while self._recent and self._recent[0][0] < before:
            _, one = self._recent.popleft()
            for term in self._vectors.pop(one):
                del self._postings[term][one]
