"""Heat as the database keeps it: -1 for an unknown one, so that it sorts after every other."""

from typing import Final

_UNKNOWN: Final = -1


def stored(heat: int | None) -> int:
    """A heat as its column holds it."""
    return _UNKNOWN if heat is None else heat


def heat_in(column: int) -> int | None:
    """The heat that a column holds."""
    return None if column == _UNKNOWN else column
