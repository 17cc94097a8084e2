"""Settles events once later stories are known: groups the stories anew from their kept edges."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

from bot.stories.events import NEAREST, NOTICES, SPAN

SETTLING: Final = 0.35
"""How probable it must be, on average over the nearest pairs, that two groups are one event."""

Edge = tuple[int, int, float]
"""Two stories, and the probability that they tell of one event."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """A story that has an event; `published_at` in seconds since 1970.

    `bound`: it stays with the other bound stories of its event, as all stories of an event do that
    was posted. The others may move.
    """

    story_id: int
    key: str
    published_at: int
    owner: str
    event_id: int
    bound: bool


class Settled(NamedTuple):
    """The event of each story; pairs of posted events that would have become one, the smaller id
    first; and the former event of those that began because another had lasted too long.
    """

    events: Mapping[int, int]
    same: frozenset[tuple[int, int]]
    former: Mapping[int, int]


def settle(
    stories: Sequence[Grouped],
    edges: Iterable[Edge],
    posted: Collection[int],
    ids: Iterator[int],
) -> Settled:
    """Join groups of stories by average link, the most probable pair first.

    Edges to stories that are not given count for nothing. Two events of `posted` never become one.
    A group keeps the id of the event that it shares most stories with, a posted one always; other
    groups get one of `ids`. In whatever order stories and edges are given, the result is the same.
    """
    raise NotImplementedError(combinations, heapq, NEAREST, NOTICES, SPAN)
