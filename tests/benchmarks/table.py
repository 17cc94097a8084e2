"""The table printed at the end: what was measured, against what, and whether the goal is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ROWS: Final[list["Row"]] = []
"""The rows of this run, in the order of the benchmarks."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `met` None = the goal is for a larger archive than this run's."""

    what: str
    baseline: str
    goal: str
    measured: str
    met: bool | None


def note(*rows: Row) -> None:
    """Add lines to the table, and fail if a goal is missed."""
    ROWS.extend(rows)
    missed = [f"{r.what}: {r.measured}; the goal is {r.goal}" for r in rows if r.met is False]
    assert not missed, missed


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = ["| what | baseline | goal | measured | met |", "|---|---|---|---|---|"]
    words = {True: "yes", False: "**no**", None: "small run"}
    lines += [
        f"| {row.what} | {row.baseline} | {row.goal} | {row.measured} | {words[row.met]} |"
        for row in rows
    ]
    return "\n".join(lines)


def p50(seconds: Sequence[float]) -> float:
    """The median."""
    return statistics.median(seconds)


def p99(seconds: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[98]


def shown(seconds: float) -> str:
    """A duration in the unit that fits it."""
    for unit, least in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= least:
            return f"{seconds / least:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def spread(seconds: Sequence[float]) -> str:
    """p50 and p99 of durations."""
    return f"{shown(p50(seconds))} / {shown(p99(seconds))}"
