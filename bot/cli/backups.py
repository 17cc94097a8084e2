"""broadsheet backup, restore: copies of the whole database."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.files import refuse_existing, refuse_no_folder
from bot.cli.options import ConfigFolder, Database, Seeds, settled
from bot.cli.output import note, result
from bot.clock import SystemClock
from bot.errors import UsageError
from bot.store.opening import file_of
from bot.store.sqlite.backups import copy_by_hand, folder_of
from bot.store.sqlite.copying import back_up
from bot.store.sqlite.faults import refuse_missing
from bot.store.sqlite.restoring import restore as put_back


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Default: backups/ beside the database, named by time")
    ] = None,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Copy the database, with a checksum beside the copy; works beside a running bot."""
    places, now = settled(database, config, seeds), SystemClock().now()
    source = file_of(places.database)
    target = file.absolute() if file else copy_by_hand(source, now)
    refuse_existing(target)
    if file:
        refuse_no_folder(target)
    refuse_missing(source)
    back_up(source, target, now)
    result(str(target))


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `backup` or the bot made")],
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Replace the database with a backup; the old one is kept. Stop the bot first."""
    path = file_of(settled(database, config, seeds).database)
    if not file.is_file():
        raise UsageError(f"{file} is not a file; backups are in {folder_of(path)}")
    if path.exists() and file.samefile(path):
        backups = folder_of(path)
        raise UsageError(f"{file} is the database itself; backups are in {backups}")
    restored, former = put_back(path, file.absolute(), SystemClock().now())
    result(f"restored {path} as it was on {restored.taken_at:%Y-%m-%d %H:%M} UTC")
    if former:
        note(f"the previous database is kept as {former}")
