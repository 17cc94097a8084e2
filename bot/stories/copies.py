"""When two articles are the same text, the same headline, or about nothing in common.

The limits were measured on labelled real sources; CONTRIBUTING tells how.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bot.stories.model import Article
from bot.stories.text import content_words, words

SHINGLE: Final = 3
"""Words that stand together in a shingle."""
COPY_CONTAINMENT: Final = 0.6
"""Share of the shorter excerpt's shingles that a copy holds; unrelated pairs peak at 0.21."""
COPY_RUN: Final = 20
"""Words in a row that only a copy has in common; unrelated pairs peak at 8."""
MIN_EXCERPT_WORDS: Final = 8
"""Excerpts shorter than this prove nothing."""
SIBLING_JACCARD: Final = 0.70
"""Share of all words of two headlines, stop words aside, that siblings have in common."""
OFF_TOPIC_SIMILARITY: Final = 0.09
"""A member that is less similar than this to every other one is about something else."""


@dataclass(frozen=True)
class Fingerprint:
    """The words of one article, prepared for comparing."""

    title: str
    excerpt: str

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        """The excerpt's word triples; empty for an excerpt too short to prove anything."""
        return _runs(words(self.excerpt), SHINGLE)

    @cached_property
    def long_runs(self) -> frozenset[tuple[str, ...]]:
        """Every COPY_RUN words in a row of the excerpt."""
        return _runs(words(self.excerpt), COPY_RUN)

    @cached_property
    def title_words(self) -> frozenset[str]:
        """The headline's words without stop words."""
        return frozenset(content_words(self.title))


def fingerprint(article: Article) -> Fingerprint:
    """The fingerprint of an article."""
    return Fingerprint(article.title, article.excerpt)


def is_copy(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both excerpts are one syndicated text."""
    shared = len(one.shingles & other.shingles)
    if not shared:
        return False
    if shared / min(len(one.shingles), len(other.shingles)) >= COPY_CONTAINMENT:
        return True
    in_a_run = COPY_RUN - SHINGLE + 1  # shingles of one
    return shared >= in_a_run and not one.long_runs.isdisjoint(other.long_runs)


def is_sibling(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both carry one headline."""
    shared = len(one.title_words & other.title_words)
    union = len(one.title_words) + len(other.title_words) - shared
    return shared > 0 and shared / union >= SIBLING_JACCARD


def highest_similarities(texts: Sequence[str]) -> list[float]:
    """For each text its highest TF-IDF cosine similarity (0 to 1) to any other of them.

    Weights are `tf * (1 + ln((1 + n) / (1 + df)))`, the smoothed form that scikit-learn documents,
    over the texts given and nothing else.
    """
    counts = [Counter(content_words(text)) for text in texts]
    found_in = Counter(word for count in counts for word in count)
    idf = {word: 1 + math.log((1 + len(texts)) / (1 + df)) for word, df in found_in.items()}
    vectors = [_unit({w: tf * idf[w] for w, tf in c.items()}) for c in counts]
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for position, vector in enumerate(vectors):
        for word, weight in vector.items():
            postings[word].append((position, weight))
    return [_highest(position, vector, postings) for position, vector in enumerate(vectors)]


def _highest(
    position: int, vector: dict[str, float], postings: dict[str, list[tuple[int, float]]]
) -> float:
    products: defaultdict[int, float] = defaultdict(float)
    for word, weight in vector.items():
        for other, other_weight in postings[word]:
            products[other] += weight * other_weight
    products.pop(position, None)
    return max(products.values(), default=0.0)


def _unit(vector: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {word: weight / length for word, weight in vector.items()}


def _runs(tokens: Sequence[str], length: int) -> frozenset[tuple[str, ...]]:
    if len(tokens) < MIN_EXCERPT_WORDS:
        return frozenset()
    return frozenset(tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1))
