"""Light stems of English words: forms of one word compare as equal."""

import re
from typing import Final

_POSSESSIVE = re.compile("['\u2019]s?$")
_ENDINGS: Final = ("", "s", "e", "es", "ed", "ing", "ings")
_LEAST: Final = 3
"""How many letters a stem keeps at least; shorter ones would join different words."""


def stem(word: str) -> str:
    """The stem of a lower-case word: without possessive, plural, `ing`, `ed` and final `e`.

    Only for comparison: it need not be a word (`policies`: `policy`, `announced`: `announc`). Words
    with other characters than ASCII letters stay as they are, but for the possessive.
    """
    word = _POSSESSIVE.sub("", word)
    if not (word.isascii() and word.isalpha()):
        return word
    singular = _singular(word)
    for ending in ("ing", "ed", "e"):
        bare = singular.removesuffix(ending)
        if bare != singular and len(bare) >= _LEAST:
            return _undoubled(bare) if ending != "e" else bare
    return singular


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _LEAST + 1:
        return word[:-3] + "y"
    plural = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural and len(word) > _LEAST else word


def _undoubled(bare: str) -> str:
    """`planned` has the stem of `plan`, and `called` that of `call`."""
    doubled = bare[-1] == bare[-2] and bare[-1] not in "lsz"
    return bare[:-1] if doubled and len(bare) > _LEAST else bare


def forms(word: str) -> set[str]:
    """Other words that may have the stem of `word`; most of them are no words at all."""
    root = stem(word)
    if not (root.isascii() and root.isalpha()):
        return set()
    roots = (root, root + root[-1], *((root[:-1] + "i",) if root.endswith("y") else ()))
    made = {begun + ending for begun in roots for ending in _ENDINGS}
    return {one for one in made if stem(one) == root} - {word}
