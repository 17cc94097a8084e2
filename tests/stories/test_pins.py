"""What is pinned together or apart, in whatever order it was said; what else it moves: nothing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.stories.pins import Pinned, apart_between, joined_with, way_between
from bot.stories.settling import Grouped, Settled, parted, settle
from tests.stories.test_events import DAY, START

STORIES = 12

linked = st.lists(
    st.tuples(st.integers(0, STORIES - 1), st.integers(0, STORIES - 1), st.floats(0.01, 0.99)),
    max_size=40,
).map(lambda found: [(a, b, p) for (a, b), p in {(a, b): p for a, b, p in found}.items() if a > b])
said = st.lists(
    st.builds(
        Pinned, st.integers(0, STORIES + 1), st.integers(0, STORIES + 1), together=st.booleans()
    ),
    max_size=10,
)
randoms = st.randoms(use_true_random=False)


def stories(events: Mapping[int, int] | None = None, bound: Collection[int] = ()) -> list[Grouped]:
    """Twelve stories, two a day, each of its own owner, with these events."""
    had = [(events or {}).get(n, 0) for n in range(STORIES)]
    return [
        Grouped(n, f"{n:02}", START + n * DAY // 2, f"owner{n}", had[n], bound=had[n] in bound)
        for n in range(STORIES)
    ]


def as_an_editor(found: Sequence[Pinned]) -> list[Pinned]:
    """Pins, one after the other, without those that contradict earlier ones."""
    kept: list[Pinned] = []
    for pin in found:
        one, other = pin.story_id, pin.other_id
        before = [known for known in kept if not known.is_between(one, other)]
        against = (
            apart_between(before, [one], [other])
            if pin.together
            else way_between(before, one, other)
        )
        if one != other and not against:
            kept = [*before, pin]
    return kept


def groups(events: Mapping[int, int]) -> set[frozenset[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for story, event in events.items():
        found[event].add(story)
    return {frozenset(group) for group in found.values()}


def settled(
    edges: Sequence[tuple[int, int, float]],
    pins: Sequence[Pinned] = (),
    had: Mapping[int, int] | None = None,
) -> Settled:
    """What becomes of the stories, which had these events (default: all are new)."""
    return settle(stories(had), edges, (), count(200 if had else 100), pins)


@given(linked, said, randoms)
def test_pins_hold_by_way_of_others_too_and_their_order_changes_nothing(
    edges: list[tuple[int, int, float]], found: list[Pinned], random: Random
):
    pins = as_an_editor(found)
    events = settled(edges, pins).events
    for pin in pins:
        for one in joined_with(pins, [pin.story_id]) & {*events}:
            for other in joined_with(pins, [pin.other_id]) & {*events}:
                assert (events[one] == events[other]) is pin.together
    shuffled = [
        Pinned(pin.other_id, pin.story_id, pin.together) if random.random() < 0.5 else pin
        for pin in random.sample(pins, len(pins))
    ]
    assert settled(edges, shuffled).events == events


@given(linked, said)
def test_it_makes_no_difference_whether_stories_are_pinned_before_or_after_they_are_grouped(
    edges: list[tuple[int, int, float]], found: list[Pinned]
):
    pins = as_an_editor(found)
    before = settled(edges, pins).events
    after = settled(edges, pins, settled(edges).events).events
    assert groups(after) == groups(before)


@given(linked, said)
def test_pinning_together_only_joins_whole_events(
    edges: list[tuple[int, int, float]], found: list[Pinned]
):
    pins = as_an_editor([pin._replace(together=True) for pin in found])
    joined = groups(settled(edges, pins).events)
    for group in groups(settled(edges).events):
        assert any(group <= other for other in joined)
    assert groups(settled(edges, []).events) == groups(settled(edges).events)


@given(linked, said, st.sets(st.integers(1, 3)))
def test_what_was_posted_stays_whole_and_joins_another_posted_event_only_by_hand(
    edges: list[tuple[int, int, float]], found: list[Pinned], posted: set[int]
):
    had = {story: story % 4 for story in range(STORIES)}
    pins = as_an_editor(found)
    given_ = stories(had, posted)
    events = settle(given_, edges, posted, count(100), pins).events
    for event in posted:
        assert len({events[story] for story in had if had[story] == event}) == 1
    together = [pin for pin in pins if pin.together]
    kept = [event for event in posted if event in events.values()]
    if not together:
        assert len(kept) == len(posted)


def test_a_pair_pinned_together_is_one_event_however_far_apart_and_takes_no_story_from_its_event():
    edges = [(1, 0, 0.4)]  # in average link a third story without links would part these two
    assert groups(settled(edges).events) >= {frozenset({0, 1})}
    found = groups(settled(edges, [Pinned(1, 11, together=True)]).events)
    assert frozenset({0, 1, 11}) in found
    assert len(found) == STORIES - 2
    long = [replace(one, published_at=START + one.story_id * 10 * DAY) for one in stories()]
    events = settle(long, [], (), count(1), [Pinned(0, 11, together=True)]).events
    assert events[0] == events[11]


def test_a_story_that_is_not_there_passes_on_what_it_is_pinned_to():
    edges = [(1, 0, 0.99)]
    pins = [Pinned(0, 50, together=True), Pinned(50, 51, together=False), Pinned(51, 1, True)]
    events = settled(edges, pins).events
    assert events[0] != events[1]


def test_contradictory_pins_that_nobody_could_make_join():
    pins = [Pinned(0, 1, together=False), Pinned(1, 0, together=True)]
    events = settled([], pins).events
    assert events[0] == events[1]


def test_the_way_between_two_stories_is_the_shortest():
    pins = [Pinned(*pair, together=True) for pair in ((1, 2), (2, 3), (3, 4), (4, 1), (5, 6))]
    assert way_between(pins, 1, 3) in ([(1, 2, True), (2, 3, True)], [(1, 4, True), (4, 3, True)])
    assert way_between(pins, 1, 4) == [(1, 4, True)]
    assert way_between(pins, 1, 5) == []
    assert way_between(pins, 1, 99) == []


@given(linked, said, st.integers(0, STORIES - 1), st.integers(0, STORIES - 1), randoms)
def test_an_event_is_parted_in_two_whatever_the_order_of_its_stories(
    edges: list[tuple[int, int, float]], found: list[Pinned], one: int, other: int, random: Random
):
    pins = as_an_editor([*(pin._replace(together=True) for pin in found)])
    if one == other or way_between(pins, one, other):
        return
    pins.append(Pinned(one, other, together=False))
    parts = parted(stories(), edges, pins, (one, other))
    assert parts is not None
    assert (one in parts[0], other in parts[1]) == (True, True)
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == {*range(STORIES)}
    mixed = random.sample(stories(), STORIES)
    assert parted(mixed, random.sample(edges, len(edges)), pins, (other, one)) == parts[::-1]


def test_an_event_that_is_one_by_its_texts_is_not_parted():
    edges = [(1, 0, 0.9)]
    assert parted(stories()[:2], edges, [], (0, 1)) is None
    assert parted(stories()[:2], [], [], (0, 1)) == ({0}, {1})


def test_every_other_story_goes_to_the_part_that_it_is_more_like_or_else_nearer_to():
    edges = [(2, 0, 0.1), (2, 11, 0.2)]
    parts = parted(stories(), edges, [Pinned(0, 11, together=False)], (0, 11))
    assert parts == ({0, 1, 3, 4, 5}, {2, 6, 7, 8, 9, 10, 11})
