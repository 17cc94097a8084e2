"""Which topics a text names: several at once, or all."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from bot.stories.text import slug

_LISTED: Final = r"[,;\n]"
"""What always separates names."""
_JOINED: Final = r"\s+(?:and|und|&)\s+|\s*[&/+|]\s*"
"""What separates names unless the whole is one: `Arts and Culture`. A space does so only if all of
its words are names.
"""
_ALL: Final = frozenset(("all", "everything", "all-topics", "every-topic"))


def means_all(text: str) -> bool:
    """Whether a text asks for all topics."""
    return text.strip() == "*" or slug(text) in _ALL


def names_in(text: str, is_known: Callable[[str], bool]) -> Sequence[str]:
    """The names that a text lists, each once, in its order."""
    found = {}
    for part in re.split(_LISTED, text):
        for name in _names(" ".join(part.split()), is_known):
            found[slug(name) or name] = name
    return [*found.values()]


def _names(part: str, is_known: Callable[[str], bool]) -> Sequence[str]:
    if not part or is_known(part):
        return [part] if part else []
    pieces = [piece for piece in re.split(_JOINED, part) if piece]
    return [name for piece in pieces for name in _spaced(piece, is_known)]


def _spaced(piece: str, is_known: Callable[[str], bool]) -> Sequence[str]:
    words = piece.split()
    return words if not is_known(piece) and all(map(is_known, words)) else [piece]
