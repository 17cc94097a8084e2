"""The one line to Discord that everything of the press goes through: paced, and closed at times."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.clock import Clock
from bot.errors import Malformed, NotNow, Refused, Unknown
from bot.press.circuit import Circuit
from bot.press.pacer import Pacer
from bot.press.turns import Turns, Who


class LineClosed(Exception):
    """Nothing may go out now; whatever was to be sent stays as it is, for later."""


class Line:
    """Takes turns, and watches how requests go."""

    def __init__(self, pacer: Pacer, circuit: Circuit, clock: Clock) -> None:
        self._pacer, self._circuit, self._clock = pacer, circuit, clock
        self._turns = Turns()

    @contextmanager
    def piece(self, who: Who) -> Iterator[None]:
        """Around a piece of work, whose requests then take turns. Raises LineClosed.

        While Discord does not answer, and after it asked to wait, it begins as the one that tries,
        if that is its turn.
        """
        probe = self._begin(who)
        try:
            yield
        finally:
            if probe:
                self._circuit.gave_back(self._clock.now())

    def _begin(self, who: Who) -> bool:
        """Begin, if that is possible; whether it is as the one that tries."""
        now, probing = self._clock.now(), self._circuit.probing
        if not probing:
            self._turns.forget()
        elif not self._circuit.open(now):
            self._turns.ask(who, now)
        elif not self._turns.take(who, now):
            raise LineClosed
        if not self._circuit.allows(now):
            raise LineClosed
        return probing

    async def turn(self) -> None:
        """Wait for one's turn to send one request, which must follow at once: what is done between
        the two makes requests bunch. Raises LineClosed.
        """
        await self._pacer.turn()
        if self._circuit.held(self._clock.now()):
            raise LineClosed

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around one request: its outcome opens or closes the line for all."""
        try:
            yield
        except NotNow as error:
            if error.everywhere:
                self._circuit.hold(self._clock.now(), error.retry_after, str(error))
            elif error.retry_after is None:
                self._circuit.unanswered(self._clock.now())
            else:
                self._circuit.answered(self._clock.now())
            raise
        except Unknown:
            self._circuit.unanswered(self._clock.now())
            raise
        except (Refused, Malformed):
            self._circuit.answered(self._clock.now())
            raise
        else:
            self._circuit.answered(self._clock.now())
