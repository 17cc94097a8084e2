"""Heat as the database stores it: -1 = unknown, so that it sorts after every other heat."""

from typing import Final

_UNKNOWN: Final = -1


def stored(heat: int | None) -> int:
    """The value to store for a heat."""
    return _UNKNOWN if heat is None else heat


def heat_in(column: int) -> int | None:
    """The heat for a stored value."""
    return None if column == _UNKNOWN else column
