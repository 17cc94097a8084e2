"""The clock that the sandbox's page moves, and what came of the digests on the way."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from bot.clock import MovableClock
from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.digests.status import DigestStatus
from bot.render.past_editions import past_edition
from bot.sandbox.page.clock_controls import Came

MOST_STOPS: Final = 1000
"""At how many digests a moved clock stops; a longer move goes straight to its end."""


class RunningBot(Protocol):
    """What the clock needs of the bot."""

    async def move(self, by: timedelta) -> None:
        """Move the bot's clock; returns when everything due is posted."""
        ...

    async def digests(self) -> list[DigestStatus]:
        """The status of every digest."""
        ...


class PageClock:
    """The clock that the sandbox's page moves. `bot` is set once it is running."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._moving = asyncio.Lock()
        self.bot: RunningBot | None = None

    def now(self) -> datetime:
        """The time that it shows."""
        return self._clock.now()

    async def next_digests(self) -> dict[int, datetime]:
        """When the next edition of each channel is due, by the channel's id."""
        return next_due(await self.bot.digests()) if self.bot else {}

    async def move_to(self, at: datetime) -> list[Came]:
        """Move it, stopping whenever a digest is due: a digest that is passed by too much would
        count as missed while the bot was off.
        """
        if self.bot is None:
            return []
        async with self._moving:
            begun = await self.bot.digests()
            known = begun
            after = _editions(begun)
            for _ in range(MOST_STOPS):
                due = min(next_due(known).values(), default=None)
                if due is None or not self.now() < due < at:
                    break
                known = await self._put(self.bot, due)
                after |= _editions(known)
            known = await self._put(self.bot, at)
            after |= _editions(known)
            waited = [channel for channel, due in next_due(begun).items() if due <= at]
            faults = {one.target.channel_id: one.fault for one in known if one.fault}
            return came_of(_editions(begun), after, waited, faults)

    async def _put(self, bot: RunningBot, at: datetime) -> list[DigestStatus]:
        await bot.move(at - self.now())
        return await bot.digests()


def next_due(statuses: Iterable[DigestStatus]) -> dict[int, datetime]:
    """When the next edition of each channel is due, by the channel's id."""
    return {one.target.channel_id: one.next.due_at for one in statuses if one.next}


class Edition(NamedTuple):
    """A channel's edition."""

    channel: int
    state: PastEdition


def _editions(statuses: Iterable[DigestStatus]) -> dict[int, Edition]:
    """The last editions of each channel, by their ids."""
    return {
        edition.edition_id: Edition(one.target.channel_id, edition)
        for one in statuses
        for edition in one.last
    }


def came_of(
    before: Mapping[int, Edition],
    after: Mapping[int, Edition],
    waited: Iterable[int],
    faults: Mapping[int, str],
) -> list[Came]:
    """What came of the channels whose editions are others than before, and of those that `waited`
    for one. `faults`: why Discord refuses messages in a channel now.
    """
    changed = [one for key, one in after.items() if before.get(key) != one]
    posted = Counter(dict.fromkeys(waited, 0))
    last: dict[int, PastEdition] = {}
    for channel, state in sorted(changed, key=lambda one: one.state.due_at):
        was = before.get(state.edition_id)
        posted[channel] += state.shown - (was.state.shown if was else 0)
        last[channel] = state
    return [
        Came(one, count, _says(last.get(one), count, faults.get(one)))
        for one, count in posted.items()
    ]


def _says(last: PastEdition | None, posted: int, fault: str | None) -> str:
    """What there is to say beside the number of stories. An edition that was refused until it was
    too late only knows that it is late: the fault says more.
    """
    if last is None:
        return f"nothing was posted: {fault or 'see `/digest status`'}".rstrip(".")
    if posted and last.state is EditionState.DELIVERED:
        return ""
    return past_edition(replace(last, reason=fault) if fault else last)
