"""How digests stand: what an answer tells a person about one channel, or about a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.digests.edition import PastEdition
from bot.digests.schedule import Occurrence
from bot.digests.settings import DigestSettings


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """How a channel's digest stands.

    `origin` tells for each setting where it comes from: "channel", "server" or "config". `next`
    is None while it is paused or follows nothing. `fault`: why Discord takes no messages there.
    `gone`: the channel is deleted.
    """

    digest_id: int
    guild_id: int
    channel_id: int
    topics: tuple[str, ...]
    settings: DigestSettings
    origin: Mapping[str, str]
    next: Occurrence | None
    fault: str | None
    last: Sequence[PastEdition]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class ServerChange:
    """The digests that follow a server's new default, and those that keep their own."""

    settings: DigestSettings
    inheriting: Sequence[DigestStatus]
    keeping: Sequence[DigestStatus]
