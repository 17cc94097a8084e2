"""Lists of feeds as other readers exchange them: OPML."""

from collections.abc import Sequence
from typing import NamedTuple


class Subscription(NamedTuple):
    """A feed in a list: its address, its title (may be empty), and the folders that it is in."""

    url: str
    title: str
    folders: tuple[str, ...] = ()


def read_opml(content: bytes) -> tuple[Subscription, ...]:
    """The feeds in a list, each address once. Raises NotAFeed if it is no list of feeds."""
    raise NotImplementedError


def write_opml(feeds: Sequence[Subscription], title: str) -> str:
    """The list as OPML 2.0, in UTF-8."""
    raise NotImplementedError
