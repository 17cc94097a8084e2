"""Publishers by their names, as digests show them and people type them."""

import re
from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from bot.stories.text import tidy
from bot.typos import meant_by

_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_LISTED: Final = re.compile(r"[,;\n]")
_MOST: Final = 100
"""How many pieces of a list are read."""
_PIECES: Final = 5
"""How many pieces a name has at most."""


def name_key(name: str) -> str:
    """One key for a name in capitals or small letters: of A to Z, as SQL's lower() has it on every
    kind of database.
    """
    return name.translate(_SMALL)


def named_in(text: str, known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The publishers that a text lists, of those `known` by their keys, each once; and its other
    names. Commas part names that are not known with them: `Forbes, Morningstar, Inc.`
    """
    lists = {", ".join(_pieces(key)): name for key, name in known.items()}
    pieces, found, unknown = _pieces(text)[:_MOST], dict[str, None](), dict[str, None]()
    while pieces:
        name, count = _first(pieces, lists)
        (found if count else unknown)[name] = None
        pieces = pieces[count or 1 :]
    return [*found], [*unknown]


def _pieces(text: str) -> list[str]:
    return [piece for one in _LISTED.split(text) if (piece := tidy(one))]


def _first(pieces: Sequence[str], lists: Mapping[str, str]) -> tuple[str, int]:
    """The longest known name that a list begins with, and of how many pieces; 0 = there is none."""
    for count in range(min(len(pieces), _PIECES), 0, -1):
        name = lists.get(name_key(", ".join(pieces[:count])))
        if name is not None:
            return name, count
    return pieces[0], 0


def near_names(name: str, known: Mapping[str, str]) -> list[str]:
    """The known publishers that may be meant by a name. Slow: it compares with each."""
    return [known[key] for key in meant_by(name_key(name), known)]
