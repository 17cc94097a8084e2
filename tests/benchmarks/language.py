"""Invented words, as frequent as real ones: English stop words, else nonsense."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, islice, product
from math import pow  # noqa: A004 - of floats
from random import Random
from typing import Final

from bot.stories.text import STOP_WORDS
from tests.benchmarks.profile import (
    BREAK_RANK,
    TAIL_EXPONENT,
    WORD_EXPONENT,
    WORD_SHIFT,
)

VOCABULARY: Final = 300_000
"""How many words there are; a million articles use less than half of them."""
_AHEAD: Final = 1 << 16
"""How many words are drawn at a time."""
_SYLLABLES: Final = ["".join(parts) for parts in product("bdfghjklmnprstvz", "aeiou", ("", *"nrs"))]
_SCATTER: Final = 48_271
"""A prime: neighbours by frequency are not neighbours by spelling."""


def word(number: int) -> str:
    """The invented word of a number from 0; two numbers never give the same word."""
    base = len(_SYLLABLES)
    two = base * base
    if number < two:
        first, second = divmod(number * _SCATTER % two, base)
        return _SYLLABLES[first] + _SYLLABLES[second]
    return word(number % two) + _SYLLABLES[number // two - 1]


@cache
def words() -> Sequence[str]:
    """All words, the most frequent first. At the beginning every second one is a stop word."""
    stop = sorted(STOP_WORDS, key=lambda one: (len(one), one))
    invented = (one for n in range(2 * VOCABULARY) if (one := word(n)) not in STOP_WORDS)
    mixed = [one for pair in zip(stop, invented, strict=False) for one in pair]
    return [*mixed, *islice(invented, VOCABULARY - len(mixed))]


def frequency(rank: int) -> float:
    """The frequency of the word of a rank (from 1), in an arbitrary unit."""
    if rank <= BREAK_RANK:
        return pow(rank + WORD_SHIFT, -WORD_EXPONENT)
    return frequency(BREAK_RANK) * pow(rank / BREAK_RANK, -TAIL_EXPONENT)


@cache
def _cumulated() -> Sequence[float]:
    return [*accumulate(frequency(rank) for rank in range(1, VOCABULARY + 1))]


class Speech:
    """An endless text."""

    def __init__(self, random: Random) -> None:
        self._text = self._endless(random)

    @staticmethod
    def _endless(random: Random) -> Iterator[str]:
        while True:
            yield from random.choices(words(), cum_weights=_cumulated(), k=_AHEAD)

    def say(self, count: int) -> list[str]:
        """The next words."""
        return [*islice(self._text, count)]
