"""broadsheet init: makes the files that an operator edits, if there are none."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import dotenv
import typer

from bot.cli.files import put, write_whole
from bot.cli.options import ConfigFolder, Database, Seeds, settled
from bot.cli.output import note, result
from bot.cli.starter import names_in, starter_feeds, together, with_feeds
from bot.config import FEEDS_FILE
from bot.environment import ENV_FILE, VARIABLES
from bot.render.terminal import FEEDS, counted
from bot.shipped import shipped
from bot.stories.feeds import FeedSettings

_OWNERS_ALONE = 0o600
"""The permissions of .env, since it will hold a token."""


def init(
    topics: Annotated[
        str | None,
        typer.Option(metavar="TOPIC,...", help="Note the starter feeds of these in config/"),
    ] = None,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Write a config folder, .env and a seeds folder, unless they exist.

    Nothing that you wrote is changed. What options name is noted in the new .env.
    """
    places, files = settled(database, config, seeds), shipped()
    given: dict[str, Path | str | None] = {
        "database": database,
        "config": config,
        "seeds": seeds,
    }
    chosen = _chosen(places.config, topics) if topics else None
    if not (chosen and places.config.is_dir()):
        _make(places.config, lambda new: _copy_settings(files.config, new))
    if chosen:
        _fill_in(places.config / FEEDS_FILE, files.config / FEEDS_FILE, chosen)
    _make(Path.cwd() / ENV_FILE, lambda new: _write_environment(files.environment, new, given))
    _make(places.seeds, lambda new: _copy_example(files.story, new))


def _chosen(config: Path, topics: str) -> list[FeedSettings]:
    folder = config if os.path.lexists(config) else shipped().config
    return together(starter_feeds(folder, names_in(topics)))


def _fill_in(target: Path, ours: Path, chosen: Sequence[FeedSettings]) -> None:
    """Note the feeds in a config/feeds.yaml that is ours or lists none; one that lists feeds stays
    as it is.
    """
    text = (target if os.path.lexists(target) else ours).read_text(encoding="utf-8-sig")
    filled = with_feeds(text, chosen)
    if filled is None:
        note(f"{target} lists feeds and stays as it is; to add others: broadsheet feeds starter")
        return
    write_whole(target, filled)
    result(f"wrote {counted(len(chosen), FEEDS)} to {target}")


def _make(target: Path, fill: Callable[[Path], None]) -> None:
    """Make a file or folder, unless there is one."""
    if os.path.lexists(target):
        note(f"{target} already exists and stays as it is")
        return
    put(target, fill)
    result(f"wrote {target}")


def _copy_settings(source: Path, new: Path) -> None:
    new.mkdir()
    for path in sorted(source.glob("*.yaml")):
        shutil.copyfile(path, new / path.name)


def _copy_example(source: Path, new: Path) -> None:
    new.mkdir()
    shutil.copyfile(source, new / source.name)


def _write_environment(source: Path, new: Path, given: dict[str, Path | str | None]) -> None:
    shutil.copyfile(source, new)
    new.chmod(_OWNERS_ALONE)
    for variable, field in VARIABLES.items():
        place = given.get(field)
        if place:
            dotenv.set_key(new, variable, str(place), quote_mode="auto")
