"""When a feed is asked next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.document import FeedDocument, FeedItem
from bot.origins.feeds.schedule import (
    JITTER,
    LATEST,
    LONGEST,
    LONGEST_FLOOR,
    SOONEST,
    UNWANTED,
    corrected,
    next_time,
    with_gap,
)
from bot.stories.feeds import FeedState

NOW = datetime(2020, 1, 1, 12, 30, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
FEED = FeedState("https://news.example/feed", NOW)

spans = st.timedeltas(timedelta(0), timedelta(days=400))
moments = spans.map(lambda span: NOW - span)
jitters = st.floats(0, 1)
states = st.builds(
    FeedState,
    url=st.just(FEED.url),
    next_at=moments,
    gap=st.none() | spans,
    newest_at=st.none() | moments,
    floor=st.none() | spans,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
)


def document(*dates: datetime | None) -> FeedDocument:
    items = (
        FeedItem(str(n), f"https://news.example/{n}", "Title", "", date)
        for n, date in enumerate(dates)
    )
    return FeedDocument("RSS 2.0", "News", None, tuple(items))


def pause(state: FeedState, *, wanted: bool = True, max_age: timedelta | None = None) -> timedelta:
    return next_time(state, NOW, max_age, wanted=wanted, jitter=0) - NOW


def busy(gap: timedelta) -> FeedState:
    """A feed with an item now, and one after each such pause before."""
    return replace(FEED, gap=gap, newest_at=NOW)


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (timedelta(minutes=1), SOONEST),
        (1 * HOUR, SOONEST),
        (2 * HOUR, 0.5 * HOUR),
        (4 * HOUR, HOUR),
        (8 * HOUR, LATEST),
        (245 * HOUR, LATEST),
    ],
)
def test_a_wanted_feed_is_asked_four_times_between_two_items(gap: timedelta, expected: timedelta):
    assert pause(busy(gap)) == expected


def test_a_feed_of_topics_without_a_digest_is_asked_every_six_hours():
    assert pause(busy(HOUR), wanted=False) == UNWANTED


def test_a_feed_of_which_nothing_is_known_is_asked_every_two_hours():
    assert pause(FEED) == LATEST


def test_a_feed_that_fell_silent_is_asked_less_often():
    silent = replace(busy(HOUR), newest_at=NOW - 12 * HOUR)
    assert SOONEST < pause(silent) < LATEST
    assert pause(replace(silent, newest_at=NOW - 300 * HOUR)) == LATEST


@pytest.mark.parametrize(
    ("max_age", "floor", "expected"),
    [
        (3 * HOUR, None, 3 * HOUR),
        (None, 3 * HOUR, 3 * HOUR),
        (3 * HOUR, 5 * HOUR, 5 * HOUR),
        (timedelta(seconds=5), None, SOONEST),
        (timedelta(0), timedelta(0), SOONEST),
        (timedelta(days=365), None, LONGEST_FLOOR),
        (None, timedelta(days=365), LONGEST_FLOOR),
    ],
)
def test_what_the_publisher_asks_for_is_a_floor(
    max_age: timedelta | None, floor: timedelta | None, expected: timedelta
):
    assert pause(replace(busy(HOUR), floor=floor), max_age=max_age) == expected


def test_quiet_hours_and_days_are_passed_over():
    assert pause(replace(busy(HOUR), skip_hours=frozenset({12, 13}))) == SOONEST + 2 * HOUR
    assert pause(replace(busy(HOUR), skip_days=frozenset({2}))) == SOONEST + 12 * HOUR
    always = replace(busy(HOUR), skip_hours=frozenset(range(24)))
    assert pause(always) == SOONEST + timedelta(days=1)


@given(states, st.none() | spans, st.booleans(), jitters)
def test_no_feed_is_asked_at_once_or_never(
    state: FeedState, max_age: timedelta | None, wanted: bool, jitter: float
):
    plain = replace(state, skip_hours=frozenset(), skip_days=frozenset())
    waited = next_time(plain, NOW, max_age, wanted=wanted, jitter=jitter) - NOW
    assert SOONEST <= waited <= LONGEST_FLOOR * (1 + JITTER)
    assert waited >= min(max_age or SOONEST, LONGEST_FLOOR)
    skipping = next_time(state, NOW, max_age, wanted=wanted, jitter=jitter) - NOW
    assert waited <= skipping <= waited + timedelta(days=1) < LONGEST


@given(states, st.booleans(), jitters, jitters)
def test_jitter_makes_a_pause_longer_by_a_tenth_at_most(
    state: FeedState, wanted: bool, one: float, other: float
):
    plain = replace(state, skip_hours=frozenset(), skip_days=frozenset())
    shortest, longest = (
        next_time(plain, NOW, None, wanted=wanted, jitter=jitter) - NOW
        for jitter in (min(one, other), max(one, other))
    )
    assert shortest <= longest <= shortest * (1 + JITTER)


def test_the_gap_is_the_mean_time_between_the_newest_items():
    dates = [NOW - HOUR * n for n in (2, 4, 6, 8)]
    state = with_gap(FEED, document(*dates), NOW)
    assert (state.gap, state.newest_at) == (2 * HOUR, NOW - 2 * HOUR)


def test_old_items_do_not_count_where_there_are_newer_ones():
    dates = [NOW - HOUR * n for n in range(1, 11)] + [NOW - timedelta(days=4000)] * 90
    assert with_gap(FEED, document(*dates), NOW).gap == HOUR


def test_a_date_ahead_counts_as_now():
    state = with_gap(FEED, document(NOW + 5 * HOUR, NOW - 2 * HOUR), NOW)
    assert (state.gap, state.newest_at) == (HOUR, NOW)


def test_a_feed_without_dates_tells_its_gap_by_changing():
    state = with_gap(FEED, document(None, None), NOW)
    assert (state.gap, state.newest_at) == (None, NOW)
    state = with_gap(state, document(None), NOW + 2 * HOUR)
    assert (state.gap, state.newest_at) == (2 * HOUR, NOW + 2 * HOUR)
    state = with_gap(state, document(None), NOW + 3 * HOUR)
    assert state.gap == 1.7 * HOUR


def test_an_empty_feed_changes_nothing_but_the_time():
    assert with_gap(busy(HOUR), document(), NOW).gap == 0.7 * HOUR


@given(states, st.lists(st.none() | moments, max_size=30))
def test_a_gap_is_never_negative(state: FeedState, dates: list[datetime | None]):
    known = with_gap(state, document(*dates), NOW)
    assert known.gap is None or known.gap >= timedelta(0)
    assert known.newest_at is not None
    assert known.newest_at <= NOW


asked = st.timedeltas(timedelta(minutes=15), timedelta(days=2.2))


def test_a_clock_that_is_right_changes_nothing():
    assert corrected(replace(FEED, asked_at=NOW - HOUR, next_at=NOW - HOUR), NOW) is None
    assert corrected(replace(FEED, asked_at=NOW, next_at=NOW + 2 * HOUR), NOW) is None
    assert corrected(replace(FEED, next_at=None, asked_at=NOW + HOUR), NOW) is None


@given(asked, st.timedeltas(timedelta(seconds=1), timedelta(days=4000)))
def test_after_a_clock_was_set_back_each_feed_has_its_own_pause_again(
    pause: timedelta, back: timedelta
):
    ahead = NOW + back
    state = replace(
        FEED,
        asked_at=ahead,
        next_at=ahead + pause,
        succeeded_at=ahead,
        failing_since=ahead,
        moved_since=ahead,
        newest_at=ahead,
    )
    found = corrected(state, NOW)
    assert found is not None
    assert found.next_at == NOW + pause
    past = (found.asked_at, found.succeeded_at, found.failing_since, found.moved_since)
    assert {*past, found.newest_at} == {NOW}
    assert corrected(found, NOW) is None


def test_a_feed_that_was_never_asked_but_is_due_in_years_is_due():
    found = corrected(replace(FEED, next_at=NOW + timedelta(days=900)), NOW)
    assert found is not None
    assert found.next_at == NOW


@given(states, st.none() | moments, st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_no_clock_makes_a_feed_wait_for_longer_than_any_pause(
    state: FeedState, asked_at: datetime | None, back: timedelta
):
    then = NOW + back
    asked_then = replace(state, asked_at=asked_at and then, next_at=then + timedelta(days=2))
    found = corrected(asked_then, NOW) or asked_then
    assert found.next_at is not None
    assert found.next_at <= NOW + LONGEST
