"""When two articles are the same text, the same headline, or about nothing in common.

The limits were measured on labelled real sources; docs/ranking.md tells how.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from bot.stories.text import STOP_WORDS, words

SHINGLE: Final = 3
"""Words that stand together in a shingle."""
COPY_CONTAINMENT: Final = 0.6
"""Share of the shorter excerpt's shingles that a copy holds; unrelated pairs peak at 0.21."""
COPY_RUN: Final = 20
"""Words in a row that only a copy has in common; unrelated pairs peak at 8."""
MIN_EXCERPT_WORDS: Final = 8
"""Excerpts shorter than this prove nothing."""
LEAST_SHARED: Final = math.ceil(COPY_CONTAINMENT * (MIN_EXCERPT_WORDS - SHINGLE + 1))
"""Shingles that two copies have in common at least."""
SIBLING_JACCARD: Final = 0.70
"""Share of all words of two headlines, stop words aside, that siblings have in common."""
OFF_TOPIC_SIMILARITY: Final = 0.09
"""A member that is less similar than this to every other one is about something else."""


@dataclass(frozen=True)
class Fingerprint:
    """The words of one article, prepared for comparing."""

    title: Sequence[str]
    """All words of the headline."""
    excerpt: Sequence[str]

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        """The excerpt's word triples; empty for an excerpt too short to prove anything."""
        if len(self.excerpt) < MIN_EXCERPT_WORDS:
            return frozenset()
        return frozenset(zip(self.excerpt, self.excerpt[1:], self.excerpt[2:], strict=False))

    @cached_property
    def long_runs(self) -> frozenset[tuple[str, ...]]:
        """Every COPY_RUN words in a row of the excerpt."""
        last = len(self.excerpt) - COPY_RUN
        return frozenset(tuple(self.excerpt[i : i + COPY_RUN]) for i in range(last + 1))

    @cached_property
    def title_words(self) -> frozenset[str]:
        """The headline's words without stop words."""
        return frozenset(self.title) - STOP_WORDS

    @cached_property
    def weighed(self) -> Counter[str]:
        """How often each word that says something occurs; in the headline it counts twice."""
        counts = Counter((*self.title, *self.title, *self.excerpt))
        for word in STOP_WORDS & counts.keys():
            del counts[word]
        return counts


@lru_cache(maxsize=256)  # stories that come together list the same articles
def fingerprint(title: str, excerpt: str) -> Fingerprint:
    """The fingerprint of an article."""
    return Fingerprint(words(title), words(excerpt))


def copied_share(one: Fingerprint, other: Fingerprint) -> float | None:
    """What share of the shorter excerpt both have, if they are one syndicated text; else None."""
    shared = len(one.shingles & other.shingles)
    if not shared:
        return None
    share = shared / min(len(one.shingles), len(other.shingles))
    in_a_run = COPY_RUN - SHINGLE + 1  # shingles of one
    copied = share >= COPY_CONTAINMENT or (
        shared >= in_a_run and not one.long_runs.isdisjoint(other.long_runs)
    )
    return share if copied else None


def telling_words(prints: Sequence[Fingerprint]) -> list[list[str]]:
    """Of each headline so many words, the rarest, that any two siblings have one in common.

    Two sets of words that share `SIBLING_JACCARD` of all words each lack fewer than these of the
    other's; the order of rarity is one for all.
    """
    found_in = Counter(word for one in prints for word in one.title_words)
    telling: list[list[str]] = []
    for one in prints:
        ordered = sorted(one.title_words, key=lambda word: (found_in[word], word))
        lacking = len(ordered) - math.ceil(SIBLING_JACCARD * len(ordered))
        telling.append(ordered[: lacking + 1])
    return telling


def headline_share(one: Fingerprint, other: Fingerprint) -> float | None:
    """What share of all words of two headlines both have, if it is one headline; else None."""
    shared = len(one.title_words & other.title_words)
    union = len(one.title_words) + len(other.title_words) - shared
    return shared / union if shared and shared / union >= SIBLING_JACCARD else None


def highest_similarities(documents: Sequence[Counter[str]]) -> list[float]:
    """For each document its highest TF-IDF cosine similarity (0 to 1) to any other of them.

    Weights are `tf * (1 + ln((1 + n) / (1 + df)))`, the smoothed form that scikit-learn documents,
    over the documents given and nothing else.
    """
    many = len(documents)
    found_in = Counter(word for counts in documents for word in counts)
    idf = [1 + math.log((1 + many) / (1 + df)) for df in range(many + 1)]
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for position, counts in enumerate(documents):
        for word, weight in _unit_vector(counts, found_in, idf):
            if found_in[word] > 1:
                postings[word].append((position, weight))
    rows = _products(many, postings.values())
    columns = zip(*rows, strict=True)
    return [max(*row, *column) for row, column in zip(rows, columns, strict=True)]


def _unit_vector(
    counts: Counter[str], found_in: Mapping[str, int], idf: Sequence[float]
) -> list[tuple[str, float]]:
    weights = [tf * idf[found_in[word]] for word, tf in counts.items()]
    length = math.sqrt(sum(weight * weight for weight in weights))
    return [(word, weight / length) for word, weight in zip(counts, weights, strict=True)]


def _products(many: int, postings: Iterable[Sequence[tuple[int, float]]]) -> list[list[float]]:
    """Dot products of each document with those before it."""
    rows = [[0.0] * many for _ in range(many)]
    for posting in postings:
        for index, (position, weight) in enumerate(posting):
            row = rows[position]
            for other, other_weight in posting[:index]:
                row[other] += weight * other_weight
    return rows
