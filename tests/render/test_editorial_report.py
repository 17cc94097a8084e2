"""The editorial report as text."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.digests.editorial_report import EditorialReport, EventSummary, Reason
from bot.render.editorial_report import report_text

EVENT = EventSummary(
    1, 1, "A headline", "Paper", "https://p.example/", datetime(2026, 5, 4, tzinfo=UTC), None, 4,
    "press_release", followed=True,
)  # fmt: skip
EMPTY = EditorialReport(1, 1, 1, 4, (), (), (), (), (), {}, (), (), ())


@pytest.mark.parametrize("reason", Reason)
def test_a_missed_event_stands_under_its_reason_unless_its_topics_are_not_followed(reason: Reason):
    text = report_text(replace(EMPTY, missed=((EVENT, reason),)))
    shown = "2026-05-04  4 publishers, heat unknown, press release  A headline (Paper)" in text
    assert shown is (reason is not Reason.NO_TOPIC)
    assert text.count(": 1") == 1


def test_a_long_list_of_publishers_is_cut_and_the_rest_counted():
    names = tuple((f"Paper {n:02}", 1) for n in range(20))
    text = report_text(replace(EMPTY, headlines=names))
    assert "   1    5 %  Paper 09" in text
    assert "Paper 10" not in text
    assert "  10   50 %  10 others" in text


def test_a_report_without_anything_has_no_empty_section():
    assert "\n\n" not in report_text(EMPTY)
