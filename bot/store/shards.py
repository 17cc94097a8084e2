"""The servers whose work a process does, as a condition in SQL."""

from collections.abc import Collection
from typing import Final

EVERY_SERVER: Final = "TRUE"


def servers_of(shards: Collection[int], count: int) -> str:
    """SQL: whether `guild_id` belongs to one of these shards, by Discord's formula."""
    if len(shards) == count:
        return EVERY_SERVER
    if not shards:
        return "FALSE"
    listed = ", ".join(str(int(one)) for one in sorted(shards))
    return f"(guild_id >> 22) % {int(count)} IN ({listed})"
