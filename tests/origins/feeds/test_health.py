"""What an outcome means for a feed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.client import Answer
from bot.origins.feeds.document import FeedDocument, FeedItem, Hints
from bot.origins.feeds.health import (
    LONGEST_RETRY,
    MOVED_SINCE,
    PAUSED_AFTER,
    PAUSED_RETRY,
    PAUSED_SINCE,
    RETRY,
    Failed,
    Fresh,
    Outcome,
    Same,
    after,
    fault_to_tell,
    is_same,
)
from bot.origins.feeds.schedule import JITTER, LONGEST, SOONEST
from bot.stories.feeds import FaultKind, FeedState

NOW = datetime(2020, 1, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL, NEW_URL = "https://news.example/feed", "https://news.example/feed/"
FEED = FeedState(URL, NOW, etag='"old"', last_modified="long ago", body_hash=b"old")
ITEM = FeedItem("1", "https://news.example/1", "Title", "", NOW - HOUR)
HINTS = Hints(3 * HOUR, frozenset({3}), frozenset({6}))
DOCUMENT = FeedDocument("RSS 2.0", "News", None, (ITEM,), HINTS)
GIVEN = Answer(200, URL, etag='"new"', body=b"<rss/>", body_hash=b"new")
SLOW = Failed(FaultKind.SLOW, "no whole answer in time")

outcomes = st.one_of(
    st.builds(
        Failed,
        st.sampled_from(FaultKind),
        st.just("why"),
        st.none() | st.timedeltas(timedelta(seconds=1), DAY),
    ),
    st.sampled_from([Same(GIVEN), Same(replace(GIVEN, permanent_url=NEW_URL))]),
    st.sampled_from([Fresh(DOCUMENT, GIVEN), Fresh(replace(DOCUMENT, items=()), GIVEN)]),
)


def told(state: FeedState, outcome: Outcome, now: datetime = NOW, jitter: float = 0) -> FeedState:
    return after(state, outcome, now, wanted=True, jitter=jitter)


def failing(outcome: Failed, times: int, every: timedelta, state: FeedState = FEED) -> FeedState:
    """The state after so many failures, a certain time apart, the last one now."""
    for n in reversed(range(times)):
        state = told(state, outcome, NOW - n * every)
    return state


def due_in(state: FeedState) -> timedelta:
    assert state.next_at is not None
    return state.next_at - NOW


def test_a_document_is_remembered_with_what_the_publisher_asks_for():
    state = told(FEED, Fresh(DOCUMENT, GIVEN))
    assert (state.etag, state.last_modified, state.body_hash) == ('"new"', None, b"new")
    assert (state.asked_at, state.succeeded_at) == (NOW, NOW)
    assert Hints(state.floor, state.skip_hours, state.skip_days) == HINTS
    assert (state.gap, state.newest_at) == (HOUR, NOW - HOUR)
    assert due_in(state) == 3 * HOUR


def test_the_same_document_changes_only_when_the_feed_is_asked():
    known = told(FEED, Fresh(DOCUMENT, GIVEN))
    later = told(known, Same(replace(GIVEN, body=None)), NOW + 3 * HOUR)
    changed = {"asked_at", "succeeded_at", "next_at"}
    assert {n for n in known.__slots__ if getattr(known, n) != getattr(later, n)} == changed


def test_a_body_with_the_same_hash_is_the_same():
    known = told(FEED, Fresh(DOCUMENT, GIVEN))
    assert is_same(known, GIVEN)
    assert is_same(known, Answer(304, URL))
    assert not is_same(known, replace(GIVEN, body_hash=b"other"))
    assert not is_same(FeedState(URL, NOW), GIVEN)


def test_a_failure_forgets_nothing_that_a_feed_said():
    state = told(FEED, SLOW)
    assert (state.etag, state.last_modified, state.body_hash) == ('"old"', "long ago", b"old")
    assert (state.fault, state.detail) == (FaultKind.SLOW, SLOW.detail)
    assert (state.failures, state.failing_since, state.asked_at) == (1, NOW, NOW)
    assert state.succeeded_at is None
    assert not state.paused


def test_pauses_double_from_an_hour_to_six():
    pauses = [due_in(failing(SLOW, times, timedelta(0))) for times in range(1, 7)]
    assert pauses == [RETRY, 2 * RETRY, 4 * RETRY, *[LONGEST_RETRY] * 3]


def test_a_server_that_was_down_for_a_day_is_back_within_six_hours_and_a_jitter():
    state, now, asked = FEED, NOW, 0
    while now < NOW + DAY:
        state = told(state, SLOW, now, jitter=1)
        assert state.next_at is not None
        now, asked = state.next_at, asked + 1
    assert now <= NOW + DAY + LONGEST_RETRY * (1 + JITTER)
    assert asked <= 8
    state = told(state, Same(GIVEN), now)
    assert (state.failures, state.failing_since, state.fault, state.paused) == (0, None, None, 0)
    assert state.detail == ""


@pytest.mark.parametrize("kind", [FaultKind.BUSY, FaultKind.SLOW])
def test_a_host_that_asks_for_a_pause_gets_it(kind: FaultKind):
    assert due_in(told(FEED, Failed(kind, "later", 20 * HOUR))) == 20 * HOUR
    assert due_in(told(FEED, Failed(kind, "later", timedelta(seconds=1)))) == RETRY


def test_a_feed_that_was_not_asked_is_only_asked_later():
    state = told(FEED, Failed(FaultKind.BUSY, "its host asked for a pause", 5 * HOUR, asked=False))
    assert state == replace(FEED, next_at=NOW + 5 * HOUR)


def test_a_feed_that_is_gone_is_paused_at_once_and_still_asked_once_a_day():
    state = told(FEED, Failed(FaultKind.GONE, "it answered 410 Gone"))
    assert state.paused
    assert due_in(state) == PAUSED_RETRY
    assert not told(state, Fresh(DOCUMENT, GIVEN), NOW + DAY).paused


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.GONE])
def test_lasting_failures_pause_a_feed(kind: FaultKind):
    failed = Failed(kind, "why")
    enough = PAUSED_SINCE / (PAUSED_AFTER - 1)
    assert not failing(failed, PAUSED_AFTER - 1, 10 * enough).paused
    assert not failing(failed, PAUSED_AFTER * 5, PAUSED_SINCE / (PAUSED_AFTER * 5)).paused
    state = failing(failed, PAUSED_AFTER, enough)
    assert state.paused
    assert due_in(state) == PAUSED_RETRY
    assert not told(state, Same(GIVEN)).paused


def test_permanent_redirects_are_kept_after_three_sweeps_in_a_day():
    moved = Same(replace(GIVEN, permanent_url=NEW_URL))
    state = told(FEED, moved)
    state = told(state, moved, NOW + HOUR)
    assert (state.url, state.moved_to, state.moved_sweeps) == (URL, NEW_URL, 2)
    early = told(state, moved, NOW + MOVED_SINCE - timedelta(seconds=1))
    assert early.url == URL
    late = told(early, moved, NOW + MOVED_SINCE)
    assert (late.url, late.moved_to, late.moved_since, late.moved_sweeps) == (
        NEW_URL,
        None,
        None,
        0,
    )


def test_two_permanent_redirects_are_not_enough_however_far_apart():
    moved = Same(replace(GIVEN, permanent_url=NEW_URL))
    assert told(told(FEED, moved), moved, NOW + 30 * DAY).url == URL


@pytest.mark.parametrize("other", [None, "https://parked.example/"])
def test_a_redirect_that_changes_starts_again(other: str | None):
    moved = Same(replace(GIVEN, permanent_url=NEW_URL))
    state = told(told(FEED, moved), moved, NOW + HOUR)
    state = told(state, Same(replace(GIVEN, permanent_url=other)), NOW + 2 * HOUR)
    assert (state.moved_to, state.moved_sweeps) == (other, 1 if other else 0)
    assert told(state, moved, NOW + 2 * DAY).url == URL


def test_the_owner_is_told_once_of_a_fault_that_lasts_a_day():
    first = told(FEED, SLOW, NOW - DAY + HOUR)
    assert fault_to_tell(first, None, NOW) is None
    day = told(told(FEED, SLOW, NOW - DAY), SLOW)
    assert fault_to_tell(day, None, NOW) == FaultKind.SLOW
    other = told(day, Failed(FaultKind.BROKEN, "why"))
    assert fault_to_tell(other, FaultKind.SLOW, NOW) == FaultKind.SLOW
    assert fault_to_tell(told(other, Same(GIVEN)), FaultKind.SLOW, NOW) is None


def test_the_owner_is_told_at_once_of_a_pause():
    gone = told(FEED, Failed(FaultKind.GONE, "it answered 410 Gone"))
    assert fault_to_tell(gone, None, NOW) == FaultKind.GONE


@given(
    st.lists(st.tuples(outcomes, st.timedeltas(timedelta(0), 3 * DAY)), max_size=30),
    st.booleans(),
    st.floats(0, 1),
)
def test_whatever_happens_a_feed_is_asked_again_in_time(
    history: list[tuple[Outcome, timedelta]], wanted: bool, jitter: float
):
    state, now = FEED, NOW
    for outcome, later in history:
        state, now = after(state, outcome, now, wanted=wanted, jitter=jitter), now + later
        asked = now - later
        assert state.next_at is not None
        assert asked + SOONEST <= state.next_at <= asked + LONGEST
        assert (state.fault is None) == (state.failures == 0) == (state.failing_since is None)
        assert state.paused <= (state.fault is not None)
        assert (state.moved_to is None) == (state.moved_since is None) == (not state.moved_sweeps)
