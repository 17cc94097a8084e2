"""What people change of servers and digests, and how long a change can be undone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.digests.target import Channel, Server
from bot.errors import UsageError
from bot.stories.text import slug

UNDO_FOR: Final = timedelta(minutes=10)
"""How long a change can be undone: while whoever made it is still looking at it."""
KEPT: Final = 200
"""How many changes of a server are kept, the newest."""
TOPICS: Final = "topics"
TAGS: Final = "tags"
LOG_CHANNEL: Final = "log_channel"
MANAGERS: Final = "managers"
"""What can be changed beside the settings of the table, which go by their own names."""

Place = Channel | Server
"""What a change is of: a channel's digest, or what a server's channels inherit."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of `name`, from `old` to `new`, which are as stored; None = nothing set.

    Of a channel's topics, `old` has the names of those that it stopped to follow, `new` of those
    that it began to follow. `by` and `undone_by` are users' ids; `undone_by` None = it stands.
    """

    change_id: int
    place: Place
    name: str
    old: object
    new: object
    at: datetime
    by: int
    undone_by: int | None = None

    def replaces(self, earlier: "Change") -> bool:
        """Whether it stands, and changed again what an earlier change of the same place did."""
        same = (self.place, self.name) == (earlier.place, earlier.name)
        if not same or self.change_id <= earlier.change_id or self.undone_by is not None:
            return False
        return self.name != TOPICS or not self.topics.isdisjoint(earlier.topics)

    @property
    def topics(self) -> set[str]:
        """The slugs of the topics that it changed."""
        return {slug(name) for name in (*names_in(self.old), *names_in(self.new))}


def names_in(stored: object) -> list[str]:
    """The names of topics in a change."""
    return [str(one) for one in stored] if isinstance(stored, list) else []


def refuse_old(change: Change, now: datetime) -> None:
    """Raise UsageError for a change that is undone already, or too old to be undone."""
    if change.undone_by is not None:
        raise UsageError("That change was undone already.")
    if now - change.at > UNDO_FOR:
        raise UsageError(
            f"A change can be undone for {UNDO_FOR // timedelta(minutes=1)} minutes;"
            " please set the value again."
        )


def refuse_changed(*, stands: bool) -> None:
    """Raise UsageError unless the changed value still stands."""
    if not stands:
        raise UsageError("That was changed again since; `/digest history` shows what it was.")
