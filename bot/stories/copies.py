"""Decides whether two articles have the same text or the same headline.

The limits were measured on labelled real sources; docs/ranking.md says how.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from bot.stories.text import STOP_WORDS, words

SHINGLE: Final = 3
"""How many words in a row make a shingle."""
COPY_CONTAINMENT: Final = 0.6
"""The share of the shorter excerpt's shingles that copies share; unrelated pairs peak at 0.21."""
COPY_RUN: Final = 20
"""How many words in a row only copies have in common; unrelated pairs peak at 8."""
MIN_EXCERPT_WORDS: Final = 8
"""Excerpts shorter than this prove nothing."""
LEAST_SHARED: Final = math.ceil(COPY_CONTAINMENT * (MIN_EXCERPT_WORDS - SHINGLE + 1))
"""The fewest shingles that two copies have in common."""
SIBLING_JACCARD: Final = 0.70
"""The share of all words of two headlines, without stop words, that siblings have in common."""


@dataclass(frozen=True)
class Fingerprint:
    """The words of one article, prepared for comparison."""

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
        """Every run of COPY_RUN words in the excerpt."""
        last = len(self.excerpt) - COPY_RUN
        return frozenset(tuple(self.excerpt[i : i + COPY_RUN]) for i in range(last + 1))

    @cached_property
    def title_words(self) -> frozenset[str]:
        """The headline's words without stop words."""
        return frozenset(self.title) - STOP_WORDS


@lru_cache(maxsize=256)  # stories that come together list the same articles
def fingerprint(title: str, excerpt: str) -> Fingerprint:
    """The fingerprint of an article."""
    return Fingerprint(words(title), words(excerpt))


def copied_share(one: Fingerprint, other: Fingerprint) -> float | None:
    """The share of the shorter excerpt that both have, if it is one syndicated text; else None."""
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
    """For each headline its rarest words, enough of them that any two siblings have one in common.

    If two sets of words share `SIBLING_JACCARD` of all words, each lacks fewer than these of the
    other's words; the order of rarity is the same for all headlines.
    """
    found_in = Counter(word for one in prints for word in one.title_words)
    telling: list[list[str]] = []
    for one in prints:
        ordered = sorted(one.title_words, key=lambda word: (found_in[word], word))
        lacking = len(ordered) - math.ceil(SIBLING_JACCARD * len(ordered))
        telling.append(ordered[: lacking + 1])
    return telling


def headline_share(one: Fingerprint, other: Fingerprint) -> float | None:
    """The share of all words of two headlines that both have, if it is one headline; else None."""
    shared = len(one.title_words & other.title_words)
    union = len(one.title_words) + len(other.title_words) - shared
    return shared / union if shared and shared / union >= SIBLING_JACCARD else None
