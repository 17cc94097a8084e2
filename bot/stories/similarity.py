"""How similar two articles are: the cosine of their TF-IDF vectors."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from sys import intern
from typing import Final

from bot.stories.frequencies import Frequencies
from bot.stories.stems import stem
from bot.stories.text import STOP_WORDS, words

MAX_EXCERPT: Final = 600
"""How many characters of an excerpt count (docs/events.md)."""
_TITLE_WEIGHT: Final = 2
_PARTS_OF_WORDS: Final = frozenset(("s", "t", "d", "ll", "m", "re", "ve"))
"""What is left of `it's` and `don't` when apostrophes separate words."""

Vector = Mapping[str, float]
"""The weight of each term of a text; the vector's length is one, or zero for a text of no terms."""


@lru_cache(maxsize=256)  # stories that come together list the same articles
def terms(title: str, excerpt: str) -> Mapping[str, int]:
    """How often each term occurs, in the title counted twice: stems, without stop words.

    The words are those of `text.words`, so every script has terms.
    """
    counted = words(title) * _TITLE_WEIGHT + words(excerpt[:MAX_EXCERPT])
    counts = Counter(map(_term, counted))
    del counts[""]  # stop words
    return counts


def distinct_terms(title: str, excerpt: str) -> set[str]:
    """The terms of a text, each once."""
    found = {*map(_term, words(title)), *map(_term, words(excerpt[:MAX_EXCERPT]))}
    found.discard("")
    return found


@lru_cache(maxsize=1 << 14)  # a few thousand words make up most of all texts
def _term(word: str) -> str:
    """The term of a word, which texts share; empty for a stop word."""
    return "" if word in STOP_WORDS or word in _PARTS_OF_WORDS else intern(stem(word))


def vector(counts: Mapping[str, int], frequencies: Frequencies) -> Vector:
    """The vector of a text's terms: `(1 + ln tf) * idf`, at length one."""
    rarity, rarest = frequencies.rarities.get, frequencies.rarest
    return _unit({term: _damped(tf) * rarity(term, rarest) for term, tf in counts.items()})


def likeness(counts: Mapping[str, int], other: Vector, frequencies: Frequencies) -> float:
    """The cosine of a text's vector and another; without making that vector."""
    rarity, rarest = frequencies.rarities.get, frequencies.rarest
    product = square = 0.0
    for term, tf in counts.items():
        weight = _damped(tf) * rarity(term, rarest)
        square += weight * weight
        if term in other:
            product += weight * other[term]
    return product / math.sqrt(square) if square else 0.0


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


_damped: Final = cache(lambda tf: 1 + math.log(tf))


def _unit(weights: Mapping[str, float]) -> Vector:
    length = math.sqrt(sum([weight * weight for weight in weights.values()]))
    return {term: weight / length for term, weight in weights.items()} if length else {}
