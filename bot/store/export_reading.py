"""Reads the lines of an export, which may come from anybody, and checks everything in them."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from pydantic import TypeAdapter, ValidationError

from bot import __version__
from bot.errors import BadExport
from bot.store.export_format import FORMAT, LARGEST, Header, Sum, end_record, table_record
from bot.store.tables import NEVER_REUSED, OLDEST, SCHEMA, Table

LONGEST_LINE: Final = 16 << 20
_BATCH: Final = 256 << 10
"""About how many bytes of rows are held at once."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_VERSION: Final = re.compile(r"[\w.+-]{1,40}", re.ASCII)
_HEADER: Final = TypeAdapter(Header)
_IN_WORDS: Final = {
    int: "a whole number",
    str: "a text",
    float: "a number with a point",
    bytes: "a text",
}


class File(Protocol):
    """What lines are read from: an open file of bytes."""

    def readline(self, limit: int, /) -> bytes:
        """The next line, or its first bytes; none at the end."""
        ...


class Batch(NamedTuple):
    """Some rows of a table: the number of the first one's line, the lines and their values."""

    first: int
    lines: list[bytes]
    rows: list[list[Any]]


class Lines:
    """The lines of an export, one after another; `name` is the file's, for people.

    Whatever is not as it must be raises BadExport, which names the line.
    """

    def __init__(self, file: File, name: str) -> None:
        self._file, self._name = file, name
        self._number, self._line = 0, b""
        self._advance()
        self._line = self._line.removeprefix(_BYTE_ORDER_MARK)

    def bad(self, reason: str, number: int | None = None) -> BadExport:
        """The error for the present line, or that of a number."""
        return BadExport(self._name, self._number if number is None else number, reason)

    def header(self) -> Header:
        """Read the first line."""
        try:
            record = self._record()
        except BadExport as error:
            raise self.bad(f"this is no export of Broadsheet: {error.reason}") from error
        header = _header(self._line, record)
        if isinstance(header, str):
            raise self.bad(header)
        self._advance()
        return header

    def table(self, table: Table) -> Iterator[Batch]:
        """Read a table: the line before its rows, and these."""
        if self._record() != table_record(table):
            raise self.bad(f"here the table {table.name} must begin, with its columns")
        self._advance()
        reader = RowReader(table)
        while self._line.startswith(b"["):
            yield self._batch(reader)

    def _batch(self, reader: "RowReader") -> Batch:
        batch, size = Batch(self._number, [], []), 0
        while self._line.startswith(b"[") and size < _BATCH:
            try:
                batch.rows.append(reader.read(self._line))
            except ValueError as error:
                raise self._unreadable(str(error)) from error
            batch.lines.append(self._line)
            size += len(self._line)
            self._advance()
        return batch

    def end(self, sums: Mapping[str, Sum]) -> None:
        """Read the last line, which must give these sums of the tables' rows."""
        found, wanted = self._record().get("end"), end_record(sums)["end"]
        if not isinstance(found, dict) or found.keys() != wanted.keys():
            raise self.bad("here the sums of all tables must stand")
        for name, one in wanted.items():
            if found[name] != one:
                raise self.bad(f"the rows of the table {name} are not those that were exported")
        self._advance()
        while self._line:
            if self._line.strip():
                raise self.bad("it comes after the end")
            self._advance()

    def _record(self) -> dict[str, Any]:
        """What the present line says."""
        if not self._line:
            raise self.bad("the file ends here, so it is not complete")
        try:
            record = _value_of(self._line)
        except ValueError as error:
            raise self._unreadable(str(error)) from error
        if not isinstance(record, dict):
            raise self.bad("it is no record")
        return record

    def _unreadable(self, reason: str) -> BadExport:
        if not self._line.endswith(b"\n"):
            return self.bad("the file ends within it, so it is not complete")
        return self.bad(reason)

    def _advance(self) -> None:
        """Go on to the next line; editors of Windows may have changed how lines end."""
        self._number += 1
        line = self._file.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise self.bad(f"it is longer than {LONGEST_LINE >> 20} MiB")
        self._line = line[:-2] + b"\n" if line.endswith(b"\r\n") else line


def _header(line: bytes, record: Mapping[str, Any]) -> Header | str:
    """What the first line says, or why its export cannot be imported."""
    match record:
        case {
            "broadsheet": "export",
            "format": int(format_),
            "schema": int(schema),
            "version": str(version),
        } if _VERSION.fullmatch(version):
            return _other_version(version, format_, schema) or _details(line)
    return "this is no export of Broadsheet"


def _other_version(version: str, format_: int, schema: int) -> str:
    writer = f"Broadsheet {version} wrote it with schema {schema}, format {format_}"
    reader = f"{__version__} with schema {SCHEMA}, format {FORMAT}"
    if format_ > FORMAT or schema > SCHEMA:
        return f"{writer}; this is {reader}: upgrade this one first"
    if format_ < FORMAT or schema < OLDEST:
        return f"{writer}; this is {reader}: upgrade that one, and export again"
    return ""


def _details(line: bytes) -> Header | str:
    try:
        header = _HEADER.validate_json(line)
    except ValidationError as error:
        (first, *_) = error.errors()
        return f"its {'.'.join(map(str, first['loc']))}: {first['msg']}"
    strangers = header.last_ids.keys() - set(NEVER_REUSED)
    return "its last_ids name another table" if strangers else header


class RowReader:
    """Reads the rows of a table, which must come in the order of its key."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._integers, self._blobs = table.places(int), table.places(bytes)
        self._key = [table.names.index(name) for name in table.key]
        self._last: list[Any] = []
        self._good_kinds: set[tuple[type, ...]] = set()

    def read(self, line: bytes) -> list[Any]:
        """The values of a row. Raises ValueError with the reason why it is none."""
        row: list[Any] = _value_of(line)
        self._refuse_kinds(row)
        self._refuse_values(row, line)
        key = [row[place] for place in self._key]
        if key <= self._last:
            raise ValueError("its key does not come after that of the row before it")
        self._last = key
        for place in self._blobs:
            if row[place] is not None:
                row[place] = base64.b64decode(row[place], validate=True)
        return row

    def _refuse_kinds(self, row: list[Any]) -> None:
        kinds = tuple(map(type, row))
        if kinds in self._good_kinds:
            return
        if len(row) != len(self._table.columns):
            raise ValueError(f"it has {len(row)} values, not {len(self._table.columns)}")
        for column, kind in zip(self._table.columns, kinds, strict=True):
            in_json = str if column.kind is bytes else column.kind
            if kind is not in_json and (column.required or kind is not type(None)):
                raise ValueError(f"its {column.name} is not {_IN_WORDS[column.kind]}")
        self._good_kinds.add(kinds)

    def _refuse_values(self, row: list[Any], line: bytes) -> None:
        for place in self._integers:
            if row[place] is not None and not -LARGEST <= row[place] + 1 <= LARGEST + 1:
                raise ValueError(f"its {self._table.names[place]} has more than 64 bits")
        if b"\\u" in line:  # only an escape can be NUL or half a character
            text = "".join(value for value in row if isinstance(value, str))
            if b"\0" in text.encode():
                raise ValueError("it has a NUL character")


def _value_of(line: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What a line of JSON says. Raises ValueError with the reason why it is none."""
    try:
        return _decode(line.decode())
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _constant(name: str) -> float:
    if name == "NaN":
        raise ValueError("NaN is no number")
    return float(name)


_decode: Final = json.JSONDecoder(parse_constant=_constant).decode
