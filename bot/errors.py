"""The exception tree. Exceptions carry data; `str()` of one is the sentence that a user reads.

BroadsheetError
├── ConfigError         a setting is unknown, of the wrong type or impossible      (exit 2)
├── UsageError          a request that cannot be carried out as it was made        (exit 2)
│   ├── UnknownTopic    no topic has that name
│   └── BadValue        a setting's value is wrong; also a ValueError, for validation
├── MassWithdrawal      a rescan found far fewer files than before                 (exit 1)
├── ImplausibleClock    the clock is too far off to delete anything by age         (exit 1)
├── StoryFileError      a story file that cannot be read                           (a rejection)
├── Unreadable          stored values that this version or machine cannot read     (its row waits)
├── DatabaseError       the database cannot be opened, read or written             (exit 1)
│   ├── DatabaseMoved   its file is no longer the opened one                       (exit 1)
│   └── LostLease       other processes have taken this one's place                (exit 1)
├── BadExport           a file that import cannot take: broken, or of another version  (exit 1)
├── DiscordUnavailable  no login, no network                                       (exit 1)
└── DeliveryError       a message was not, or perhaps not, posted
    ├── Refused         Discord refuses it there: permission, channel
    ├── Malformed       Discord refuses this body anywhere
    ├── TryLater        certainly not stored; try again later
    └── OutcomeUnknown  perhaps stored: no answer, or a fault of Discord's server
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.database_url import DatabaseAddress


class BroadsheetError(Exception):
    """The base of everything that this program raises on purpose."""


class ConfigError(BroadsheetError):
    """A setting that cannot be used: `source` is a file or "environment", `key` dotted."""

    def __init__(self, source: str, key: str, reason: str) -> None:
        super().__init__(f"{source}: {key}: {reason}" if key else f"{source}: {reason}")
        self.source, self.key, self.reason = source, key, reason


class UsageError(BroadsheetError):
    """A request that cannot be carried out as it was made; the text says what to do instead."""


class UnknownTopic(UsageError):
    """No topic is called `name`; `near` are similar names, best first."""

    def __init__(self, name: str, near: Sequence[str] = ()) -> None:
        hint = f" Did you mean {', '.join(near)}?" if near else " See all: broadsheet topics"
        super().__init__(f"There is no topic “{name}”.{hint}")
        self.name, self.near = name, tuple(near)


class BadValue(UsageError, ValueError):
    """The `given` text is not a value of the setting; `advice` says why, and what to write.

    `choices`: texts that it may stand for, likeliest first, each of one meaning.
    """

    def __init__(self, given: str, advice: str, choices: Sequence[str] = ()) -> None:
        super().__init__(f"“{given}” {advice}")
        self.given, self.advice, self.choices = given, advice, tuple(choices)


class Ambiguous(BadValue):
    """The text stands for each of the choices."""


class MassWithdrawal(BroadsheetError):
    """So much is missing from an origin, such as files from the seeds folder, that it may not be
    complete; nothing was changed.

    `lost` of `carried` stories would be withdrawn.
    """

    def __init__(self, origin: str, lost: int, carried: int) -> None:
        stories = "story" if carried == 1 else "stories"
        files = "its file is" if lost == 1 else "their files are"
        super().__init__(
            f"{origin}: {lost} of {carried} {stories} would be withdrawn, since {files} gone;"
            " nothing was changed. If the folder is complete and you mean it, run:"
            " broadsheet ingest --withdraw"
        )
        self.origin, self.lost, self.carried = origin, lost, carried


class ImplausibleClock(BroadsheetError):
    """The clock reads `now`, far from the time `known` at which it was last plausible."""

    def __init__(self, now: datetime, known: datetime) -> None:
        super().__init__(
            f"the clock says {now:%Y-%m-%d}, but it was last plausible on {known:%Y-%m-%d}, so"
            " nothing is deleted because of its age. Correct the clock; if it is right, a running"
            " bot accepts it after a day, and broadsheet prune --anyway at once."
        )
        self.now, self.known = now, known


class StoryFileError(BroadsheetError):
    """A story file that cannot be read.

    `path` is the place in the front matter (keys and list positions, empty = the whole file),
    `line` the line in the file, counted from 1, or None if no single line is at fault. If there are
    `several` faults these are the first's, and the reason says where each is.
    """

    def __init__(
        self,
        reason: str,
        path: Sequence[str | int] = (),
        line: int | None = None,
        *,
        several: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.path, self.line = reason, tuple(path), line
        self.several = several

    @property
    def sentence(self) -> str:
        """The reason, and its place as far as that is known."""
        where = "" if self.several else placed(self.line, self.field)
        return f"{where}: {self.reason}" if where else self.reason

    @property
    def field(self) -> str | None:
        """The path as text: `related[3].quality`; None for the whole file."""
        text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return text.removeprefix(".") or None


def placed(line: int | None, field: str | None) -> str:
    """Line and field of a story file in words, as far as they are known."""
    return ", ".join(part for part in (f"line {line}" if line else "", field or "") if part)


class UnknownValue(NamedTuple):
    """A stored value that cannot be read here: what it is, and the command that sets it, if any.

    `of_server`: it is a server's value, which its channels inherit.
    """

    what: str
    value: object
    command: str = ""
    of_server: bool = False

    @property
    def owner(self) -> str:
        """Whose value it is, to be put before `what`."""
        return "the server's" if self.of_server else "its"


class Unreadable(BroadsheetError):
    """Stored values that a newer version wrote, or that only another machine can read."""

    def __init__(self, *unknown: UnknownValue) -> None:
        super().__init__(
            "; ".join(
                f"{one.owner} {one.what} {str(one.value)[:60]!r} is unknown" for one in unknown
            )
        )
        self.unknown = unknown


class DatabaseError(BroadsheetError):
    """The database at `database` cannot be used; `advice` says how to fix it."""

    def __init__(self, database: DatabaseAddress, reason: str, advice: str) -> None:
        super().__init__(f"Database {database}: {reason}. {advice}")
        self.database, self.reason, self.advice = database, reason, advice


class DatabaseMoved(DatabaseError):
    """The file that was opened as the database is gone: whatever is written would be lost."""


class LostLease(DatabaseError):
    """Other processes have taken the place of this one: it may write and send nothing more."""


class BadExport(BroadsheetError):
    """A line of an export that cannot be imported, whose `reason` says why; nothing was changed."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}. Nothing was imported.")
        self.file, self.line, self.reason = file, line, reason


class DiscordUnavailable(BroadsheetError):
    """The bot cannot log in or reach Discord at all."""


class DeliveryError(BroadsheetError):
    """A message that was not, or perhaps not, posted."""


class Refused(DeliveryError):
    """Discord refuses messages there: a permission is missing, or the channel is `gone`."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


class Malformed(DeliveryError):
    """Discord would refuse this body in any channel."""


class TryLater(DeliveryError):
    """The message was certainly not stored; `retry_after`: seconds to wait, if Discord named them.

    `everywhere`: no request at all may be sent before that.
    """

    def __init__(
        self, reason: str, retry_after: float | None = None, *, everywhere: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after, self.everywhere = retry_after, everywhere


class OutcomeUnknown(DeliveryError):
    """It is unknown whether the message was stored: no answer, or a fault of Discord's server."""
