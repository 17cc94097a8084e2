"""Why a row is set aside, in words for a server's admins."""

from collections.abc import Mapping
from typing import Final

from bot.errors import Refused, UnknownValue, Unreadable
from bot.render.sanitizer import code

_VALUE: Final = 60
_BUG: Final = "I have a bug here; my operator will find the details in the log"


def why(error: Exception) -> str:
    """Why a row is set aside: part of a sentence, with the command that helps."""
    if isinstance(error, Unreadable):
        return "; ".join(map(_unknown, error.unknown))
    if isinstance(error, Refused):
        return str(error).rstrip(".")
    return _BUG


def _unknown(value: UnknownValue) -> str:
    """`its time zone X is unknown here (set it with /digest timezone)`."""
    advice = f" (set it with `{value.command}`)" if value.command else ""
    return f"{value.owner} {value.what} {code(str(value.value), _VALUE)} is unknown here{advice}"


def sentence(error: Unreadable) -> str:
    """The same as an answer to a user who asked for something that needs the row."""
    return f"That cannot be done now: {why(error)}."


_WORK: Final[Mapping[str, str]] = {
    "edition": "An edition",
    "delivery": "An edition",
    "publishing": "Publishing an edition",
    "threads": "A thread for discussion",
    "recovery": "Reading the channel back after a restore",
    "purge": "Forgetting this digest",
}


def held_back(work: str, reason: str) -> str:
    """A sentence about what is held back of a digest, and why."""
    return f"{_WORK.get(work, 'Part of it')} is held back: {reason}."
