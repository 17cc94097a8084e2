"""The press as a whole: what the minute tick calls."""

from bot.clock import Clock
from bot.press.delivery import Delivery
from bot.press.planning import Planner


class Press:
    """Brings out what is due."""

    def __init__(self, planner: Planner, delivery: Delivery, clock: Clock) -> None:
        self._planner, self._delivery, self._clock = planner, delivery, clock

    async def bring_out(self) -> None:
        """Plan every digest that is due, then deliver every open edition."""
        await self._planner.plan_due(self._clock.now())
        await self._delivery.deliver_open()
