"""Which stories an edition takes: the rules one by one, then all of them over many days."""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import DigestConfig
from bot.digests.selection import (
    ALSO_LINES,
    NOTHING_YET,
    TAKEN,
    TOLD,
    Candidate,
    Choice,
    Had,
    Verdict,
    archived,
    order,
    select,
    worth,
)
from bot.digests.setting_types import SelectionRules
from bot.digests.settings import settings_of

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
TASTE = settings_of(DigestConfig()).rules
HOUR = timedelta(hours=1)
AI, ROBOTS, SPACE = 1, 2, 3


def story(
    number: int,
    heat: int | None = 100,
    age: timedelta = HOUR,
    topics: tuple[int, ...] = (AI,),
    like: tuple[int, ...] = (),
    event: int | None = None,
    publishers: Iterable[str] = (),
) -> Candidate:
    """By default a story of an event of its own, with the same number."""
    url = f"https://news.example/{number:04}"
    at, event = NOW - age, number if event is None else event
    return Candidate(
        number,
        url,
        heat,
        at,
        frozenset(topics),
        event,
        frozenset(like),
        publishers=frozenset(publishers),
    )


def had(posted: Iterable[int]) -> Had:
    """What a channel has had when it was sent the stories with these numbers."""
    return Had({number: number for number in posted}, frozenset(posted))


def chosen(
    *candidates: Candidate, posted: tuple[int, ...] = (), rules: SelectionRules = TASTE
) -> list[int]:
    return [c.story_id for c in taken(select(candidates, had(posted), rules, NOW))]


def taken(choices: list[Choice]) -> list[Candidate]:
    return [choice.candidate for choice in choices if choice.verdict in TAKEN]


def verdicts(
    *candidates: Candidate, posted: tuple[int, ...] = (), rules: SelectionRules = TASTE
) -> list[tuple[int, Verdict]]:
    """Each candidate's number and verdict, in the order of choice."""
    return [(c.candidate.story_id, c.verdict) for c in select(candidates, had(posted), rules, NOW)]


def lists_of(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Candidate]]:
    """Candidates of every kind."""
    one = st.builds(
        story,
        st.integers(1, 60),
        st.none() | st.integers(0, 300),
        st.timedeltas(timedelta(days=-1), timedelta(days=9)),
        st.sets(st.sampled_from((AI, ROBOTS, SPACE)), min_size=1).map(tuple),
        st.lists(st.integers(1, 60), max_size=3).map(tuple),
        **more,
    )
    return st.lists(one, max_size=30, unique_by=lambda c: c.story_id)


CANDIDATES = lists_of()


def warm(one: Candidate, minimum: int) -> bool:
    """Whether its heat lets an edition take it: an unknown heat passes every minimum."""
    return one.heat is None or one.heat >= minimum


@pytest.mark.parametrize("minimum", [0, 50, 1_000_000])
def test_an_unknown_heat_passes_every_minimum(minimum: int):
    assert chosen(story(1, None), rules=replace(TASTE, minimum_heat=minimum)) == [1]


@given(st.integers(50, 10_000), st.floats(0, 167), st.floats(0, 167))
def test_an_unknown_heat_goes_after_every_known_one_however_old(
    heat: int, hours: float, own: float
):
    known, unknown = story(1, heat, timedelta(hours=hours)), story(2, None, timedelta(hours=own))
    assert sorted([unknown, known], key=lambda c: order(c, TASTE, NOW)) == [known, unknown]
    assert chosen(unknown, known) == [1, 2]


def test_of_unknown_heats_the_newest_goes_first():
    assert chosen(story(1, None, 3 * HOUR), story(2, None, HOUR)) == [2, 1]


@given(st.integers(1, 10_000), st.floats(0, 168))
def test_heat_halves_its_worth_every_eighteen_hours(heat: int, hours: float):
    old = story(1, heat, timedelta(hours=hours))
    score = -order(old, TASTE, NOW)[1]
    assert score == pytest.approx(math.log2(heat) - hours / 18, abs=1e-6)


def test_eighteen_hours_later_twice_the_heat_keeps_the_place():
    assert order(story(1, 100, HOUR), TASTE, NOW)[1] == pytest.approx(
        order(story(2, 200, 19 * HOUR), TASTE, NOW)[1]
    )


def test_at_the_same_score_the_newest_goes_first_and_then_the_smaller_url():
    # Powers of two and multiples of a half-life: their scores are equal to the last bit.
    twins = [story(3, 128), story(2, 128), story(1, 256, HOUR + TASTE.half_life)]
    exact = [replace(one, published_at=one.published_at + HOUR) for one in twins]
    assert chosen(*exact) == [2, 3, 1]


def test_the_best_story_of_every_topic_goes_before_all_others():
    strong = [story(n, 1000 - n) for n in range(1, 7)]
    weak = [story(7, 60, topics=(ROBOTS,)), story(8, 55, topics=(SPACE,))]
    assert chosen(*strong, *weak) == [1, 7, 8, 2, 3]


def test_one_story_can_be_the_best_of_two_topics():
    both = story(1, 500, topics=(AI, ROBOTS))
    assert chosen(both, story(2, 400), story(3, 300, topics=(ROBOTS,))) == [1, 2, 3]


def test_with_more_topics_than_places_the_hottest_bests_go():
    assert chosen(*(story(n, 100 + n, topics=(n,)) for n in range(1, 9))) == [8, 7, 6, 5, 4]


@pytest.mark.parametrize(
    ("age", "taken"),
    [
        (timedelta(days=7), False),
        (timedelta(days=7) - timedelta(seconds=1), True),
        (timedelta(0), True),
        (timedelta(seconds=-1), False),
        (timedelta(days=-1), False),
    ],
)
def test_stories_are_younger_than_seven_days_and_never_of_the_future(age: timedelta, taken: bool):
    assert bool(chosen(story(1, age=age))) is taken


@pytest.mark.parametrize(("heat", "taken"), [(49, False), (50, True), (0, False), (-1, False)])
def test_stories_are_at_least_as_hot_as_asked(heat: int, taken: bool):
    assert bool(chosen(story(1, heat))) is taken


def test_a_heat_of_nothing_can_be_ordered_where_it_is_allowed():
    assert chosen(story(1, 0), story(2, 1), rules=replace(TASTE, minimum_heat=0)) == [1, 2]


def test_no_story_comes_of_an_event_that_was_posted():
    assert chosen(story(1), story(2, event=9), story(3), posted=(1, 9)) == [3]


def test_a_story_that_was_posted_for_another_event_does_not_come_again():
    assert select([story(1, event=5)], Had({9: 1}), TASTE, NOW)[0].verdict is Verdict.POSTED


def test_what_is_like_a_story_of_the_last_days_becomes_at_most_three_lines_and_the_rest_waits():
    lines = [story(n, 1000 - n, like=(9,)) for n in range(2, 7)]
    found = verdicts(story(1, 60), *lines, posted=(9,))
    also, waits = Verdict.ALSO, Verdict.WAITS
    assert found == [(1, Verdict.BEST), (2, also), (3, also), (4, also), (5, waits), (6, waits)]


def test_an_edition_without_a_full_story_has_no_lines():
    assert verdicts(story(1, like=(9,)), story(2, 10), posted=(9,)) == [
        (1, Verdict.WAITS),
        (2, Verdict.COLD),
    ]


def test_a_line_takes_no_topics_place_and_names_the_story_that_it_is_like():
    alike = story(2, 5000, topics=(ROBOTS,), like=(9, 7))
    choices = select([story(1), alike], had((7, 9)), TASTE, NOW)
    assert [(c.candidate.story_id, c.verdict, c.other) for c in choices] == [
        (1, Verdict.BEST, None),
        (2, Verdict.ALSO, 7),
    ]


def test_what_could_not_be_a_story_is_no_line():
    others = [story(2, 10, like=(9,)), story(3, age=timedelta(days=8), like=(9,))]
    found = dict(verdicts(story(1), *others, story(4, event=9, like=(8,)), posted=(8, 9)))
    assert found == {1: Verdict.BEST, 2: Verdict.COLD, 3: Verdict.OLD, 4: Verdict.POSTED}


def test_nothing_gives_nothing():
    assert chosen() == []


@given(CANDIDATES, st.sets(st.integers(1, 60)), st.integers(1, 10))
def test_an_edition_keeps_every_rule(candidates: list[Candidate], posted: set[int], stories: int):
    rules = replace(TASTE, stories=stories)
    found = taken(select(candidates, had(posted), rules, NOW))
    allowed = [
        c
        for c in candidates
        if warm(c, 50)
        and NOW - timedelta(days=7) < c.published_at <= NOW
        and c.story_id not in posted
        and not c.like
    ]
    assert len(found) == min(stories, len(allowed))
    assert {c.story_id for c in found} <= {c.story_id for c in allowed}
    bests = {
        min((c for c in allowed if topic in c.topics), key=lambda c: order(c, rules, NOW)).story_id
        for topic in (AI, ROBOTS, SPACE)
        if any(topic in c.topics for c in allowed)
    }
    leading = found[: len(bests)]
    assert {c.story_id for c in leading} <= bests
    for group in (leading, found[len(bests) :]):
        assert group == sorted(group, key=lambda c: order(c, rules, NOW))


@given(CANDIDATES, st.randoms())
def test_the_order_in_which_candidates_are_found_does_not_matter(
    candidates: list[Candidate], random: Random
):
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert select(shuffled, NOTHING_YET, TASTE, NOW) == select(candidates, NOTHING_YET, TASTE, NOW)


@given(CANDIDATES)
def test_over_ten_days_no_story_comes_twice(candidates: list[Candidate]):
    posted: list[int] = []
    for day in range(10):
        now = NOW - timedelta(days=1) + timedelta(days=day)
        today = [c.story_id for c in taken(select(candidates, had(posted), TASTE, now))]
        assert not set(today) & set(posted)
        posted += today
    assert len(posted) == len(set(posted))


def before_there_were_verdicts(
    candidates: list[Candidate], posted: set[int], rules: SelectionRules
) -> list[Candidate]:
    """The choice as it was made before left-out stories were recorded."""
    fresh = [
        c
        for c in candidates
        if warm(c, rules.minimum_heat)
        and NOW - rules.age < c.published_at <= NOW
        and c.story_id not in posted
        and not c.like
    ]
    ordered = sorted(fresh, key=lambda c: order(c, rules, NOW))
    firsts: dict[int, Candidate] = {}
    for candidate in ordered:
        for topic in candidate.topics:
            firsts.setdefault(topic, candidate)
    best = {candidate.story_id for candidate in firsts.values()}
    chosen = [c for c in ordered if c.story_id in best][: rules.stories]
    rest = [c for c in ordered if c.story_id not in best]
    return chosen + rest[: rules.stories - len(chosen)]


@given(CANDIDATES, st.sets(st.integers(1, 60)), st.integers(1, 10))
def test_what_is_taken_is_exactly_what_it_was_without_verdicts(
    candidates: list[Candidate], posted: set[int], stories: int
):
    rules = replace(TASTE, stories=stories)
    found = select(candidates, had(posted), rules, NOW)
    expected = before_there_were_verdicts(candidates, posted, rules)
    assert [choice.candidate for choice in found[: len(expected)]] == expected
    assert not any(choice.verdict in TAKEN for choice in found[len(expected) :])


@given(CANDIDATES, st.sets(st.integers(1, 60)), st.integers(1, 10))
def test_every_candidate_has_one_verdict_and_it_is_true(
    candidates: list[Candidate], posted: set[int], stories: int
):
    found = select(candidates, had(posted), replace(TASTE, stories=stories), NOW)
    full = sum(c.verdict in TAKEN for c in found)
    lines = sum(c.verdict is Verdict.ALSO for c in found)
    assert sorted(c.candidate.story_id for c in found) == sorted(c.story_id for c in candidates)
    for choice in found:
        one, age = choice.candidate, NOW - choice.candidate.published_at
        in_reach = warm(one, 50) and timedelta(0) <= age < timedelta(days=7)
        open_ = in_reach and one.story_id not in posted
        free, alike = open_ and not one.like, open_ and bool(one.like)
        true = {
            Verdict.POSTED: one.story_id in posted,
            Verdict.ALSO: alike and full > 0 and lines <= ALSO_LINES,
            Verdict.WAITS: alike and (not full or lines == ALSO_LINES),
            Verdict.COLD: not warm(one, 50),
            Verdict.OLD: age >= timedelta(days=7),
            Verdict.EARLY: age < timedelta(0),
            Verdict.NO_ROOM: free and full == stories,
            Verdict.BEST: free,
            Verdict.FILLED: free,
        }
        assert true[choice.verdict], choice
        other = min(one.like & posted, default=None)
        told_by = other if choice.verdict in (Verdict.ALSO, Verdict.WAITS) else None
        assert choice.other == told_by
        assert choice.age == age
        assert choice.score == -order(one, TASTE, NOW)[1]
        assert choice.score == worth(one.heat) - age / timedelta(hours=18)


@given(CANDIDATES, st.sets(st.integers(1, 60)))
def test_those_left_out_stand_by_score_and_those_posted_before_come_last(
    candidates: list[Candidate], posted: set[int]
):
    left = [c for c in select(candidates, had(posted), TASTE, NOW) if c.verdict not in TOLD]
    expected = sorted(
        left, key=lambda c: (c.verdict is Verdict.POSTED, order(c.candidate, TASTE, NOW))
    )
    assert left == expected


def test_each_verdict_is_given_for_its_reason():
    strong = [story(n, 1000 - n) for n in range(1, 7)]
    others = [
        story(7, 60, topics=(ROBOTS,)),
        story(8, 900, like=(20,)),
        story(9, 5000),
        story(10, 49),
        story(11, age=timedelta(days=7)),
        story(12, 10, age=-HOUR * 40, topics=(SPACE,)),
        story(13, 400, age=-HOUR),
        replace(story(14, 6000), repeats=9),
    ]
    found = dict(verdicts(*strong, *others, posted=(9, 20)))
    best, filled, no_room = Verdict.BEST, Verdict.FILLED, Verdict.NO_ROOM
    assert found == {
        1: best, 7: best, 2: filled, 3: filled, 4: filled, 5: no_room, 6: no_room,
        8: Verdict.ALSO, 9: Verdict.POSTED, 10: Verdict.COLD, 11: Verdict.OLD,
        12: Verdict.COLD, 13: Verdict.EARLY, 14: Verdict.REPUBLISHED,
    }  # fmt: skip
    assert list(found)[:6] == [1, 7, 2, 3, 4, 8]
    assert list(found)[-1] == 9


def test_the_story_of_a_quiet_day_has_its_numbers_too():
    old = story(1, 256, age=timedelta(days=9))
    choice = archived(old, TASTE, NOW)
    assert (choice.verdict, choice.age) == (Verdict.ARCHIVE, timedelta(days=9))
    assert choice.score == 8 - 9 * 24 / 18


PAPERS = ("forbes", "zdnet", "cnet")
OF_PAPERS = lists_of(publishers=st.sets(st.sampled_from(PAPERS)))


@given(OF_PAPERS, st.sets(st.integers(1, 60)), st.sets(st.sampled_from(PAPERS)))
def test_what_only_muted_publishers_report_is_left_out_and_all_else_is_as_without_it(
    candidates: list[Candidate], posted: set[int], muted: set[str]
):
    rules = replace(TASTE, muted=frozenset(muted))
    theirs = {c.story_id for c in candidates if c.publishers and c.publishers <= muted}
    found = select(candidates, had(posted), rules, NOW)
    out = {c.candidate.story_id for c in found if c.verdict is Verdict.MUTED}
    assert out == theirs - posted
    others = [c for c in candidates if c.story_id not in out]
    rest = [c for c in found if c.candidate.story_id not in out]
    assert rest == select(others, had(posted), TASTE, NOW)


def test_a_muted_story_frees_its_place_and_a_story_that_others_report_too_keeps_it():
    mine, both = story(1, 300, publishers=["forbes"]), story(2, 200, publishers=["forbes", "cnet"])
    rules = replace(TASTE, muted=frozenset({"forbes"}), stories=1)
    assert verdicts(mine, both, rules=rules) == [(2, Verdict.BEST), (1, Verdict.MUTED)]
