"""How digests stand: what an answer tells a person about one channel, or about a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.digests.edition import PastEdition
from bot.digests.schedule import Occurrence
from bot.digests.settings import DigestSettings
from bot.digests.target import Channel


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """How a channel's digest stands.

    `set_by` tells for each setting who has set it: "channel", "server" or "config". `next`
    is None while it is paused or follows nothing. `fault`: why Discord takes no messages there.
    `gone`: the channel is deleted, `gone_at`: when that was found out. `doubts`: what is wrong
    though digests come, a sentence each. `held`: why it does not come though it is due, since
    something of it is unknown here: then `settings` are only what is known of them. `waiting`: what
    else of it is held back, and why, a sentence each.
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
    doubts: Sequence[str] = ()
    held: str | None = None
    waiting: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ServerChange:
    """The digests that follow a server's new default, and those that keep their own."""

    settings: DigestSettings
    inheriting: Sequence[DigestStatus]
    keeping: Sequence[DigestStatus]
