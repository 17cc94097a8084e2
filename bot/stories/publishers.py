"""Publishers by their names, as digests show them and people type them."""

import re
from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from bot.stories.text import tidy
from bot.typos import meant_by

_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_LISTED: Final = re.compile(r"[,;\n]")
_LONGEST: Final = 4000
"""How many characters of a list are read."""


def name_key(name: str) -> str:
    """One key for a name in capitals or small letters: of A to Z, as SQL's lower() has it on every
    kind of database.
    """
    return name.translate(_SMALL)


def named_in(text: str, known: Mapping[str, str]) -> tuple[list[str], dict[str, list[str]]]:
    """The publishers that a text lists, of those `known` by their keys, each once; and its other
    names, each with those that may be meant. Commas part names that are not known with them:
    `Forbes, Morningstar, Inc.`
    """
    pieces = [piece for one in _LISTED.split(text[:_LONGEST]) if (piece := tidy(one))]
    found, unknown = dict[str, None](), dict[str, list[str]]()
    while pieces:
        name, count = _first(pieces, known)
        if count:
            found[name] = None
        else:
            unknown[name] = [known[key] for key in meant_by(name_key(name), known)]
        pieces = pieces[count or 1 :]
    return [*found], unknown


def _first(pieces: Sequence[str], known: Mapping[str, str]) -> tuple[str, int]:
    """The longest known name that a list begins with, and of how many pieces; 0 = there is none."""
    for count in range(len(pieces), 0, -1):
        name = known.get(name_key(", ".join(pieces[:count])))
        if name is not None:
            return name, count
    return pieces[0], 0
