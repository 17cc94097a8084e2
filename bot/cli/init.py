"""broadsheet init: makes the files that an operator edits, if there are none."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import dotenv

from bot.cli.options import ConfigFolder, Database, Seeds, settled
from bot.cli.output import note, result
from bot.environment import ENV_FILE, VARIABLES
from bot.shipped import shipped

_OWNERS_ALONE = 0o600
"""The permissions of .env, since it will hold a token."""


def init(database: Database = None, config: ConfigFolder = None, seeds: Seeds = None) -> None:
    """Write a config folder, .env and a seeds folder, unless they exist.

    Nothing that exists is changed. What options name is noted in the new .env.
    """
    places, files = settled(database, config, seeds), shipped()
    given = {"database": database, "config": config, "seeds": seeds}
    _make(places.config, lambda new: _copy_settings(files.config, new))
    _make(Path.cwd() / ENV_FILE, lambda new: _write_environment(files.environment, new, given))
    _make(places.seeds, lambda new: _copy_example(files.story, new))


def _make(target: Path, fill: Callable[[Path], None]) -> None:
    """Make a file or folder under another name, and rename it when it is complete."""
    if os.path.lexists(target):
        note(f"{target} already exists and stays as it is")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".broadsheet-", dir=target.parent) as unfinished:
        new = Path(unfinished, target.name)
        fill(new)
        new.rename(target)
    result(f"wrote {target}")


def _copy_settings(source: Path, new: Path) -> None:
    new.mkdir()
    for path in sorted(source.glob("*.yaml")):
        shutil.copyfile(path, new / path.name)


def _copy_example(source: Path, new: Path) -> None:
    new.mkdir()
    shutil.copyfile(source, new / source.name)


def _write_environment(source: Path, new: Path, given: dict[str, Path | None]) -> None:
    shutil.copyfile(source, new)
    new.chmod(_OWNERS_ALONE)
    for variable, field in VARIABLES.items():
        path = given.get(field)
        if path:
            dotenv.set_key(new, variable, str(path), quote_mode="auto")
