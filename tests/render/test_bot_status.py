"""The tables of `broadsheet status`: a row for each digest and feed, in any width."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot.config import DigestConfig
from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.digests.schedule import Occurrence
from bot.digests.settings import PAUSED, settings_of
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.render.bot_status import digest_record, digests_table, faults, feeds_table
from bot.stories.feeds import FeedSettings
from tests.conftest import START
from tests.render.test_answers import LONG, status

DUE = Occurrence(START + timedelta(hours=16), date(2019, 12, 23), 1)
LAST = PastEdition(
    5, date(2019, 12, 22), 1, datetime(2019, 12, 22, 8, tzinfo=START.tzinfo),
    EditionState.DELIVERED, None, 5, 5,
)  # fmt: skip


def cells(table: str) -> list[list[str]]:
    """The rows of a table that is wide enough."""
    lines = table.splitlines()[3:]  # below the server, the heads and a rule
    return [[cell for cell in line.split("  ") if cell] for line in lines]


def row(one: DigestStatus) -> list[str]:
    (found,) = cells(digests_table([one], START, 300))
    return [cell.strip() for cell in found]


def test_a_digest_is_a_row_with_its_last_and_its_next_edition():
    assert row(replace(status("AI", "Space"), last=[LAST], next=DUE)) == [
        "7",
        "AI, Space",
        "Sun 22 Dec: posted, 5 stories",
        "Mon 23 Dec 08:31 UTC, in 16 hours",
        "none",
    ]
    assert row(status("AI")) == ["7", "AI", "none yet", "none", "none"]
    overdue = replace(status("AI"), next=replace(DUE, due_at=START - timedelta(hours=1)))
    assert row(overdue)[3] == "Sun 22 Dec 15:31 UTC, overdue"


def test_what_blocks_an_edition_is_told_once():
    blocked = replace(LAST, state=EditionState.BLOCKED, reason="I lack X")
    told = row(replace(status("AI"), last=[blocked], fault="I lack X"))
    assert told[2:] == ["Sun 22 Dec: not posted yet, 5 stories", "none", "I lack X"]


def test_every_server_has_its_table_by_its_id():
    found = [
        replace(status("AI"), target=Channel(server, channel))
        for server, channel in ((3, 30), (2, 21), (2, 20))
    ]
    lines = digests_table(found, START, 100).splitlines()
    assert [line for line in lines if line.startswith("Server ")] == ["Server 2", "Server 3"]
    assert [line.split()[0] for line in lines if line[:2] in ("20", "21", "30")] == [
        *("20", "21", "30")
    ]


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (status("AI"), []),
        (
            replace(status("AI"), fault="I lack **Send Messages** in <#7>."),
            ["I lack Send Messages in the channel."],
        ),
        (replace(status("AI"), gone_at=START), ["the channel was deleted"]),
        (replace(status("AI"), held="h", waiting=["w", "x"]), ["h", "w", "x"]),
    ],
)
def test_faults_are_told_without_marks(one: DigestStatus, told: list[str]):
    assert faults(one) == told
    assert row(one)[4] == ("; ".join(told) or "none")
    assert digest_record(one)["faults"] == told


def test_a_digest_as_json_has_what_the_guide_says():
    assert digest_record(replace(status("AI"), last=[LAST], next=DUE)) == {
        "server": "2",
        "channel": "7",
        "topics": ["AI"],
        "paused": False,
        "last": {
            "date": "2019-12-22",
            "slot": 1,
            "due_at": "2019-12-22T08:00:00+00:00",
            "state": "delivered",
            "reason": None,
            "stories": 5,
            "shown": 5,
        },
        "next": {"date": "2019-12-23", "slot": 1, "due_at": "2019-12-23T08:31:00+00:00"},
        "faults": [],
    }


def test_a_paused_digest_says_so():
    settings = settings_of(DigestConfig())
    paused = replace(settings, effective={**settings.effective, PAUSED.name: True})
    assert row(replace(status("AI"), settings=paused))[3] == "paused"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_keeps_its_width_and_takes_nothing_for_markup(width: int):
    one = replace(status(*LONG), fault="[red]" * 50)
    table = digests_table([one], START, width)
    assert all(len(line) <= width for line in table.splitlines())
    assert "[red]" in "".join(table.split())
    feeds = [(FeedSettings("https://quay.example/" + "x" * 200, "[b]Quay[/b]"), None)]
    table = feeds_table(feeds, START, width)
    assert all(len(line) <= width for line in table.splitlines())
    assert "[b]Quay[/b]" in table
