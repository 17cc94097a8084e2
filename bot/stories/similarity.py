"""How similar two articles are: the cosine of their TF-IDF vectors."""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from bot.stories.frequencies import Frequencies
from bot.stories.stems import stem
from bot.stories.text import STOP_WORDS, words

MAX_EXCERPT: Final = 600
"""How many characters of an excerpt count (measured: docs/ranking.md)."""
_TITLE_WEIGHT: Final = 2
_PARTS_OF_WORDS: Final = frozenset(("s", "t", "d", "ll", "m", "re", "ve"))
"""What is left of `it's` and `don't` when apostrophes separate words."""

Vector = Mapping[str, float]
"""The weight of each term of a text; the vector's length is one, or zero for a text of no terms."""


def terms(title: str, excerpt: str) -> dict[str, int]:
    """How often each term occurs, in the title counted twice: stems, without stop words.

    The words are those of `text.words`, so every script has terms.
    """
    counts: dict[str, int] = {}
    for text, weight in ((title, _TITLE_WEIGHT), (excerpt[:MAX_EXCERPT], 1)):
        for word in words(text):
            if term := _term(word):
                counts[term] = counts.get(term, 0) + weight
    return counts


@lru_cache(maxsize=1 << 16)  # a few thousand words make up most of all texts
def _term(word: str) -> str:
    """The term of a word; empty for a stop word."""
    return "" if word in STOP_WORDS or word in _PARTS_OF_WORDS else stem(word)


def vector(counts: Mapping[str, int], frequencies: Frequencies) -> Vector:
    """The vector of a text's terms: `(1 + ln tf) * idf`, at length one."""
    rarity, rarest = frequencies.rarities.get, frequencies.rarest
    return _unit({term: _damped(tf) * rarity(term, rarest) for term, tf in counts.items()})


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of two vectors, from 0 (no term in common) to 1."""
    if len(one) > len(other):
        one, other = other, one
    return sum([weight * other[term] for term, weight in one.items() if term in other])


def centroid(vectors: Iterable[Vector]) -> Vector:
    """The mean of vectors, at length one."""
    total: dict[str, float] = {}
    for one in vectors:
        for term, weight in one.items():
            total[term] = total.get(term, 0.0) + weight
    return _unit(total)


@lru_cache(maxsize=256)
def _damped(tf: int) -> float:
    return 1 + math.log(tf)


def _unit(weights: Mapping[str, float]) -> Vector:
    length = math.sqrt(sum([weight * weight for weight in weights.values()]))
    return {term: weight / length for term, weight in weights.items()} if length else {}
