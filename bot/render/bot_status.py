"""How the whole bot is, as tables for a terminal and as JSON: its digests and its feeds."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from io import StringIO
from itertools import groupby
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.digests.settings import PAUSED
from bot.digests.status import DigestStatus
from bot.render.feed_health import health
from bot.render.feed_list import NOT_READ
from bot.render.moments import away
from bot.render.past_editions import past_edition
from bot.render.sanitizer import plain
from bot.render.terminal import readable
from bot.stories.feeds import Feed, FeedSettings

_TOPICS, _NAME, _FAULT = 200, 60, 300
"""How many characters these have in a cell."""
_CHANNEL: Final = "Channel"
_DIGEST: Final = (_CHANNEL, "Follows", "Last edition", "Next edition", "Faults")
_FEED: Final = ("Feed", "Topics", "How it is")


def digests_table(statuses: Sequence[DigestStatus], now: datetime, width: int) -> str:
    """A table for each server: a row for each channel with a digest."""
    by_server = groupby(
        sorted(statuses, key=lambda one: (one.target.guild_id, one.target.channel_id)),
        key=lambda one: one.target.guild_id,
    )
    tables = (
        f"Server {guild_id}\n{_table(_DIGEST, (_digest(one, now) for one in of_server), width)}"
        for guild_id, of_server in by_server
    )
    return "\n\n".join(tables)


def _digest(status: DigestStatus, now: datetime) -> tuple[str, ...]:
    return (
        str(status.target.channel_id),
        plain(", ".join(status.topics), _TOPICS),
        _last(status.last[0]) if status.last else "none yet",
        _next(status, now),
        "; ".join(faults(status)) or "none",
    )


def _last(edition: PastEdition) -> str:
    """Its date and what came of it; what blocks it is the digest's fault, which has a cell."""
    blocked = edition.state is EditionState.BLOCKED
    return readable(past_edition(replace(edition, reason=None) if blocked else edition))


def _next(status: DigestStatus, now: datetime) -> str:
    """`Mon 23 Dec 08:00 UTC, in 14 hours`; in the zone of the digest."""
    if status.next is None:
        return "paused" if status.settings[PAUSED] else "none"
    due, table = status.next.due_at, status.settings.timetable
    local = due.astimezone(table.zone)
    how = away(due - now) if due > now else "overdue"
    return f"{local:%a} {local.day} {local:%b %H:%M} {table.timezone}, {how}"


def faults(status: DigestStatus) -> list[str]:
    """What keeps a digest from its channel, as far as the database knows."""
    gone = "the channel was deleted" if status.gone_at else None
    found = (gone, status.fault, status.held, *status.waiting)
    words = (readable(one).replace(status.target.mention, "the channel") for one in found if one)
    return [plain(one, _FAULT) for one in words]


def feeds_table(
    feeds: Iterable[tuple[FeedSettings, Feed | None]], now: datetime, width: int
) -> str:
    """A row for each feed; None = no bot has read the file yet."""
    return _table(_FEED, (_feed(settings, feed, now) for settings, feed in feeds), width)


def _feed(settings: FeedSettings, feed: Feed | None, now: datetime) -> tuple[str, ...]:
    name = settings.provider or (feed.title if feed else "")
    return (
        f"{plain(name, _NAME)}\n{settings.url}" if name else settings.url,
        plain(", ".join(settings.topics), _TOPICS),
        health(feed, now) if feed else NOT_READ,
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> str:
    """A table in this many columns; cells are wrapped, and none of their text is markup."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head == _CHANNEL)
    for row in rows:
        table.add_row(*map(Text, row))
    written = StringIO()
    Console(file=written, width=width, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def digest_record(status: DigestStatus) -> dict[str, Any]:
    """A digest as JSON."""
    coming = status.next
    return {
        "server": str(status.target.guild_id),
        "channel": str(status.target.channel_id),
        "topics": [*status.topics],
        "paused": status.settings[PAUSED],
        "last": _edition_record(status.last[0]) if status.last else None,
        "next": coming
        and {
            "date": coming.local_date.isoformat(),
            "slot": coming.slot,
            "due_at": coming.due_at.isoformat(),
        },
        "faults": faults(status),
    }


def _edition_record(edition: PastEdition) -> dict[str, Any]:
    return {
        "date": edition.local_date.isoformat(),
        "slot": edition.slot,
        "due_at": edition.due_at.isoformat(),
        "state": edition.state,
        "reason": edition.reason,
        "stories": edition.stories,
        "shown": edition.shown,
    }
