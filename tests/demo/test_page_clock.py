"""What the page says came of digests while its clock moved."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.demo.page_clock import Edition, came_of
from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.sandbox.page.clock_controls import Came

NEWS, GENERAL = 1, 2
DUE = datetime(2019, 12, 23, 8, tzinfo=UTC)
POSTED = PastEdition(7, date(2019, 12, 23), 1, DUE, EditionState.DELIVERED, None, 5, 5)
BLOCKED = replace(POSTED, state=EditionState.BLOCKED, reason="I lack Send Messages", shown=0)
QUIET = replace(POSTED, state=EditionState.SKIPPED, reason="no new story", stories=0, shown=0)


def test_the_stories_of_all_editions_on_the_way_are_counted_and_older_ones_are_not():
    before = {7: Edition(NEWS, POSTED)}
    after = {
        **before,
        8: Edition(NEWS, replace(POSTED, edition_id=8)),
        9: Edition(GENERAL, replace(POSTED, edition_id=9)),
    }
    assert came_of(before, after, [NEWS], {}) == [Came(NEWS, 5), Came(GENERAL, 5)]


def test_a_blocked_digest_is_never_called_a_day_without_news():
    (came,) = came_of({}, {7: Edition(NEWS, BLOCKED)}, [NEWS], {})
    assert came == Came(NEWS, 0, "Mon 23 Dec: not posted yet, 5 stories: I lack Send Messages")
    assert came_of({7: Edition(NEWS, BLOCKED)}, {7: Edition(NEWS, POSTED)}, [], {}) == [
        Came(NEWS, 5)
    ]


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (QUIET, "Mon 23 Dec: not posted: no new story"),
        (replace(QUIET, state=EditionState.DELIVERED, reason=None), "posted: a note, nothing new"),
        (replace(POSTED, state=EditionState.PARTIAL, shown=3), "posted in part, 3 of 5 stories"),
        (replace(BLOCKED, state=EditionState.WAITING), "waiting for Discord"),
    ],
)
def test_what_is_no_whole_digest_is_said(last: PastEdition, says: str):
    (came,) = came_of({}, {7: Edition(NEWS, last)}, [NEWS], {})
    assert came.stories == last.shown
    assert says in came.says


def test_a_digest_of_which_nothing_came_says_where_the_reason_is():
    assert came_of({}, {}, [NEWS], {}) == [
        Came(NEWS, 0, "nothing was posted: see `/digest status`")
    ]
    assert came_of({}, {}, [NEWS], {NEWS: "I lack Send Messages."}) == [
        Came(NEWS, 0, "nothing was posted: I lack Send Messages")
    ]


def test_a_digest_that_was_refused_until_it_was_too_late_says_what_was_refused():
    late = replace(QUIET, reason="it could not be posted in time")
    (came,) = came_of({}, {7: Edition(NEWS, late)}, [NEWS], {NEWS: "I lack Send Messages."})
    assert came.says == "Mon 23 Dec: not posted: I lack Send Messages"
