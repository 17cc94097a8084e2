"""Why a row is set aside, in words for a server's admins."""

from collections.abc import Mapping
from typing import Final

from bot.errors import Fault, Unreadable
from bot.render.sanitizer import code

_VALUE: Final = 60
_BUG: Final = "I failed at it, which is a bug; my operator finds the details in the log"


def why(error: Exception) -> str:
    """Why a row is set aside: a part of a sentence, with the command that helps."""
    if isinstance(error, Unreadable):
        return "; ".join(map(_unknown, error.faults))
    return _BUG


def _unknown(fault: Fault) -> str:
    """`its time zone X is unknown here (set it with /digest timezone)`."""
    advice = f" (set it with `{fault.command}`)" if fault.command else ""
    return f"{fault.owner} {fault.what} {code(str(fault.value), _VALUE)} is unknown here{advice}"


def sentence(error: Unreadable) -> str:
    """The same as an answer to somebody who wanted something of that row."""
    return f"That cannot be done now: {why(error)}."


_WORK: Final[Mapping[str, str]] = {
    "edition": "An edition",
    "delivery": "An edition",
    "publishing": "The publishing of an edition",
    "recovery": "Reading the channel back after a restore",
    "purge": "Forgetting this digest",
}


def held_back(work: str, reason: str) -> str:
    """What of a digest is held back, and why: a sentence."""
    return f"{_WORK.get(work, 'Something of it')} is held back: {reason}."
