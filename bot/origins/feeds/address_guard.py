"""Which addresses may be connected to: those of the public internet."""

from collections.abc import Callable

IsAllowed = Callable[[str], bool]
"""Says of an IP address, as text, whether it may be connected to."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    raise NotImplementedError
