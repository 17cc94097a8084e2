"""The table of results, printed at the end of a run."""

from dataclasses import dataclass
from typing import Final

ROWS: Final[list["Row"]] = []
"""The rows of this run, in the order of the tests."""


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    goal: str
    measured: str


def note(what: str, goal: str, measured: object) -> None:
    """Add a line."""
    ROWS.append(Row(what, goal, str(measured)))


def markdown() -> str:
    """The lines as a table in Markdown."""
    lines = ["| test | goal | measured |", "|---|---|---|"]
    lines += [f"| {row.what} | {row.goal} | {row.measured} |" for row in ROWS]
    return "\n".join(lines)
