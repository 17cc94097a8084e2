"""broadsheet export, import: everything that a database holds, as JSON Lines."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer

from bot.cli.files import refuse_existing, refuse_no_folder
from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import note, result
from bot.cli.progress import progress
from bot.clock import SystemClock
from bot.database_url import DatabaseAddress
from bot.errors import DatabaseError, UsageError
from bot.store.export_format import Contents, Header
from bot.store.export_reading import Lines
from bot.store.exporting import write_export
from bot.store.importing import fill, first_content
from bot.store.opening import only_bot_on, open_database, refuse_lost, refuse_missing
from bot.store.sqlite.copying import put_in_place, unfinished

_PIPE: Final = Path("-")


def export(
    file: Annotated[Path, typer.Argument(help="A new file; - = stdout")],
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Write all that the database holds as JSON Lines; works beside a running bot."""
    path = settled(database, config, seeds).database
    refuse_missing(path)
    with _written(file) as target:
        contents = run(_export(path, target))
    text = _text(contents, as_json=as_json)
    (note if file == _PIPE else result)(text)


async def _export(path: DatabaseAddress, target: "_File") -> Contents:
    database = await open_database(path)
    try:
        async with database.at_one_moment() as db:
            with progress("rows written") as tell:
                return await write_export(db, SystemClock().now(), target.write, tell)
    finally:
        await database.close()


def import_(
    file: Annotated[Path, typer.Argument(help="What export wrote; - = stdin")],
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Fill an empty database with what export wrote: all of it, or nothing. Stop the bot first.

    The next start reads channels back, as after a restore.
    """
    path = settled(database, config, seeds).database
    with _read(file) as source:
        lines = Lines(source, "stdin" if file == _PIPE else str(file))
        header = lines.header()
        refuse_lost(path)
        with only_bot_on(path):
            contents = run(_import(path, header, lines))
    note(f"imported into {path}")
    result(_text(contents, as_json=as_json))


async def _import(path: DatabaseAddress, header: Header, lines: Lines) -> Contents:
    database = await open_database(path)
    try:
        async with database.writing() as db:
            if table := await first_content(db):
                advice = "Import into a new one, named with --database or BROADSHEET_DATABASE."
                raise DatabaseError(path, f"it is not empty (its table {table} has rows)", advice)
            with progress("rows written and compared") as tell:
                return await fill(db, header, lines, SystemClock().now(), tell)
    finally:
        await database.close()


def _text(contents: Contents, *, as_json: bool) -> str:
    """Each table's number of rows and their sum, to be compared by eye or by diff."""
    if as_json:
        return json.dumps(_record(contents))
    rows = [("table", "rows", "sha256"), *((name, *one) for name, one in contents.sums.items())]
    return "\n".join(f"{name:<18}  {count:>9}  {sha256}" for name, count, sha256 in rows)


def _record(contents: Contents) -> dict[str, Any]:
    return {
        "version": contents.header.version,
        "taken_at": contents.header.taken_at.isoformat(timespec="seconds"),
        "tables": {name: one._asdict() for name, one in contents.sums.items()},
    }


class _FileFailed(Exception):
    """An OSError of the export's file, which would be taken for one of the database."""


class _File:
    """The export's file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, lines: bytes) -> None:
        """Write lines."""
        try:
            self._file.write(lines)
        except OSError as error:
            raise _FileFailed from error

    def readline(self, limit: int) -> bytes:
        """The next line, or its first bytes; none at the end."""
        try:
            return self._file.readline(limit)
        except OSError as error:
            raise _FileFailed from error


@contextmanager
def _written(file: Path) -> Iterator[_File]:
    """The file to write, which gets its name when it is complete."""
    if file == _PIPE:
        with _failing():
            yield _File(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    target = file.absolute()
    refuse_existing(target)
    refuse_no_folder(target)
    with unfinished(target) as part:
        with part.open("wb") as opened, _failing():
            yield _File(opened)
        put_in_place(part, target)


@contextmanager
def _read(file: Path) -> Iterator[_File]:
    if file == _PIPE:
        with _failing():
            yield _File(sys.stdin.buffer)
        return
    if not file.exists() or file.is_dir():
        raise UsageError(f"{file} is not a file.")
    with file.open("rb") as opened, _failing():
        yield _File(opened)


@contextmanager
def _failing() -> Iterator[None]:
    """Raise an error of the file as what it is."""
    try:
        yield
    except _FileFailed as error:
        raise error.__cause__ or error from None
