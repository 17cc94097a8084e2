"""The numbers of the advisory locks, which all processes on a database share."""

from typing import Final

WRITING: Final = 1112690497
"""Alone: a transaction that writes to the archive; shared: those that only write for servers."""
UPGRADING: Final = 1112690498
"""A process that makes the tables; others wait, and find them made."""
RUNNING: Final = 1112690499
"""Shared: each bot, for as long as it runs; alone: what no bot may run beside."""
AGREEING: Final = 1112690500
"""A process that agrees with the others on the number of shards."""
