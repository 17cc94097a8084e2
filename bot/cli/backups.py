"""broadsheet backup, restore: copies of the whole database."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.files import refuse_existing, refuse_no_folder
from bot.cli.options import ConfigFolder, Database, Seeds, settled
from bot.cli.output import note, result
from bot.clock import SystemClock
from bot.errors import UsageError
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
    target = file.absolute() if file else copy_by_hand(places.database, now)
    refuse_existing(target)
    if file:
        refuse_no_folder(target)
    refuse_missing(places.database)
    back_up(places.database, target, now)
    result(str(target))


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `backup` or the bot made")],
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Replace the database with a backup; the old one is kept. Stop the bot first."""
    places = settled(database, config, seeds)
    if not file.is_file():
        raise UsageError(f"{file} is not a file; backups are in {folder_of(places.database)}")
    if places.database.exists() and file.samefile(places.database):
        backups = folder_of(places.database)
        raise UsageError(f"{file} is the database itself; backups are in {backups}")
    restored, former = put_back(places.database, file.absolute(), SystemClock().now())
    result(f"restored {places.database} as it was on {restored.taken_at:%Y-%m-%d %H:%M} UTC")
    if former:
        note(f"the previous database is kept as {former}")
