"""The harness of delivery, for other packages' tests."""

from datetime import datetime

from tests.delivery.conftest import harness
from tests.delivery.harness import CHANNEL, Harness

__all__ = ["harness"]


async def due(harness: Harness, channel: int = CHANNEL) -> datetime | None:
    """When a channel's digest comes next."""
    following = (await harness.digest(channel)).next
    return following.due_at if following else None
