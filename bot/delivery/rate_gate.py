"""The gate that every delivery to Discord passes: it sets the pace, and closes at times."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.clock import Clock
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.pacer import Held, Pacer
from bot.delivery.round_robin import RoundRobin, Who
from bot.errors import DatabaseError, Malformed, OutcomeUnknown, Refused, TryLater
from bot.inflight import InFlight

logger = logging.getLogger(__name__)


class RateGateClosed(Exception):
    """Nothing may be sent now; whatever was to be sent stays as it is, for later."""


class RateGate:
    """Hands out turns to send, and watches the outcome of requests."""

    def __init__(self, pacer: Pacer, circuit: CircuitBreaker, clock: Clock) -> None:
        self._pacer, self._circuit, self._clock = pacer, circuit, clock
        self._turns = RoundRobin()
        self._telling = InFlight()

    @contextmanager
    def piece(self, who: Who) -> Iterator[None]:
        """Wrap a piece of work whose requests take turns. Raises RateGateClosed.

        While Discord does not answer, and after it asked to wait, the work begins as the probe if
        its turn has come.
        """
        probe = self._begin(who)
        try:
            yield
        finally:
            if probe:
                self._circuit.gave_back(self._clock.now())

    def _begin(self, who: Who) -> bool:
        """Begin, if that is possible; returns whether it begins as the probe."""
        now, probing = self._clock.now(), self._circuit.probing
        if not probing:
            self._turns.forget()
        elif not self._circuit.could_allow(now):
            self._turns.ask(who, now)
        elif not self._turns.take(who, now):
            raise RateGateClosed
        if not self._circuit.allows(now):
            raise RateGateClosed
        return probing

    async def turn(self) -> None:
        """Wait for a turn to send one request, which must follow at once: any work in between makes
        requests bunch. Raises RateGateClosed.
        """
        try:
            await self._pacer.turn()
        except Held as held:
            self._circuit.hold(self._clock.now(), held.seconds, str(held))
        if self._circuit.held(self._clock.now()):
            raise RateGateClosed

    async def _tell_others(self) -> None:
        """Have the other processes wait as long."""
        try:
            await self._pacer.hold(self._circuit.held_for(self._clock.now()))
        except DatabaseError as error:
            logger.warning("other processes could not be told to wait: %s", error)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Wrap one request: its outcome may close the gate for all, or open it again."""
        try:
            yield
        except TryLater as error:
            if error.everywhere:
                self._circuit.hold(self._clock.now(), error.retry_after, str(error))
                self._telling.add(asyncio.ensure_future(self._tell_others()))
            elif error.retry_after is None:
                self._circuit.unanswered(self._clock.now())
            else:
                self._circuit.answered(self._clock.now())
            raise
        except OutcomeUnknown:
            self._circuit.unanswered(self._clock.now())
            raise
        except (Refused, Malformed):
            self._circuit.answered(self._clock.now())
            raise
        else:
            self._circuit.answered(self._clock.now())
