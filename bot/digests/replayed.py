"""A day of a replay."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from bot.digests.edition import Contents
from bot.digests.selection import Choice


class Replayed(NamedTuple):
    """A day of a replay: its edition or None, the links of the other stories of the event that each
    of its stories leads, by the story's id, the edition's time, and every candidate's verdict.
    """

    day: date
    contents: Contents | None
    others: Mapping[int, Sequence[str]]
    now: datetime
    choices: Sequence[Choice]
