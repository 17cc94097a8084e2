"""Whether a word was meant for another one: what may be asked with "did you mean"."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

_TWO_FROM: Final = 9
"""From how many letters on two typos are forgiven: in a shorter word they make another word, as in
Politics and Robotics three do.
"""
_SHORTEST: Final = 4
"""How long a word must be to have a typo: shorter words have too many neighbours."""
_MOST: Final = 3
"""How many names are asked for: more is no question but a list."""


def meant_by(typed: str, names: Iterable[str], most: int = _MOST) -> list[str]:
    """The names that a user may have meant, best first; only near ones, so often none.

    All of them in small letters, words separated by one space or "-". A name is near if it begins
    as typed, holds what was typed as whole words, or is a typo or a plural away.
    """
    typed = typed.replace("-", " ")
    return _best(typed, (name for name in names if _is_near(typed, name.replace("-", " "))), most)


def mistyped(typed: str, names: Iterable[str], most: int = _MOST) -> list[str]:
    """The names that are only a typo away, best first."""
    return _best(typed, (name for name in names if _is_typo(typed, name)), most)


def _best(typed: str, near: Iterable[str], most: int) -> list[str]:
    found = [(-SequenceMatcher(None, typed, name).ratio(), name) for name in near]
    return [name for _, name in sorted(found)[:most]]


def _is_typo(typed: str, name: str) -> bool:
    forgiven = _forgiven(typed, name)
    return typed[:1] == name[:1] and apart(typed, name, forgiven) <= forgiven


def _is_near(typed: str, name: str) -> bool:
    if _is_typo(typed, name):
        return True
    words, others = typed.split(), name.split()
    if words and others and ({*words} <= {*others} or {*others} <= {*words}):
        return True
    stem = typed.removesuffix("s")
    return len(stem) >= _SHORTEST and name.startswith(stem)


def _forgiven(typed: str, name: str) -> int:
    """How many typos are forgiven."""
    shorter, longer = sorted((len(typed), len(name)))
    if shorter < _SHORTEST:
        return 0
    return 2 if longer >= _TWO_FROM else 1


def apart(one: str, other: str, most: int) -> int:
    """How many letters were lost, added, changed or swapped with the next; more than `most` is
    `most + 1`.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = [*range(len(other) + 1)]
    for at, letter in enumerate(one, start=1):
        last, before, row = before, row, [at]
        for to, wanted in enumerate(other, start=1):
            steps = [before[to] + 1, row[-1] + 1, before[to - 1] + (letter != wanted)]
            if min(at, to) > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                steps.append(last[to - 2] + 1)
            row.append(min(steps))
        if min(row) > most:
            return most + 1
    return min(int(row[-1]), most + 1)
