"""Remembers which rejected files were reported: a bot that rescans often reports each once."""

from collections.abc import Sequence
from pathlib import Path

from bot.origins.outcomes import Rejection

_Version = tuple[Rejection, int, int]


class Rejected:
    """Remembers the rejections of the last load, with the versions of their files."""

    def __init__(self) -> None:
        self._named: set[_Version] = set()

    def new(self, rejections: Sequence[Rejection]) -> list[Rejection]:
        """The rejections that the last load did not have: other files, other versions or faults."""
        now = {_version(one): one for one in rejections}
        new = [one for version, one in now.items() if version not in self._named]
        self._named = set(now)
        return new


def _version(rejection: Rejection) -> _Version:
    try:
        status = Path(rejection.file).stat()
    except (OSError, ValueError):  # gone, or a name that is only for display
        return rejection, 0, 0
    return rejection, status.st_size, status.st_mtime_ns
