"""The status of digests, as an answer shows it for one channel or for a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.digests.edition import PastEdition
from bot.digests.schedule import Occurrence
from bot.digests.setting_types import ChannelKind, DigestSettings
from bot.digests.target import Channel


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """The status of a channel's digest.

    `set_by` says for each setting who has set it: "channel", "server" or "config". `next` is None
    while it is paused or follows nothing. `fault`: why Discord refuses messages there. `gone`: the
    channel is deleted, `gone_at`: when that was found out. `kind`: which kind of channel it is, if
    that makes a difference to a setting. `doubts`: problems although digests are
    posted, a sentence each. `held`: why it is not posted although it is due, because a value of it
    cannot be read here: then `settings` are only the readable ones. `waiting`: what else of it is
    held back, and why, a sentence each. `unread`: the settings of the channel itself whose values
    cannot be read here.
    """

    digest_id: int
    target: Channel
    topics: tuple[str, ...]
    settings: DigestSettings
    set_by: Mapping[str, str]
    next: Occurrence | None
    fault: str | None
    last: Sequence[PastEdition]
    gone_at: datetime | None = None
    gone: bool = False
    kind: ChannelKind | None = None
    doubts: Sequence[str] = ()
    held: str | None = None
    waiting: Sequence[str] = ()
    unread: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ServerChange:
    """The digests that follow a server's new default, and those that keep their own.

    `change_id`: by which it can be undone; None = it was that value before.
    """

    settings: DigestSettings
    inheriting: Sequence[DigestStatus]
    keeping: Sequence[DigestStatus]
    change_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """A digest after a change; `change_id`: by which it can be undone; None = nothing changed."""

    status: DigestStatus
    change_id: int | None = None
