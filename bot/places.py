"""The zones of places: of cities, countries and some regions, by what people call them.

The table is read again for each look-up, which takes some milliseconds and keeps no memory.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.typos import mistyped

TABLE: Final = Path(__file__).with_name("places.txt")
"""A line for each zone, those of many people first: its name, a tab, and the places with its time,
folded, largest first, each between ";". A country or city of several zones is in several lines.

Names of countries and zones are from CLDR, cities of 100,000 people and their zones from GeoNames.
tests/evaluation/name_places.py made it.
"""
_LONGEST: Final = 40
"""How many letters of a name are looked at for typos."""
_SHORTEST: Final = 5
"""How many letters a name must have to be looked at for typos: of thousands of places many are near
a shorter one.
"""
_WHOLE: Final = 5
"""How many letters a word must have to stand for a name that begins with it."""
_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "æ": "ae",
        "œ": "oe",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "þ": "th",
    }
)
"""Letters that Unicode takes for letters of their own, as they are written without them."""


def folded(name: str) -> str:
    """A name without case, accents and punctuation: `são-paulo` is `sao paulo`."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"\bsaint\b", "st", " ".join(re.sub(r"[\W_]+", " ", letters).split()))


def zones_at(place: str) -> list[str]:
    """The zones of a place of that name, those of many people first; [] = there is none."""
    key = f";{folded(place)};"
    return [zone for zone, places in _lines() if key in places] if len(key) > len(";;") else []


def zones_beginning(words: str) -> list[str]:
    """The zones of places whose names begin with whole words, as Frankfurt am Main's does."""
    key = f";{folded(words)} "
    return [zone for zone, places in _lines() if key in places] if len(key) > _WHOLE else []


def places_beginning(begun: str) -> dict[str, str]:
    """The zones of places that begin as typed, and the place: the largest of each zone."""
    key = f";{folded(begun[:_LONGEST])}"
    found = {}
    for zone, places in _lines():
        at = places.find(key)
        if at >= 0:
            found[zone] = places[at + 1 : places.index(";", at + 1)]
    return found


def places_near(typed: str) -> Sequence[str]:
    """Names of places that may have been meant, best first."""
    key = folded(typed[:_LONGEST])
    like = (place for _, places in _lines() for place in places.split(";") if place[:1] == key[:1])
    return mistyped(key, {*like}) if len(key) >= _SHORTEST else []


def _lines() -> Iterator[tuple[str, str]]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        zone, _, places = line.partition("\t")
        yield zone, places
