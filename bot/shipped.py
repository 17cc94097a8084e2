"""The files that come with the program: its own `config/`, `.env.example` and an example story.

In a source tree they are beside the package, where people read and edit them; a wheel has copies
inside the package (deploy/build_defaults.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bot

EXAMPLE: Final = "example.md.sample"
"""The name of the example story; its suffix keeps it from being a story file."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Their paths: a folder of *.yaml, and two files."""

    config: Path
    environment: Path
    story: Path


def shipped(package: Path = Path(bot.__file__).parent) -> Shipped:
    """The files that belong to a package, whether installed from a wheel or in its source tree."""
    inside, beside = package / "defaults", package.parent
    if inside.is_dir():
        return Shipped(inside, inside / ".env.example", inside / EXAMPLE)
    return Shipped(beside / "config", beside / ".env.example", beside / "seeds" / EXAMPLE)
