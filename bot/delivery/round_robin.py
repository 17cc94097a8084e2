"""Whose turn it is when one at a time may try: each queue in turn, and in it each row in turn."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

Who = tuple[str, Hashable]
"""A queue and a row in it."""

PATIENCE: Final = timedelta(minutes=1)
"""How long a row's turn is kept for it. A row asks again with every tick, unless it is done."""


class RoundRobin:
    """Remembers who asked, in order."""

    def __init__(self) -> None:
        self._queues: dict[str, dict[Hashable, datetime]] = {}
        self._stood_back: set[Who] = set()

    def ask(self, who: Who, now: datetime) -> None:
        """Join the queue; a row that is in it already keeps its place."""
        queue, row = who
        self._queues.setdefault(queue, {})[row] = now

    def take(self, who: Who, now: datetime) -> bool:
        """Take the turn if it is this row's, which then goes behind all others. If it is another
        row's, this one lets it pass once; a row that does not come any more loses its turn.
        """
        self.ask(who, now)
        while (first := self._first()) != who:
            asked = self._queues[first[0]][first[1]]
            if who not in self._stood_back or timedelta() <= now - asked <= PATIENCE:
                self._stood_back.add(who)
                return False
            self._leave(first)
        self._leave(who)
        self._queues[who[0]] = self._queues.pop(who[0])  # behind all others
        self._stood_back.clear()
        return True

    def forget(self) -> None:
        """Every row may try: none waits any more."""
        self._queues.clear()
        self._stood_back.clear()

    def _first(self) -> Who:
        return next((queue, row) for queue, rows in self._queues.items() for row in rows)

    def _leave(self, who: Who) -> None:
        del self._queues[who[0]][who[1]]
