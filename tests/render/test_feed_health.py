"""How a feed is, in plain words, and its line in a terminal's list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.render.feed_health import health
from bot.render.feed_list import feed_record, feed_text
from bot.stories.feeds import FaultKind, Feed, FeedSettings, FeedState

NOW = datetime(2019, 12, 22, 10, tzinfo=UTC)
URL = "https://gazette.example/feed"
STATE = FeedState(URL, NOW + timedelta(minutes=20))
FEED = Feed(
    feed_id=1,
    key="gazette.example/feed",
    settings=FeedSettings(URL),
    listed=False,
    added_at=NOW,
    added_by="me",
    title="Gazette",
    format="RSS 2.0",
    state=STATE,
    told=None,
)


def of(**changes: object) -> str:
    return health(replace(FEED, state=replace(STATE, **changes)), NOW)  # type: ignore[arg-type]


def test_one_that_is_well_says_when_it_answered_and_when_it_is_asked_next():
    text = of(succeeded_at=NOW - timedelta(hours=1))
    assert text == "fine: last answer 2019-12-22 09:00 UTC, next in 20 minutes"
    assert of(succeeded_at=NOW, next_at=NOW).endswith(", due now")


def test_one_that_was_never_asked_says_so():
    assert of(next_at=NOW) == "not asked yet, due now"


def test_one_that_fails_says_how_often_since_when_and_why():
    failing = {
        "failures": 3,
        "failing_since": NOW - timedelta(hours=7),
        "fault": FaultKind.MISSING,
        "detail": "it answered 404 Not Found",
    }
    start = "3 failures since 2019-12-22 03:00 UTC: there is nothing at this address"
    assert of(**failing) == (
        f"{start} (it answered 404 Not Found); never answered, next in 20 minutes"
    )
    well_before = of(**failing, succeeded_at=NOW - timedelta(hours=8))
    assert "; last answer 2019-12-22 02:00 UTC, next" in well_before


def test_one_that_is_paused_says_that_it_heals_by_itself():
    text = of(paused=True, fault=FaultKind.GONE, failures=1, failing_since=NOW)
    assert text.startswith("paused since 2019-12-22 10:00 UTC: the site says that it is gone for")
    assert text.endswith("goes on by itself once it answers, next in 20 minutes")


def test_one_that_is_off_says_nothing_else():
    off = replace(FEED, settings=FeedSettings(URL, off=True), state=replace(STATE, next_at=None))
    assert health(off, NOW) == "off"


@pytest.mark.parametrize("fault", FaultKind)
def test_every_fault_has_words(fault: FaultKind):
    assert "1 failure: " in of(fault=fault, failures=1)


def test_a_line_of_the_list_names_the_feed_by_itself_if_nobody_else_does():
    lines = feed_text(FEED.settings, "me", FEED, NOW).splitlines()
    assert lines[:2] == [URL, "  Gazette · from me"]
    named = FeedSettings(URL, "The Gazette", ("AI", "Town"), 2, "en")
    assert feed_text(named, "a file", None, NOW).splitlines()[1] == (
        "  The Gazette · AI, Town · tier 2 · en · from a file"
    )


def test_times_in_json_have_their_zone():
    record = feed_record(FEED.settings, "me", FEED, NOW)
    assert record["next_at"] == "2019-12-22T10:20:00+00:00"
    assert feed_record(FEED.settings, "me", None, NOW).keys() == record.keys()
