"""The lines of an export, as docs/export.md describes them."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AwareDatetime, Field, NonNegativeInt

from bot.store.tables import SCHEMA, Table

FORMAT: Final = 1
LARGEST: Final = (1 << 63) - 1
"""The largest integer of a column; the smallest is one below its negative."""


class Sum(NamedTuple):
    """How many rows a table has, and the SHA-256 of their lines."""

    rows: int
    sha256: str


class Sums:
    """Sums up the lines of a table."""

    def __init__(self) -> None:
        self._rows, self._hash = 0, hashlib.sha256()

    def add(self, lines: Sequence[bytes]) -> None:
        """Add lines, each with its line feed."""
        self._rows += len(lines)
        self._hash.update(b"".join(lines))

    @property
    def sum(self) -> Sum:
        """The sum of the lines so far."""
        return Sum(self._rows, self._hash.hexdigest())


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: the version that wrote it, the moment of which the rows are, how many they
    are, the last ids of the tables whose ids are never given again, and the tables' schema.
    """

    version: str
    taken_at: AwareDatetime
    rows: NonNegativeInt
    last_ids: Mapping[str, Annotated[int, Field(ge=0, le=LARGEST)]]
    schema: int = SCHEMA

    @property
    def line(self) -> bytes:
        """The line, with its line feed."""
        return line_of(
            {
                "broadsheet": "export",
                "format": FORMAT,
                "schema": self.schema,
                "version": self.version,
                "taken_at": self.taken_at.isoformat(timespec="seconds"),
                "rows": self.rows,
                "last_ids": dict(self.last_ids),
            }
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What an export holds: its header, and the sum of each table."""

    header: Header
    sums: Mapping[str, Sum]


def table_record(table: Table) -> dict[str, Any]:
    """The line before a table's rows."""
    return {"table": table.name, "columns": table.names}


def end_record(sums: Mapping[str, Sum]) -> dict[str, Any]:
    """The last line."""
    return {"end": {name: one._asdict() for name, one in sums.items()}}


def line_of(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """The line of a record, or of a row's values, with its line feed."""
    return f"{_encode(value)}\n".encode()


def row_line(row: Sequence[Any]) -> bytes:
    """The line of a row. NUL becomes U+FFFD, since not every database can store it in a text."""
    line = line_of(row)
    if b"\\u0000" in line:
        return line_of(
            [one.replace("\0", "\ufffd") if isinstance(one, str) else one for one in row]
        )
    return line


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_base64).encode
