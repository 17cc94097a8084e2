"""Which stories become one event, in whatever order they come; posted events; the span."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.comparison import Member
from bot.stories.events import CANDIDATES, HOUR, REACH, Edge, Window
from bot.stories.frequencies import shipped
from bot.stories.settling import SPAN, Grouped, Settled, connected, settle
from bot.stories.similarity import terms, vector

DAY = 24 * HOUR
START = 1_600_000_000
OPENING = (
    "Harbour ferries begin night service",
    "The council of Marlow opened a night ferry across the bay, with six electric boats from a"
    " yard in Gdansk, after a vote that residents had asked for since the tunnel flooded.",
)
OPENING_AGAIN = (
    "Night ferries cross Marlow bay at last",
    "Six electric boats from Gdansk carry residents across the bay by night; the council of Marlow"
    " opened the service a year after the tunnel flooded.",
)
OPENING_LATER = (
    "Marlow opens night ferry with electric boats",
    "Residents asked for it since the tunnel flooded: the council opened a night ferry across the"
    " bay, with boats that a yard in Gdansk built.",
)
STRIKE = (
    "Bakers strike over flour prices",
    "Two thousand bakers in Quillon stopped their ovens on Monday, as wheat from the plains costs"
    " twice what it did in spring and the ministry refuses a subsidy.",
)
VERDICT = (
    "Judges free the lighthouse painter",
    "A court in Ostrand acquitted the painter who had covered an abandoned lighthouse with murals;"
    " prosecutors had demanded three years for vandalism.",
)

YARD = (
    "Yard in Gdansk hires welders",
    "Towns on the coast ordered ten vessels with electric motors, and the company trains two"
    " hundred people in a school of its own.",
)


def member(
    number: int, text: tuple[str, str], hours: float = 0, owner: str | None = None
) -> Member:
    """A story of its own owner, if none is given."""
    owner = owner or f"publisher{number}.example"
    weights = vector(terms(*text), shipped())
    at = START + int(hours * HOUR)
    return Member(number, f"{owner}/{number}", weights, text[0], text[1], at, owner, owner)


def compared(members: Iterable[Member]) -> list[Edge]:
    return Window(shipped()).compare(members)


def as_grouped(
    members: Iterable[Member], events: Mapping[int, int], bound: Sequence[int] = ()
) -> list[Grouped]:
    """The stories as settling wants them; those of the events `bound` are bound."""
    return [
        Grouped(
            one.story_id,
            one.key,
            one.published_at,
            one.owner,
            events.get(one.story_id, 0),
            bound=events.get(one.story_id) in bound,
        )
        for one in members
    ]


def settled(
    members: Sequence[Member], events: Mapping[int, int] | None = None, posted: Sequence[int] = ()
) -> Settled:
    """What becomes of stories, which had these events (default: all are new)."""
    stories = as_grouped(members, events or {}, posted)
    return settle(stories, compared(members), posted, count(900))


def events_of(members: Sequence[Member]) -> dict[int, int]:
    """The event of each story, all of them new."""
    return {**settled(members).events}


def test_reports_of_one_event_are_one_and_others_stay_alone():
    stories = [
        member(1, OPENING),
        member(2, STRIKE, 1),
        member(3, OPENING_AGAIN, 5),
        member(4, VERDICT, 6),
        member(5, OPENING_LATER, 20),
    ]
    events = events_of(stories)
    assert events[1] == events[3] == events[5]
    assert len({events[1], events[2], events[4]}) == 3


TEXTS = (OPENING, OPENING_AGAIN, OPENING_LATER, STRIKE, VERDICT)
drawn = st.lists(
    st.tuples(st.sampled_from(TEXTS), st.integers(0, 400), st.sampled_from(("a", "b", "c"))),
    max_size=25,
)


@given(drawn, st.randoms(use_true_random=False))
def test_the_order_in_which_stories_are_given_changes_nothing(
    made: list[tuple[tuple[str, str], int, str]], random: Random
):
    stories = [member(n, text, hours, owner) for n, (text, hours, owner) in enumerate(made)]
    shuffled = random.sample(stories, len(stories))
    # Another order of files gives the stories other ids.
    renamed = [replace(one, story_id=place + 1000) for place, one in enumerate(shuffled)]
    first, again = events_of(stories), events_of(renamed)
    assert {one.key: first[one.story_id] for one in stories} == {
        one.key: again[one.story_id] for one in renamed
    }


@given(drawn, st.integers(0, 25))
def test_settling_only_what_is_connected_with_new_stories_gives_what_settling_all_gives(
    made: list[tuple[tuple[str, str], int, str]], known: int
):
    stories = [member(n, text, hours, owner) for n, (text, hours, owner) in enumerate(made, 1)]
    before = events_of(stories[:known])
    grouped, edges = as_grouped(stories, before), compared(stories)
    new = [one.story_id for one in stories[known:]]
    touched = connected({one.story_id: one.event_id for one in grouped}, edges, (), new)
    some = [one for one in grouped if one.story_id in touched]
    every = settle(grouped, edges, (), count(2000)).events
    assert {**before, **settle(some, edges, (), count(2000)).events} == every


@given(drawn, st.randoms(use_true_random=False))
def test_no_event_lasts_longer_than_its_span(
    made: list[tuple[tuple[str, str], int, str]], random: Random
):
    stories = [member(n, text, hours, owner) for n, (text, hours, owner) in enumerate(made)]
    random.shuffle(stories)
    events = events_of(stories)
    for event in set(events.values()):
        times = [one.published_at for one in stories if events[one.story_id] == event]
        assert max(times) - min(times) <= SPAN


def test_a_late_story_finds_the_event_of_its_own_day():
    stories = [member(1, OPENING), member(2, STRIKE, 60)]
    window = Window(shipped())
    window.hold(stories)
    late = member(3, OPENING_AGAIN, 2)
    edges = window.compare([late])
    assert [edge[:2] for edge in edges] == [(3, 1)]
    found = settle(as_grouped([*stories, late], {1: 7, 2: 8}), edges, (), count(900))
    assert found.events == {1: 7, 2: 8, 3: 7}


def test_a_window_filled_from_rows_gives_what_the_living_one_gives():
    stories = [member(n, text, 7 * n) for n, text in enumerate(TEXTS)]
    living, filled = Window(shipped()), Window(shipped())
    living.compare(stories)
    filled.hold((*reversed(stories), member(8, OPENING, -100)))
    new = [member(9, OPENING_LATER, 40), member(10, VERDICT, 39)]
    assert filled.compare(new) == living.compare(new)


def test_what_a_window_held_before_changes_nothing():
    former = [member(n, text, 7 * n) for n, text in enumerate(TEXTS)]
    stories = [member(1, VERDICT, 7), *former[2:], member(20, OPENING, 20)]
    used, fresh = Window(shipped()), Window(shipped())
    used.compare([*former, member(30, STRIKE, 50)])
    used.keep({one.story_id for one in former[2:]})
    used.hold(one for one in stories if one not in former)
    fresh.hold(stories)
    assert len(used) == len(fresh) == len(stories)
    new = [member(9, OPENING_LATER, 40), member(10, VERDICT, 39)]
    assert used.compare(new) == fresh.compare(new)


def test_stories_further_apart_than_the_reach_are_not_compared():
    assert len(compared([member(1, OPENING), member(2, OPENING, REACH / HOUR)])) == 1
    assert compared([member(1, OPENING), member(2, OPENING, REACH / HOUR + 1)]) == []


def saga(days: int) -> list[Member]:
    """A report a day."""
    return [member(n, OPENING if n % 2 else OPENING_AGAIN, 24 * n) for n in range(days)]


def test_a_saga_becomes_events_of_a_week_that_name_the_former():
    found = settled(saga(21))
    order = [*dict.fromkeys(found.events[n] for n in range(21))]
    assert 3 <= len(order) <= 6
    assert found.former == dict(zip(order[1:], order, strict=False))


def test_a_saga_of_which_each_part_was_posted_goes_on_as_a_new_event():
    stories, events, posted, former = saga(21), dict[int, int](), list[int](), dict[int, int]()
    ids = count(900)
    for day in range(1, 22):
        known = as_grouped(stories[:day], events, posted)
        found = settle(known, compared(stories[:day]), posted, ids)
        posted = sorted({*posted, *found.events.values()})
        events, former = {**found.events}, {**former, **found.former}
        assert found.same == frozenset()
    assert [*Counter(events.values()).values()] == [8, 8, 5]
    assert former == dict(zip(posted[1:], posted, strict=False))


def test_settling_joins_what_came_apart_and_keeps_the_larger_events_id():
    stories = [member(1, OPENING), member(2, OPENING_AGAIN, 1), member(3, OPENING_LATER, 2)]
    assert settled(stories, {1: 7, 2: 8, 3: 8}).events == {1: 8, 2: 8, 3: 8}


def test_settling_takes_a_stranger_out_and_gives_it_an_id_that_was_never_used():
    stories = [member(1, OPENING), member(2, OPENING_AGAIN, 1), member(3, STRIKE, 2)]
    assert settled(stories, dict.fromkeys((1, 2, 3), 7)).events == {1: 7, 2: 7, 3: 900}


def test_settling_again_changes_nothing():
    stories = [member(n, text, 7 * n) for n, text in enumerate(TEXTS)]
    events = events_of(stories)
    assert settled(stories, events).events == events


def test_stories_bound_to_an_event_stay_together_though_nothing_joins_them():
    """As those of an old event do, whose edges are gone."""
    stories = [member(1, OPENING), member(2, STRIKE, 1), member(3, OPENING_AGAIN, 2)]
    bound = as_grouped(stories, {1: 7, 2: 7}, bound=[7])
    assert settle(bound, compared(stories), (), count(900)).events == {1: 7, 2: 7, 3: 7}


def test_a_posted_event_keeps_its_stories_and_gains_others():
    stories = [member(1, OPENING), member(2, STRIKE, 1), member(3, OPENING_AGAIN, 2)]
    assert settled(stories, {1: 7, 2: 7, 3: 8}, posted=[7]).events == {1: 7, 2: 7, 3: 7}


def test_a_posted_event_keeps_its_id_in_a_larger_group():
    stories = [member(n, (OPENING, OPENING_AGAIN, OPENING_LATER)[n % 3], n) for n in range(6)]
    events = {0: 7} | dict.fromkeys(range(1, 6), 3)
    assert set(settled(stories, events, posted=[7]).events.values()) == {7}


def test_two_posted_events_that_turn_out_to_be_one_stay_as_they_are():
    texts = (OPENING, OPENING_AGAIN, OPENING_LATER, OPENING)
    stories = [member(n, text, n) for n, text in enumerate(texts, 1)]
    events = {1: 7, 2: 7, 3: 8, 4: 8}
    result = settled(stories, events, posted=[7, 8])
    assert result.events == events
    assert result.same == {(7, 8)}


@given(drawn, st.data())
def test_no_settling_splits_or_merges_posted_events(
    made: list[tuple[tuple[str, str], int, str]], data: st.DataObject
):
    stories = [member(n, text, hours, owner) for n, (text, hours, owner) in enumerate(made)]
    ids = st.integers(1, 5)
    events = {one.story_id: data.draw(ids) for one in stories}
    posted = data.draw(st.lists(ids, unique=True))
    result = settled(stories, events, posted)
    for one in stories:
        if events[one.story_id] in posted:
            assert result.events[one.story_id] == events[one.story_id]
    assert result.events.keys() == events.keys()


def notice(number: int, hours: float, owner: str | None = None) -> Member:
    """One of a vendor's notices, which differ by a region and a product."""
    regions = ("north", "south", "east", "west", "central")
    text = (
        f"Managed cache {number % 7} is now available in {regions[number % 5]} {number % 11}",
        "You can now create instances of the managed cache in one more region; pricing, limits"
        " and the service level agreement are those of the other regions.",
    )
    return member(number, text, hours, owner)


def test_stories_of_one_owner_need_more_than_those_of_two():
    first = member(1, OPENING)

    def second(hours: int, owner: str) -> Member:
        """A story on another site."""
        return replace(member(2, YARD, hours), owner=owner)

    middling = [
        hours
        for hours in range(48, 73)
        if 0.35 < compared([first, second(hours, "b.example")])[0][2] < 0.5
    ]
    assert middling
    for hours in middling:
        assert len(set(events_of([first, second(hours, "b.example")]).values())) == 1
        assert len(set(events_of([first, second(hours, first.owner)]).values())) == 2


def test_headlines_alone_that_say_little_chain_no_stories():
    titles = ("Weekly roundup", "This week in security", "Azure updates: weekly roundup")
    for title in titles:
        alone = [member(n, (title, ""), n) for n in range(8)]
        assert len(set(events_of(alone).values())) == 8


@pytest.mark.parametrize(
    "headline",
    [
        "Weekly roundup",
        "This week in security",
        "Azure updates: weekly roundup",
        "Editorial cartoons of the week",
        "Microsoft Azure news roundup for the week",
    ],
)
def test_equal_headlines_of_different_events_chain_no_stories(headline: str):
    texts = [(headline, text[1]) for text in (OPENING, STRIKE, VERDICT)]
    stories = [member(n, text, n) for n, text in enumerate(texts)]
    assert len(set(events_of(stories).values())) == 3


def test_equal_headlines_of_one_event_join():
    texts = [(OPENING[0], text[1]) for text in (OPENING, OPENING_AGAIN, OPENING_LATER)]
    stories = [member(n, text, n) for n, text in enumerate((*texts, (OPENING[0], "")))]
    assert len(set(events_of(stories).values())) == 1


def test_a_story_without_excerpt_joins_by_a_headline_that_tells_much():
    stories = [member(1, OPENING), member(2, (OPENING[0] + " across Marlow bay", ""), 2)]
    assert len(set(events_of(stories).values())) == 1


def test_texts_without_any_word_stay_alone():
    stories = [member(n, ("!!!", ""), n) for n in range(3)]
    assert len(set(events_of(stories).values())) == 3


def test_texts_of_other_scripts_are_grouped_as_well():
    one = (
        "港湾渡轮开通夜间航线",
        "市议会周一批准六艘电动渡轮夜间横渡海湾,居民自隧道被淹以来一直要求。",
    )
    other = ("夜间渡轮航线开通", "六艘电动渡轮周一起夜间横渡海湾,市议会批准,此前隧道被淹。")
    stranger = ("面包师罢工抗议面粉价格", "两千名面包师停工,因为小麦价格是春天的两倍。")
    events = events_of([member(1, one), member(2, other, 3), member(3, stranger, 4)])
    assert events[1] == events[2] != events[3]


def test_clocks_astray_put_no_two_events_together():
    stories = [
        member(1, OPENING),
        member(2, OPENING_AGAIN, 24 * 365 * 40),
        member(3, OPENING, -9e5),
    ]
    assert len(set(events_of(stories).values())) == 3


@pytest.mark.slow
def test_five_thousand_reports_of_one_event_stay_fast_and_one():
    words = ("boat", "dock", "fare", "gangway", "jetty", "keel", "mast", "pier", "quay", "sail")
    random = Random(1)  # noqa: S311 - data
    stories = [
        member(n, (OPENING[0], f"{OPENING[1]} {' '.join(random.sample(words, 4))}"), n / 100)
        for n in range(5000)
    ]
    begun = perf_counter()
    edges = compared(stories)
    result = settle(as_grouped(stories, {}), edges, (), count(900))
    assert perf_counter() - begun < 60  # 4 s on two busy cores
    assert len(edges) <= CANDIDATES * len(stories)
    assert len(set(result.events.values())) == 1


@pytest.mark.parametrize(
    ("headline", "excerpt"),
    [
        ("Security notice AB-{0}: update for component {1} released", "An update is there."),
        ("AB-{0}: update released", "The update mends product number {1} and nothing else."),
        ("Incident {0}", "Some customers saw errors in region {1}; the service works again."),
    ],
)
def test_notices_of_a_site_that_differ_in_numbers_alone_tell_of_different_things(
    headline: str, excerpt: str
):
    texts = [(headline.format(1000 + n, n), excerpt.format(1000 + n, n)) for n in range(60)]
    notices = [member(n, text, n / 60, "vendor.example") for n, text in enumerate(texts)]
    assert len(set(events_of(notices).values())) == 60


def test_three_hundred_notices_of_a_vendor_in_an_hour_hide_no_report():
    notices = [notice(n, n / 300, "vendor.example") for n in range(300)]
    reports = [member(1000, OPENING, 0.5), member(1001, OPENING_AGAIN, 0.9)]
    events = events_of([*notices, *reports])
    assert events[1000] == events[1001]
    assert events[1000] not in {events[one.story_id] for one in notices}
