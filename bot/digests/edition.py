"""An edition and its parts.

An edition is planned and frozen in one commit (`ready`); a part is `sending` in a commit of its own
before its request, so that after a crash it is known what may have been posted. ledger.py has the
states and every move between them.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from bot.config import Layout
from bot.digests.ledger import EditionState, PartState
from bot.stories.model import ArchivedStory

LATE: Final = timedelta(minutes=10)
"""An edition that is posted this much after its time says that it is late."""


class AlsoLine(NamedTuple):
    """One line under an edition: an event similar to one that the channel has just had."""

    story_id: int
    headline: str
    publisher: str
    url: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of an edition: the followed topics' names, and stories in order.

    `from_archive`: it is a quiet day, and the one story is an older one. No story = a one-line
    note. `due`: its local time, if it is late enough to say so. `role`: the id of the role to ping.
    `also`: the lines under the last part, in order; none without a story. `layout`: how it looks.
    """

    topics: tuple[str, ...]
    local_date: date
    slot: int
    stories: tuple[ArchivedStory, ...]
    from_archive: bool = False
    due: datetime | None = None
    role: int | None = None
    also: tuple[AlsoLine, ...] = ()
    layout: Layout = Layout.CARDS


@dataclass(frozen=True, slots=True)
class Part:
    """One frozen message: `body` is its JSON, `marker` a line that no other message there has.

    `version`: 0 = as it was frozen, higher = made plainer after Discord refused it.
    """

    edition_id: int
    part: int
    body: str
    sha256: bytes
    marker: str
    nonce: str
    state: PartState
    attempts: int
    first_tried_at: datetime | None
    version: int = 0


@dataclass(frozen=True, slots=True)
class PastEdition:
    """An edition's current state, the reason for it, how many stories were chosen for it, and how
    many of them its channel was sent, as far as is known.
    """

    edition_id: int
    local_date: date
    slot: int
    due_at: datetime
    state: EditionState
    reason: str | None
    stories: int
    shown: int


def edition_line(local_date: date, slot: int, part: int) -> str:
    """The marker: it names an edition and part in words that no other message of its channel has.

    It is stored with its part and searched for as stored. A message that the database does not know
    is read by its marker alone: if you change the words, add them to the formats below.
    """
    number = slot if slot > 0 else 1 - slot
    counted = f" {number}" if number > 1 else ""
    kind = f", extra edition{counted}" if slot < 1 else f", edition{counted}" if counted else ""
    more = f", part {part}" if part > 1 else ""
    return f"{local_date:%A} {local_date.day} {local_date:%B %Y}{kind}{more}"


_FORMATS: Final = (
    (  # a number only from the second edition of a day
        re.compile(
            r"[A-Z][a-z]+day (?P<day>\d{1,2} [A-Z][a-z]+ \d{4})"
            r"(?:, (?P<extra>extra )?edition(?: (?P<number>[2-9]|[1-9]\d{1,3}))?)?"
            r"(?:, part (?P<part>\d{1,4}))?"
        ),
        "%d %B %Y",
    ),
    (  # the first version's format
        re.compile(
            r"[A-Z][a-z]+day (?P<day>\d{1,2} [A-Z][a-z]+ \d{4}), "
            r"(?P<extra>extra )?edition (?P<number>\d{1,4})(?:, part (?P<part>\d{1,4}))?"
        ),
        "%d %B %Y",
    ),
)
"""Every format that `edition_line` has ever written, newest first, each with its date format.

Channels hold messages in all of them, and a channel is read back after a restore: you may add a
format in front, with sample lines in the test, but never change or remove one.
"""


def read_edition_line(line: str) -> tuple[date, int, int] | None:
    """The date, slot and part of a marker, whatever version wrote it; None for other lines."""
    for pattern, day_format in _FORMATS:
        if match := pattern.fullmatch(line):
            return _key(match, day_format)
    return None


def _key(match: re.Match[str], day_format: str) -> tuple[date, int, int] | None:
    try:
        day = datetime.strptime(match["day"], day_format).date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None
    number = int(match["number"] or 1)
    return day, 1 - number if match["extra"] else number, int(match["part"] or 1)
