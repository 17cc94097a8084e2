"""What the press needs of Discord; chat/ does it, app/ hands it over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Publisher(Protocol):
    """Posts messages, and looks back for them."""

    def obstacle(self, channel_id: int) -> str | None:
        """Why nothing can be posted there, in words and without asking Discord; None = nothing."""
        ...

    async def post(self, channel_id: int, body: Mapping[str, Any], nonce: str) -> int | None:
        """Post a body; the same nonce within a minute posts it once. Returns the message's id.

        None = it was posted earlier with that nonce and is deleted since. Raises Refused,
        Malformed, NotNow or Unknown (errors.py).
        """
        ...

    async def look_back(self, channel_id: int, marker: str, since: datetime) -> int | None:
        """The id of our own message with `marker` in it, posted at or after `since`; None = none.

        Raises Refused where the history cannot be read: then nobody knows.
        """
        ...
