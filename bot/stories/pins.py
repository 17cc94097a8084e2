"""What an editor said of pairs of stories: that they tell one event, or do not."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.stories.model import ListedStory


class Pinned(NamedTuple):
    """Two stories, and whether they are pinned `together` or apart."""

    story_id: int
    other_id: int
    together: bool

    def is_between(self, one: int, other: int) -> bool:
        """Whether it pins these two, in either order."""
        return {one, other} == {self.story_id, self.other_id}


class NamedPin(NamedTuple):
    """A pin as people read it: the headlines of its stories, and when it was made."""

    story_id: int
    headline: str
    other_id: int
    other_headline: str
    together: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """An event: its stories, the leader first; in how many channels it counts as posted; the pins
    of its stories.
    """

    event_id: int
    stories: Sequence[ListedStory]
    channels: int
    pins: Sequence[NamedPin]


def joined_with(pins: Iterable[Pinned], story_ids: Iterable[int]) -> set[int]:
    """The stories, and all that pins join with them, also by way of others."""
    joined = {*story_ids}
    beside = _beside(pins)
    left = deque(joined.intersection(beside))
    while left:
        found = {pin.other_id for pin in beside[left.popleft()]} - joined
        joined |= found
        left.extend(found)
    return joined


def way_between(pins: Iterable[Pinned], one: int, other: int) -> Sequence[Pinned]:
    """The fewest pins that join two stories, from the first to the other; none = none do."""
    beside = _beside(pins)
    came: dict[int, Pinned] = {}
    left = deque([one])
    while left and other not in came:
        for pin in beside[left.popleft()]:
            if pin.other_id != one and pin.other_id not in came:
                came[pin.other_id] = pin
                left.append(pin.other_id)
    way: list[Pinned] = []
    at = other
    while at in came:
        way.append(came[at])
        at = came[at].story_id
    return way[::-1]


def apart_between(
    pins: Collection[Pinned], ones: Iterable[int], others: Iterable[int]
) -> Sequence[Pinned]:
    """The pins that keep one of some stories, or what is joined with it, apart from another of
    others.
    """
    a, b = joined_with(pins, ones), joined_with(pins, others)
    return [
        pin
        for pin in pins
        if not pin.together
        and ((pin.story_id in a and pin.other_id in b) or (pin.story_id in b and pin.other_id in a))
    ]


def _beside(pins: Iterable[Pinned]) -> defaultdict[int, list[Pinned]]:
    """The pins that join each story with others, each seen from it."""
    found: defaultdict[int, list[Pinned]] = defaultdict(list)
    for pin in pins:
        if pin.together:
            found[pin.story_id].append(pin)
            found[pin.other_id].append(Pinned(pin.other_id, pin.story_id, together=True))
    return found
