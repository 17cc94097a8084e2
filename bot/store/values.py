"""Turns stored values into the program's types; Unreadable names a value that is unknown here."""

import json
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from bot.errors import UnknownValue, Unreadable

E = TypeVar("E", bound=StrEnum)

_LARGEST: Final = (1 << 63) - 1
"""The largest integer of a column; adding 1 to it gives none."""


def after(column: str) -> str:
    """The SQL of a number other than the stored one, whatever that is: usually the next."""
    return f"{column} % {_LARGEST} + 1"


def tries(column: str) -> str:
    """The SQL of a count of tries to which 1 can be added, whatever is stored."""
    return f"CASE WHEN {column} < 0 THEN 0 WHEN {column} > 1000000 THEN 1000000 ELSE {column} END"


def moment(what: str, seconds: int) -> datetime:
    """An instant in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(UnknownValue(what, seconds)) from error


def moment_or_none(what: str, seconds: int | None) -> datetime | None:
    """An instant in UTC, or None."""
    return None if seconds is None else moment(what, seconds)


def day(what: str, text: str) -> date:
    """A local date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(UnknownValue(what, text)) from error


def word(what: str, words: type[E], text: str) -> E:
    """One of the words that this version knows."""
    try:
        return words(text)
    except ValueError as error:
        raise Unreadable(UnknownValue(what, text)) from error


def ids(what: str, text: str, command: str = "") -> list[int]:
    """A JSON list of ids."""
    found = _json(what, text, command)
    if not isinstance(found, list) or not all(type(one) is int for one in found):
        raise Unreadable(UnknownValue(what, text, command))
    return found


def mapping(what: str, text: str) -> dict[str, Any]:
    """A JSON object."""
    found = _json(what, text)
    if not isinstance(found, dict):
        raise Unreadable(UnknownValue(what, text))
    return found


def _json(what: str, text: str, command: str = "") -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(UnknownValue(what, text, command)) from error
