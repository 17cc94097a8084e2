"""When a shard may begin a new session (IDENTIFY): Discord resets a token after 1,000 in a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from bot.errors import DiscordUnavailable

BURST: Final = 10
"""How many sessions a bot of one shard may begin in a row, as a bad hour of Discord requires. Each
further shard adds one, so that all of them can always begin at once.
"""
REFILL: Final = 100.0
"""Seconds until another session may begin: 864 a day, and the burst once."""
MOST: Final = 0.9
"""The share of Discord's daily sessions that a bot uses at most."""
GAP: Final = 5.2
"""Seconds between two shards that begin in turn. Discord's limit is 5; requests sent that far apart
may arrive a little closer together.
"""
DAY: Final = 86_400.0
_ROUNDING: Final = 0.001
"""A wait of fewer seconds than this counts as over: rounding must not cause another wait."""
RESERVE: Final = 20
"""How many of today's sessions the bot leaves unused, for whoever fixes it."""


@dataclass(frozen=True)
class Sessions:
    """Discord's answer about a bot's sessions (GET /gateway/bot).

    `shards`: how many it should have. Of `total` sessions a day, `remaining` are left for the next
    `resets_in` seconds. Shards whose numbers differ by less than `at_once` may begin together.
    """

    shards: int = 1
    total: int = 1000
    remaining: int = 1000
    resets_in: float = 0.0
    at_once: int = 1

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Read Discord's answer. Raises LookupError, TypeError or ValueError."""
        limit = answer["session_start_limit"]
        return cls(
            shards=max(1, int(answer["shards"])),
            total=int(limit["total"]),
            remaining=int(limit["remaining"]),
            resets_in=int(limit["reset_after"]) / 1000,
            at_once=max(1, int(limit["max_concurrency"])),
        )

    def refuse_the_last(self) -> None:
        """Raise DiscordUnavailable if starting all shards would use the sessions reserved for
        today, no matter which program used the others.
        """
        if self.remaining - self.shards >= RESERVE:
            return
        needs = "" if self.shards == 1 else f", and its {self.shards} shards need one each"
        raise DiscordUnavailable(
            f"Discord takes only {self.remaining} more of the {self.total} logins a day of this"
            f" bot{needs}: find out what logs in so often, and try again in"
            f" {self.resets_in / 3600:.1f} hours."
        )


class IdentifyBudget:
    """A token bucket whose slots can be reserved ahead. Times are seconds of any monotonic clock;
    `now` is the time of `sessions`.

    A shard waits in two steps: for its slot, before it connects, and then, just before it begins,
    for a shard before it that was late.
    """

    def __init__(self, sessions: Sessions, now: float) -> None:
        self._at_once = sessions.at_once
        self._burst = BURST - 1 + sessions.shards
        self._refill = max(REFILL, DAY / max(1.0, MOST * sessions.total - self._burst))
        self.together = MOST * sessions.total / 2 / DAY
        """How many sessions a second all processes of the bot begin in the long run. They may be a
        day ahead of that: so no day has more than MOST of Discord's.
        """
        self._left, self._looked_at = float(self._burst), now
        self._today, self._resets = sessions.remaining - RESERVE, now + sessions.resets_in
        self._next: dict[int, float] = {}
        self._begun: dict[int, float] = {}

    def reserve(self, shard_id: int, now: float) -> float:
        """Reserve a slot; returns the seconds until it."""
        earned = (now - self._looked_at) / self._refill
        self._left = min(self._burst, self._left + earned) - 1
        self._looked_at, self._today = now, self._today - 1
        lane = self.lane_of(shard_id)
        at = max(now - min(0.0, self._left) * self._refill, self._next.get(lane, now))
        if self._today < 0:
            at = max(at, self._resets)
        self._next[lane] = at + GAP
        return at - now

    def lane_of(self, shard_id: int) -> int:
        """Which shards begin in turn with a shard: those of the same lane."""
        return shard_id % self._at_once

    def begin(self, shard_id: int, now: float) -> float:
        """Begin and return 0, or return the seconds to wait if another shard began too recently."""
        lane = self.lane_of(shard_id)
        wait = self._begun.get(lane, now - GAP) + GAP - now
        if wait > _ROUNDING:
            return wait
        self._begun[lane] = now
        return 0.0
