"""Which panel a component belongs to, as its custom_id says: it comes back from Discord, so it is
believed in nothing.

A custom_id begins with `setup:1:<channel's id, or "server">:<page>:`; 1 is the version of this
form. It ends in the panel's revision, so that no client shows what was chosen before.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

PLACE: Final = r"setup:1:(?P<channel>server|\d{1,20}):(?P<page>[12]):"
REVISION: Final = r":[0-9a-f]{8}"
FIRST, MORE = 1, 2
"""The pages of a panel."""


@dataclass(frozen=True, slots=True)
class Place:
    """A panel: that of a channel, or (None) of the server in which it is used; and its page."""

    channel_id: int | None
    page: int = FIRST

    @classmethod
    def of(cls, match: re.Match[str]) -> "Place":
        """The place in a custom_id that begins with PLACE."""
        channel = match["channel"]
        return cls(None if channel == "server" else int(channel), int(match["page"]))

    def on(self, page: int) -> "Place":
        """The same panel's other page."""
        return replace(self, page=page)

    def id_of(self, item: str) -> str:
        """The custom_id of an item on this panel."""
        where = "server" if self.channel_id is None else self.channel_id
        return f"setup:1:{where}:{self.page}:{item}"
